"""Reading syncs: how far each has come, day by day, from the heads of its days."""

import statistics
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import msgspec

from chalicelib import errors
from chalicelib.domain.sales import sale_id
from chalicelib.domain.syncs import Sync
from chalicelib.domain.work import DayKey, Head

if TYPE_CHECKING:
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.days import Days
    from chalicelib.storage.documents import Documents
    from chalicelib.storage.syncs import Syncs

DayState = Literal["done", "reading", "retrying", "failed", "waiting", "not_available", "cancelled"]
SyncState = Literal["queued", "running", "slowed", "sign_in_needed", "cancelled", "failed_days", "done"]

FOLLOWED = 20
RECENT_MAX = 100
MEASURED_DAYS = 10
MEASURED_FROM = 3


class DayProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One day of a sync. `orders` are those now live, `new_orders` those that this sync found first."""

    day: date
    state: DayState
    orders: int = 0
    new_orders: int = 0
    attempts: int = 0
    reason: str = ""
    next_try_at: datetime | None = None
    published_at: int = 0


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A sync and its days, newest first. `resume_at` is set while the channel makes us wait."""

    sync: Sync
    state: SyncState
    days: tuple[DayProgress, ...]
    eta_s: int | None
    resume_at: datetime | None

    @property
    def is_over(self) -> bool:
        return self.state in ("cancelled", "failed_days", "done")

    @property
    def ended_at(self) -> datetime | None:
        ended_at = self.sync.ended_at
        return None if ended_at is None else datetime.fromtimestamp(ended_at, UTC)

    @property
    def batch(self) -> int:
        """Which batch is at work, from 1: the oldest with a day that is not over, or the last."""
        batches = self.sync.batches
        left = [day.day for day in self.days if day.state in ("waiting", "reading", "retrying")]
        at_work = (k for k, each in enumerate(batches, 1) if left and min(left) <= each.last)
        return next(at_work, max(len(batches), 1))

    def count(self, *states: DayState) -> int:
        return sum(day.state in states for day in self.days)


class Recent(msgspec.Struct, frozen=True):
    """The syncs under way, and those that ended and of which the sweep has not taken notice yet, newest first; and the newest
    sync of each connection, by connection."""

    followed: tuple[Progress, ...]
    newest: dict[str, str]


