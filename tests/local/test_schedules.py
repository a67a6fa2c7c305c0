"""The schedules of one machine: when the night and the sweeps come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from infra.local.schedules import Schedules, event_at, next_night

INSTANTS = st.integers(1_700_000_000, 1_900_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


@given(INSTANTS)
def test_the_next_night_is_a_quarter_to_six_within_a_day(now: datetime) -> None:
    night = next_night(now)
    assert (night.hour, night.minute, night.second, night.microsecond) == (5, 45, 0, 0)
    assert timedelta(0) < night - now <= timedelta(days=1)


def test_at_the_very_instant_of_a_night_the_next_one_is_tomorrow() -> None:
    assert next_night(datetime(2026, 3, 9, 5, 45, tzinfo=UTC)) == datetime(2026, 3, 10, 5, 45, tzinfo=UTC)


def test_ten_seconds_before_the_night_only_a_sweep_is_due_and_then_the_night_once() -> None:
    start = datetime(2026, 3, 9, 5, 44, 50, tzinfo=UTC)
    schedules = Schedules(start, sweep_s=300)
    assert schedules.due(start) == ["sweep"]
    assert schedules.due(start + timedelta(seconds=9)) == []
    assert schedules.due(start + timedelta(seconds=10)) == ["nightly"]
    assert schedules.due(start + timedelta(seconds=11)) == []


def test_a_machine_that_slept_through_three_nights_runs_one_and_sweeps_once() -> None:
    start = datetime(2026, 3, 9, 12, tzinfo=UTC)
    schedules = Schedules(start, sweep_s=20)
    schedules.due(start)
    assert schedules.due(start + timedelta(days=3)) == ["nightly", "sweep"]
    assert schedules.due(start + timedelta(days=3, seconds=1)) == []


def test_the_event_has_what_a_schedule_of_eventbridge_carries() -> None:
    event = event_at(datetime(2026, 3, 9, 5, 45, tzinfo=UTC), "nightly")
    assert set(event) == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"
    }  # fmt: skip
    assert event["time"] == "2026-03-09T05:45:00Z"
