"""Cleaning: deleting parts that no head names and that none can come to name.

Parts are listed first, then the head and its chain are read. Ids are never used again, so what is litter once stays litter.
"""

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from chalicelib import errors
from chalicelib.domain.work import DayKey, Head

if TYPE_CHECKING:
    from chalicelib.storage.days import Days
    from chalicelib.storage.documents import Documents
    from chalicelib.storage.revisions import Revisions


class Clean:
    """Cleans days."""

    def __init__(self, *, days: "Days", revisions: "Revisions", documents: "Documents") -> None:
        self._days = days
        self._revisions = revisions
        self._documents = documents

    def clean_day(self, day: DayKey) -> int:
        """Delete what is neither under the running attempt's id, nor inherited by it, nor in the chain; returns how many.

        Events stand under the day they happened on. Those of a revision that is listed are found by it; those that a worker
        wrote after its revision had been deleted are found only from their own day.
        """
        listed = self._revisions.names(day)
        event_days = {
            on for _, sk in listed if sk.startswith("REV#") for on in self._event_days(day, sk.partition("#")[2])
        }
        listed += self._revisions.event_names(day, sorted(event_days | {day.day}))
        happened = self._revisions.names_on(day)
        try:
            deleted = self._delete_litter(day, listed)
            for order_day, names in happened.items():
                deleted += self._delete_litter(order_day, names)
            self._documents.clean(day)
        except errors.Unanswered:
            return 0  # it stays litter; the next cleaning finds it
        return deleted

    def _delete_litter(self, day: DayKey, listed: list[tuple[str, str]]) -> int:
        """Delete what of the listed the day does not need, events first: their revision tells where they are."""
        head = self._days.read(day)
        if head is None:
            return 0
        named = _whose_persons_are_kept(head)
        persons = [name for name in listed if name[1].startswith("WHO#")]
        litter = [name for name in persons if self._revisions.attempt_of(name) not in named]
        facts = [name for name in listed if not name[1].startswith("WHO#")]
        if any(self._revisions.attempt_of(name) != head.live for name in facts):
            # What is owed is told from the predecessor, too; and a walk of the period lock, which may have begun before the
            # documents were made anew, notes what they show only after it has frozen them. So it is asked for after the head.
            quiet = head.due is None and self._documents.is_lock_at_rest(day)
            keep_from = head.keep_from if quiet else 0
            kept = self._revisions.kept_names(day, self._revisions.chain(day, head.live, keep_from), head)
            attempts = {head.attempt.id if head.attempt else None, *self._documents.is_posted(day)}
            gone = (name for name in facts if name not in kept and self._revisions.attempt_of(name) not in attempts)
            litter += [name for name in gone if not self._is_shown(day, name)]
        for name in sorted(litter, key=lambda name: not name[1].startswith("EV#")):
            self._revisions.delete(name)
        return len(litter)

    def _is_shown(self, day: DayKey, name: tuple[str, str]) -> bool:
        """Whether the frozen document of the day on which these events happened is made of them: it is not made anew."""
        if not name[1].startswith("EV#"):
            return False
        happened = msgspec.structs.replace(day, day=self._revisions.event_day_of(name))
        return self._documents.is_frozen_of(happened, day.day, self._revisions.attempt_of(name))

    def _event_days(self, day: DayKey, attempt: str) -> tuple[date, ...]:
        revision = self._revisions.read(day, attempt)
        return tuple(revision.event_days) if revision else ()


def _whose_persons_are_kept(head: Head) -> set[str | None]:
    """The attempt that the head names, and of a running fetch its own and those it inherited."""
    running = {head.attempt.id, *(attempt for attempt, _ in head.attempt.parts)} if head.attempt else set()
    return {head.named, *running}
