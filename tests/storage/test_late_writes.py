"""Writes that land long after their sender gave them up: each was once found by the simulation and did harm."""

from datetime import date

import msgspec

from chalicelib.domain.work import Attempt, DayKey, DocumentVersion
from chalicelib.storage.days import Days
from chalicelib.storage.documents import Documents
from chalicelib.storage.revisions import Revisions
from chalicelib.storage.table import Table

DAY = DayKey("workspace", "connection", date(2026, 3, 3))
A, B = (Attempt(id=name, serving=1, until=100, began_at=0) for name in ("a", "b"))


def test_a_claim_that_lands_a_second_time_does_not_bring_its_attempt_back(memory_table: Table) -> None:
    days = Days(memory_table)
    days.ask(DAY, by_person=False)
    seen = days.read(DAY)
    assert seen is not None
    assert days.claim(seen, A)
    assert days.remove_attempt(DAY, "a")
    assert not days.claim(seen, A), "its parts may have been cleaned away by now"


def test_a_claim_from_before_somebody_else_served_the_day_is_refused(memory_table: Table) -> None:
    days = Days(memory_table)
    days.ask(DAY, by_person=False)
    seen = days.read(DAY)
    assert seen is not None
    assert days.claim(seen, A)
    assert days.close(DAY, A)
    assert not days.claim(seen, B), "it would publish after a revision that is not live any more"


def _version(name: str, number: int, predecessor: str | None) -> DocumentVersion:
    return DocumentVersion(
        attempt=name,
        number=number,
        predecessor=predecessor,
        cause="sync",
        state="events_only",
        digest=name,
        published_at=0,
        base=None,
        sources=(),
        sheets=(),
    )


def test_a_rebuild_from_older_facts_is_refused_once_a_newer_one_found_nothing_new(memory_table: Table) -> None:
    documents = Documents(memory_table, Revisions(memory_table))
    assert documents.publish(DAY, _version("v1", 1, None), 0)
    live, slow_mark = documents.read_to_rebuild(DAY)
    assert live is not None
    assert documents.confirm(DAY, live, slow_mark)
    assert not documents.publish(DAY, _version("v2", 2, "v1"), slow_mark)
    live, mark = documents.read_to_rebuild(DAY)
    assert live is not None
    assert live.attempt == "v1"
    assert documents.publish(DAY, msgspec.structs.replace(_version("v3", 2, "v1"), digest="new"), mark)
