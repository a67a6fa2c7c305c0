"""Day heads: each write happens under its condition and tells whether it did. On every engine."""

from datetime import date

import pytest

from chalicelib.domain.work import FAULTS_MAX, Attempt, DayKey, Live
from chalicelib.storage.days import Days

DAY = DayKey("w1", "c1", date(2026, 7, 3))
LIVE = Live("final", 50, 50, 1_800_000_000)


def attempt(name: str, serving: int = 1, until: int = 100) -> Attempt:
    return Attempt(id=name, serving=serving, until=until, began_at=1)


@pytest.fixture
def days(table) -> Days:
    return Days(table)


def claimed(days: Days, name: str = "a1") -> Attempt:
    n = days.ask(DAY, by_person=False)
    mine = attempt(name, serving=n)
    assert days.claim(days.read(DAY), mine)
    return mine


def flip(days: Days, seen, mine: Attempt) -> bool:
    return days.flip(seen, mine, digest=f"d-{mine.id}", live=LIVE, year="2026-01-01", touches=(DAY.day,))


def test_asks_are_numbered(days):
    assert [days.ask(DAY, by_person=False) for _ in range(3)] == [1, 2, 3]
    assert days.read(DAY).needs_work


def test_a_day_nobody_asked_for_has_no_head(days):
    assert days.read(DAY) is None


def test_one_of_two_claims_wins(days):
    days.ask(DAY, by_person=False)
    seen = days.read(DAY)
    assert days.claim(seen, attempt("a1"))
    assert not days.claim(seen, attempt("a2"))
    assert days.read(DAY).attempt.id == "a1"


def test_a_claim_is_refused_while_anything_is_owed(days):
    mine = claimed(days)
    flip(days, days.read(DAY), mine)
    days.ask(DAY, by_person=False)
    assert not days.claim(days.read(DAY), attempt("a2"))
    days.clear_due(DAY, "a1")
    assert days.claim(days.read(DAY), attempt("a2", serving=2))


def test_the_flip_needs_the_attempt(days):
    mine = claimed(days)
    seen = days.read(DAY)
    assert days.claim(seen, attempt("a2"))
    assert not flip(days, seen, mine)
    assert days.read(DAY).live is None


def test_a_flip_shows_everything_at_once(days):
    mine = claimed(days)
    assert flip(days, days.read(DAY), mine)
    head = days.read(DAY)
    assert (head.live, head.revision, head.served, head.attempt) == ("a1", 1, 1, None)
    assert (head.due, head.due_year, head.due_touches, head.shown) == ("a1", "2026-01-01", (DAY.day,), LIVE)
    assert not head.needs_work
    assert not head.at_rest


def test_a_flip_that_is_repeated_is_found_out(days):
    mine = claimed(days)
    seen = days.read(DAY)
    assert flip(days, seen, mine)
    assert flip(days, seen, mine)
    assert days.read(DAY).revision == 1


def test_an_ask_during_an_attempt_stays_open(days):
    mine = claimed(days)
    days.ask(DAY, by_person=False)
    flip(days, days.read(DAY), mine)
    assert days.read(DAY).needs_work


def test_owed_is_cleared_only_for_its_attempt(days):
    mine = claimed(days)
    flip(days, days.read(DAY), mine)
    days.clear_due(DAY, "another")
    assert days.read(DAY).due == "a1"


def test_tries_run_out_and_a_person_opens_the_day_again(days):
    days.ask(DAY, by_person=False)
    for n in range(FAULTS_MAX):
        assert days.claim(days.read(DAY), attempt(f"a{n}"))
    assert not days.claim(days.read(DAY), attempt("one more"))
    assert days.fail(days.read(DAY), None, "it ended without a word")
    assert not days.read(DAY).needs_work
    days.ask(DAY, by_person=False)
    assert not days.read(DAY).needs_work
    days.ask(DAY, by_person=True)
    assert days.read(DAY).needs_work
    assert days.read(DAY).faults == 0


def test_a_wait_that_was_asked_for_is_no_fault(days):
    mine = claimed(days)
    assert days.park(DAY, mine.id, reason="slow down", next_try_at=500, blameless=True)
    head = days.read(DAY)
    assert (head.faults, head.progress, head.reason, head.next_try_at, head.attempt) == (
        0,
        "parked",
        "slow down",
        500,
        None,
    )
    assert head.needs_work


def test_a_cursor_is_saved_with_its_parts_only_by_the_holder(days):
    mine = claimed(days)
    saved = Attempt(id="a1", serving=1, until=50, began_at=1, cursor="page 3", parts=(("a1", 0), ("a1", 1)))
    assert days.save_cursor(DAY, saved)
    assert days.read(DAY).attempt == saved
    assert days.claim(days.read(DAY), attempt("a2"))
    assert not days.save_cursor(DAY, mine)


def test_a_cancelled_ask_needs_no_work_unless_somebody_asked_again(days):
    n = days.ask(DAY, by_person=True)
    assert days.withdraw(DAY, n)
    assert not days.read(DAY).needs_work
    days.ask(DAY, by_person=True)
    days.withdraw(DAY, n)
    assert days.read(DAY).needs_work


def test_heads_are_listed_by_day_over_all_connections_of_one_workspace(days):
    for connection, day in (("c2", 3), ("c1", 4), ("c1", 2), ("c1", 9)):
        days.ask(DayKey("w1", connection, date(2026, 7, day)), by_person=False)
    days.ask(DayKey("w2", "c1", date(2026, 7, 3)), by_person=False)
    listed = [(head.key.day.day, head.key.connection) for head in days.list("w1", date(2026, 7, 2), date(2026, 7, 4))]
    assert listed == [(2, "c1"), (3, "c2"), (4, "c1")]
