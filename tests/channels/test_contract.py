"""What every kind of channel must do, run over `KINDS`: documented answers, the questions that brought them and the orders they mean,
from a file for each kind, and the same answers damaged. A kind whose file is missing or lacks something fails, and no other; the
failure says what to write. The file's format is told in `tests/support/contract.py`."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import msgspec
import pytest

from chalicelib import errors
from chalicelib.channels import Channel, Page, Shop
from chalicelib.channels.kinds import KINDS
from chalicelib.domain.days import window_of
from chalicelib.domain.orders import Order
from tests.support.contract import (
    CASES,
    CONTRACTS,
    NEEDS,
    Json,
    at_home,
    case_of,
    cases_of,
    contract,
    damages,
    lacking,
    opened,
    platform,
    play,
    questions,
    told_of,
)

DAMAGES_MIN = 100


def every_case(*does: str):
    """A parameter for each whole case; what is not whole fails in the first test."""
    return [
        pytest.param(kind, case, id=f"{kind}, {case['name']}")
        for kind in KINDS
        for each in does
        for case in cases_of(kind, each)
    ]


def shown(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


# --- the file


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_whole_contract_that_names_its_source(kind):
    assert not (told := lacking(kind)), "\n".join(told)
    read = contract(kind)
    assert KINDS[kind].kind == read["kind"] == kind
    assert date.fromisoformat(read["read_on"])
    names = [case["name"] for case in read["cases"]]
    assert len(names) == len(set(names))


def test_a_contract_that_is_missing_or_lacks_something_says_what_to_write(tmp_path):
    assert "Write tests/channels/contracts/nowhere.json" in lacking("nowhere", tmp_path)[0]
    for broken in ("{", "[]", '{"cases": [1]}', '{"cases": [{"orders": [1]}]}', '{"cases": [{"name": []}]}'):
        (tmp_path / "nowhere.json").write_text(broken)
        assert "one JSON object of the format" in lacking("nowhere", tmp_path)[0]
        assert contract("nowhere", tmp_path) == {}
    whole = json.loads((CONTRACTS / "shopify.json").read_text()) | {"kind": "nowhere"}
    for name in ("source", "opened"):
        (tmp_path / "nowhere.json").write_text(json.dumps({key: value for key, value in whole.items() if key != name}))
        (told,) = lacking("nowhere", tmp_path)
        assert told.startswith(f"Give tests/channels/contracts/nowhere.json its `{name}`")
    for n, case in enumerate(whole["cases"]):
        others = whole["cases"][:n] + whole["cases"][n + 1 :]
        (tmp_path / "nowhere.json").write_text(json.dumps(whole | {"cases": others}))
        assert len(lacking("nowhere", tmp_path)) == (case["name"] in CASES)
        for need in ("answers", *NEEDS[case.get("does", "fetch_pages")]):
            first = next((each for each in need.split(" or ") if each in case), None)
            without = {name: value for name, value in case.items() if name != first}
            (tmp_path / "nowhere.json").write_text(json.dumps(whole | {"cases": [*others, without]}))
            assert any(case["name"] in told and need in told for told in lacking("nowhere", tmp_path))


# --- orders


def orders_in(pages: Iterable[Page]) -> list[Order]:
    """All orders. One that comes twice is the one that came last."""
    return list({order.id: order for page in pages for order in page.orders}.values())


def orders_of(channel: Channel, case: Json) -> list[Order]:
    """The orders of the case's day."""
    return orders_in(channel.fetch_pages(window_of(date.fromisoformat(case["day"]), case["zone"])))


def outcome_of(channel: Channel, case: Json) -> str | list[tuple[str, int]]:
    """The numbers and totals of the case's orders, or the error that reading them ends in."""
    try:
        return [(order.number, order.amounts.total) for order in orders_of(channel, case)]
    except errors.ChannelError as exc:
        return f"{type(exc).__name__}: {exc}"


@pytest.mark.parametrize(("kind", "case"), every_case("fetch_pages"))
def test_answers_mean_what_the_contract_says(shop, kind, case):
    play(shop, case["answers"])
    channel = opened(kind, shop.url, case)
    if "error" in case:
        with pytest.raises(errors.ChannelError) as caught:
            orders_of(channel, case)
        assert type(caught.value).__name__ == case["error"]
    else:
        found = orders_of(channel, case)
        assert [order.number for order in found] == [order["number"] for order in case["orders"]]
        for order, meant in zip(found, case["orders"], strict=True):
            means(order, meant)
    was_asked(shop, kind, case)


