"""Days of every length, and the zones where they are odd."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.days import DAY, Calendar, backfill_days, day_of, days_between, due_at, start_of, window_of

ZONES = sorted(
    zone for zone in available_timezones() if not zone.startswith(("posix/", "right/")) and zone != "localtime"
)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", "2024-03-10", 23),
        ("America/New_York", "2024-11-03", 25),
        ("America/Santiago", "2024-09-08", 23),
        ("America/Santiago", "2024-04-06", 25),
        ("Africa/Cairo", "2024-04-26", 23),
        ("Australia/Lord_Howe", "2024-10-06", 23.5),
        ("Pacific/Apia", "2011-12-30", 0),
        ("UTC", "2024-02-29", 24),
    ],
)
def test_days_have_the_length_that_their_clocks_give_them(zone, day, hours):
    window = window_of(date.fromisoformat(day), zone)
    assert (window.end_at - window.start_at) / timedelta(hours=1) == hours


def test_a_midnight_that_does_not_exist_starts_the_day_an_hour_later():
    assert start_of(date(2024, 9, 8), "America/Santiago") == datetime(2024, 9, 8, 4, tzinfo=UTC)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 1)).map(lambda at: at.replace(tzinfo=UTC)),  # noqa: DTZ001
)
def test_every_instant_belongs_to_exactly_one_day(zone, at):
    day = day_of(at, zone)
    assert at in window_of(day, zone)
    assert at not in window_of(day - DAY, zone)
    assert at not in window_of(day + DAY, zone)


@pytest.mark.parametrize("zone", ZONES)
def test_days_partition_the_year(zone):
    days = list(days_between(date(2024, 1, 1), date(2024, 12, 31)))
    windows = [window_of(day, zone) for day in days]
    assert all(one.end_at == next_.start_at for one, next_ in pairwise(windows))
    assert all(window.start_at <= window.end_at for window in windows)


_changes = st.lists(st.tuples(st.dates(date(2024, 1, 1), date(2024, 3, 31)), st.sampled_from(ZONES)), max_size=4)


def calendar_of(zone: str, changes: list[tuple[date, str]]) -> Calendar:
    calendar = Calendar(zone)
    for first, changed in sorted(changes):
        calendar = calendar.changed(changed, first)
    return calendar


@given(st.sampled_from(ZONES), _changes)
def test_days_partition_the_year_through_any_changes_of_zone(zone, changes):
    calendar = calendar_of(zone, changes)
    windows = [window_of(day, calendar) for day in days_between(date(2023, 12, 25), date(2024, 4, 10))]
    assert all(one.end_at == next_.start_at for one, next_ in pairwise(windows))
    assert all(window.start_at <= window.end_at for window in windows)


@given(
    st.sampled_from(ZONES),
    _changes,
    st.datetimes(datetime(2023, 12, 25), datetime(2024, 4, 10)).map(lambda at: at.replace(tzinfo=UTC)),  # noqa: DTZ001
)
def test_every_instant_belongs_to_one_day_of_a_calendar(zone, changes, at):
    calendar = calendar_of(zone, changes)
    assert at in window_of(day_of(at, calendar), calendar)


def test_the_seam_runs_from_the_end_of_the_last_old_day_to_its_own_end():
    west = Calendar("Asia/Tokyo").changed("Pacific/Honolulu", date(2026, 7, 10))
    assert window_of(date(2026, 7, 9), west) == window_of(date(2026, 7, 9), "Asia/Tokyo")
    seam = window_of(date(2026, 7, 10), west)
    assert (seam.end_at - seam.start_at) / timedelta(hours=1) == 24 + 19
    east = Calendar("Pacific/Honolulu").changed("Asia/Tokyo", date(2026, 7, 10))
    seam = window_of(date(2026, 7, 10), east)
    assert (seam.end_at - seam.start_at) / timedelta(hours=1) == 24 - 19


def test_a_calendar_forgets_changes_that_a_new_one_overtakes():
    calendar = Calendar("UTC").changed("Asia/Tokyo", date(2026, 7, 10)).changed("UTC", date(2026, 7, 5))
    assert calendar == Calendar("UTC")
    assert Calendar("UTC").changed("Asia/Tokyo", date(2026, 7, 10)).latest == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("zone", "winter", "summer"),
    [
        ("Europe/London", "05:45", "05:45"),
        ("Asia/Tokyo", "05:45", "05:45"),
        ("Pacific/Auckland", "05:45", "05:45"),
        ("America/New_York", "05:45", "05:45"),
        ("America/Chicago", "06:30", "05:45"),
        ("America/Denver", "07:30", "06:30"),
        ("America/Los_Angeles", "08:30", "07:30"),
        ("Pacific/Honolulu", "10:30", "10:30"),
    ],
)
def test_a_day_is_due_when_it_has_ended_there_and_the_night_has_come(zone, winter, summer):
    assert f"{due_at(date(2026, 1, 14), zone):%H:%M}" == winter
    assert f"{due_at(date(2026, 7, 14), zone):%H:%M}" == summer


def test_the_first_download_is_today_so_far_and_ninety_full_days_newest_first():
    days = backfill_days(date(2026, 3, 31))
    assert len(days) == 91
    assert (days[0], days[-1]) == (date(2026, 3, 31), date(2025, 12, 31))
