"""Moving the period lock: a walk over the documents of each connection, from where the lock was to where it is.

The workspace says through which day it is locked. Each connection follows with a walk that has a number of its own: freeze or
open the documents in between, note what they have posted, write what is owed under the new lock, rebuild the open days that
this changes. Every step may be done twice, and by several workers at once; a walk that died is finished by whoever comes next,
and the next one begins only then. Documents that a walk has not come by may be restated until it does.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import Workspace
from chalicelib.domain.corrections import Lock, Posted, Posting, first_open, home
from chalicelib.domain.days import DAY
from chalicelib.domain.work import DayKey, DocumentVersion

if TYPE_CHECKING:
    from chalicelib.storage.accounts import Accounts
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.corrections import Corrections
    from chalicelib.storage.documents import Documents
    from chalicelib.storage.revisions import Revisions
    from chalicelib.workflows.correct import Correct

STEPS_MAX = 100
LOCKED, UNLOCKED = "locked", "unlocked"


class PeriodLock:
    """Moves locks. `rebuild` makes the document of a day anew, for a cause; `touch_month` has its month made anew."""

    def __init__(
        self,
        *,
        accounts: "Accounts",
        connections: "Connections",
        revisions: "Revisions",
        documents: "Documents",
        corrections: "Corrections",
        correct: "Correct",
        rebuild: Callable[[DayKey, str], None],
        touch_month: Callable[[DayKey], None],
    ) -> None:
        self._accounts = accounts
        self._connections = connections
        self._revisions = revisions
        self._documents = documents
        self._corrections = corrections
        self._correct = correct
        self._rebuild = rebuild
        self._touch_month = touch_month

    def catch_up_all(self, workspace: str) -> None:
        """Bring every connection's lock to where the workspace says, those that are parted too."""
        for connection in self._connections.list(workspace):
            self.catch_up(workspace, connection.id)

    def catch_up(self, workspace: str, connection: str) -> Lock:
        """Bring the connection's lock to where the workspace says, finishing first what was begun; returns it as it is then."""
        for _ in range(STEPS_MAX):
            found = self._accounts.workspace(workspace)
            seen = self._corrections.lock(workspace, connection)
            if not seen.done:
                with suppress(errors.TornRead):  # a fact was replaced while it was read
                    self._walk(workspace, connection, seen)
            elif found is None or found.version <= seen.settings:
                return seen
            else:
                self._corrections.move(workspace, connection, seen, _following(seen, found))
        raise errors.Unanswered("the period lock kept moving")

    def is_still(self, workspace: str, connection: str, lock: Lock) -> bool:
        """Whether no walk has begun since; what was done under the lock then counts."""
        now = self._corrections.lock(workspace, connection)
        return (now.number, now.step) == (lock.number, lock.step)

    # -- the walk

    def _walk(self, workspace: str, connection: str, lock: Lock) -> None:
        day = DayKey(workspace, connection, date.min)
        if lock.step == "begun":
            listed = msgspec.structs.replace(lock, step="listed", days=tuple(self._between(day, lock)))
            self._corrections.move(workspace, connection, lock, listed)
            return
        order_days, changed = self._open(day, lock) if lock.moves_back else self._freeze(day, lock)
        for order_day in sorted(order_days | self._owing(day, lock)):
            self._correct.write(_on(day, order_day), lock, ())
        for on in sorted({*changed, lock.first_open, first_open(lock.before)} - {None}, key=lambda on: on or date.min):
            if on is not None and not lock.closes(on):
                self._rebuild(_on(day, on), UNLOCKED if lock.moves_back else LOCKED)
        for first in {on.replace(day=1): on for on in lock.days}.values():
            self._touch_month(_on(day, first))
        done = msgspec.structs.replace(lock, step="done", days=())
        self._corrections.move(workspace, connection, lock, done)

    def _between(self, day: DayKey, lock: Lock) -> Iterable[date]:
        """The days that have a document which this walk freezes or opens."""
        ends = sorted(date.min if end is None else end for end in (lock.before, lock.through))
        return self._versions(day, ends[0] + DAY, ends[1])

    def _versions(self, day: DayKey, first: date, last: date) -> dict[date, DocumentVersion]:
        """The connection's live documents, both days inside."""
        listed = self._documents.list(day.workspace, first, last)
        return {found.day: version for found, version in listed if found.connection == day.connection}

    def _freeze(self, day: DayKey, lock: Lock) -> tuple[set[date], set[date]]:
        """Freeze the listed documents, then note what they post: the order days concerned, and the days whose documents must
        no longer show it."""
        for on in lock.days:
            self._documents.freeze(_on(day, on), reading=lock.reading, lock=lock.number)
        postings: dict[date, list[Posting]] = {}
        order_days = set(lock.days)
        versions = self._versions(day, lock.days[0], lock.days[-1]) if lock.days else {}
        for on in lock.days:
            for posting in self._correct.postings(_on(day, on), versions[on], lock.reading):
                postings.setdefault(posting.order_day, []).append(posting)
            order_days |= {order_day for order_day, _ in self._revisions.events_on(_on(day, on))}
        if self._corrections.lock(day.workspace, day.connection) != lock:
            raise errors.TornRead("a later walk may have opened what was read")
        for order_day, posts in sorted(postings.items()):
            posted, walk = self._corrections.read_posted(day.connection, order_day)
            if walk < lock.number:
                self._corrections.post(day.connection, order_day, posted.plus(posts), seen=walk, lock=lock.number)
        changed = {on for posts in postings.values() for posting in posts for on in _homes(posting)}
        return order_days | postings.keys(), changed

    def _open(self, day: DayKey, lock: Lock) -> tuple[set[date], set[date]]:
        """Open the listed documents, then forget what they posted: the order days concerned, and the days to rebuild."""
        for on in lock.days:
            self._documents.thaw(_on(day, on), lock=lock.number)
        everything = self._corrections.all_posted(day.connection)
        for order_day in everything:
            posted, walk = self._corrections.read_posted(day.connection, order_day)
            if walk < lock.number and (kept := posted.through(lock.through)) != posted:
                self._corrections.post(day.connection, order_day, kept, seen=walk, lock=lock.number)
        changed = {on for order_day, posted in everything.items() for on in _all_homes(order_day, posted)}
        return set(everything), changed | set(lock.days)

    def _owing(self, day: DayKey, lock: Lock) -> set[date]:
        """The order days that owed something under the lock before this one."""
        was = first_open(lock.before)
        if was is None:
            return set()
        return {order_day for order_day, _ in self._corrections.owed_to(_on(day, was), lock.number - 1)}


def _following(seen: Lock, workspace: Workspace) -> Lock:
    """What comes after `seen` when the workspace's settings are these."""
    if workspace.locked_through == seen.through:
        return msgspec.structs.replace(seen, settings=workspace.version)
    return Lock(
        number=seen.number + 1,
        settings=workspace.version,
        through=workspace.locked_through,
        before=seen.through,
        reading=workspace.reading,
        step="begun",
    )


def _homes(posting: Posting) -> set[date]:
    return {home(posting.order_day, posting.granule, reading) for reading in ("event_day", "order_day")}


def _all_homes(order_day: date, posted: Posted) -> set[date]:
    return {order_day, *(granule for granule, _ in posted.granules if granule is not None)}


def _on(day: DayKey, other: date) -> DayKey:
    return msgspec.structs.replace(day, day=other)