def means(order: Order, meant: Json) -> None:
    """The order's figures are those that the contract says."""
    assert order.amounts.total == meant["total"]
    assert order.amounts.net == meant["net"]
    assert order.amounts.tax == meant["tax"]
    assert sum(line.quantity_milli for line in order.lines) == 1000 * meant["units"]
    assert sum(event.amounts.total for event in order.events) == meant["changed_later"]
    assert order.amounts.residual == 0
    assert (order.excluded, order.root) == (meant.get("excluded"), meant.get("root", ""))
    also = {
        "sku": lambda: order.lines[0].sku if len(order.lines) == 1 else "not one line",
        "events": lambda: [[shown(event.at), event.cause] for event in order.events],
        "tenders": lambda: [[tender.kind, tender.amount] for tender in order.tenders],
        "flags": lambda: list(order.flags),
    }
    assert {name: told() for name, told in also.items() if name in meant} == {
        name: meant[name] for name in also if name in meant
    }


def was_asked(shop, kind: str, case: Json) -> None:
    """What left for the shop is what the contract says, and told it no key where others may read it."""
    told = questions(shop, kind)
    assert "canary" not in str(told)
    if "asked" in case:
        assert told == case["asked"]


@pytest.mark.parametrize("kind", KINDS)
def test_another_channel_goes_on_where_a_page_ended(shop, kind):
    case = case_of(kind, "many pages")
    window = window_of(date.fromisoformat(case["day"]), case["zone"])
    play(shop, case["answers"])
    first = next(iter(opened(kind, shop.url, case).fetch_pages(window)))
    assert first.orders
    assert first.cursor is not None
    rest = list(opened(kind, shop.url, case).fetch_pages(window, first.cursor))
    assert rest[-1].cursor is None
    assert [order.number for order in orders_in([first, *rest])] == [order["number"] for order in case["orders"]]
    was_asked(shop, kind, case)


# --- the other questions


def told_by(channel: Channel, case: Json) -> Any:
    """What the channel says to the question of the case."""
    match case["does"]:
        case "read_shop":
            return channel.read_shop()
        case "count_orders":
            return channel.count_orders(window_of(date.fromisoformat(case["day"]), case["zone"]))
        case "find_order":
            return [shown(at) for at in channel.find_order(case["number"])]
    since, until = (datetime.fromisoformat(case[name]) for name in ("since", "until"))
    pages = list(channel.fetch_changes(since, until))
    seen = [page.seen_until for page in pages if page.seen_until is not None]
    return [shown(at) for page in pages for at in page.placed], shown(seen[-1]) if seen else None


def meant_by(case: Json, url: str) -> Any:
    match case["does"]:
        case "read_shop":
            return msgspec.convert(at_home(case["shop"], url), Shop)
        case "count_orders":
            return case["count"]
        case "find_order":
            return case["placed"]
    return case["placed"], case["seen_until"]


@pytest.mark.parametrize(("kind", "case"), every_case("read_shop", "count_orders", "fetch_changes", "find_order"))
def test_every_question_is_asked_and_answered_as_the_contract_says(shop, kind, case):
    play(shop, case["answers"])
    assert told_by(opened(kind, shop.url, case), case) == meant_by(case, shop.url)
    was_asked(shop, kind, case)


@pytest.mark.parametrize(("kind", "case"), every_case("check"))
def test_keys_open_the_shop_that_the_contract_says_or_name_the_fields_that_are_wrong(shop, kind, case):
    play(shop, case["answers"])
    at_work = platform(kind, shop.url, told_of(kind, case))
    fields = at_home(case["fields"], shop.url)
    if "wrong" in case:
        with pytest.raises(errors.RequestError) as caught:
            at_work.check(fields)
        assert list(caught.value.fields) == case["wrong"]
        assert "canary" not in f"{caught.value} {caught.value.fields}"
    else:
        found = at_work.check(fields)
        assert found.shop == msgspec.convert(at_home(case["shop"], shop.url), Shop)
        assert found.expected_orders == case.get("expected_orders")
        assert found.credentials.access.reveal() in fields.values()
    was_asked(shop, kind, case)


# --- damage


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_answer_is_an_error_by_name_or_the_same_orders_and_never_an_empty_day(shop, kind):
    case = case_of(kind, "missing SKU")
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
