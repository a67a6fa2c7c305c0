"""Orders of one Shopify shop (Admin GraphQL API 2026-10: "orders", "ordersCount", "nodes", "shop").

An order belongs to the day of its `processedAt`, the date that Shopify's own reports use. A window is asked for a minute wider
and cut here. Lists end at 25,000 orders, so a long one is begun anew at the last instant seen: orders of that instant come twice.

The client keeps to the shop's pace: it reads `extensions.cost.throttleStatus`, sleeps up to 10 s until enough points are back,
and raises RateLimited where that takes longer. An answer with errors is never used, not even in part.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from chalicelib import errors
from chalicelib.channels import ChangesPage, Page, Shop, Store, shopify_changes
from chalicelib.channels import shopify_queries as queries
from chalicelib.channels import shopify_wire as wire
from chalicelib.channels.answers import SIT_OUT_S, WAIT_DEFAULT_S, WAIT_MAX_S, decode
from chalicelib.channels.shopify_oauth import reach_days
from chalicelib.channels.shopify_orders import (
    Agreement,
    Ledger,
    LineItem,
    Lines,
    OrderNode,
    OrderNodeWithPerson,
    Sale,
    Sales,
    needs_ledger,
    parse_order,
    parse_person,
)
from chalicelib.channels.shopify_wire import (
    Answer,
    Cursors,
    Extensions,
    Fault,
    Place,
    Refusal,
    Throttle,
    cursor_of,
    following,
    text_of,
)
from chalicelib.domain.days import Cut, Window
from chalicelib.domain.orders import Order
from chalicelib.domain.persons import Person
from chalicelib.domain.secret import Secret

if TYPE_CHECKING:
    from chalicelib.channels.http import Http

API_VERSION = "2026-10"
MARGIN = timedelta(minutes=1)
INNER_PAGES_MAX = 1_000
TRIES_MAX = 3

_RETRYABLE = {"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT"}

T = TypeVar("T")


class Shopify:
    """One paired shop. `base_url` holds `{shop}` where the shop's domain goes; `store` names it in its orders.

    Only with `persons` is the shop asked who its customers are; which country and state an order goes to it is always asked.
    Apps that Shopify has not approved for such fields get the answer with an error ("Protected customer data"); then the
    orders are read without.
    """

    kind = "shopify"

    def __init__(
        self,
        http: "Http",
        *,
        base_url: str,
        shop: str,
        access: Secret,
        scopes: Sequence[str] = (),
        zone: Cut = "UTC",
        store: str = "",
        persons: bool = False,
        sleep: Callable[[float], None],
        now: Callable[[], datetime],
    ) -> None:
        self._http = http
        self._url = f"{base_url.replace('{shop}', shop)}/admin/api/{API_VERSION}/graphql.json"
        self._access = access
        self._scopes = scopes
        self._zone = zone
        self._store = store
        self._persons = persons
        self._regions = True
        self._sleep = sleep
        self._now = now
        self._throttle: Throttle | None = None
        self._throttled_at = now()
        self._costs: dict[str, float] = {}

    def read_shop(self) -> Shop:
        """Ask the shop who it is. A zone that our time zone data does not know is None."""
        shop = self._ask(queries.SHOP, {}, wire.read_shop).shop
        account = shop.id.rpartition("/")[2]
        return Shop(
            account=account,
            domain=shop.myshopify_domain,
            name=shop.name,
            zone=_known_zone(shop.iana_timezone),
            currency=shop.currency_code,
            stores=(Store(id=account, name=shop.name),),
            reach_days=reach_days(self._scopes),
        )

    def fetch_pages(self, window: Window, cursor: str | None = None) -> Iterator[Page]:
        """Yield the orders placed in `window`, oldest first, from the start or from where a former page's cursor points."""
        if window.start_at >= window.end_at:
            return
        place = Place.parse(cursor) if cursor else Place(window.start_at - MARGIN)
        cursors = Cursors(place)
        for _ in range(wire.PAGES_MAX):
            listed, persons = self._list(_placed(place.start_at, window.end_at + MARGIN), place.after)
            next_place = following(place, listed, listed.nodes[-1].processed_at if listed.nodes else None)
            cursors.check(next_place)
            inside = [node for node in listed.nodes if node.processed_at in window]
            yield Page(self._parse(inside), next_place.text() if next_place else None, persons)
            if next_place is None:
                return
            place = next_place
        raise errors.PermanentError(f"The shop lists more than {wire.PAGES_MAX} pages of orders for one day.")

    def count_orders(self, window: Window) -> int | None:
        """Ask how many orders were placed in `window`; None if the shop only says "at least"."""
        if window.start_at >= window.end_at:
            return 0
        query = _placed(window.start_at, window.end_at)
        count = self._ask(queries.COUNT, {"query": query}, wire.read_count).orders_count
        return count.count if count is not None and count.precision == "EXACT" else None

    def fetch_changes(self, since: datetime, until: datetime, cursor: str | None = None) -> Iterator[ChangesPage]:
        """Yield when the orders updated in `[since, until)` were placed, those updated first first."""
        return shopify_changes.fetch_changes(self._ask, since, until, cursor)

    def find_order(self, number: str) -> tuple[datetime, ...]:
        """When the orders that people see as this number were placed."""
        return shopify_changes.find_order(self._ask, number)

    def uninstall(self) -> None:
        """Give our access back; from then on every token of ours is refused. Done before counts as done."""
        answer = self._ask(queries.UNINSTALL, {}, wire.read_uninstalled).app_uninstall
        codes = {error.code for error in answer.user_errors} if answer is not None else {None}
        if codes - {"APP_NOT_INSTALLED"}:
            raise errors.PermanentError("The shop did not let our app be removed.")

    def _list(self, query: str, after: str | None) -> tuple[wire.OrdersPage, dict[str, Person] | None]:
        """A page of the list, with where its orders go if the shop lets us read that, and with its customers if they are
        asked for too."""
        variables = {"query": query, "after": after}
        # Where a question is refused, either it is or every one: the next one tells.
        if self._persons:
            try:
                page = self._ask(queries.ORDERS_AND_PERSONS, variables, wire.read_orders_and_persons).orders
                return page, _persons_of(page.nodes)
            except errors.AuthExpired:
                self._persons = False
        if self._regions:
            try:
                return self._ask(queries.ORDERS_AND_REGIONS, variables, wire.read_orders_and_regions).orders, None
            except errors.AuthExpired:
                self._regions = False
        return self._ask(queries.ORDERS, variables, wire.read_orders).orders, None

    # -- what the page does not show

    def _parse(self, nodes: list[OrderNode]) -> tuple[Order, ...]:
        ledgers = self._fetch_ledgers([node.id for node in nodes if needs_ledger(node, self._zone)])
        return tuple(
            parse_order(self._with_all_lines(node), ledgers.get(node.id), zone=self._zone, store=self._store)
            for node in nodes
        )

    def _with_all_lines(self, node: OrderNode) -> OrderNode:
        info = node.line_items.page_info
        if not info.has_next_page:
            return node
        lines: list[LineItem] = list(node.line_items.nodes)
        for _ in range(INNER_PAGES_MAX):
            order = self._ask(queries.LINES, {"id": node.id, "after": cursor_of(info)}, wire.read_lines).order
            if order is None:
                raise _gone()
            lines += order.line_items.nodes
            info = order.line_items.page_info
            if not info.has_next_page:
                return msgspec.structs.replace(node, line_items=Lines(page_info=info, nodes=tuple(lines)))
        raise errors.PermanentError("One of the shop's orders has lines without end.")

    def _fetch_ledgers(self, ids: list[str]) -> dict[str, Ledger]:
        """Fetch all agreements of the orders: some orders at a time, then those with more than fits one by one."""
        ledgers = {}
        many, agreements, sales = queries.AGREEMENTS_OF_MANY
        for first in range(0, len(ids), many):
            for ledger in self._ask_ledgers(ids[first : first + many], agreements, sales):
                ledgers[ledger.id] = ledger if _is_whole(ledger) else self._walk_ledger(ledger)
        return ledgers

    def _walk_ledger(self, ledger: Ledger) -> Ledger:
        """Fetch one order's agreements one by one, each with all its sales."""
        one, _, per_page = queries.AGREEMENTS_OF_ONE
        walked: list[Agreement] = []
        sales: list[Sale] = []
        after: str | None = None
        sales_after: str | None = None
        for _ in range(INNER_PAGES_MAX):
            (page,) = self._ask_ledgers([ledger.id], one, per_page, after, sales_after)
            if not page.agreements.nodes:
                raise _gone()
            agreement, info = page.agreements.nodes[0], page.agreements.page_info
            sales += agreement.sales.nodes
            if agreement.sales.page_info.has_next_page:
                sales_after = cursor_of(agreement.sales.page_info)
                continue
            whole = Sales(page_info=agreement.sales.page_info, nodes=tuple(sales))
            walked.append(msgspec.structs.replace(agreement, sales=whole))
            sales, sales_after = [], None
            if not info.has_next_page:
                agreements = msgspec.structs.replace(page.agreements, nodes=tuple(walked))
                return msgspec.structs.replace(ledger, agreements=agreements)
            after = cursor_of(info)
        raise errors.PermanentError("One of the shop's orders has agreements without end.")

    def _ask_ledgers(
        self, ids: list[str], agreements: int, sales: int, after: str | None = None, sales_after: str | None = None
    ) -> list[Ledger]:
        variables = {
            "ids": ids,
            "agreements": agreements,
            "agreementsAfter": after,
            "sales": sales,
            "salesAfter": sales_after,
        }
        nodes = self._ask(queries.AGREEMENTS, variables, wire.read_ledgers).nodes
        ledgers = [ledger for ledger in nodes if ledger is not None]
        if {ledger.id for ledger in ledgers} != set(ids):
            raise _gone()
        return ledgers

    # -- asking

    def _ask(self, document: str, variables: dict[str, Any], decoder: "msgspec.json.Decoder[Answer[T]]") -> T:
        """Ask at the shop's pace and return the data of a faultless answer. Raises ChannelError."""
        body = msgspec.json.encode({"query": document, "variables": variables})
        headers = {"Content-Type": "application/json", "X-Shopify-Access-Token": self._access.reveal()}
        for _ in range(TRIES_MAX):
            self._keep_pace(document)
            answer = self._decode(self._http.post(self._url, body, headers), decoder)
            self._note_cost(document, answer.extensions)
            if isinstance(answer, Answer) and not answer.errors:
                return answer.data
            if not _is_throttled(answer.errors):
                raise _fault(answer.errors)
        raise errors.RateLimited("The shop asks us to slow down.", self._wait_s(document))

    def _decode(self, body: bytes, decoder: "msgspec.json.Decoder[Answer[T]]") -> "Answer[T] | Refusal":
        """Read the answer; one that lacks the data we asked for may say why."""
        try:
            return decode(body, decoder)
        except errors.UnreadablePayload:
            try:
                refusal = wire.read_refusal.decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                refusal = Refusal()
            if refusal.errors:
                return refusal
            raise

    def _note_cost(self, document: str, extensions: Extensions | None) -> None:
        if extensions is not None and extensions.cost is not None:
            self._throttle, self._throttled_at = extensions.cost.throttle_status, self._now()
            self._costs[document] = max(self._costs.get(document, 0.0), extensions.cost.requested_query_cost)

    def _keep_pace(self, document: str) -> None:
        wait_s = self._wait_s(document)
        if wait_s > SIT_OUT_S:
            raise errors.RateLimited("The shop asks us to slow down.", wait_s)
        if wait_s > 0:
            self._sleep(wait_s)

    def _wait_s(self, document: str) -> float:
        """How long until the shop has the points that this document asked for last time."""
        if self._throttle is None:
            return 0.0
        since_s = (self._now() - self._throttled_at).total_seconds()
        lacking = self._costs.get(document, 0.0) - self._throttle.currently_available
        if lacking <= 0:
            return 0.0
        if self._throttle.restore_rate <= 0:
            return WAIT_DEFAULT_S
        return min(max(0.0, lacking / self._throttle.restore_rate - since_s), WAIT_MAX_S)


