"""The agenda: what the planner reads to find the days that need work. It is used to find, never to decide.

It has a number of partitions, by the first byte of SHA-256 of the connection id, so that planners can share it.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib import errors
from chalicelib.domain.work import DayKey, Due, Erasure, PendingSync, Queue, Wanted
from chalicelib.storage.flip import TRIES_MAX
from chalicelib.storage.models import AgendaConnection, AgendaErasure, AgendaSync, WantedItem, key
from chalicelib.storage.table import Table

_INSTANTS = ("blocked_until", "refresh_at", "looked_at", "look_at", "look_sent_at", "reread_at")


class Agenda:
    """Wanted days, connections with their next night, and syncs under way. `new_id` gives names never used twice."""

    def __init__(self, table: Table, partitions: int, new_id: Callable[[], str]) -> None:
        self._table = table
        self.partitions = partitions
        self._new_id = new_id

    def partition_of(self, connection: str) -> int:
        return hashlib.sha256(connection.encode()).digest()[0] % self.partitions

    def read_partition(self, partition: int) -> tuple[list[Due], list[Wanted], list[PendingSync]]:
        """Everything on one partition."""
        pk = _pk(partition)
        connections = [_due(item) for item in self._table.query(AgendaConnection, pk, begins="CONN#")]
        wanted = [_wanted(item) for item in self._table.query(WantedItem, pk, begins="WANT#")]
        syncs = [
            PendingSync(item.workspace, item.sk.split("#")[1], item.sync)
            for item in self._table.query(AgendaSync, pk, begins="SYNC#")
        ]
        return connections, wanted, syncs

    # -- wanted days

    def want(self, day: DayKey, n: int, queue: Queue, sent_at: int) -> Wanted:
        """Put the day on the agenda with a fresh stamp; litter announced before stays announced.

        `sent_at` is now if a message is about to be sent.
        """
        wanted = Wanted(
            key=day, stamp=self._new_id(), n=n, queue=queue, next_try_at=0, sent_at=sent_at, sends=1, clean_at=None
        )
        actions = [
            WantedItem.workspace.set(day.workspace),
            WantedItem.connection.set(day.connection),
            WantedItem.day.set(day.day.isoformat()),
            WantedItem.stamp.set(wanted.stamp),
            WantedItem.n.set(n),
            WantedItem.queue.set(queue),
            WantedItem.next_try_at.set(0),
            WantedItem.sent_at.set(sent_at),
            WantedItem.sends.set(1),
        ]
        self._repeat(lambda: self._table.update(*self._want_key(day), actions))
        return wanted

    def want_cleaning(self, day: DayKey, at: int) -> None:
        """Note that the day's litter is to be cleaned before it leaves the agenda; puts the day there if it is not."""
        pk, sk = self._want_key(day)
        try:
            self._table.update(pk, sk, [WantedItem.clean_at.set(at)], WantedItem.stamp.exists())
        except errors.Refused:
            wanted = Wanted(
                key=day, stamp=self._new_id(), n=0, queue="sync", next_try_at=0, sent_at=0, sends=0, clean_at=at
            )
            try:
                self._table.insert(self._wanted_item(wanted))
            except errors.Refused:
                self._table.update(pk, sk, [WantedItem.clean_at.set(at)], WantedItem.stamp.exists())

    def wanted(self, day: DayKey) -> Wanted | None:
        item = self._table.get(WantedItem, *self._want_key(day))
        return _wanted(item) if item else None

    def wanted_of(self, connection: str) -> Iterator[Wanted]:
        pk = _pk(self.partition_of(connection))
        for item in self._table.query(WantedItem, pk, begins=key("WANT", connection) + "#"):
            yield _wanted(item)

    def put_off(self, day: DayKey, until: int) -> None:
        """Let the sweep leave the day alone until then."""
        self._if_there(
            day, lambda at: self._table.update(*at, [WantedItem.next_try_at.set(until)], WantedItem.stamp.exists())
        )

    def mark_sent(self, seen: Wanted, at: int) -> bool:
        """Note a send before it happens; False if somebody sends already."""
        try:
            self._table.update(
                *self._want_key(seen.key),
                [WantedItem.sent_at.set(at), WantedItem.sends.set(seen.sends + 1)],
                (WantedItem.stamp == seen.stamp) & (WantedItem.sends == seen.sends),
            )
        except (errors.Refused, errors.Unanswered):
            return False  # unanswered: the mark may stand, and then the next sweep but one sends
        return True

    def cleaned(self, seen: Wanted) -> None:
        """Note that the day was cleaned, unless more litter was announced since."""
        self._if_there(
            seen.key,
            lambda at: self._table.update(*at, [WantedItem.clean_at.remove()], WantedItem.clean_at == seen.clean_at),
        )

    def drop(self, seen: Wanted) -> None:
        """Take the day off the agenda, unless it was asked for again or litter was announced since `seen` was read."""
        self._if_there(
            seen.key,
            lambda at: self._table.delete(*at, (WantedItem.stamp == seen.stamp) & WantedItem.clean_at.does_not_exist()),
        )

    def _if_there(self, day: DayKey, write: Callable[[tuple[str, str]], None]) -> None:
        """A write that may as well not happen: the sweep finds the day again."""
        try:
            write(self._want_key(day))
        except (errors.Refused, errors.Unanswered):
            return

    # -- connections

    def put_connection(self, due: Due) -> None:
        """Write what the planner needs of a connection, over what was there."""
        self._repeat(
            lambda: self._table.put(
                AgendaConnection(
                    *self._connection_key(due.connection),
                    workspace=due.workspace,
                    connection=due.connection,
                    next_at=due.next_at,
                    asked_through=due.asked_through.isoformat(),
                    turned_back=due.turned_back,
                    **{name: getattr(due, name) for name in _INSTANTS},
                )
            )
        )

    def connection(self, connection: str) -> Due | None:
        item = self._table.get(AgendaConnection, *self._connection_key(connection))
        return _due(item) if item else None

    def connections(self, ids: Iterable[str]) -> dict[str, Due]:
        """Several connections at once; those that are not on the agenda are left out."""
        found = self._table.get_many(AgendaConnection, map(self._connection_key, ids))
        return {item.connection: _due(item) for item in found.values()}

    def asked(self, seen: Due, through: date, next_at: int) -> None:
        """Move on to the next night, on condition of what was read; a repeat only fetches again."""
        self._try(
            seen.connection,
            [AgendaConnection.asked_through.set(through.isoformat()), AgendaConnection.next_at.set(next_at)],
            (AgendaConnection.next_at == seen.next_at)
            & (AgendaConnection.asked_through == seen.asked_through.isoformat())
            & (AgendaConnection.turned_back == seen.turned_back),
        )

    def block(self, connection: str, until: int) -> None:
        """Let nobody ask the channel for this connection before `until`, or later if it was blocked for longer."""
        self._try(connection, [AgendaConnection.blocked_until.set(until)], AgendaConnection.blocked_until < until)

    def look_soon(self, connection: str) -> None:
        """Let the next sweep look at the connection, whatever its next night."""
        self._try(connection, [AgendaConnection.next_at.set(0)], AgendaConnection.workspace.exists())

    # -- looking for changes (see domain.work.Due)

    def look_by(self, seen: Due, at: int) -> bool:
        """Let changes be looked for at `at`, if the next look is still as in `seen`; False if it was moved since."""
        return self._try(seen.connection, [AgendaConnection.look_at.set(at)], AgendaConnection.look_at == seen.look_at)

    def look_off(self, seen: Due, at: int) -> bool:
        """Let changes be looked for not before `at`; the message that was sent is answered with that."""
        return self._try(
            seen.connection,
            [AgendaConnection.look_at.set(at), AgendaConnection.look_sent_at.set(0)],
            (AgendaConnection.look_at == seen.look_at) & (AgendaConnection.looked_at == seen.looked_at),
        )

    def mark_look_sent(self, seen: Due, at: int) -> bool:
        """Note that the message for the next look is about to be sent; False if somebody sends already."""
        return self._try(
            seen.connection,
            [AgendaConnection.look_sent_at.set(at)],
            (AgendaConnection.look_sent_at == seen.look_sent_at) & (AgendaConnection.look_at == seen.look_at),
        )

    def looked(self, seen: Due, *, looked_at: int, look_at: int) -> bool:
        """Note up to when changes were looked for, and when to look again; False if another look came in between.

        A look that was wanted sooner meanwhile stays wanted.
        """
        mine = AgendaConnection.looked_at == seen.looked_at
        done = [AgendaConnection.looked_at.set(looked_at)]
        return self._try(
            seen.connection,
            [*done, AgendaConnection.look_at.set(look_at)],
            mine & (AgendaConnection.look_at == seen.look_at),
        ) or self._try(seen.connection, done, mine & (AgendaConnection.look_at != seen.look_at))

    def reread(self, seen: Due, reread_at: int) -> bool:
        """Move on to the next re-reads, on condition of the `reread_at` read."""
        return self._try(
            seen.connection,
            [AgendaConnection.reread_at.set(reread_at)],
            AgendaConnection.reread_at == seen.reread_at,
        )

    def _try(self, connection: str, actions: Sequence[Action], condition: Condition) -> bool:
        """A write that may as well not happen, or happen twice: whoever wanted it does so again. Whether it surely did."""
        try:
            self._table.update(*self._connection_key(connection), actions, condition)
        except (errors.Refused, errors.Unanswered):
            return False
        return True

    def refresh_from(self, connection: str, at: int) -> None:
        """Let today be summarised so far from `at` on; 0 for not at all."""
        self._repeat(
            lambda: self._table.update(*self._connection_key(connection), [AgendaConnection.refresh_at.set(at)])
        )

    def refreshed(self, seen: Due, next_at: int) -> None:
        """Move on to the next look at today, on condition of the one read; a repeat only fetches again."""
        self._try(
            seen.connection,
            [AgendaConnection.refresh_at.set(next_at)],
            AgendaConnection.refresh_at == seen.refresh_at,
        )

    def turn_back(self, connection: str, through: date) -> None:
        """Let the next sweep plan the night anew, from the day after `through` on if that was asked already.

        A sweep that read the connection before can no longer move on: it may have planned by another calendar.
        """
        for _ in range(TRIES_MAX):
            due = self.connection(connection)
            if due is None:
                return
            actions = [
                AgendaConnection.asked_through.set(min(due.asked_through, through).isoformat()),
                AgendaConnection.next_at.set(0),
                AgendaConnection.turned_back.add(1),
            ]
            still = AgendaConnection.asked_through == due.asked_through.isoformat()
            with suppress(errors.Refused, errors.Unanswered):
                self._table.update(*self._connection_key(connection), actions, still)
                return
        raise errors.Unanswered("a connection's next night could not be changed")

    # -- syncs

    def put_sync(self, pending: PendingSync) -> None:
        item = AgendaSync(*self._sync_key(pending), workspace=pending.workspace, sync=pending.sync)
        self._repeat(lambda: self._table.put(item))

    def drop_sync(self, pending: PendingSync) -> None:
        self._repeat(lambda: self._table.delete(*self._sync_key(pending)))

    # -- erasing

    def want_erasing(self, workspace: str, connection: str, at: int) -> Erasure:
        """Let the connection be walked at `at`; an earlier wish is put off until then."""
        erasure = Erasure(workspace, connection, self._new_id(), at)
        item = AgendaErasure(
            *self._erasure_key(connection), workspace=workspace, connection=connection, stamp=erasure.stamp, at=at
        )
        self._repeat(lambda: self._table.put(item))
        return erasure

    def erasures(self, partition: int) -> Iterator[Erasure]:
        for item in self._table.query(AgendaErasure, _pk(partition), begins="ERASE#"):
            yield Erasure(item.workspace, item.connection, item.stamp, int(item.at))

    def drop_erasing(self, seen: Erasure) -> None:
        """Be done with it, unless there is a newer wish; a repeat only walks again."""
        try:
            self._table.delete(*self._erasure_key(seen.connection), AgendaErasure.stamp == seen.stamp)
        except (errors.Refused, errors.Unanswered):
            return

    @staticmethod
    def _repeat(write: Callable[[], None]) -> None:
        """An unconditional write that may be done twice."""
        for _ in range(3):
            try:
                write()
                return
            except errors.Unanswered:
                continue
        write()

    def _wanted_item(self, wanted: Wanted) -> WantedItem:
        return WantedItem(
            *self._want_key(wanted.key),
            workspace=wanted.key.workspace,
            connection=wanted.key.connection,
            day=wanted.key.day.isoformat(),
            stamp=wanted.stamp,
            n=wanted.n,
            queue=wanted.queue,
            next_try_at=wanted.next_try_at,
            sent_at=wanted.sent_at,
            sends=wanted.sends,
            clean_at=wanted.clean_at,
        )

    def _want_key(self, day: DayKey) -> tuple[str, str]:
        return _pk(self.partition_of(day.connection)), key("WANT", day.connection, day.day.isoformat())

    def _connection_key(self, connection: str) -> tuple[str, str]:
        return _pk(self.partition_of(connection)), key("CONN", connection)

    def _erasure_key(self, connection: str) -> tuple[str, str]:
        return _pk(self.partition_of(connection)), key("ERASE", connection)

    def _sync_key(self, pending: PendingSync) -> tuple[str, str]:
        return _pk(self.partition_of(pending.connection)), key("SYNC", pending.connection, pending.sync)


def _pk(partition: int) -> str:
    return key("AGENDA", f"{partition:02x}")


def _due(item: AgendaConnection) -> Due:
    return Due(
        workspace=item.workspace,
        connection=item.connection,
        next_at=int(item.next_at),
        asked_through=date.fromisoformat(item.asked_through),
        turned_back=int(item.turned_back),
        **{name: int(getattr(item, name)) for name in _INSTANTS},
    )


def _wanted(item: WantedItem) -> Wanted:
    return Wanted(
        key=DayKey(item.workspace, item.connection, date.fromisoformat(item.day)),
        stamp=item.stamp,
        n=int(item.n),
        queue="backfill" if item.queue == "backfill" else "sync",
        next_try_at=int(item.next_try_at),
        sent_at=int(item.sent_at),
        sends=int(item.sends),
        clean_at=None if item.clean_at is None else int(item.clean_at),
    )
