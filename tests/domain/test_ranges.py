"""Presets, batches, and ranges that cannot be synced."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import errors
from chalicelib.domain.days import DAY
from chalicelib.domain.ranges import (
    BATCHES_MAX,
    PRESETS,
    Range,
    batches_of,
    batches_to_sync,
    first_shown,
    months_later,
    preset_range,
    told_batches,
)

TODAY = date(2026, 7, 15)
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


def days(text: str) -> Range:
    first, _, last = text.partition("..")
    return Range(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("asked", "starts"),
    [
        ("2024-01-01..2024-04-30", ["2024-01-01"]),
        ("2024-01-01..2024-05-01", ["2024-01-01", "2024-05-01"]),
        ("2023-10-31..2024-10-30", ["2023-10-31", "2024-02-29", "2024-06-30"]),
        ("2023-10-31..2024-10-31", ["2023-10-31", "2024-02-29", "2024-06-30", "2024-10-31"]),
        ("2026-07-01..2026-07-07", ["2026-07-01"]),
        ("2026-07-01..2026-07-01", ["2026-07-01"]),
    ],
)
def test_batches_begin_so_many_months_after_the_first_day(asked, starts):
    assert [str(batch.first) for batch in batches_of(days(asked))] == starts


@given(DAYS, st.integers(0, 3_000))
def test_batches_partition_the_range_in_order_and_none_is_longer_than_four_months(first, length):
    whole = Range(first, first + timedelta(days=length))
    batches = batches_of(whole)
    assert (batches[0].first, batches[-1].last) == (whole.first, whole.last)
    assert all(before.last + DAY == after.first for before, after in pairwise(batches))
    assert sum(batch.count for batch in batches) == whole.count
    for k, batch in enumerate(batches):
        assert batch.first == months_later(first, 4 * k)
        assert batch.last < months_later(first, 4 * (k + 1))
        assert batch.count <= 123


@given(DAYS, st.integers(-60, 60))
def test_months_later_is_in_that_month_and_never_past_the_day(day, months):
    later = months_later(day, months)
    assert later.year * 12 + later.month == day.year * 12 + day.month + months
    assert later.day == day.day or (later.day < day.day and (later + DAY).day == 1)


@pytest.mark.parametrize(
    ("preset", "today", "means"),
    [
        ("current_week", "2026-07-15", "2026-07-13..2026-07-15"),
        ("current_week", "2026-07-13", "2026-07-13..2026-07-13"),
        ("current_week", "2026-07-12", "2026-07-06..2026-07-12"),
        ("current_month", "2026-07-15", "2026-07-01..2026-07-15"),
        ("last_month", "2026-07-15", "2026-06-01..2026-06-30"),
        ("last_month", "2024-03-31", "2024-02-01..2024-02-29"),
        ("last_month", "2026-01-01", "2025-12-01..2025-12-31"),
        ("last_quarter", "2026-07-15", "2026-04-01..2026-06-30"),
        ("last_quarter", "2026-02-28", "2025-10-01..2025-12-31"),
    ],
)
def test_presets_are_two_days(preset, today, means):
    found = preset_range(preset, date.fromisoformat(today), week_start="monday", fiscal_start=1)
    assert found == days(means)


@pytest.mark.parametrize(
    ("today", "means"), [("2026-07-12", "2026-07-12"), ("2026-07-15", "2026-07-12"), ("2026-07-18", "2026-07-12")]
)
def test_a_week_may_start_on_sunday(today, means):
    found = preset_range("current_week", date.fromisoformat(today), week_start="sunday", fiscal_start=1)
    assert str(found.first) == means


@pytest.mark.parametrize(
    ("fiscal_start", "means"),
    [(1, "2026-04-01..2026-06-30"), (2, "2026-02-01..2026-04-30"), (3, "2026-03-01..2026-05-31")],
)
def test_quarters_are_counted_from_the_fiscal_year(fiscal_start, means):
    assert preset_range("last_quarter", TODAY, week_start="monday", fiscal_start=fiscal_start) == days(means)
    again = preset_range("last_quarter", TODAY, week_start="monday", fiscal_start=fiscal_start + 9)
    assert again == days(means)


@given(st.sampled_from(PRESETS), DAYS, st.sampled_from(["monday", "sunday"]), st.integers(1, 12))
def test_presets_lie_in_the_past_or_end_today(preset, today, week_start, fiscal_start):
    found = preset_range(preset, today, week_start=week_start, fiscal_start=fiscal_start)
    assert found.first <= found.last <= today
    assert (found.last == today) == preset.startswith("current")
    if preset == "current_week":
        assert found.first.strftime("%A").lower() == week_start
        assert found.count <= 7
    elif preset == "last_quarter":
        assert found.first.day == (found.last + DAY).day == 1
        assert (found.first.month - fiscal_start) % 3 == 0
        assert months_later(found.first, 3) == found.last + DAY
        assert months_later(found.last + DAY, 3) > today
    else:
        assert found.first.day == 1
        assert (found.first.year, found.first.month) == (found.last.year, found.last.month)


@pytest.mark.parametrize(
    ("asked", "reach_days", "fields"),
    [
        ("2026-07-04..2026-07-03", None, ["to"]),
        ("2026-07-04..2026-07-16", None, ["to"]),
        ("2026-07-16..2026-07-17", None, ["from", "to"]),
        ("2026-05-16..2026-07-01", 60, ["from"]),
        ("2021-07-15..2026-07-15", None, ["from"]),
    ],
)
def test_a_range_that_cannot_be_synced_is_refused_at_its_field(asked, reach_days, fields):
    with pytest.raises(errors.RequestError) as caught:
        batches_to_sync(days(asked), today=TODAY, reach_days=reach_days)
    assert list(caught.value.fields) == fields


def test_the_longest_range_and_the_oldest_day_that_can_be_synced():
    assert len(batches_to_sync(days("2021-07-16..2026-07-15"), today=TODAY, reach_days=None)) == BATCHES_MAX
    assert first_shown(TODAY, 60) == date(2026, 5, 17)
    assert len(batches_to_sync(days("2026-05-17..2026-07-15"), today=TODAY, reach_days=60)) == 1


def test_batches_are_told_one_by_one_while_they_are_few():
    assert told_batches(batches_of(days("2026-01-01..2026-06-30"))) == (
        "two batches: Jan 1 to Apr 30, 2026, then May 1 to Jun 30, 2026"
    )
    assert told_batches(batches_of(days("2024-11-30..2026-06-30"))).startswith(
        "five batches: Nov 30, 2024 to Mar 29, 2025, and so on, at last Mar 30 to Jun 30, 2026"
    )
