"""What every kind of channel must do, run over `KINDS`: documented answers and the orders they mean, from a file for each kind,
and the same answers damaged. A kind without a file, or without one of the cases, fails."""

from datetime import date

import pytest

from chalicelib import errors
from chalicelib.channels import Channel
from chalicelib.channels.kinds import KINDS
from chalicelib.domain.days import window_of
from chalicelib.domain.orders import Order
from tests.support.contract import Json, contract, damages, opened, play

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
    "403",
    "429",
    "500",
    "torn",
    "changed between pages",
}
DAMAGES_MIN = 100


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


def orders_of(channel: Channel, case: Json) -> list[Order]:
    """The orders of the case's day. One that comes twice is the one that came last."""
    window = window_of(date.fromisoformat(case["day"]), case["zone"])
    return list({order.id: order for page in channel.fetch_pages(window) for order in page.orders}.values())


def outcome_of(channel: Channel, case: Json) -> str | list[tuple[str, int]]:
    """The numbers and totals of the case's orders, or the error that reading them ends in."""
    try:
        return [(order.number, order.amounts.total) for order in orders_of(channel, case)]
    except errors.ChannelError as exc:
        return f"{type(exc).__name__}: {exc}"


@pytest.mark.parametrize(("kind", "case"), all_cases())
def test_answers_mean_what_the_contract_says(shop, kind, case):
    play(shop, case["answers"])
    channel = opened(kind, shop.url, case)
    if "error" in case:
        with pytest.raises(errors.ChannelError) as caught:
            orders_of(channel, case)
        assert type(caught.value).__name__ == case["error"]
        return
    found = orders_of(channel, case)
    assert [order.number for order in found] == [order["number"] for order in case["orders"]]
    for order, meant in zip(found, case["orders"], strict=True):
        assert order.amounts.total == meant["total"]
        assert order.amounts.net == meant["net"]
        assert order.amounts.tax == meant["tax"]
        assert sum(line.quantity_milli for line in order.lines) == 1000 * meant["units"]
        assert sum(event.amounts.total for event in order.events) == meant["changed_later"]
        assert order.amounts.residual == 0
        assert (order.excluded, order.root) == (meant.get("excluded"), meant.get("root", ""))
        if "sku" in meant:
            assert [line.sku for line in order.lines] == [meant["sku"]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_answer_is_an_error_by_name_or_the_same_orders_and_never_an_empty_day(shop, kind):
    (case,) = (case for case in contract(kind)["cases"] if case["name"] == "missing SKU")
    *before, last = case["answers"]
    outcomes = {}
    for damage in damages(last["body"]):
        shop.forget()
        play(shop, before)
        shop.answers(damage.body, status=damage.status, headers=last.get("headers"))
        outcomes[damage.name] = outcome_of(opened(kind, shop.url, case), case)
    meant = [(order["number"], order["total"]) for order in case["orders"]]
    wrong = {name: outcome for name, outcome in outcomes.items() if outcome != meant and not isinstance(outcome, str)}
    assert not wrong
    assert not any("canary" in outcome for outcome in outcomes.values())
    assert sum(isinstance(outcome, str) for outcome in outcomes.values()) >= DAMAGES_MIN