class ReadSyncs:
    """Reads syncs for one workspace at a time. `now` gives aware UTC instants."""

    def __init__(
        self,
        *,
        syncs: "Syncs",
        days: "Days",
        documents: "Documents",
        agenda: "Agenda",
        connections: "Connections",
        now: Callable[[], datetime],
    ) -> None:
        self._syncs = syncs
        self._days = days
        self._documents = documents
        self._agenda = agenda
        self._connections = connections
        self._now = now

    def one(self, workspace: str, id_: str) -> Progress:
        """How far the sync has come. Raises NotFound."""
        return self.progress(self.find(workspace, id_))

    def find(self, workspace: str, id_: str) -> Sync:
        """The sync as it was asked for. Raises NotFound."""
        sync = self._syncs.read(workspace, id_)
        if sync is None:
            raise errors.NotFound("There is no such sync.")
        return sync

    def page(self, workspace: str, *, connection: str | None, skip: int, limit: int) -> tuple[list[Progress], bool]:
        """The newest syncs but `skip`, and whether there are more."""
        syncs = self._syncs.list(workspace, 1_000)
        asked = [sync for sync in syncs if connection in (None, sync.connection)]
        shown = asked[skip : skip + limit]
        return [self.progress(sync) for sync in shown], len(asked) > skip + limit

    def recent(self, workspace: str) -> Recent:
        """What the newest syncs say of the workspace's connections."""
        syncs = list(self._syncs.list(workspace, RECENT_MAX))
        under_way = [sync for sync in syncs[:FOLLOWED] if sync.ended_at is None and not sync.cancelled]
        newest = {sync.connection: sync.id for sync in reversed(syncs)}
        return Recent(tuple(map(self.progress, under_way)), newest)

    def sales_of(self, sync: Sync, days: Iterable[DayProgress]) -> dict[date, str]:
        """The first sale of each of these days, by day."""
        done = [day.day for day in days if day.state == "done"]
        if not done:
            return {}
        documents = self._documents.list(sync.workspace, min(done), max(done))
        return {
            key.day: sale_id(key, version.sheets[0].store, version.sheets[0].currency)
            for key, version in documents
            if key.connection == sync.connection and version.sheets
        }

    def progress(self, sync: Sync) -> Progress:
        """How far the sync has come."""
        keys = [DayKey(sync.workspace, sync.connection, day) for day in sync.days if day in sync.asked]
        heads = {key.day: head for key, head in self._days.read_many(keys).items()}
        hidden = [DayProgress(day=day, state="not_available") for day in sync.not_available]
        known = [self._day(sync, day, heads.get(day)) for day in sync.days]
        days = tuple(sorted([*known, *hidden], key=lambda each: each.day, reverse=True))
        state, resume_at = self._state(sync, known)
        return Progress(sync=sync, state=state, days=days, eta_s=self._eta_s(sync, known), resume_at=resume_at)

    def _day(self, sync: Sync, day: date, head: Head | None) -> DayProgress:
        n = sync.asked.get(day)
        state = self._day_state(sync, n, head)
        if head is None:
            return DayProgress(day=day, state=state)
        shown, waits = head.shown, state == "retrying" and head.next_try_at
        fresh = shown is not None and state == "done" and shown.published_at >= int(sync.began_at.timestamp())
        return DayProgress(
            day=day,
            state=state,
            orders=shown.orders if shown and state == "done" else 0,
            new_orders=shown.new_orders if shown and fresh else 0,
            attempts=head.faults,
            reason=head.reason,
            next_try_at=datetime.fromtimestamp(head.next_try_at, UTC) if waits else None,
            published_at=shown.published_at if shown and fresh else 0,
        )

    def _day_state(self, sync: Sync, n: int | None, head: Head | None) -> DayState:
        if n is None or head is None:
            return "cancelled" if sync.cancelled else "waiting"
        if head.served >= n:
            # Its facts are in; its documents, and those of the days it touches, are owed until `due` is cleared.
            return "done" if head.due is None else "reading"
        if head.progress == "failed":
            return "failed"
        if head.attempt is not None and head.attempt.until > self._now().timestamp():
            return "reading"
        if head.withdrawn >= n or sync.cancelled:
            return "cancelled"
        return "retrying" if head.progress == "parked" else "waiting"

    def _state(self, sync: Sync, days: list[DayProgress]) -> tuple[SyncState, datetime | None]:
        states = {day.state for day in days}
        if sync.failure is not None:
            return "failed_days", None
        if states <= {"done"} and (sync.ended_at is not None or not sync.seeks):
            return "done", None
        if sync.cancelled:
            return "cancelled", None
        if states and states <= {"done", "failed", "cancelled"}:
            return "failed_days" if "failed" in states else "cancelled", None
        connection = self._connections.get(sync.workspace, sync.connection)
        if connection is not None and connection.sign_in_needed:
            return "sign_in_needed", None
        due = self._agenda.connection(sync.connection)
        if due is not None and due.blocked_until > self._now().timestamp():
            return "slowed", datetime.fromtimestamp(due.blocked_until, UTC)
        return "queued" if states <= {"waiting"} else "running", None

    def _eta_s(self, sync: Sync, days: list[DayProgress]) -> int | None:
        """The median of the seconds that the last finished days took, times the days left; None before the third day.

        Days in which nothing was new have no instant of their own: then it is the mean since the sync began.
        """
        done = sum(day.state == "done" for day in days)
        left = sum(day.state in ("waiting", "reading", "retrying") for day in days)
        if done < MEASURED_FROM or not left:
            return None
        ends = sorted(day.published_at for day in days if day.published_at)[-MEASURED_DAYS - 1 :]
        gaps = [later - earlier for earlier, later in pairwise(ends)]
        pace = statistics.median(gaps) if len(gaps) >= MEASURED_FROM - 1 else 0
        # Instants are whole seconds: a fast shop's median gap is 0, and the mean says more.
        return round((pace or (self._now() - sync.began_at).total_seconds() / done) * left)
