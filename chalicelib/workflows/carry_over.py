"""After a restore, before anything is served from the restored table: what was erased, taken back and ended since the instant
is so there too (S45; domain/restoring.py says who wins).

Nothing writes to either table meanwhile but this. It may be killed at any write and run again, and run again it changes
nothing; but it must never run once the restored table was served from.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from chalicelib import errors
from chalicelib.domain.activity import Line, line_id
from chalicelib.domain.audit import Change
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import DAY, backfill_days, day_of
from chalicelib.domain.order_settings import A_DAY_MIN
from chalicelib.domain.ranges import first_shown
from chalicelib.domain.rereads import reread_after
from chalicelib.domain.restoring import (
    Key,
    Restored,
    connections_in,
    days_of_persons_in,
    unknown_in,
    workspaces_in,
)
from chalicelib.domain.work import DayKey, Due

if TYPE_CHECKING:
    from chalicelib.storage.activity import Activity
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.audit import Audit
    from chalicelib.storage.carrying import Carrying
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.days import Days
    from chalicelib.storage.persons import PersonParts

AT_ONCE = 100
ACTOR = "admin"

Counted = Counter[str]
Move = Callable[[Sequence[Key]], Counted]
# Does it to each of many, in any order, perhaps at once: `map`, or that of a pool of threads.
Each = Callable[[Move, Iterable[Sequence[Key]]], Iterable[Counted]]


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """What was done. `brought` are items written as the table left behind has them, `taken_back` those deleted, by kind;
    `persons` were erased; `parted` connections are disconnected again; `workspaces` were told."""

    brought: dict[str, int]
    taken_back: dict[str, int]
    persons: int
    parted: int
    workspaces: int


class CarryOver:
    """`carrying`, and `left_persons` are of both tables and of the one left behind, all else is of the restored one.

    `left_persons` is None if the other cannot be read. `finish_parting` ends a disconnecting, `remove_attempts`
    walks all days of a connection. `each` does things at once.
    """

    def __init__(
        self,
        *,
        carrying: "Carrying",
        left_persons: "PersonParts | None",
        persons: "PersonParts",
        connections: "Connections",
        days: "Days",
        agenda: "Agenda",
        activity: "Activity",
        audit: "Audit",
        finish_parting: Callable[[Connection], None],
        remove_attempts: Callable[[str, str], None],
        now: Callable[[], datetime],
        each: Each = map,
    ) -> None:
        self._carrying = carrying
        self._left_persons = left_persons
        self._persons = persons
        self._connections = connections
        self._days = days
        self._agenda = agenda
        self._activity = activity
        self._audit = audit
        self._finish_parting = finish_parting
        self._remove_attempts = remove_attempts
        self._now = now
        self._each = each

    def run(self, told: Restored, restored: Iterable[Key], left: Iterable[Key] | None) -> Carried:
        """Carry over, given the keys of all items on both sides but for those of the books.

        `left` None: what was erased and taken back since is not known, and an admin knows that. Then all keys and invitations
        end, all persons are erased and none are kept until the merchant says so again, and every shop has to be connected again.

        Raises NotCarriedOver, having changed nothing; StorageError, and then it is to be run again.
        """
        there, gone_by = list(restored), None if left is None else list(left)
        self._check(there, gone_by)
        # Before it is brought what tells them: attempts of before a disconnecting, although it was paired again since.
        for chunk in _chunks(gone_by or ()):
            for workspace, id_ in self._carrying.began_anew(chunk):
                self._remove_attempts(workspace, id_)
        brought = self._sum(self._carrying.bring, gone_by or ())
        taken_back = self._sum(self._carrying.take_back, there)
        names = connections_in([*there, *(gone_by or ())])
        found = self._read(names)
        persons = self._clear_persons(days_of_persons_in(there), found)
        if gone_by is None:
            found = {id_: self._shut(connection) for id_, connection in found.items()}
        parted = sum(self._follow(connection) for connection in found.values())
        workspaces = workspaces_in([*there, *(gone_by or ())])
        for workspace in sorted(workspaces):
            self._tell(workspace, told, known=gone_by is not None)
        return Carried(
            brought=brought, taken_back=taken_back, persons=persons, parted=parted, workspaces=len(workspaces)
        )

    @staticmethod
    def _check(there: Sequence[Key], left: Sequence[Key] | None) -> None:
        if unknown := unknown_in([*there, *(left or ())]):
            raise errors.NotCarriedOver(f"It is not known who wins for items that begin {', '.join(sorted(unknown))}.")
        if left is not None and workspaces_in(there) and not workspaces_in(left):
            raise errors.NotCarriedOver("The table left behind has no workspace in it.")

    def _sum(self, move: Move, keys: Sequence[Key]) -> dict[str, int]:
        done: Counter[str] = Counter()
        for counted in self._each(move, _chunks(keys)):
            done += counted
        return dict(sorted(done.items()))

    def _read(self, names: dict[str, str]) -> dict[str, Connection]:
        found = ((id_, self._connections.get(workspace, id_)) for id_, workspace in sorted(names.items()))
        return {id_: connection for id_, connection in found if connection is not None}

    # -- persons

    def _clear_persons(self, days: Iterable[tuple[str, date]], found: dict[str, Connection]) -> int:
        """Let persons stand on these days only where they still do in the table left behind; returns of how many orders they
        were erased."""
        cleared = 0
        for id_, some in groupby(sorted(days), key=lambda each: each[0]):
            connection = found.get(id_)
            erased = self._persons.erased(connection.workspace, id_) if connection else set()
            for _, day in some:
                cleared += self._clear(connection, id_, day, erased)
        return cleared

    def _clear(self, connection: Connection | None, id_: str, on: date, erased: set[str]) -> int:
        day = DayKey(connection.workspace if connection else "", id_, on)
        standing = _orders(self._persons, day) or set()
        kept = None
        if connection is not None and self._left_persons is not None and connection.keeps_persons:
            kept = _orders(self._left_persons, day)
        elif connection is not None and self._left_persons is None:
            # Which of them were erased since is not known: none comes back.
            self._persons.erase(connection.workspace, id_, standing)
        if kept is not None:
            gone = (standing - kept) | (standing & erased)
            self._persons.take_out(day, gone)
            return len(gone)
        # The head first: once the parts are gone, nobody finds the day again.
        head = self._days.read(day)
        if head is not None and head.named is not None:
            self._days.forget_names(day, head.named)
        self._persons.delete(day)
        return len(standing)

    # -- connections

    def _shut(self, connection: Connection) -> Connection:
        """Nobody knows whether the merchant still wants it: it keeps no persons, and waits for a new sign-in."""
        if connection.keeps_persons:
            settings = connection.settings
            changed = msgspec.structs.replace(settings, version=settings.version + 1, summary="store")
            self._connections.change_settings(connection, changed)
        if connection.state == "paired":
            self._connections.mark_sign_in_needed(connection.workspace, connection.id)
        after = self._connections.get(connection.workspace, connection.id)
        assert after is not None, "connections are never deleted"
        return after

    def _follow(self, connection: Connection) -> int:
        """Finish a disconnecting, which counts 1; see that the next sweep asks what a paired connection lacks."""
        if connection.state == "parting":
            self._finish_parting(connection)
            return 1
        if connection.state != "paired":
            return 0
        now = self._now()
        today = day_of(now, connection.calendar)
        due = self._agenda.connection(connection.id)
        shown = first_shown(today, connection.reach_days)
        if due is not None:
            # Days that the channel shows no more would come in as empty ones.
            through = due.asked_through if shown is None else max(due.asked_through, shown - DAY)
            next_at = 0 if due.next_at > now.timestamp() else due.next_at
            soon = msgspec.structs.replace(due, next_at=next_at, asked_through=through)
            if soon != due:
                self._agenda.put_connection(soon)
            return 0
        # Paired since: nothing of it is here, so its nights begin with the first day of a first download.
        first = backfill_days(today)[-1]
        first = first if shown is None else max(first, shown)
        self._agenda.put_connection(
            Due(
                workspace=connection.workspace,
                connection=connection.id,
                next_at=0,
                asked_through=first - DAY,
                refresh_at=int(now.timestamp()) if connection.settings.interval_min < A_DAY_MIN else 0,
                look_at=int(now.timestamp()),
                reread_at=int(reread_after(now, connection.id).timestamp()),
            )
        )
        return 0

    # -- telling

    def _tell(self, workspace: str, told: Restored, *, known: bool) -> None:
        """Told again it is the same row and the same line."""
        name = line_id(told.at, "restored")
        after = {"put_back_to": _json(f"{told.to:%Y-%m-%dT%H:%M:%SZ}"), "reason": _json(told.reason)}
        self._audit.write(workspace, Change(id=name, at=told.at, actor=ACTOR, about="books", before={}, after=after))
        text = (
            f"By an admin, the books were put back to {told.to:%b} {told.to.day}, {told.to:%H:%M} UTC: {told.reason}. "
            "What came in since is brought in again. Order settings and the period lock are those of that time, and "
            "everybody has to sign in again."
        )
        if not known:
            text += (
                " What was erased and ended since is not known: customers are erased, connections need a new sign-in, and "
                "API keys and invitations have ended."
            )
        self._activity.write(workspace, Line(id=name, at=told.at, level="warning", text=text))


def _orders(persons: "PersonParts", day: DayKey) -> set[str] | None:
    """The orders whose persons stand anywhere on a day; None if it has no parts at all."""
    attempts = persons.attempts(day)
    if not attempts:
        return None
    return {id_ for attempt in attempts for id_ in persons.read(day, attempt) or ()}


def _json(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _chunks(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """Yield the keys in as many as are read at once."""
    for first in range(0, len(keys), AT_ONCE):
        yield keys[first : first + AT_ONCE]
