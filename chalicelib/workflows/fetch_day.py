"""Fetching one day from its channel: all pages, then a second question, again if the two answers differ.

A fetch that runs out of time leaves its cursor and its orders for a later invocation; nothing is published from here.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Protocol

import msgspec

from chalicelib import errors
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import Window, window_of
from chalicelib.domain.facts import DayOrders
from chalicelib.domain.orders import Order
from chalicelib.domain.persons import Person
from chalicelib.domain.work import Attempt, DayKey

if TYPE_CHECKING:
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.days import Days
    from chalicelib.storage.revisions import Revisions
    from chalicelib.workflows.ask import Ask
    from chalicelib.workflows.persons import Persons

FETCHES_MAX = 3


class Page(Protocol):
    """A page of orders and where the next begins; the last has no cursor."""

    @property
    def orders(self) -> tuple[Order, ...]: ...
    @property
    def cursor(self) -> str | None: ...
    @property
    def persons(self) -> dict[str, Person] | None: ...


class Channel(Protocol):
    """What is needed of a paired shop."""

    def fetch_pages(self, window: Window, cursor: str | None = None) -> Iterator[Page]: ...

    def count_orders(self, window: Window) -> int | None: ...


class OpenChannel(Protocol):
    """Opens a connection's channel with working credentials; `renew` after the channel refused the ones in use."""

    def __call__(self, connection: Connection, *, renew: bool) -> Channel: ...


class Gathered(msgspec.Struct, kw_only=True):
    """A fetch on its way: what came, what of it is not saved, where it goes on.

    `persons` are the customers by order id, None if they are not known of every page.
    """

    orders: DayOrders = msgspec.field(default_factory=DayOrders)
    unsaved: DayOrders = msgspec.field(default_factory=DayOrders)
    persons: dict[str, Person] | None = None
    unsaved_persons: dict[str, Person] = {}
    cursor: str | None = None
    parts: tuple[tuple[str, int], ...] = ()
    next_chunk: int = 0
    pages: int = 0
    fetches: int = 0
    matched: bool = False

    def begin_anew(self, *, with_persons: bool) -> None:
        """Forget what came: the next fetch starts at the beginning."""
        self.orders, self.unsaved, self.cursor, self.parts = DayOrders(), DayOrders(), None, ()
        self.persons, self.unsaved_persons = {} if with_persons else None, {}


class FetchDay:
    """Fetches one day at a time; `budget_s` is how long one invocation may fetch."""

    def __init__(
        self,
        *,
        days: "Days",
        revisions: "Revisions",
        agenda: "Agenda",
        ask: "Ask",
        persons: "Persons",
        open_channel: OpenChannel,
        now: Callable[[], datetime],
        budget_s: int,
    ) -> None:
        self._days = days
        self._revisions = revisions
        self._agenda = agenda
        self._ask = ask
        self._persons = persons
        self._open_channel = open_channel
        self._now = now
        self._budget_s = budget_s

    def _seconds(self) -> int:
        return int(self._now().timestamp())

    def fetch(self, day: DayKey, attempt: Attempt, connection: Connection) -> Gathered | None:
        """Gather all orders of the day until the channel's second answer agrees, at most three times.

        None when the time budget ended first: then the cursor is saved and a continuation sent. Raises ChannelError.
        """
        window = window_of(day.day, connection.calendar)
        give_up_at = self._seconds() + self._budget_s
        gathered = self._inherited(day, attempt, window, with_persons=connection.keeps_persons)
        channel = self._open_channel(connection, renew=False)
        renewed = False
        while gathered.fetches < FETCHES_MAX:
            try:
                if not self._fetch_all(channel, window, day, attempt, gathered, give_up_at):
                    return None
                count = channel.count_orders(window)
            except errors.AuthExpired:
                if renewed:
                    raise
                channel, renewed = self._open_channel(connection, renew=True), True
                if gathered.cursor is None:
                    gathered.begin_anew(with_persons=connection.keeps_persons)
                continue  # the page in hand is fetched again
            gathered.fetches += 1
            if count is None or count == len(gathered.orders):
                gathered.matched = True
                return gathered
            if gathered.fetches < FETCHES_MAX:
                gathered.begin_anew(with_persons=connection.keeps_persons)
        return gathered

    def _inherited(self, day: DayKey, attempt: Attempt, window: Window, *, with_persons: bool) -> Gathered:
        """What an interrupted fetch has left; nothing if the day has been cut otherwise since."""
        gathered = Gathered()
        gathered.begin_anew(with_persons=with_persons)
        cut, _, cursor = (attempt.cursor or "").partition(" ")
        if cut != _cut(window):
            return gathered
        gathered.cursor, gathered.parts = cursor, attempt.parts
        if with_persons:
            gathered.persons = self._persons.saved(day, dict(attempt.parts))
        for _, parts in groupby(
            attempt.parts, key=itemgetter(0)
        ):  # each attempt saved its rows once, in one or more chunks
            rows = self._revisions.read_rows(day, list(parts))
            if rows is None:
                raise errors.RetryableError("another worker has taken the day over.")
            gathered.orders.add_rows(rows)
        return gathered

    def _fetch_all(
        self,
        channel: Channel,
        window: Window,
        day: DayKey,
        attempt: Attempt,
        gathered: Gathered,
        give_up_at: int,
    ) -> bool:
        """Fetch from the cursor to the end; False if the time ended before, with everything saved."""
        for page in channel.fetch_pages(window, gathered.cursor):
            gathered.orders.add(page.orders)
            gathered.unsaved.add(page.orders)
            if gathered.persons is not None and page.persons is not None:
                gathered.persons.update(page.persons)
                gathered.unsaved_persons.update(page.persons)
            else:
                gathered.persons = None
            gathered.pages += 1
            gathered.cursor = page.cursor
            if page.cursor is not None and self._seconds() >= give_up_at:
                self._continue_later(day, attempt, gathered, window)
                return False
        return True

    def _continue_later(self, day: DayKey, attempt: Attempt, gathered: Gathered, window: Window) -> None:
        """Save how far the fetch came and let a later invocation go on, under an attempt of its own."""
        rows = gathered.unsaved.rows()
        names = self._revisions.write_rows(day, attempt.id, gathered.next_chunk, rows)
        gathered.next_chunk += len(names)
        self._persons.write(day, attempt.id, gathered.unsaved_persons if gathered.persons is not None else None)
        saved = msgspec.structs.replace(
            attempt, cursor=f"{_cut(window)} {gathered.cursor}", parts=(*gathered.parts, *names), until=self._seconds()
        )
        if self._days.save_cursor(day, saved):
            wanted = self._agenda.wanted(day)
            if wanted is not None:
                self._ask.resend([wanted])


def _cut(window: Window) -> str:
    """The window in a word, kept with a cursor: a change of zone between two invocations cuts the day otherwise."""
    return f"{window.start_at.timestamp():.0f}-{window.end_at.timestamp():.0f}"
