"""Order settings: reading them with what they lead to, and changing them.

Who changes settings names the version that was read; if another one is in force by then nothing changes. A change holds for
work that is not yet claimed. Switching between modes re-labels what is stored and downloads nothing; another zone holds from
the first day not yet summarised, or cuts the days that are here again; another choice of orders holds for days not yet closed,
and for those that a person syncs again.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import available_timezones

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import SignedIn, Workspace
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import DAY, Calendar, day_of, days_between, due_at
from chalicelib.domain.observing import GONE
from chalicelib.domain.order_settings import A_DAY_MIN, INTERVALS_MIN, Counting, OrderSettings, Recut, Summary
from chalicelib.domain.ranges import Range, batches_to_sync
from chalicelib.domain.sentences import day_name
from chalicelib.domain.work import DayKey, DocumentVersion, Due, Head
from chalicelib.workflows.kept import Kept

if TYPE_CHECKING:
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.days import Days
    from chalicelib.workflows.change import Change
    from chalicelib.workflows.syncs import RunSyncs

COUNTED_DAYS = 30
KEPT_MAX = 1_000


class Status(Protocol):
    """A state of orders as the channel calls it."""

    @property
    def value(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def default(self) -> bool: ...
    @property
    def paid(self) -> bool: ...


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Settings as a person wants them. With `recut` another zone cuts the days that are here again."""

    summary: Summary
    time_zone: str
    counting: Counting
    statuses: tuple[str, ...]
    interval_min: int
    recut: bool = False


class AddedStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A status that the channel does not document: its orders count if the merchant chooses it."""

    value: str
    label: str
    default: bool = False
    paid: bool = False


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """A connection's settings and what they lead to. `orders` counts the last 30 days' orders by status."""

    connection: Connection
    workspace: Workspace
    statuses: tuple[Status, ...]
    orders: Mapping[str, int]
    due: Due | None
    seam_day: date
    days_here: int
    days_without_names: int


class CountedHere(msgspec.Struct, frozen=True):
    """Days that are here: those asked for as a whole, and those with orders of nobody known."""

    whole: int
    nameless: int


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a change: the settings then, the syncs that it began, and sentences for people."""

    connection: Connection
    syncs: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