def _persons_of(nodes: Sequence[OrderNodeWithPerson]) -> dict[str, Person]:
    """The customers of those orders that say one, by order id."""
    found = ((node.id, parse_person(node)) for node in nodes)
    return {id_.rpartition("/")[2]: person for id_, person in found if person is not None}


def _placed(start_at: datetime, end_at: datetime) -> str:
    return f"processed_at:>='{text_of(start_at)}' processed_at:<'{text_of(end_at)}'"


def _is_whole(ledger: Ledger) -> bool:
    agreements = ledger.agreements
    return not agreements.page_info.has_next_page and not any(
        agreement.sales.page_info.has_next_page for agreement in agreements.nodes
    )


def _is_throttled(faults: Sequence[Fault]) -> bool:
    return any(fault.extensions is not None and fault.extensions.code == "THROTTLED" for fault in faults)


def _fault(faults: Sequence[Fault]) -> errors.ChannelError:
    """The error that stands for a GraphQL answer with errors. Their messages are the shop's words and are not repeated."""
    codes = {fault.extensions.code for fault in faults if fault.extensions is not None and fault.extensions.code}
    if "ACCESS_DENIED" in codes:
        return errors.AuthExpired("The shop does not let us read its orders.")
    if "SHOP_INACTIVE" in codes:
        return errors.PermanentError("The shop is closed or frozen.")
    if codes & _RETRYABLE:
        return errors.RetryableError("The shop has an internal fault.")
    named = ", ".join(sorted(code for code in codes if re.fullmatch("[A-Z_]{1,60}", code)))
    return errors.UnreadablePayload(f"The shop refused the question: {named or 'it does not say why'}.")


def _gone() -> errors.RetryableError:
    return errors.RetryableError("An order changed while it was read.")


def _known_zone(name: str) -> str | None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, not a name, a folder
        return None
    return name
