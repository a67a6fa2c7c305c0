"""Syncs: asking a range of days batch by batch, following them to the end, cancelling and taking up again."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib import errors
from chalicelib.domain.activity import Level, Line, line_id
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import DAY, backfill_days, day_of, days_between, due_at
from chalicelib.domain.sentences import counted, day_name
from chalicelib.domain.syncs import Reason, Sync
from chalicelib.domain.work import DayKey, Due, Head, PendingSync, Queue, Wanted

if TYPE_CHECKING:
    from chalicelib.storage.activity import Activity
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.days import Days
    from chalicelib.storage.syncs import Syncs
    from chalicelib.workflows.ask import Ask

ASKED_AT_ONCE = 10
DAYS_MAX = 124


class RunSyncs:
    """Starts, follows and ends syncs. `new_id` gives names that rise with time."""

    def __init__(
        self,
        *,
        syncs: "Syncs",
        agenda: "Agenda",
        days: "Days",
        activity: "Activity",
        ask: "Ask",
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._syncs = syncs
        self._agenda = agenda
        self._days = days
        self._activity = activity
        self._ask = ask
        self._now = now
        self._new_id = new_id

    def pairing(self, connection: Connection) -> str:
        """Begin the first download: 90 full days and today so far, newest first. Returns the sync's id.

        The connection goes on the agenda first, so that the nights run whatever becomes of this.
        """
        now = self._now()
        today = day_of(now, connection.calendar)
        days = backfill_days(today)
        reach = connection.reach_days
        hidden = () if reach is None else tuple(day for day in days if day <= today - timedelta(days=reach))
        through = max(day for day in days[1:] if due_at(day, connection.calendar) <= now)
        self._agenda.put_connection(
            Due(
                workspace=connection.workspace,
                connection=connection.id,
                next_at=int(due_at(through + DAY, connection.calendar).timestamp()),
                asked_through=through,
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
        return self._begin(connection, "pairing", shown, hidden).id

    def manual(self, connection: Connection, first: date, last: date) -> Sync:
        """Sync a range that a person chose, both days inside. Raises RequestError with the field that is wrong."""
        today = day_of(self._now(), connection.calendar)
        if last < first:
            raise errors.RequestError("The range ends before it starts.", {"to": "This is before the first day."})
        if last > today:
            raise errors.RequestError("The range lies in the future.", {"to": f"Today is {day_name(today)} there."})
        if (last - first).days >= DAYS_MAX:
            raise errors.RequestError("At most four months at a time.", {"from": "Choose a later first day."})
        reach = connection.reach_days
        if reach is not None and first <= today - timedelta(days=reach):
            reason = f"The shop shows us the last {reach} days only."
            raise errors.RequestError("Days before that are not available.", {"from": reason})
        return self._begin(connection, "manual", tuple(days_between(first, last))[::-1], ())

    def _begin(self, connection: Connection, reason: Reason, days: tuple[date, ...], hidden: tuple[date, ...]) -> Sync:
        sync = Sync(
            id=self._new_id(),
            workspace=connection.workspace,
            connection=connection.id,
            reason=reason,
            days=days,
            not_available=hidden,
            began_at=self._now(),
        )
        self._syncs.insert(sync)
        pending = PendingSync(connection.workspace, connection.id, sync.id)
        self._agenda.put_sync(pending)
        return self._ask_days(sync) or sync

    def go_on(self, pending: PendingSync) -> None:
        """Ask the days that are not asked yet; once all are done or cancelled, say so and take the sync off the agenda."""
        sync = self._syncs.read(pending.workspace, pending.sync)
        if sync is None or sync.ended_at is not None or sync.cancelled:
            self._agenda.drop_sync(pending)
            return
        sync = self._ask_days(sync)
        if sync is None:
            return
        heads = self.heads(sync)
        states = [self.is_over(heads.get(day), sync.asked[day]) for day in sync.days]
        if not all(states):
            return
        if self._syncs.end(sync, int(self._now().timestamp())) and sync.reason != "nightly":
            failed = sum(head.progress == "failed" for head in heads.values())
            self._tell_end(sync, failed, sum(head.shown.orders for head in heads.values() if head.shown))
        self._agenda.drop_sync(pending)

    def _ask_days(self, sync: Sync) -> Sync | None:
        """Ask the missing days, newest first, keeping each batch's numbers; None if somebody else did meanwhile."""
        queue: Queue = "backfill" if len(sync.days) > 1 else "sync"
        missing = [day for day in sync.days if day not in sync.asked]
        for first in range(0, len(missing), ASKED_AT_ONCE):
            keys = [DayKey(sync.workspace, sync.connection, day) for day in missing[first : first + ASKED_AT_ONCE]]
            numbers = self._ask.ask(keys, queue, by_person=True)
            asked = {**sync.asked, **{key.day: n for key, n in numbers.items()}}
            if not self._syncs.note_asked(sync, asked):
                return None
            sync = self._syncs.read(sync.workspace, sync.id) or sync
        return sync

    def heads(self, sync: Sync) -> dict[date, Head]:
        """The heads of the sync's days, as far as they are there."""
        keys = [DayKey(sync.workspace, sync.connection, day) for day in sync.days]
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
        return self._ask_days(again) or again

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
        if failed:
            text = f"Sync ended: {len(sync.days) - failed} of {days} are in, {failed} could not be read."
        else:
            text = f"Sync done: {days}, {found}."
        self._note(sync.workspace, sync.connection, "warning" if failed else "info", text, sync.id)

    def _note(self, workspace: str, connection: str, level: Level, text: str, sync: str | None = None) -> None:
        at = self._now()
        name = sync or self._new_id()
        line = Line(
            id=line_id(at, name),
            at=at,
            level=level,
            text=text,
            connection=connection,
            sync=sync,
        )
        self._activity.write(workspace, line)
