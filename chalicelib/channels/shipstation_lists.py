"""Asking ShipStation (API v1): at its pace, and through lists whose orders come and go while they are read.

A list is sorted by the date that it is cut by, and each page begins anew at the last second seen, so that what arrives or goes
meanwhile moves nothing: orders of that second come twice. Page numbers are used only where that does not lead on: a page of one
second, a second of the hour that the clock shows twice (whether the list is sorted by wall clock or by instant there is not said ?),
a list that is not in order. If such a list grows shorter, its pages are begun anew.

The start of a range is left out and its end is in it, as the page words it; asked for a second more, both may be either ?. `pages`
is 0 in a published answer, so only `total` is believed. Forty requests a minute are allowed for a pair of keys, whoever sends them;
answers say how many are left (`X-Rate-Limit-Remaining`) and in how many seconds they are renewed (`X-Rate-Limit-Reset`).
"""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from chalicelib import errors
from chalicelib.channels.answers import SIT_OUT_S, WAIT_DEFAULT_S, WAIT_MAX_S, decode
from chalicelib.channels.shipstation_orders import Clock, SlimOrder, second_before
from chalicelib.domain.connections import Credentials

if TYPE_CHECKING:
    from chalicelib.channels.http import Http, Refusal

PAGE_ORDERS = 500
PAGES_MAX = 1_000
# How far from the asked range an order may lie without our doubting the clock: readings of the repeated hour differ by as much.
SLACK = timedelta(hours=1)

By = Literal["OrderDate", "ModifyDate"]
Query = Mapping[str, str | int]
T = TypeVar("T")
S = TypeVar("S", bound=SlimOrder)


class Listed(msgspec.Struct, Generic[S], frozen=True):
    """One page of a list: `total` counts all orders in it."""

    orders: tuple[S, ...]
    total: int
    page: int


class Place(msgspec.Struct, frozen=True):
    """Where a list goes on: after a second of the wall clock, on a page; `seen` orders of `total` came since that second."""

    start: datetime
    page: int = 1
    seen: int = 0
    total: int = 0

    def text(self) -> str:
        return f"{self.start.isoformat()} {self.page} {self.seen} {self.total}"

    @classmethod
    def parse(cls, text: str) -> "Place":
        start, *numbers = text.split(" ")
        page, seen, total = map(int, numbers)
        return cls(datetime.fromisoformat(start), page, seen, total)


class Pace:
    """What is known of the rate of one pair of keys. Two threads at once may at worst be refused."""

    def __init__(self, now: Callable[[], datetime], sleep: Callable[[float], None]) -> None:
        self._now = now
        self._sleep = sleep
        self._spent_until: datetime | None = None

    def keep(self) -> None:
        """Wait until a request is left, if that is soon. Raises RateLimited."""
        if self._spent_until is None:
            return
        wait_s = (self._spent_until - self._now()).total_seconds()
        if wait_s > SIT_OUT_S:
            raise errors.RateLimited("ShipStation asks us to slow down.", wait_s)
        self._spent_until = None
        if wait_s > 0:
            self._sleep(wait_s)

    def note(self, headers: Mapping[str, str]) -> None:
        """Read an answer's headers; what cannot be read says nothing."""
        left, reset_s = (headers.get(f"X-Rate-Limit-{name}", "").strip() for name in ("Remaining", "Reset"))
        if left.isascii() and left.isdecimal():
            self._spent_until = self._now() + timedelta(seconds=_wait_s(reset_s)) if not int(left) else None

    def refused(self, refusal: "Refusal") -> errors.ChannelError | None:
        """A refusal for too many requests, with the wait that it names."""
        if refusal.status != 429:
            return None
        named = refusal.headers.get("X-Rate-Limit-Reset") or refusal.headers.get("Retry-After") or ""
        return errors.RateLimited("ShipStation answered with status 429: too many requests.", _wait_s(named))


def _wait_s(text: str) -> float:
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        return WAIT_DEFAULT_S
    return min(max(float(text), 1.0), WAIT_MAX_S)


class Asking:
    """Questions with one pair of keys."""

    def __init__(self, http: "Http", url: str, credentials: Credentials, pace: Pace, clock: Clock) -> None:
        assert credentials.secret is not None, "ShipStation's keys are a pair"
        pair = f"{credentials.access.reveal()}:{credentials.secret.reveal()}"
        self._http = http
        self._url = url
        self._headers = {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        self._pace = pace
        self._clock = clock

    def ask(self, path: str, query: Query, decoder: "msgspec.json.Decoder[T]") -> T:
        """Ask at the account's pace. Raises ChannelError."""
        self._pace.keep()
        url = f"{self._url}{path}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        answer = self._http.get(url, self._headers, explain=self._pace.refused)
        self._pace.note(answer.headers)
        return decode(answer.body, decoder)

    def walk(
        self,
        by: By,
        decoder: "msgspec.json.Decoder[Listed[S]]",
        place: Place,
        end: datetime,
        only: Query,
    ) -> Iterator[tuple[tuple[S, ...], Place | None]]:
        """Yield each page of the orders dated after `place.start` until `end`, by the wall clock, with the place of the next."""
        field = by[0].lower() + by[1:]
        for _ in range(PAGES_MAX):
            query = {
                **only,
                f"{field}Start": _text(place.start),
                f"{field}End": _text(end),
                "sortBy": by,
                "sortDir": "ASC",
                "page": place.page,
                "pageSize": PAGE_ORDERS,
            }
            listed = self.ask("/orders", query, decoder)
            check_page(listed, place)
            following = self._following(by, listed, place, end)
            yield listed.orders, following
            if following is None:
                return
            place = following
        raise errors.PermanentError(f"ShipStation lists more than {PAGES_MAX} pages of orders for one question.")

    def _following(self, by: By, listed: Listed[S], place: Place, end: datetime) -> Place | None:
        dated = [self._wall(by, order) for order in listed.orders]
        if any(not place.start - SLACK <= wall <= end + SLACK for wall in dated):
            raise errors.UnreadablePayload(
                f"ShipStation lists orders outside the time that was asked for: is the account's clock {self._clock.zone}?"
            )
        if place.page > 1 and listed.total < place.total:
            return Place(place.start)  # what has gone moved orders to pages that were read already
        seen = place.seen + len(dated)
        if seen >= listed.total:
            return None
        in_order = all(one <= next_one for one, next_one in pairwise(dated))
        if in_order and not self._clock.is_odd(dated[-1]) and (start := second_before(dated[-1])) > place.start:
            return Place(start)
        return Place(place.start, place.page + 1, seen, listed.total)

    def _wall(self, by: By, order: SlimOrder) -> datetime:
        text, field = (order.order_date, "orderDate") if by == "OrderDate" else (order.modify_date, "modifyDate")
        return self._clock.shown(text, field)


def check_page(listed: Listed[Any], place: Place) -> None:
    """Raises ChannelError if the page is not the one that was asked for, or lacks what it counts."""
    if listed.page != place.page:
        raise errors.UnreadablePayload("ShipStation answered with another page of the list than was asked for.")
    # Further pages of a list that grows shorter may have been counted before.
    shrinks = place.page > 1 and listed.total < place.total
    if listed.total < place.seen + len(listed.orders) and not shrinks:
        raise errors.UnreadablePayload("ShipStation's total is less than the orders it lists.")
    if not listed.orders and listed.total > place.seen:
        raise errors.RetryableError("ShipStation counts orders that it does not list.")


def _text(wall: datetime) -> str:
    return f"{wall:%Y-%m-%d %H:%M:%S}"
