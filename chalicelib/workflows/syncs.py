"""Syncs: asking a range of days batch by batch, following them to the end, cancelling and taking up again.

A sync by order number begins without days: a worker asks the channel where the order is (workflows/find_order.py), and from
then on it is a sync like any other.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from chalicelib import errors
from chalicelib.domain.activity import Level, Line, line_id
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import DAY, backfill_days, day_of, due_at
from chalicelib.domain.order_settings import A_DAY_MIN
from chalicelib.domain.ranges import Range, batches_of, batches_to_sync, range_name, told_batches
from chalicelib.domain.rereads import reread_after
from chalicelib.domain.sentences import counted, day_name
from chalicelib.domain.syncs import Reason, Sync
from chalicelib.domain.work import DayKey, Due, Head, OrderMessage, PendingSync, Queue, Wanted

if TYPE_CHECKING:
    from chalicelib.storage.activity import Activity
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.days import Days
    from chalicelib.storage.syncs import Syncs
    from chalicelib.workflows.ask import Ask

ASKED_AT_ONCE = 10
NUMBER_CHARACTERS_MAX = 60


class RunSyncs:
    """Starts, follows and ends syncs. `new_id` gives names that rise with time.

    `send` sends messages with their deduplication ids; one that was sent is left alone for `resend_s`.
    """

    def __init__(
        self,
        *,
        syncs: "Syncs",
        agenda: "Agenda",
        days: "Days",
        activity: "Activity",
        connections: "Connections",
        ask: "Ask",
        send: Callable[[Queue, Sequence[tuple[OrderMessage, str]]], object],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        resend_s: int,
    ) -> None:
        self._syncs = syncs
        self._agenda = agenda
        self._days = days
        self._activity = activity
        self._connections = connections
        self._ask = ask
        self._send = send
        self._now = now
        self._new_id = new_id
        self._resend_s = resend_s

    def pairing(self, connection: Connection, *, actor: str = "daybook") -> str:
        """Begin the first download: 90 full days and today so far, newest first. Returns the sync's id.

        The connection goes on the agenda first, so that the nights run whatever becomes of this. What changed in older
        orders is looked for at once; a shop that was paired before is asked from where the last look came to.
        """
        now = self._now()
        today = day_of(now, connection.calendar)
        days = backfill_days(today)
        reach = connection.reach_days
        hidden = () if reach is None else tuple(day for day in days if day <= today - timedelta(days=reach))
        through = max(day for day in days[1:] if due_at(day, connection.calendar) <= now)
        before = self._agenda.connection(connection.id)
        self._agenda.put_connection(
            Due(
                workspace=connection.workspace,
                connection=connection.id,
                next_at=int(due_at(through + DAY, connection.calendar).timestamp()),
                asked_through=through,
                refresh_at=int(now.timestamp()) if connection.settings.interval_min < A_DAY_MIN else 0,
                looked_at=before.looked_at if before else 0,
                look_at=int(now.timestamp()),
                reread_at=int(reread_after(now, connection.id).timestamp()),
            )
        )
        if hidden:
            first, last = day_name(hidden[-1]), day_name(hidden[0])
            text = (
                f"{connection.name} shows us the last {reach} days only: "
                f"{first} to {last} are not available until it grants the permission to read all orders."
            )
            self._note(connection.workspace, connection.id, "warning", text)
        shown = tuple(day for day in days if day not in set(hidden))
        return self._begin(connection, "pairing", shown, actor, hidden=hidden).id

    def has_begun(self, workspace: str, id_: str) -> bool:
        return self._syncs.read(workspace, id_) is not None

    def manual(
        self,
        connection: Connection,
        first: date,
        last: date,
        *,
        actor: str = "daybook",
        reason: Reason = "manual",
        id_: str | None = None,
    ) -> Sync:
        """Sync a range that a person chose, both days inside, in batches of at most four months, oldest first.

        `id_` is one that rises with time and has no sync yet, by default a new one. Raises RequestError with the field that is wrong; nothing has begun then.
        """
        today = day_of(self._now(), connection.calendar)
        whole = Range(first, last)
        batches = batches_to_sync(whole, today=today, reach_days=connection.reach_days)
        return self._begin(connection, reason, tuple(whole.days())[::-1], actor, batches=batches, id_=id_)

    def of_days(self, connection: Connection, days: Collection[date], *, actor: str, reason: Reason) -> Sync:
        """Sync these days, at least one, whichever they are: oldest first, in batches as a range's.

        A day older than the history, of which only the events are here, stays that.
        """
        batches = batches_of(Range(min(days), max(days)))
        newest_first = tuple(sorted(days, reverse=True))
        return self._begin(connection, reason, newest_first, actor, batches=batches, as_they_are=True)

    def order(self, connection: Connection, number: str, *, actor: str) -> Sync:
        """Sync the day of the order that has this number. Raises RequestError, naming `order_number`."""
        plain = number.strip().lstrip("#").strip()
        if not plain or len(plain) > NUMBER_CHARACTERS_MAX or not plain.isprintable():
            raise errors.RequestError("That is not an order number.", {"order_number": "It looks like #1001."})
        return self._begin(connection, "order", (), actor, number=plain)

    def _begin(
        self,
        connection: Connection,
        reason: Reason,
        days: tuple[date, ...],
        actor: str,
        *,
        hidden: tuple[date, ...] = (),
        batches: tuple[Range, ...] = (),
        number: str | None = None,
        id_: str | None = None,
        as_they_are: bool = False,
    ) -> Sync:
        sync = Sync(
            id=id_ or self._new_id(),
            workspace=connection.workspace,
            connection=connection.id,
            reason=reason,
            days=days,
            not_available=hidden,
            began_at=self._now(),
            batches=batches,
            actor=actor,
            order_number=number,
            as_they_are=as_they_are,
        )
        pending = PendingSync(connection.workspace, connection.id, sync.id)
        # Before it is stored, so that whoever dies in between leaves no sync that nobody follows; and after, because a sweep
        # that found nothing stored has dropped it.
        self._agenda.put_sync(pending)
        self._syncs.insert(sync)
        self._agenda.put_sync(pending)
        if len(batches) > 1:
            whole = range_name(Range(batches[0].first, batches[-1].last))
            text = f"Sync of {whole} runs as {told_batches(batches)}. At most four months each, oldest first."
            self._note(sync.workspace, sync.connection, "info", text, sync.id, name=f"{sync.id}-begun")
        return self._advance(sync) or sync

    def go_on(self, pending: PendingSync) -> None:
        """Ask the days whose turn it is; once all are done or cancelled, say so and take the sync off the agenda."""
        sync = self._syncs.read(pending.workspace, pending.sync)
        if sync is None or sync.ended_at is not None or sync.cancelled:
            self._agenda.drop_sync(pending)
            return
        sync = self._advance(sync)
        if sync is None or sync.seeks or len(sync.asked) < len(sync.days):
            return
        heads = self.heads(sync)
        if not all(self.is_over(heads.get(day), sync.asked[day]) for day in sync.days):
            return
        if self._syncs.end(sync, int(self._now().timestamp())) and sync.reason != "nightly":
            failed = sum(head.progress == "failed" for head in heads.values())
            self._tell_end(sync, failed, sum(head.shown.orders for head in heads.values() if head.shown))
        self._agenda.drop_sync(pending)

    def _advance(self, sync: Sync) -> Sync | None:
        """Bring the sync as far as it can come now; None if somebody else did meanwhile."""
        if sync.seeks:
            self._seek(sync)
            return sync
        return self._ask_days(sync)

    def _seek(self, sync: Sync) -> None:
        """Have a worker find the order, unless one was sent lately or the channel asked us to wait."""
        at = int(self._now().timestamp())
        due = self._agenda.connection(sync.connection)
        if sync.sent_at + self._resend_s > at or (due is not None and due.blocked_until > at):
            return
        if self._syncs.mark_sent(sync, at):
            message = OrderMessage(sync.workspace, sync.connection, sync.id)
            self._send("sync", [(message, f"{sync.id}.{sync.sends + 1}")])

    def _ask_days(self, sync: Sync) -> Sync | None:
        """Ask what is missing of the turn at hand, some days at once, keeping their numbers; None if somebody else did meanwhile."""
        missing = [day for day in self._turn(sync) if day not in sync.asked]
        if not missing:
            return sync
        connection = self._connections.get(sync.workspace, sync.connection)
        settings = None if connection is None else connection.settings.version
        queue: Queue = "backfill" if len(sync.days) > 1 else "sync"
        for first in range(0, len(missing), ASKED_AT_ONCE):
            keys = [DayKey(sync.workspace, sync.connection, day) for day in missing[first : first + ASKED_AT_ONCE]]
            numbers = self._ask_some(sync, keys, queue, settings)
            asked = {**sync.asked, **{key.day: n for key, n in numbers.items()}}
            if not self._syncs.note_asked(sync, asked):
                return None
            sync = self._syncs.read(sync.workspace, sync.id) or sync
        return sync

    def _ask_some(self, sync: Sync, keys: list[DayKey], queue: Queue, settings: int | None) -> dict[DayKey, int]:
        heads = self._days.read_many(keys) if sync.as_they_are else {}
        events = [key for key in keys if key in heads and heads[key].partial]
        ask = partial(self._ask.ask, queue=queue, by_person=True, actor=sync.actor, settings=settings)
        return ask([key for key in keys if key not in events]) | ask(events, events_only=True)

    def _turn(self, sync: Sync) -> tuple[date, ...]:
        """The days of the first batch that has not come to an end; none if all days are asked."""
        if len(sync.asked) == len(sync.days):
            return ()
        for days in sync.turns:
            if any(day not in sync.asked for day in days):
                return days
            heads = self._heads_of(sync, days)
            if not all(self.is_over(heads.get(day), sync.asked[day]) for day in days):
                return days
        return ()

    def heads(self, sync: Sync) -> dict[date, Head]:
        """The heads of the sync's days, as far as they are there."""
        return self._heads_of(sync, sync.days)

    def _heads_of(self, sync: Sync, days: Collection[date]) -> dict[date, Head]:
        keys = [DayKey(sync.workspace, sync.connection, day) for day in days]
        return {key.day: head for key, head in self._days.read_many(keys).items()}

    @staticmethod
    def is_over(head: Head | None, n: int) -> bool:
        """Whether ask `n` has come to an end, good or bad. A day is in once its documents are, too."""
        if head is None or head.due is not None:
            return False
        return head.served >= n or head.withdrawn >= n or head.progress == "failed"

    def cancel(self, sync: Sync) -> None:
        """Withdraw the days that are not done; what is done stays, what is being read is finished."""
        self._syncs.set_cancelled(sync, sync.asked, cancelled=True)
        for day, n in sync.asked.items():
            self._days.withdraw(DayKey(sync.workspace, sync.connection, day), n)

    def resume(self, sync: Sync) -> Sync:
        """Take up what is missing: days that were withdrawn, failed or never asked. The same sync goes on."""
        heads = self.heads(sync)
        kept = {day: n for day, n in sync.asked.items() if (head := heads.get(day)) and head.served >= n}
        waiting = {
            day: n for day, n in sync.asked.items() if (head := heads.get(day)) and head.needs_work and day not in kept
        }
        self._syncs.set_cancelled(sync, kept | waiting, cancelled=False)
        self._agenda.put_sync(PendingSync(sync.workspace, sync.connection, sync.id))
        again = self._syncs.read(sync.workspace, sync.id)
        assert again is not None, "a sync that was just written is there"
        return self._advance(again) or again

    def wake(self, connection: Connection) -> None:
        """After a new sign-in: let every day that waited for it be tried at once."""
        self._ask.resend(self._due_now(connection.id))

    def _due_now(self, connection: str) -> Iterator[Wanted]:
        for wanted in self._agenda.wanted_of(connection):
            self._agenda.put_off(wanted.key, 0)
            yield wanted

    def _tell_end(self, sync: Sync, failed: int, orders: int) -> None:
        days = counted(len(sync.days), "day", "days")
        found = counted(orders, "order", "orders")
        if sync.order_number is not None:
            on = " and ".join(map(day_name, sorted(sync.days)))
            text = (
                f"Order #{sync.order_number}: {on} could not be read."
                if failed
                else (f"Order #{sync.order_number} was read again with its day: {on}, {found}.")
            )
        elif failed:
            text = f"Sync ended: {len(sync.days) - failed} of {days} are in, {failed} could not be read."
        else:
            batches = f" in {len(sync.batches)} batches" if len(sync.batches) > 1 else ""
            text = f"Sync done: {days}{batches}, {found}."
        self._note(sync.workspace, sync.connection, "warning" if failed else "info", text, sync.id)

    def _note(
        self, workspace: str, connection: str, level: Level, text: str, sync: str | None = None, *, name: str = ""
    ) -> None:
        """Write a line of activity. One of the same `name` and instant, by default the sync's, is the same line."""
        at = self._now()
        line = Line(
            id=line_id(at, name or sync or self._new_id()),
            at=at,
            level=level,
            text=text,
            connection=connection,
            sync=sync,
        )
        self._activity.write(workspace, line)
