"""Orders of one WooCommerce shop (REST API v3: "List all orders", "List all refunds").

An order belongs to the day of its `date_created_gmt`. Lists are walked by id, which neither clock changes nor edited dates
disorder: a list by date is in the site's local time, of which an hour comes twice in autumn.

What is not certain, and how both are met:

    Bounds are exclusive ?              asked a second early, cut here; a count asks as the probe at pairing saw it
    `dates_are_gmt` may be unknown      then bounds are compared with the site's local time, 12 hours behind to 14 before. Unless
                                        the probe at pairing has proved that the site knows it, more is asked for on both
                                        sides; and an answer outside of what was asked disproves it
    `modified_after` may be unknown     an answer far outside shows it; then orders placed up to 35 days earlier are looked
                                        through, and older ones are left to the re-reads by date
    `_fields` may be passed over        then more is sent than is read. It is asked for so that no customer's data travels
                                        unless names are kept
    `status=any` leaves the bin out     a deleted order is in no answer any more
    The total may be missing            a walk then ends where nothing new comes; there is no count
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeVar

import msgspec

from chalicelib import errors
from chalicelib.channels import ChangesPage, Page, Shop, Store
from chalicelib.channels import woocommerce_wire as wire
from chalicelib.channels.woocommerce_orders import Dated, Refund, Row, parse_order, parse_person
from chalicelib.channels.woocommerce_shop import introduce, newest_order
from chalicelib.channels.woocommerce_sign import Params
from chalicelib.channels.woocommerce_wire import CHANGED, PAGES_MAX, PER_PAGE, Place, Site
from chalicelib.domain.days import Window

SECOND = timedelta(seconds=1)
BEHIND, BEFORE = timedelta(hours=12), timedelta(hours=14)
UNKNOWN_BEYOND = timedelta(hours=27)
LOOKED_THROUGH = timedelta(days=35)
SLICE_ORDERS = 1_000
SLICE_MIN = timedelta(minutes=10)
REFUND_PAGES_MAX = 100
FOUND_PAGES_MAX = 10

_FIELDS = (
    "id,number,status,currency,date_created,date_created_gmt,date_modified_gmt,date_paid,date_paid_gmt,total,total_tax,"
    "shipping_total,payment_method,line_items,fee_lines,gift_cards,refunds"
)
_REGION = ",billing.country,billing.state,shipping.country,shipping.state"
_PERSON = "".join(f",{at}.{name}" for at in ("billing", "shipping") for name in ("first_name", "last_name", "company"))
_DATED = "id,number,date_created,date_created_gmt,date_modified_gmt"

D = TypeVar("D", bound=Dated)


class Asked(msgspec.Struct, frozen=True):
    """Orders created or modified in `window`."""

    field: Literal["created", "modified"]
    window: Window

    def at(self, row: Dated) -> datetime:
        return row.placed_at if self.field == "created" else row.modified_at

    def params(self, *, exact: bool) -> Params:
        """The bounds; wide enough for any site's local time unless it is `exact`, known to go by UTC."""
        start, end = self.window.start_at - SECOND, self.window.end_at
        if not exact:
            start, end = start - BEHIND, end + BEFORE
        after, before = ("after", "before") if self.field == "created" else ("modified_after", "modified_before")
        return ((after, wire.utc(start)), (before, wire.utc(end)), ("dates_are_gmt", "true"))

    def misses(self, row: Dated, by: timedelta) -> bool:
        """Whether the row lies outside of what was asked for, by more than that."""
        at = self.at(row)
        return at < self.window.start_at - SECOND - by or at > self.window.end_at + by


