"""Summing: by SKU, by store and currency, events under both readings."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.days import day_of
from chalicelib.domain.orders import NOTHING, Amounts
from chalicelib.domain.summaries import (
    diff,
    document_of,
    fold,
    number_in,
    pack_sections,
    summarise,
    totals_only,
    unpack_sections,
    without_lines,
)
from tests.support.orders import NOON, later, line, order, orders, refund

UTC_ZONE = "UTC"
DAY = date(2026, 7, 3)


def sheets_of(*day):
    return summarise(day, DAY, UTC_ZONE).sheets()


def test_fifty_orders_of_one_widget_are_one_line_of_fifty():
    (sheet,) = sheets_of(*(order(n, line("A", 1, 2500)) for n in range(50)))
    (sku,) = sheet.sales.lines
    assert (sheet.sales.count, sku.sku, sku.quantity_milli, sku.gross) == (50, "A", 50_000, 125_000)


def test_lines_without_a_sku_stay_apart_and_come_last():
    (sheet,) = sheets_of(
        order(1, line(None, gross=1), line("Z", gross=2)), order(2, line(None, gross=4), line("A", gross=8))
    )
    assert [(sku.sku, sku.gross) for sku in sheet.sales.lines] == [("A", 8), ("Z", 2), (None, 5)]


def test_currencies_and_stores_are_never_added():
    sheets = sheets_of(order(1), order(2, currency="CAD"), order(3, store="outlet"))
    assert [(sheet.store, sheet.currency, sheet.sales.count) for sheet in sheets] == [
        ("", "CAD", 1),
        ("", "USD", 1),
        ("outlet", "USD", 1),
    ]


def test_an_order_that_does_not_count_is_listed_and_adds_nothing():
    (sheet,) = sheets_of(order(1), order(2, excluded="test"))
    assert (sheet.sales.count, sheet.excluded, sheet.sales.amounts.gross) == (1, 1, 5000)
    assert sheet.events.amounts == NOTHING
    assert sheet.statuses == (("paid", 2),)


def test_an_order_whose_sale_does_not_count_on_its_day_may_count_by_an_event():
    (sheet,) = sheets_of(order(2, excluded="not_in_history", events=(refund(NOON, line()),)))
    assert (sheet.sales.count, sheet.sales.amounts, sheet.events.amounts.gross) == (0, NOTHING, -5000)


def test_the_worked_example_of_three_days():
    a, b = line("A", 2, 10000, 1000, 900), line("B", 1, 3000, 300, 270)
    back_a = line("A", 1, 5000, 500, 450)
    sold = order(
        1, a, b, shipping=800, tax=1250, events=(refund(later(2), back_a), refund(later(30), b, shipping=800, tax=350))
    )
    summary = summarise([sold], DAY, UTC_ZONE)
    happened = summary.events_by_day()
    assert [amount.amounts.total for day in happened.values() for amount in day.values()] == [-4950, -3850]
    (day_three,) = document_of(summary.sheets(), [])
    assert day_three.sales.amounts == Amounts(gross=13000, discount=1300, shipping=800, tax=1250)
    assert day_three.sales.amounts.total == 13750
    assert (day_three.sales.amounts + day_three.order_day.amounts).total == 13750 - 4950 - 3850
    (day_five,) = document_of((), [happened[date(2026, 7, 5)]])
    assert (day_five.event_day.amounts.total, day_five.order_day.amounts.total) == (-4950, 0)
    assert [sku.quantity_milli for sku in day_five.event_day.lines] == [-1000]


@given(orders(), st.randoms(use_true_random=False))
def test_any_sequence_of_the_same_orders_sums_alike(day, random):
    shuffled = random.sample(day, len(day))
    one, other = summarise(day, DAY, UTC_ZONE), summarise(shuffled, DAY, UTC_ZONE)
    assert one.sheets() == other.sheets()
    assert one.events_by_day() == other.events_by_day()


@given(orders())
def test_the_figures_are_those_of_the_counting_orders(day):
    counting = [kept for kept in day if kept.excluded is None]
    sheets = sheets_of(*day)
    assert sum(sheet.sales.amounts.total for sheet in sheets) == sum(kept.amounts.total for kept in counting)
    assert sum(sku.quantity_milli for sheet in sheets for sku in sheet.sales.lines) == sum(
        item.quantity_milli for kept in counting for item in kept.lines
    )


@given(orders())
def test_both_readings_agree_once_every_events_day_is_included(day):
    summary = summarise(day, DAY, UTC_ZONE)
    happened = summary.events_by_day()
    documents = [document_of(summary.sheets(), [happened[DAY]] if DAY in happened else [])]
    documents += [document_of((), [sections]) for on, sections in happened.items() if on != DAY]
    sheets = [sheet for document in documents for sheet in document]
    assert fold(sheet.event_day for sheet in sheets).amounts == fold(sheet.order_day for sheet in sheets).amounts
    assert set(happened) == {day_of(event.at, UTC_ZONE) for kept in day for event in kept.events}


@given(orders())
def test_regions_are_the_orders_that_go_there_and_what_happened_to_them(day):
    summary = summarise(day, DAY, UTC_ZONE)
    happened = summary.events_by_day()
    documents = [document_of(summary.sheets(), [happened[DAY]] if DAY in happened else [])]
    documents += [document_of((), [sections]) for on, sections in happened.items() if on != DAY]
    sheets = [sheet for document in documents for sheet in document]
    sold = fold(sheet.sales for sheet in sheets).regions
    counting = [kept for kept in day if kept.excluded is None and kept.region]
    assert {each.region: (each.net, each.count) for each in sold} == {
        region: (
            sum(kept.amounts.net for kept in counting if kept.region == region),
            sum(kept.region == region for kept in counting),
        )
        for region in {kept.region for kept in counting}
    }
    told = [(kept.region, event.amounts.net) for kept in day for event in kept.events if kept.region]
    wanted = {region: sum(net for where, net in told if where == region) for region, _ in told}
    for reading in ("event_day", "order_day"):
        back = fold(sheet.events(reading) for sheet in sheets).regions
        assert {each.region: each.net for each in back} == wanted


@given(orders())
def test_a_days_totals_hold_neither_lines_nor_regions(day):
    for sheet in document_of(summarise(day, DAY, UTC_ZONE).sheets(), []):
        bare = totals_only(sheet)
        assert not any(part.lines or part.regions for part in (bare.sales, bare.event_day, bare.order_day))
        assert without_lines(sheet).sales.regions == sheet.sales.regions


@given(orders())
def test_sections_come_back_as_they_went_in(day):
    for sections in summarise(day, DAY, UTC_ZONE).events_by_day().values():
        assert unpack_sections(pack_sections(sections)) == sections


def test_a_diff_counts_and_names_what_came_went_and_changed():
    before = {kept.id: kept for kept in (order(1), order(2), order(3))}
    after = {kept.id: kept for kept in (order(1), order(3, line("B")), order(4), order(5))}
    changes = diff(before, after)
    assert (changes.added, changes.removed, changes.changed) == (2, 1, 1)
    assert changes.numbers == ("#1002", "#1003", "#1004", "#1005")


def test_the_number_in_an_order_number():
    assert [number_in(text) for text in ("#1001", "R-7-B", "none", "")] == [1001, 7, -1, -1]


def test_a_sheet_that_only_the_other_reading_fills_is_blank_under_this_one():
    summary = summarise([order(1, events=(refund(NOON + timedelta(days=2), line()),))], DAY, UTC_ZONE)
    on = date(2026, 7, 5)
    (later,) = document_of((), [summary.events_by_day()[on]])
    assert later.is_blank("order_day")
    assert not later.is_blank("event_day")
    (own,) = document_of(summary.sheets(), [])
    assert not own.is_blank("event_day")
