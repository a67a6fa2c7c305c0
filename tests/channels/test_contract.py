"""What every kind of channel must do, run over `KINDS`: documented answers and the orders they mean, from a file for each kind."""

import json
from datetime import date
from pathlib import Path

import pytest

from chalicelib import errors
from chalicelib.channels.kinds import KINDS
from chalicelib.domain.days import window_of
from tests.support import shopify, woocommerce

CONTRACTS = Path(__file__).parent / "contracts"
CLIENTS = {"shopify": shopify.client, "woocommerce": woocommerce.client}
CASES = {
    "empty day",
    "many pages",
    "first and last instant",
    "clock-change day of 23 hours",
    "clock-change day of 25 hours",
    "refund",
    "discount",
    "missing SKU",
    "zero-decimal currency",
    "401",
    "429",
    "500",
    "torn",
}


def contract(kind):
    return json.loads((CONTRACTS / f"{kind}.json").read_text())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_contract_that_names_its_source(kind):
    read = contract(kind)
    assert KINDS[kind].kind == read["kind"] == kind
    assert read["source"]
    assert read["api_version"]
    assert date.fromisoformat(read["read_on"])
    assert {case["name"] for case in read["cases"]} >= CASES


def all_cases():
    return [
        pytest.param(kind, case, id=f"{kind}, {case['name']}") for kind in KINDS for case in contract(kind)["cases"]
    ]


@pytest.mark.parametrize(("kind", "case"), all_cases())
def test_answers_mean_what_the_contract_says(shop, kind, case):
    for answer in case["answers"]:
        body = answer["text"].encode() if "text" in answer else answer["body"]
        shop.answers(body, status=answer.get("status", 200), headers=answer.get("headers"))
    channel = CLIENTS[kind](shop.url, zone=case["zone"])
    window = window_of(date.fromisoformat(case["day"]), case["zone"])
    if "error" in case:
        with pytest.raises(errors.ChannelError) as caught:
            list(channel.fetch_pages(window))
        assert type(caught.value).__name__ == case["error"]
        return
    found = [order for page in channel.fetch_pages(window) for order in page.orders]
    assert [order.number for order in found] == [order["number"] for order in case["orders"]]
    for order, meant in zip(found, case["orders"], strict=True):
        assert order.amounts.total == meant["total"]
        assert order.amounts.net == meant["net"]
        assert order.amounts.tax == meant["tax"]
        assert sum(line.quantity_milli for line in order.lines) == 1000 * meant["units"]
        assert sum(event.amounts.total for event in order.events) == meant["changed_later"]
        assert order.amounts.residual == 0
        if "sku" in meant:
            assert [line.sku for line in order.lines] == [meant["sku"]]