class WooCommerceStore:
    """One paired shop. `traits` are what was found out about it at pairing: sign, dates, bounds, decimals."""

    kind = "woocommerce"

    def __init__(self, site: Site, *, account: str, traits: dict[str, str], persons: bool = False) -> None:
        self._site = site
        self._account = account
        self._traits = traits
        self._decimals = int(traits.get("decimals", "2"))
        self._knows_gmt = traits.get("dates") == "gmt"
        self._persons = persons
        self._fields = ("_fields", _FIELDS + _REGION + (_PERSON if persons else ""))

    def read_shop(self) -> Shop:
        """Ask the shop who it is, and how it has to be asked."""
        met = introduce(self._site, newest_order(self._site))
        return Shop(
            account=self._account,
            domain=self._account,
            name=met.name or self._account,
            zone=met.zone,
            currency=met.currency,
            stores=(Store(id=self._account, name=met.name or self._account),),
            traits=self._traits | met.traits,
        )

    def fetch_pages(self, window: Window, cursor: str | None = None) -> Iterator[Page]:
        """Yield the orders placed in `window` by id, from the start or from where a former page's cursor points."""
        if window.start_at >= window.end_at:
            return
        asked = Asked("created", window)
        for rows, place in self._walk(asked, Place.parse(cursor), (self._fields,), wire.read_rows):
            whole = [self._whole(row) for row in rows if row.placed_at in window]
            inside = [(row, refunds) for row, refunds in whole if row.placed_at in window]
            orders = tuple(parse_order(row, refunds, decimals=self._decimals) for row, refunds in inside)
            persons = {str(row.key): parse_person(row) for row, _ in inside} if self._persons else None
            known = {id_: person for id_, person in persons.items() if person} if persons is not None else None
            yield Page(orders, place.text() if place else None, known)

    def count_orders(self, window: Window) -> int | None:
        """How many orders the shop says were placed in `window`; None if it goes by its local time or does not say."""
        if window.start_at >= window.end_at:
            return 0
        bounds = self._traits.get("bounds")
        if not self._knows_gmt or bounds not in ("exclusive", "inclusive"):
            return None
        inside = window if bounds == "exclusive" else Window(window.start_at + SECOND, window.end_at - SECOND)
        params = (("status", "any"), ("per_page", "1"), ("_fields", "id"))
        return self._site.list("orders", (*params, *Asked("created", inside).params(exact=True)), wire.read_dated).total

    def fetch_changes(self, since: datetime, until: datetime, cursor: str | None = None) -> Iterator[ChangesPage]:
        """Yield when the orders updated in `[since, until)` were placed, slice by slice of that time.

        `cursor` is the instant up to which slices are read. Within a slice pages come by id, so only its last one tells up to
        when changes were seen.
        """
        start = datetime.fromisoformat(cursor) if cursor else since
        while start < until:
            try:
                asked = Asked("modified", self._slice(start, until))
                found = [
                    at
                    for rows, _ in self._walk(asked, Place(), _DATED_ONLY, wire.read_dated)
                    for at in _changed(asked, rows)
                ]
            except _Unfiltered:
                yield from self._look_through(start, until)
                return
            start = asked.window.end_at
            placed = tuple(placed for placed, _ in found)
            seen_until = max((modified for _, modified in found), default=None)
            yield ChangesPage(placed, seen_until, start.isoformat() if start < until else None)

    def find_order(self, number: str) -> tuple[datetime, ...]:
        """When the orders that people see as this number were placed. What the shop's search brings besides is left out."""
        wanted = number.strip().removeprefix("#")
        found: dict[int, Dated] = {}
        questions = [("search", wanted)]
        if wanted.isascii() and wanted.isdigit():
            questions.append(("include", wanted))
        for question in questions if wanted else ():
            place = Place()
            for _ in range(FOUND_PAGES_MAX):
                listed = self._site.list("orders", (*place.params, question, *_DATED_ONLY), wire.read_dated)
                rows, following = place.step(listed)
                found |= {row.key: row for row in rows}
                if following is None:
                    break
                place = following
        return tuple(sorted(row.placed_at for row in found.values() if row.shown_number == wanted))

    # -- walking

    def _walk(
        self, asked: Asked, place: Place, params: Params, decoder: "msgspec.json.Decoder[list[D]]"
    ) -> Iterator[tuple[Sequence[D], Place | None]]:
        """Yield what is new on each page and where the next begins. The orders may lie a day outside of what is asked."""
        for _ in range(PAGES_MAX):
            bounds = asked.params(exact=self._knows_gmt)
            listed = self._site.list("orders", (*bounds, *place.params, *params), decoder)
            if any(asked.misses(row, UNKNOWN_BEYOND) for row in listed.rows):
                raise _Unfiltered
            if self._knows_gmt and any(asked.misses(row, timedelta(0)) for row in listed.rows):
                self._knows_gmt = False
                place = Place()
                continue
            if (instead := place.back(listed)) is not None:
                place = instead
                continue
            rows, following = place.step(listed)
            yield rows, following
            if following is None:
                return
            place = following
        raise errors.PermanentError(f"The site lists more than {PAGES_MAX} pages of orders.")

    def _slice(self, start: datetime, until: datetime) -> Window:
        """A stretch of time from `start` on with not too many changes for one walk."""
        end = until
        for _ in range(20):
            params = (("status", "any"), ("per_page", "1"), ("_fields", _DATED))
            window = Window(start, end)
            asked = Asked("modified", window)
            listed = self._site.list("orders", (*params, *asked.params(exact=self._knows_gmt)), wire.read_dated)
            if any(asked.misses(row, UNKNOWN_BEYOND) for row in listed.rows):
                raise _Unfiltered
            total = listed.total
            if total is None or total <= SLICE_ORDERS or end - start <= SLICE_MIN:
                break
            end = start + max(SLICE_MIN, (end - start) / 2)
        return Window(start, end)

    def _look_through(self, since: datetime, until: datetime) -> Iterator[ChangesPage]:
        """The changes among the orders placed lately, of a shop that does not list orders by their last change."""
        asked, wanted = Asked("created", Window(since - LOOKED_THROUGH, until)), Asked("modified", Window(since, until))
        found: list[tuple[datetime, datetime]] = []
        for rows, _ in self._walk(asked, Place(), _DATED_ONLY, wire.read_dated):
            found += _changed(wanted, rows)
        seen_until = max((modified for _, modified in found), default=None)
        yield ChangesPage(tuple(placed for placed, _ in found), seen_until, None)

    # -- what the page does not show

    def _whole(self, row: Row) -> tuple[Row, tuple[Refund, ...]]:
        """An order with all its refunds. One that the order names but that is gone was deleted in between."""
        for again in (True, False):
            if not row.refund_ids:
                return row, ()
            refunds = self._refunds(row.key)
            if row.refund_ids <= refunds.keys():
                return row, tuple(refunds.values())
            if again:
                row = self._site.read(f"orders/{row.key}", (self._fields,), wire.read_row)
        raise errors.RetryableError(CHANGED)

    def _refunds(self, key: int) -> dict[str, Refund]:
        found: dict[str, Refund] = {}
        for page in range(1, REFUND_PAGES_MAX + 1):
            params = (("per_page", str(PER_PAGE)), ("page", str(page)))
            rows = self._site.list(f"orders/{key}/refunds", params, wire.read_refunds).rows
            before = len(found)
            found |= {str(refund.id): refund for refund in rows}
            if len(rows) < PER_PAGE or len(found) == before:
                return found
        raise errors.PermanentError("One of the site's orders has refunds without end.")


class _Unfiltered(errors.UnreadablePayload):
    """The site passes over what it was asked to filter by."""

    def __init__(self) -> None:
        super().__init__("The site lists other orders than it was asked for.")


_DATED_ONLY: Params = (("_fields", _DATED),)


def _changed(asked: Asked, rows: Sequence[Dated]) -> list[tuple[datetime, datetime]]:
    return [(row.placed_at, row.modified_at) for row in rows if asked.at(row) in asked.window]
