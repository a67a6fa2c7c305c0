"""Making a day's revision of what was fetched: which orders count, what they come to, and why the day is another one."""

import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import msgspec

from chalicelib.domain.connections import Connection
from chalicelib.domain.counting import Counted, outside_history
from chalicelib.domain.days import Window, window_of
from chalicelib.domain.facts import digest, pack_orders
from chalicelib.domain.observing import Before
from chalicelib.domain.orders import Order
from chalicelib.domain.summaries import Summarising, pack_sections
from chalicelib.domain.work import Attempt, Head, LiveState, Revision

if TYPE_CHECKING:
    from chalicelib.storage.revisions import Revisions
    from chalicelib.workflows.fetch_day import Gathered

_FEW_CAUSES = ("late_order", "refund", "return", "edit", "cancel", "status_changed")


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A revision not yet written: `orders` are its packed orders, compressed, `events` the packed events of each day.

    `says_the_same`: what is live has the same orders, cut and judged alike.
    """

    revision: Revision
    orders: tuple[bytes, ...]
    events: dict[date, bytes]
    count: int
    says_the_same: bool


class MakeRevision:
    """Makes revisions. `counted_by` says which orders a connection's settings count, `keeps_history` whether a kind of channel
    tells itself what happened to its orders."""

    def __init__(
        self,
        *,
        revisions: "Revisions",
        counted_by: Callable[[Connection], Counted],
        keeps_history: Callable[[str], bool],
    ) -> None:
        self._revisions = revisions
        self._counted_by = counted_by
        self._keeps_history = keeps_history

    def make(self, head: Head, attempt: Attempt, connection: Connection, gathered: "Gathered") -> Made:
        """The revision that `attempt` may publish."""
        before = self._revisions.read(head.key, head.live) if head.live else None
        window = window_of(head.key.day, connection.calendar)
        counted, settings = self._rule(head, connection, before)
        closed = before is not None and _is_cut_alike(before, counted, window)
        known = self._before(head, before, connection) if before and closed else Before()
        gathered.orders.add(known.missing(gathered.orders.ids(), surely=gathered.matched))
        at = datetime.fromtimestamp(attempt.began_at, UTC)
        summary = Summarising(head.key.day, connection.calendar)
        pieces, hashed, causes = [], [], set[str]()
        for chunk in gathered.orders.chunks():
            judged = known.observed([counted.judge(order) for order in chunk], at)
            orders = _kept_outside_history(judged, connection) if head.partial else judged
            if closed:
                causes.update(*map(known.causes, orders))
            packed = pack_orders(orders)
            summary.add(orders)
            hashed.append(packed)
            pieces.append(zlib.compress(packed, 9))
        state = _state(attempt, window, summary.orders, partial=head.partial)
        by_day = {on: pack_sections(sections) for on, sections in summary.events_by_day().items()}
        revision = Revision(
            attempt=attempt.id,
            number=head.revision + 1,
            predecessor=head.live,
            epoch=connection.epoch,
            cause=_cause(before, state, counted, window, causes),
            actor=head.actor,
            state=state,
            digest=digest(state.encode(), *hashed),
            fetched_at=attempt.began_at,
            matched=gathered.matched,
            sheets=summary.sheets(),
            event_days={on: digest(packed) for on, packed in by_day.items()},
            counted=counted,
            settings=settings,
            start_at=int(window.start_at.timestamp()),
            end_at=int(window.end_at.timestamp()),
        )
        return Made(
            revision=revision,
            orders=tuple(pieces),
            events=by_day,
            count=summary.orders,
            says_the_same=before is not None and _says_the_same(before, revision),
        )

    def _before(self, head: Head, before: Revision, connection: Connection) -> Before:
        return Before(
            lambda: self._revisions.orders(head.key, before), keeps_history=self._keeps_history(connection.kind)
        )

    def _rule(self, head: Head, connection: Connection, before: Revision | None) -> tuple[Counted, int]:
        """Which orders count, and the version of the settings that say so.

        A closed day keeps the choice that it was closed with until a person asks for it under another one.
        """
        if before is not None and before.state in ("final", "empty"):
            # If a person's ask under later settings has changed nothing, only the head knows of it.
            judged = max(before.settings, head.judged)
            if head.settings <= judged:
                return before.counted, judged
        return self._counted_by(connection), connection.settings.version


def _kept_outside_history(orders: list[Order], connection: Connection) -> list[Order]:
    kept = (outside_history(order, connection.calendar, connection.history_from) for order in orders)
    return [order for order in kept if order is not None]


def _is_cut_alike(before: Revision, counted: Counted, window: Window) -> bool:
    """Whether the revision before is of a closed day, cut as this one is."""
    cut = int(window.start_at.timestamp()), int(window.end_at.timestamp())
    return before.state in ("final", "empty") and before.counted == counted and (before.start_at, before.end_at) == cut


def _says_the_same(before: Revision, revision: Revision) -> bool:
    """The digest is of the orders; which day they and their events stand on, and why they count, goes beyond it."""
    names = ("digest", "event_days", "counted", "start_at", "end_at")
    return all(getattr(before, name) == getattr(revision, name) for name in names)


def _state(attempt: Attempt, window: Window, orders: int, *, partial: bool) -> LiveState:
    """A day is final if its fetch began after its end."""
    if partial:
        return "events_only"
    if attempt.began_at < window.end_at.timestamp():
        return "provisional"
    return "final" if orders else "empty"


def _cause(before: Revision | None, state: LiveState, counted: Counted, window: Window, causes: set[str]) -> str:
    """Why there is a new revision, in the word that says most."""
    if before is None or (before.state == "events_only" and state != "events_only"):
        return "first"
    if before.state == "provisional":
        return "refreshed" if state == "provisional" else "closed"
    if (before.start_at, before.end_at) != (int(window.start_at.timestamp()), int(window.end_at.timestamp())):
        return "timezone_changed"
    if before.counted != counted:
        return "settings_changed"
    return causes.pop() if len(causes) == 1 and causes <= set(_FEW_CAUSES) else "changed"
