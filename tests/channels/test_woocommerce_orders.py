"""Payloads become the orders that they state: published ones, the vectors of "What the figures mean", and loosened types."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from chalicelib import errors
from chalicelib.channels.woocommerce_orders import STATUSES, Refund, Row, parse_order, parse_person
from chalicelib.domain.orders import Amounts, Tender
from chalicelib.domain.persons import Person
from tests.support.woocommerce import line, order, parsed, refund

DATA = Path(__file__).parent / "data" / "woocommerce"


def published(name):
    return json.loads((DATA / f"{name}.json").read_text())


def orders_in(name):
    return [parsed(each) for each in published(name)]


# -- published payloads


def test_the_documented_order():
    (read,) = orders_in("docs_order")
    assert read.amounts == Amounts(gross=1800, shipping=1000, tax=135)
    assert read.amounts.total == 2935
    assert read.tenders == (Tender("bacs", 2935),)
    assert read.region == "US-CA"
    assert read.placed_at == datetime(2017, 3, 22, 19, 28, 2, tzinfo=UTC)
    assert [(each.sku, each.item, each.quantity_milli) for each in read.lines] == [
        (None, "93", 2000),
        ("Bar3", "23", 1000),
    ]


def test_vector_4_a_fee_that_the_total_does_not_hold_is_unexplained():
    (read,) = orders_in("ios_order")
    assert read.amounts == Amounts(gross=6000, discount=3000, fees=12550, tax=120, residual=-12550)
    assert read.amounts.total == 3120
    assert read.flags == ("unexplained",)


def test_one_and_a_half_of_a_thing():
    (read,) = orders_in("ios_order")
    assert sorted(each.quantity_milli for each in read.lines) == [1500, 2000]


def test_what_no_line_is_for_is_unexplained():
    (read,) = orders_in("ios_order_with_line_item_attributes")
    assert (read.amounts.residual, read.flags) == (2200, ("unexplained",))


def test_vector_3_a_redeemed_gift_card_is_tender():
    (read,) = orders_in("ios_order_with_attribution_info")
    assert read.amounts == Amounts(gross=1800, shipping=1000)
    assert read.amounts.total == 2800
    assert read.flags == ()
    assert sorted(each.amount for each in read.tenders) == [400, 2400]


def test_a_price_with_fifteen_digits_is_not_summed():
    (read,) = orders_in("ios_order_details_partially_refunded")
    assert read.amounts == Amounts(gross=25020, shipping=5425)
    assert read.amounts.residual == 0


def test_a_page_of_orders():
    assert [read.amounts.total for read in orders_in("ios_orders_load_all")] == [3120, 2000, 2000, 119850]


def test_published_refunds_give_back_what_they_say():
    placed = next(each for each in published("ios_orders_load_all") if each["id"] == 560)
    read = parsed(placed, *published("ios_order_560_all_refunds"))
    listed = {f"refund-{each['id']}": each["total"] for each in placed["refunds"]}
    assert {event.id for event in read.events} <= listed.keys()
    for event in read.events:
        assert event.amounts.total == round(float(listed[event.id]) * 100)
        assert event.amounts.unallocated == 0
        assert event.cause == "refund"
        assert not event.observed
    assert sum(each.quantity_milli for event in read.events for each in event.lines) < 0


def test_documented_refunds_with_and_without_items():
    read = parsed(order("29.00", [line("A", "29.00")]), *published("docs_order_refunds"))
    assert [(event.amounts.net, event.amounts.unallocated) for event in read.events] == [(-900, 0), (0, -1000)]
    assert read.events[0].at == datetime(2017, 3, 21, 19, 55, 37, tzinfo=UTC)


# -- sums


def test_vector_5_money_back_without_items_is_unallocated():
    read = parsed(order("29.00", [line("A", "29.00")]), refund("15.00", []))
    assert read.events[0].amounts == Amounts(unallocated=-1500)
    assert read.events[0].lines == ()


def test_a_refund_itemises_lines_shipping_fees_and_their_tax():
    back = refund(
        "50.00",
        [line("B", "-27.00", -1, subtotal="-27.00", total_tax="-2.70")],
        shipping_lines=[{"total": "-8.00", "total_tax": "-0.80"}],
        fee_lines=[{"total": "-5.00", "total_tax": "-0.50"}],
    )
    (event,) = parsed(order("100.00", [line("B", "100.00")]), back).events
    assert event.amounts == Amounts(gross=-2700, shipping=-800, fees=-500, tax=-400, unallocated=-600)
    assert event.amounts.total == -5000
    assert [(each.quantity_milli, each.gross, each.tax) for each in event.lines] == [(-1000, -2700, -270)]


def test_discounts_fees_and_line_tax():
    lines = [line("A", "18.00", 2, subtotal="20.00", total_tax="1.80")]
    read = parsed(order("27.80", lines, total_tax="2.80", shipping_total="10.00", fee_lines=[{"total": "-3.00"}]))
    assert read.amounts == Amounts(gross=2000, discount=200, shipping=1000, fees=-300, tax=280)
    assert sum(each.tax for each in read.lines) == 180


@pytest.mark.parametrize(("total", "flags"), [("10.02", ("rounding",)), ("10.05", ("unexplained",)), ("10.00", ())])
def test_up_to_a_unit_an_amount_is_rounding(total, flags):
    assert parsed(order(total, [line("A", "5.00"), line("B", "5.00")])).flags == flags


def test_a_shop_that_rounds_to_whole_dollars_rounds_by_dollars():
    node = order("11", [line("A", "5"), line("B", "5")])
    assert parsed(node, decimals=0).flags == ("rounding",)
    assert parsed(node, decimals=2).flags == ("unexplained",)


def test_currencies_without_and_with_three_decimals():
    assert parsed(order("1000.0", [line("A", "1000")], currency="JPY")).amounts.total == 1000
    assert parsed(order("1.234", [line("A", "1.234")], currency="KWD")).amounts.total == 1234


def test_an_order_for_nothing_counts_and_says_so():
    read = parsed(order("0.00", [line("A", "0.00")]))
    assert (read.excluded, read.flags) == (None, ("total_zero",))


def test_a_bundle_and_its_children_are_lines_as_the_shop_prices_them():
    read = parsed(order("30.00", [line("SET", "30.00"), line("CUP", "0.00", 4), line("POT", "0.00")]))
    assert read.amounts == Amounts(gross=3000)
    assert sum(each.quantity_milli for each in read.lines) == 6000


def test_nothing_is_paid_before_there_is_a_date_for_it():
    assert parsed(order("5.00", [line("A", "5.00")], date_paid_gmt=None)).tenders == ()


def test_lines_in_any_sequence_are_the_same_order():
    lines = [line("B", "5.00"), line(None, "1.00"), line("A", "2.00")]
    assert parsed(order("8.00", lines)) == parsed(order("8.00", lines[::-1]))


def test_the_shelf_of_an_order_does_not_move_with_its_date():
    first, later = (parsed(order("5.00", [], at=f"2026-07-{day}T10:00:00")) for day in ("03", "09"))
    assert first.created_at == later.created_at
    assert first.placed_at != later.placed_at


# -- what counts


@pytest.mark.parametrize("status", STATUSES, ids=lambda status: status.value)
def test_a_status_counts_or_is_itself_the_reason(status):
    read = parsed(order("5.00", [line("A", "5.00")], status=status.value))
    assert (read.status, read.excluded) == (status.value, None if status.default else status.value)


@pytest.mark.parametrize(
    ("word", "status"), [("partial-shipped", "partial-shipped"), ("wc-partial", "partial"), ("¿?", "unknown")]
)
def test_a_status_of_a_plugin_is_listed_with_its_name_and_does_not_count(word, status):
    read = parsed(order("5.00", [line("A", "5.00")], status=word))
    assert (read.status, read.excluded, read.flags) == (status, status, ("unknown_status",))


def test_the_prefix_that_statuses_have_inside_wordpress_is_none_of_theirs():
    assert parsed(order("5.00", [line("A", "5.00")], status="wc-processing")).excluded is None


# -- loosened types


def test_numbers_as_text_and_text_as_numbers():
    loose = line(None, 9.5, "1.5", subtotal="", total_tax="", product_id="0", variation_id="12") | {"sku": 1001}
    read = parsed(order(10, [loose], shipping_total=0.5, total_tax=None, number=77, id="1001", gift_cards=None))
    assert read.amounts == Amounts(gross=950, shipping=50)
    assert (read.id, read.number) == ("1001", "77")
    assert [(each.sku, each.item, each.quantity_milli) for each in read.lines] == [("1001", "12", 1500)]


def test_lists_as_objects_and_objects_as_lists():
    lines = {"0": line("A", "5.00"), "2": line("B", "5.00")}
    read = parsed(order("10.00", lines, fee_lines={}, refunds={}, billing=[], shipping=[], gift_cards={}))
    assert (len(read.lines), read.amounts.total, read.flags) == (2, 1000, ())


def test_a_title_is_text_and_not_html():
    read = parsed(order("5.00", [line(" ", "5.00", name=" Cup &ndash; Blue &amp; White ")]))
    assert (read.lines[0].title, read.lines[0].sku) == ("Cup – Blue & White", None)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"total": ""}, "total"),
        ({"total": "12,50"}, "total"),
        ({"total": "1" + "0" * 30}, "total"),
        ({"total_tax": {"a": 1}}, "total_tax"),
        ({"currency": "US"}, "currency"),
        ({"currency": None}, "currency"),
        ({"status": ""}, "status"),
        ({"date_created_gmt": None}, "date_created_gmt"),
        ({"date_created_gmt": "0000-00-00T00:00:00"}, "date_created_gmt"),
        ({"id": "none"}, "id"),
        ({"line_items": [line("A", "5.00") | {"total": "x"}]}, "line_items.total"),
        ({"line_items": [line("A", "5.00", "many")]}, "line_items.quantity"),
        ({"gift_cards": [{"amount": "a lot"}]}, "gift_cards.amount"),
    ],
)
def test_what_has_no_reading_is_named_and_not_repeated(fields, named):
    with pytest.raises(errors.UnreadablePayload, match=named) as caught:
        parsed(order("5.00", [line("A", "5.00")]) | fields)
    assert "a lot" not in str(caught.value)
    assert "12,50" not in str(caught.value)


def test_a_refund_without_amount_or_date_is_named():
    for damaged, named in ((refund("", []), "refunds.amount"), (refund("5.00", [], at=None), "date_created_gmt")):
        with pytest.raises(errors.UnreadablePayload, match=named):
            parsed(order("5.00", [line("A", "5.00")]), damaged)


# -- people


def person_in(**fields):
    return parse_person(msgspec.json.decode(msgspec.json.encode(order("5.00", [], **fields)), type=Row))


def test_the_customer_is_who_it_was_sent_to_else_who_pays():
    billing = {"first_name": "Corner", "last_name": "Bakery", "country": "US", "state": "NY"}
    assert person_in(billing=billing, shipping=[]) == Person("Corner Bakery", "US-NY")
    shipping = {"first_name": "", "last_name": "", "company": "Old Mill Studio", "country": "DE", "state": "BE"}
    assert person_in(billing=billing, shipping=shipping) == Person("Old Mill Studio", "DE")
    assert person_in(billing=billing, shipping=shipping | {"country": ""}) == Person("Corner Bakery", "US-NY")
    assert person_in() is None


def test_a_refund_is_the_same_event_whenever_it_is_read():
    node, back = order("5.00", [line("A", "5.00")]), refund("1.00", [])
    assert parsed(node, back) == parsed(node, back, back)
    read = msgspec.json.decode(msgspec.json.encode(back), type=Refund)
    assert (
        parse_order(msgspec.json.decode(msgspec.json.encode(node), type=Row), [read], decimals=2).events[0].id
        == "refund-2001"
    )