class ChangeOrderSettings:
    """Reads and changes order settings. `touches` is another one whenever a settled day of the workspace is, None says nothing
    of them; `statuses_of` is by kind; `leave_individual` erases the names that were kept;
    `announce_leaving` makes up for it where the process dies before it comes to that."""

    def __init__(
        self,
        *,
        connections: "Connections",
        days: "Days",
        touches: Callable[[str], Hashable],
        list_documents: Callable[[str, date, date], Iterable[tuple[DayKey, DocumentVersion]]],
        agenda: "Agenda",
        syncs: "RunSyncs",
        change: "Change",
        statuses_of: Callable[[str], tuple[Status, ...]],
        announce_leaving: Callable[[Connection], object],
        leave_individual: Callable[[Connection], None],
        now: Callable[[], datetime],
    ) -> None:
        self._connections = connections
        self._days = days
        self._touches = touches
        self._list_documents = list_documents
        self._kept: Kept[CountedHere] = Kept(KEPT_MAX, lambda _: 1)
        self._agenda = agenda
        self._syncs = syncs
        self._change = change
        self._statuses_of = statuses_of
        self._announce_leaving = announce_leaving
        self._leave_individual = leave_individual
        self._now = now

    def read(self, connection: Connection) -> InForce:
        """The settings with what they lead to."""
        due = self._agenda.connection(connection.id) if connection.state == "paired" else None
        here = self._counted_here(connection)
        orders = self._orders_by_status(connection)
        return InForce(
            connection=connection,
            workspace=self._change.read_workspace(connection.workspace),
            statuses=self._statuses(connection, orders),
            orders=orders,
            due=due,
            seam_day=self._seam(connection, due),
            days_here=here.whole,
            days_without_names=here.nameless,
        )

    def change(
        self, who: SignedIn, connection: Connection, wanted: Wanted, *, version: int, sync: tuple[date, date] | None
    ) -> Saved:
        """Save what is wanted and begin the syncs that it asks for.

        Raises RequestError with the fields that are wrong, before anything is changed, and OutOfDate.
        """
        self._check(connection, wanted)
        if sync is not None:
            today = day_of(self._now(), connection.calendar)
            batches_to_sync(Range(*sync), today=today, reach_days=connection.reach_days)
        if connection.settings.version != version:
            raise errors.OutOfDate(self._change.told(connection.workspace, f"connection {connection.id}"))
        # What an earlier change of zone left undone is done by that zone's calendar.
        self.cut_again(connection.workspace, connection.id)
        changed, recut = self._with(connection, wanted)
        if changed.settings != connection.settings:
            self._change.note(who, f"connection {connection.id}", connection.settings, changed.settings)
            self._agenda.look_soon(connection.id)
            if connection.keeps_persons and not changed.keeps_persons:
                self._announce_leaving(connection)
            if recut is not None and wanted.recut:
                recut = msgspec.structs.replace(recut, actor=who.email)
            if not self._connections.change_settings(connection, changed.settings, recut=recut):
                raise errors.OutOfDate(self._change.told(connection.workspace, f"connection {connection.id}"))
        return self._settle(who, connection, changed, wanted, sync)

    # -- what is wanted

    def _check(self, connection: Connection, wanted: Wanted) -> None:
        wrong: dict[str, str] = {}
        known = {each.value for each in self._statuses(connection, self._orders_by_status(connection))}
        allowed = self._change.read_workspace(connection.workspace).individual_allowed
        if wanted.summary == "individual" and not allowed:
            wrong["summary"] = "Individual sales are not switched on for this workspace."
        if wanted.time_zone not in available_timezones():
            wrong["time_zone"] = "Choose one of the list."
        if wanted.interval_min not in INTERVALS_MIN:
            wrong["interval_min"] = "Choose one of the list."
        if wanted.counting == "custom" and not wanted.statuses:
            wrong["statuses"] = "Choose at least one, or no order would count."
        elif not known.issuperset(wanted.statuses):
            wrong["statuses"] = "Choose among the statuses of this channel."
        if wrong:
            raise errors.RequestError("These settings cannot be saved.", wrong)

    def _with(self, connection: Connection, wanted: Wanted) -> tuple[Connection, Recut | None]:
        """The connection as it is with these settings, and from which day on it is cut otherwise then."""
        was = connection.settings
        calendar, recut = connection.calendar, None
        if wanted.time_zone != calendar.latest or (wanted.recut and calendar.changes):
            due = self._agenda.connection(connection.id)
            first = self._first_to_cut(connection) if wanted.recut else self._seam(connection, due)
            calendar = calendar.changed(wanted.time_zone, first)
            recut = Recut(first) if calendar != connection.calendar else None
        settings = OrderSettings(
            version=was.version,
            summary=wanted.summary,
            counting=wanted.counting,
            statuses=tuple(sorted(wanted.statuses)) if wanted.counting == "custom" else (),
            interval_min=wanted.interval_min,
            calendar=None if calendar == Calendar(connection.zone) else calendar,
            mirrors=was.mirrors,
        )
        if settings != was:
            settings = msgspec.structs.replace(settings, version=was.version + 1)
        return msgspec.structs.replace(connection, settings=settings), recut

    def _seam(self, connection: Connection, due: Due | None) -> date:
        """The first day that another zone can cut without touching days that are summarised."""
        through = due.asked_through if due else day_of(self._now(), connection.calendar)
        return through + DAY

    def _counted_here(self, connection: Connection) -> CountedHere:
        """How many days are here, counted again once a month was touched since."""

        def count() -> CountedHere:
            days = list(self._days.here(connection.workspace, connection.id))
            return CountedHere(sum(day.whole for day in days), sum(day.nameless for day in days))

        touches = self._touches(connection.workspace)
        return self._kept.made((connection.id, touches) if touches is not None else None, count)

    def _first_to_cut(self, connection: Connection) -> date:
        """The first day that is here and that the channel still shows: days before it stay as they are."""
        here = self._here(connection)
        today = day_of(self._now(), connection.calendar)
        reach = connection.reach_days
        shown = date.min if reach is None else today - timedelta(days=reach - 1)
        return min((day for day in here if day >= shown), default=today)

    def _here(self, connection: Connection) -> list[date]:
        """The days that are here as a whole, oldest first."""
        return [day.key.day for day in self._days.here(connection.workspace, connection.id) if day.whole]

    def _heads(self, connection: Connection) -> list[Head]:
        heads = self._days.list(connection.workspace, date.min, date.max)
        return [head for head in heads if head.key.connection == connection.id]

    def _statuses(self, connection: Connection, orders: Iterable[str]) -> tuple[Status, ...]:
        """The channel's statuses, and those that a shop has added itself: of its `orders`, or chosen before."""
        documented = self._statuses_of(connection.kind)
        others = {*orders, *connection.settings.statuses} - {status.value for status in documented} - {GONE, "none"}
        return (*documented, *(AddedStatus(value=value, label=value) for value in sorted(others)))

    def _orders_by_status(self, connection: Connection) -> Counter[str]:
        today = day_of(self._now(), connection.calendar)
        counts: Counter[str] = Counter()
        first = today - timedelta(days=COUNTED_DAYS - 1)
        for key, version in self._list_documents(connection.workspace, first, today):
            if key.connection == connection.id:
                for sheet in version.sheets:
                    counts.update(dict(sheet.statuses))
        return counts

    # -- what follows from it

    def _settle(
        self, who: SignedIn, was: Connection, now: Connection, wanted: Wanted, sync: tuple[date, date] | None
    ) -> Saved:
        """Bring the agenda and the days in line with the settings; every step may be done twice."""
        said, syncs = [], []
        if was.keeps_persons and not now.keeps_persons:
            self._leave_individual(now)
            said.append("The names of customers are erased.")
        if was.calendar != now.calendar:
            said.append(self._say_zone(now))
        if now.settings != was.settings:
            self._plan_anew(now)
        if (again := self.cut_again(now.workspace, now.id)) is not None:
            syncs.append(again)
        if sync is not None:
            begun = self._syncs.manual(now, *sync, actor=who.email, reason="settings")
            syncs.append(begun.id)
        return Saved(connection=now, syncs=tuple(syncs), said=tuple(said))

    def _say_zone(self, connection: Connection) -> str:
        first = connection.calendar.changes[-1][0] if connection.calendar.changes else None
        since = f" from {day_name(first)} on" if first else ""
        return f"Days are cut by {connection.calendar.latest}{since}."

    def _plan_anew(self, connection: Connection) -> None:
        """Let the sweep find the next night and, with a shorter interval, today."""
        interval = connection.settings.interval_min
        at = int(self._now().timestamp())
        self._agenda.refresh_from(connection.id, at if interval < A_DAY_MIN else 0)
        self._agenda.look_soon(connection.id)

    def cut_again(self, workspace: str, connection: str) -> str | None:
        """Follow up a change of zone, if that is still to be done: let the nights go by the new calendar, and ask the days that
        it cuts again; returns the sync's id.

        Unless a person wants all of them cut again, these are the days that are open: one that is so far, and one that a night
        asked by the old calendar while the new one was saved. A day that has not ended in the new zone is asked once more by
        its night. Done twice it is a second fetch.
        """
        found = self._connections.recut(workspace, connection)
        if found is None:
            return None
        seen, recut = found
        if recut.actor:
            days = self._days_to_cut(seen, recut.first)
        else:
            self._agenda.turn_back(seen.id, recut.first - DAY)
            days = [head.key.day for head in self._heads(seen) if head.key.day >= recut.first and not head.partial]
        sync = self._syncs.of_days(seen, days, actor=recut.actor or "daybook", reason="time_zone") if days else None
        self._connections.recut_asked(seen)
        return sync.id if sync else None

    def _days_to_cut(self, seen: Connection, first: date) -> list[date]:
        """All days from the first on; those that are over in the new zone are not left to the night."""
        cut, now = seen.calendar, self._now()
        days = list(days_between(first, max([day_of(now, cut), *self._here(seen)])))
        over = [day for day in days if due_at(day, cut) <= now]
        self._agenda.turn_back(seen.id, over[-1] if over else first - DAY)
        return days


def instant(seconds: int) -> datetime | None:
    """An instant of the agenda; None for never."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
