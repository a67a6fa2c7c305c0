"""Months are the sum of their days, and say how much of them is here."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.months import (
    MonthDay,
    MonthVersion,
    last_of,
    month_digest,
    month_title,
    roll_up,
    state_of,
)
from chalicelib.domain.orders import NOTHING
from chalicelib.domain.summaries import document_of, summarise, without_lines
from tests.support.orders import line, order, orders

JULY = date(2026, 7, 1)


def days_of(**states: int | range) -> tuple[MonthDay, ...]:
    """Days by state: final=range(1, 4), empty=[5]."""
    found = [
        MonthDay(JULY.replace(day=n), state, f"d{n}", "b")
        for state, numbers in states.items()
        for n in ([numbers] if isinstance(numbers, int) else numbers)
    ]
    return tuple(sorted(found, key=lambda each: each.day))


def version_of(*days: MonthDay) -> MonthVersion:
    return MonthVersion(
        attempt="a",
        number=1,
        predecessor=None,
        cause="first",
        state=state_of(JULY, days),
        digest="",
        published_at=0,
        days=days,
        sheets=(),
        chunks=1,
    )


def sections_of(sheet):
    return sheet.sales, sheet.event_day, sheet.order_day


@given(orders(), st.integers(1, 5))
def test_a_month_is_the_sum_of_its_days(month_orders, days_count):
    days = []
    for n, of_day in enumerate(month_orders[n::days_count] for n in range(days_count)):
        day = JULY + timedelta(days=n)
        summary = summarise(of_day, day, "UTC")
        days.append(document_of(summary.sheets(), list(summary.events_by_day().values())))
    month = roll_up(days)
    assert sorted((sheet.store, sheet.currency) for sheet in month) == sorted(
        {(sheet.store, sheet.currency) for day in days for sheet in day}
    )
    for sheet in month:
        mine = [each for day in days for each in day if (each.store, each.currency) == (sheet.store, sheet.currency)]
        assert sheet.excluded == sum(each.excluded for each in mine)
        for place, section in enumerate(sections_of(sheet)):
            parts = [sections_of(each)[place] for each in mine]
            assert section.count == sum(part.count for part in parts)
            assert section.quantity_milli == sum(part.quantity_milli for part in parts)
            assert section.amounts == sum((part.amounts for part in parts), NOTHING)
            by_sku: dict[object, list[int]] = {}
            for part in parts:
                for sold in part.lines:
                    sums = by_sku.setdefault(sold.sku if sold.sku is not None else (sold.item, sold.title), [0, 0])
                    sums[0] += sold.quantity_milli
                    sums[1] += sold.net
            mine_by_sku = {
                sold.sku if sold.sku is not None else (sold.item, sold.title): [sold.quantity_milli, sold.net]
                for sold in section.lines
            }
            assert mine_by_sku == by_sku


def test_the_numbers_of_a_month_are_those_of_its_days_with_orders():
    sold = [document_of(summarise([order(n)], JULY, "UTC").sheets(), ()) for n in (7, 3)]
    events_only = document_of((), [{("", "USD"): sold[0][0].sales}])
    (sheet,) = roll_up([events_only, *sold, events_only])
    assert (sheet.first_number, sheet.last_number, sheet.low, sheet.high) == ("#1007", "#1003", 1003, 1007)


def test_a_month_counts_its_lines_as_its_versions_say_them():
    days = [document_of(summarise([order(1, line("A"), line(sku))], JULY, "UTC").sheets(), ()) for sku in ("B", None)]
    (sheet,) = roll_up(days)
    assert (sheet.skus, sheet.no_sku) == (3, 1)
    assert without_lines(sheet).skus == 3


@pytest.mark.parametrize(
    ("days", "state"),
    [
        (days_of(final=range(1, 32)), "final"),
        (days_of(final=range(1, 31), empty=31), "final"),
        (days_of(final=31), "final"),
        (days_of(final=range(1, 31)), "open"),
        (days_of(final=range(1, 31), provisional=31), "open"),
        (days_of(final=range(1, 31), events_only=31), "open"),
        ((), "open"),
    ],
)
def test_a_month_is_final_with_its_last_day(days, state):
    assert state_of(JULY, days) == state


def test_missing_and_empty_days_are_told_apart():
    version = version_of(*days_of(final=[1, 2, 6], empty=[4], events_only=[5], provisional=[9]))
    assert [day.day for day in version.missing(JULY, None)] == [3, 5]
    assert [day.day for day in version.missing(JULY, JULY.replace(day=9))] == [3, 5, 7, 8, 9], "asked for, not final"
    assert [day.day for day in version.of_state("empty")] == [4]
    assert (version.through, version.here) == (JULY.replace(day=9), 5)


def test_days_of_other_months_are_never_missing():
    version = version_of(*days_of(final=range(1, 32)))
    assert version.missing(JULY, date(2026, 9, 1)) == ()
    assert version.missing(JULY, date(2026, 6, 1)) == ()
    assert version_of(*days_of(events_only=3)).missing(JULY, date(2026, 6, 30)) == ()
    assert version_of(*days_of(events_only=3)).through is None


def test_titles():
    assert month_title(JULY, "open", date(2026, 7, 14)) == "July 2026, through 14 Jul"
    assert month_title(JULY, "final", date(2026, 7, 31)) == "July 2026"
    assert month_title(JULY, "open", None) == "July 2026"


def test_a_month_ends_with_its_last_day():
    assert [last_of(date(year, 2, 1)).day for year in (2024, 2026)] == [29, 28]


def test_a_digest_is_of_what_readers_see():
    days = days_of(final=range(1, 4))
    sheets = document_of(summarise([order(1)], JULY, "UTC").sheets(), ())
    same = tuple(MonthDay(each.day, each.state, "other", "other") for each in days)
    assert month_digest("open", days, sheets) == month_digest("open", same, sheets)
    different = [
        month_digest("final", days, sheets),
        month_digest("open", days[1:], sheets),
        month_digest("open", days, ()),
        month_digest("open", days_of(final=[1, 2], empty=[3]), sheets),
    ]
    assert month_digest("open", days, sheets) not in different
