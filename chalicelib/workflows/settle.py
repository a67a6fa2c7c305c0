"""Settling what a flip of facts owes: usage on the shelves, then the documents of the touched days, then a line of activity.

Whoever comes next does it if the flipper died, so every step may be done twice and changes nothing the second time.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import msgspec

from chalicelib import errors
from chalicelib.domain.activity import Line, line_id
from chalicelib.domain.allotment import Account
from chalicelib.domain.connections import Connection
from chalicelib.domain.corrections import Lock
from chalicelib.domain.facts import digest
from chalicelib.domain.sales import sale_id
from chalicelib.domain.sentences import counted, day_name, money_text
from chalicelib.domain.summaries import Diff, diff, totals_only
from chalicelib.domain.work import DayKey, DocumentVersion, Head, LiveState, Revision

if TYPE_CHECKING:
    from chalicelib.storage.activity import Activity
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.days import Days
    from chalicelib.storage.documents import Documents
    from chalicelib.storage.revisions import Revisions
    from chalicelib.storage.shelves import Shelves
    from chalicelib.workflows.correct import Correct
    from chalicelib.workflows.lock import PeriodLock

RACES_MAX = 50
# Why the document of a day is another one though its own orders are the same.
OTHER_DAY = "other_day"
CORRECTED, LOCKED = "corrected", "locked"


class Settle:
    """Settles one day's dues. `now` gives aware UTC instants, `new_id` names that are never used twice."""

    def __init__(
        self,
        *,
        days: "Days",
        revisions: "Revisions",
        documents: "Documents",
        shelves: "Shelves",
        connections: "Connections",
        activity: "Activity",
        touch_month: Callable[[DayKey], None],
        correct: "Correct",
        lock: "PeriodLock",
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._days = days
        self._revisions = revisions
        self._documents = documents
        self._shelves = shelves
        self._connections = connections
        self._activity = activity
        self._touch_month = touch_month
        self._correct = correct
        self._lock = lock
        self._now = now
        self._new_id = new_id

    def settle(self, day: DayKey) -> bool:
        """Settle what the day's head owes, if its connection is paired; False if that has to wait.

        The connection is read after the due mark: paired then means that the revision could be seen then.
        """
        head = self._days.read(day)
        if head is None or head.due is None:
            return True
        connection = self._connections.get(day.workspace, day.connection)
        if connection is None or connection.state != "paired":
            return False
        revision = self._revisions.read(day, head.due)
        if revision is None:
            return self._settled_meanwhile(day, head)
        before = self._revisions.read(day, revision.predecessor) if revision.predecessor else None
        self.count(connection, head, revision, before)
        changes = self.compare(day, revision, before)
        self._documents_of(head, revision.cause, changes)
        self._tell(connection, day, head, revision, before, changes)
        self._days.clear_due(day, head.due)
        return True

    def _documents_of(self, head: Head, cause: str, changes: Diff | None) -> None:
        """Rebuild the touched documents, and the first open day's if frozen ones lack what the flip changed.

        What is done while the period lock moves is done again, so that its walk can have overlooked nothing.
        """
        day = head.key
        for _ in range(RACES_MAX):
            lock = self._lock.catch_up(day.workspace, day.connection)
            try:
                corrects = {lock.first_open} if self._correct.write(day, lock, head.due_touches) else set()
            except errors.TornRead:
                continue  # the revision was replaced while it was read
            for touched in sorted({*head.due_touches, *filter(None, corrects)}):
                own = touched == day.day
                why = (cause if own else OTHER_DAY) if touched in head.due_touches else CORRECTED
                self.document(_on(day, touched), why, changes if own else None)
                self._touch_month(_on(day, touched))
            if self._lock.is_still(day.workspace, day.connection, lock):
                return
        raise errors.Unanswered(f"the period lock moved while {day.day} was settled")

    def _settled_meanwhile(self, day: DayKey, seen: Head) -> bool:
        """A revision that is due is there, unless another worker settled it and it was replaced and cleaned since."""
        head = self._days.read(day)
        assert head is None or head.due != seen.due, f"the revision that {day.day} owes is gone"
        return head is None or head.due is None

    def count(self, connection: Connection, head: Head, revision: Revision, before: Revision | None) -> int:
        """Put the revision's orders that its predecessor did not have on their shelves; returns how many were new there.

        Those that come through another connection as well are taken out of the count again, and are put back if that ends.
        """
        account = Account(connection.workspace, connection.kind, connection.account)
        for shelf, ids in self._new_ids(head.key, revision, before, "mirror"):
            self._shelves.void(account, shelf, ids)
        counted = self._new_ids(head.key, revision, before, "counts")
        return sum(self._shelves.count(account, shelf, ids, head.due_year, head.key.day) for shelf, ids in counted)

    def _new_ids(
        self, day: DayKey, revision: Revision, before: Revision | None, state: str
    ) -> list[tuple[str, list[str]]]:
        """The orders in that state which the predecessor did not have in it, by shelf."""
        known = {id_ for id_, _ in self._revisions.order_ids(day, before, state)} if before else set()
        shelves: dict[str, list[str]] = {}
        for id_, shelf in self._revisions.order_ids(day, revision, state):
            if id_ not in known:
                shelves.setdefault(shelf, []).append(id_)
        return sorted(shelves.items())

    def compare(self, day: DayKey, revision: Revision, before: Revision | None) -> Diff | None:
        """What the revision changed; None for a first one."""
        if before is None:
            return None
        return diff(
            {order.id: order for order in self._revisions.orders(day, before)},
            {order.id: order for order in self._revisions.orders(day, revision)},
        )

    def document(self, day: DayKey, cause: str, changes: Diff | None) -> None:
        """Rebuild a day's document from all live facts whose home is that day; same digest, no new version.

        Same digest has to be noted all the same: an order that moves from one day to another takes its events along, so that
        facts may come back to what they were while a slower rebuild has seen only half of the move.

        A locked day is never restated; if it had no document when it was locked, it gets one that says nothing.
        """
        for _ in range(RACES_MAX):
            live, mark = self._documents.read_to_rebuild(day)
            lock = self._correct.lock(day)
            if lock.closes(day.day):
                if self._close(day, live, mark, lock):
                    return
                continue
            if live is not None and live.frozen:
                self._documents.thaw(day, lock=lock.number)  # closed by a worker who was late
                continue
            try:
                version = self._build(day, cause, changes, live, lock)
            except errors.TornRead:
                continue  # a fact was replaced while it was read
            if version is None:
                return
            if live is not None and live.digest == version.digest:
                if self._documents.confirm(day, live.named_as(version), mark):
                    return
            elif self._documents.publish(day, version, mark):
                return
        raise errors.Unanswered(f"the document of {day.day} kept moving")

    def rebuild(self, day: DayKey, cause: str) -> None:
        """Rebuild a day's document where the period lock, not a fact, has changed it."""
        self.document(day, cause, None)
        self._touch_month(day)

    def _close(self, day: DayKey, live: DocumentVersion | None, mark: int, lock: Lock) -> bool:
        """See to it that a locked day's document is frozen; while the walk is under way that is left to it."""
        if not lock.done or (live is not None and live.frozen):
            return True
        version = self._version(live, LOCKED, "empty", None, (), None)
        version = msgspec.structs.replace(version, digest=digest(version.state.encode()))
        return self._documents.close(day, version, mark, reading=lock.reading, lock=lock.number)

    def _build(
        self, day: DayKey, cause: str, changes: Diff | None, live: DocumentVersion | None, lock: Lock
    ) -> DocumentVersion | None:
        """The version that the facts make now; None where there neither are nor were any, nor can be. Raises TornRead.

        The facts are read after the live version: one that flips later either finds that version moved or is settled after.
        """
        parts = self._revisions.events_on(day)
        heads = self._days.read_many({day, *(_on(day, order_day) for order_day, _ in parts)})
        if any((head.key.day, head.live) not in parts for head in heads.values() if head.live and head.key != day):
            parts = self._revisions.events_on(
                day
            )  # a day may have been flipped since, to parts that were not yet there
        sources = tuple(
            (order_day, attempt)
            for order_day, attempt in sorted(parts)
            if order_day != day.day and (head := heads.get(_on(day, order_day))) and head.live == attempt
        )
        owed = self._correct.owed(day, lock, {order_day for order_day, _ in parts})
        base = self._live_revision(heads.get(day))
        happened = bool(sources or owed.less or owed.corrections)
        # The first open day has a head from the lock on, for one that is not there refuses no rebuild that comes too late.
        if base is None and not happened and live is None and day.day != lock.first_open:
            return None
        version = msgspec.structs.replace(
            self._version(live, cause, _state(base, events=happened), base, sources, changes),
            less=owed.less,
            lock=lock.number if owed.corrections else 0,
            corrections=owed.corrections,
            corrected=owed.corrected,
        )
        sheets = self._documents.fold(day, version)
        if sheets is None:
            raise errors.TornRead(f"a fact of {day.day} is gone")
        said = [base.digest.encode() if base else b"", version.state.encode(), msgspec.msgpack.encode(sheets)]
        if owed.corrected:
            said.append(msgspec.msgpack.encode(owed.corrected))
        return msgspec.structs.replace(version, digest=digest(*said), sheets=tuple(map(totals_only, sheets)))

    def _version(
        self,
        live: DocumentVersion | None,
        cause: str,
        state: LiveState,
        base: Revision | None,
        sources: tuple[tuple[date, str], ...],
        changes: Diff | None,
    ) -> DocumentVersion:
        """The version after `live`, with nothing in it yet."""
        return DocumentVersion(
            attempt=self._new_id(),
            number=live.number + 1 if live else 1,
            predecessor=live.attempt if live else None,
            cause=cause,
            state=state,
            digest="",
            published_at=int(self._now().timestamp()),
            base=base.attempt if base else None,
            sources=sources,
            sheets=(),
            orders_diff=changes,
        )

    def _live_revision(self, head: Head | None) -> Revision | None:
        if head is None or head.live is None:
            return None
        revision = self._revisions.read(head.key, head.live)
        if revision is None:
            raise errors.TornRead(f"the live revision of {head.key.day} was replaced")
        return revision

    def _tell(
        self,
        connection: Connection,
        day: DayKey,
        head: Head,
        revision: Revision,
        before: Revision | None,
        changes: Diff | None,
    ) -> None:
        """Write the line of this flip; its id is the attempt's, so that settling twice leaves one line."""
        at = datetime.fromtimestamp(revision.fetched_at, UTC)
        first = revision.sheets[0] if revision.sheets else None
        self._activity.write(
            day.workspace,
            Line(
                id=line_id(at, revision.attempt),
                at=at,
                level="warning"
                if not revision.matched or any(sheet.unexplained for sheet in revision.sheets)
                else "info",
                text=_sentence(day.day, revision, before, changes),
                connection=connection.id,
                day=day.day,
                sale=sale_id(day, first.store, first.currency) if first else None,
                details={"revision": str(revision.number), "cause": revision.cause, "request": revision.attempt},
            ),
        )


def _on(day: DayKey, other: date) -> DayKey:
    return msgspec.structs.replace(day, day=other)


def _state(base: Revision | None, *, events: bool) -> LiveState:
    if base is None:
        return "events_only"
    if base.state == "empty" and events:
        return "final"
    return base.state


def _sentence(day: date, revision: Revision, before: Revision | None, changes: Diff | None) -> str:
    """What a merchant reads of a flip."""
    name = day_name(day)
    closed = before is not None and before.state == "provisional" and revision.state != "provisional"
    if before is not None and changes is not None and not closed:
        return f"{name} rebuilt: {_changes(changes)}, {_delta(before, revision)}."
    orders = sum(sheet.sales.count for sheet in revision.sheets)
    if not revision.sheets:
        return f"{name}: no orders."
    totals = " and ".join(money_text(total, currency) for currency, total in sorted(_totals(revision).items()))
    summaries = counted(len(revision.sheets), "summary", "summaries")
    doubt = "" if revision.matched else " The shop's own count differs; it is asked again on the next sync."
    return f"{name}: {counted(orders, 'order', 'orders')} → {summaries}, {totals}.{doubt}"


def _changes(changes: Diff) -> str:
    said = [
        counted(number, f"{word} order", f"{word} orders")
        for number, word in ((changes.added, "new"), (changes.changed, "changed"), (changes.removed, "removed"))
        if number
    ]
    return ", ".join(said) or "same orders"


def _delta(before: Revision, after: Revision) -> str:
    old, new = _totals(before), _totals(after)
    moved = {currency: new.get(currency, 0) - old.get(currency, 0) for currency in old.keys() | new.keys()}
    said = [
        f"total {'up' if delta > 0 else 'down'} {money_text(abs(delta), currency)}"
        for currency, delta in sorted(moved.items())
        if delta
    ]
    return ", ".join(said) or "total unchanged"


def _totals(revision: Revision) -> dict[str, int]:
    """Sales with their events, by currency."""
    totals: dict[str, int] = {}
    for sheet in revision.sheets:
        total = sheet.sales.amounts.total + sheet.events.amounts.total
        totals[sheet.currency] = totals.get(sheet.currency, 0) + total
    return totals
