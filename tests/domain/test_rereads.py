"""Days are read again by their age: the last seven daily, then weekly, then monthly; never in the night's own hour."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.days import DAY
from chalicelib.domain.rereads import days_to_reread, is_quiet, reread_after

TODAY = date(2026, 7, 5)


def read_on(day: date, first: date, days: int) -> list[date]:
    return [on for n in range(days) if day in days_to_reread(on := first + n * DAY)]


@settings(deadline=None, max_examples=20)
@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_over_thirty_days_each_day_is_read_as_often_as_its_age_asks(first):
    """Each of the last 120 days, watched for the next 30: daily, then in each seven days once, then once in thirty."""
    for back in range(1, 121):
        day = first - back * DAY
        reads = [(on - day).days for on in read_on(day, first, 30)]
        ages = range(back, back + 30)
        assert [age for age in reads if age <= 7] == [age for age in ages if age <= 7]
        for start in ages:
            if start >= 8 and start + 6 <= min(35, ages[-1]):
                assert sum(start <= age < start + 7 for age in reads) == 1
        if back >= 36 and back + 29 <= 120:
            assert len(reads) == 1
        assert not [age for age in reads if age > 120]


def test_the_load_is_the_same_every_day():
    assert {len(days_to_reread(TODAY + n * DAY)) for n in range(60)} == {7 + 4 + 3}


def test_turns_that_were_missed_are_caught_up_for_a_week_at_most():
    missed = set().union(*(days_to_reread(TODAY - n * DAY) for n in range(3)))
    assert set(days_to_reread(TODAY, TODAY - 2 * DAY)) == missed
    assert days_to_reread(TODAY, date(2020, 1, 1)) == days_to_reread(TODAY, TODAY - 6 * DAY)
    assert days_to_reread(TODAY, TODAY + DAY) == days_to_reread(TODAY)


@given(st.text(max_size=20), st.integers(0, 10**9))
def test_a_connection_has_one_instant_a_day_and_never_a_quiet_one(connection, second):
    now = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    at = reread_after(now, connection)
    assert now < at <= now + DAY
    assert reread_after(at, connection) == at + DAY
    assert not is_quiet(at)


def test_instants_are_spread_over_the_day():
    now = datetime(2026, 7, 5, tzinfo=UTC)
    hours = {reread_after(now, f"connection {n}").hour for n in range(500)}
    assert hours == set(range(24))


def test_the_nights_hour_is_quiet():
    night = datetime(2026, 7, 5, 5, 45, tzinfo=UTC)
    assert is_quiet(night)
    assert not is_quiet(night + timedelta(hours=1))
    assert not is_quiet(night - timedelta(minutes=31))
