"""Asking a WooCommerce site (REST API v3), and reading what comes back; and how its lists are walked.

Sites stand behind hosts, firewalls and caches that answer in their place, often with a web page. So

    401, 403, 404 as JSON with a code   what WordPress says: no access, no such route
    404 as a page                       no WooCommerce there, or its plain permalinks
    3xx                                 the site has moved; nobody is followed with keys in hand
    any other page, be its status 200   somebody else spoke for the site: again later

Hosts are known to keep answers to GETs. Each question carries a parameter `_` that was never asked before, which WordPress passes
over.
"""

import itertools
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from chalicelib import errors
from chalicelib.channels.answers import decode, retry_after_s
from chalicelib.channels.woocommerce_orders import Dated, Loose, Refund, Row
from chalicelib.channels.woocommerce_sign import Params, Sign, query_of, signed
from chalicelib.domain.connections import Credentials

if TYPE_CHECKING:
    from chalicelib.channels.http import Http, Refusal

API = "/wp-json/wc/v3"
PER_PAGE = 100
PAGES_MAX = 20_000

NO_SHOP = (
    "There is no WooCommerce at this address, or its permalinks are set to plain: choose another form under Settings, "
    "Permalinks."
)
MOVED = "The site leads on to another address. Connect it by the address that your browser shows there."
WALLED = "The site asks for a password of its own before WooCommerce is reached."
CHANGED = "An order changed while it was read."
PAGE = (
    "The site answered with a web page instead of its orders: it may be in maintenance, or a firewall turns us away. If this "
    "goes on, ask the site's host to let Daybook reach its WooCommerce API."
)

T = TypeVar("T")
D = TypeVar("D", bound=Dated)


class Fault(msgspec.Struct, frozen=True):
    """An error as WordPress words it."""

    code: str


class Setting(msgspec.Struct, frozen=True):
    id: str
    value: Loose = Loose(b"null")


class Currency(msgspec.Struct, frozen=True):
    code: str


class Index(msgspec.Struct, frozen=True):
    """The site as it introduces itself to everybody."""

    name: Loose = Loose(b"null")
    timezone_string: Loose = Loose(b"null")
    gmt_offset: Loose = Loose(b"null")
    namespaces: tuple[str, ...] | None = None


read_rows = msgspec.json.Decoder(list[Row])
read_dated = msgspec.json.Decoder(list[Dated])
read_row = msgspec.json.Decoder(Row)
read_refunds = msgspec.json.Decoder(list[Refund])
read_settings = msgspec.json.Decoder(list[Setting])
read_currency = msgspec.json.Decoder(Currency)
read_index = msgspec.json.Decoder(Index)
_read_fault = msgspec.json.Decoder(Fault)


class Listed(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list; `total` is how many the whole list has, None if a proxy took that header away."""

    rows: list[T]
    total: int | None


class Site:
    """One site, asked with one way of signing. `url` is its address with scheme, without a slash at the end."""

    def __init__(
        self, http: "Http", url: str, credentials: Credentials, *, sign: Sign, now: Callable[[], datetime]
    ) -> None:
        self._http = http
        self._url = url
        self._credentials = credentials
        self._sign: Sign = sign
        self._now = now

    def list(self, path: str, params: Params, decoder: "msgspec.json.Decoder[list[T]]") -> Listed[T]:
        """A page of a list. Raises ChannelError; a page without rows of a list with some is one."""
        body, total = self._get(path, params)
        return Listed(read(body, decoder), total)

    def read(self, path: str, params: Params, decoder: "msgspec.json.Decoder[T]") -> T:
        """One object. Raises ChannelError."""
        return read(self._get(path, params)[0], decoder)

    def index(self) -> Index:
        """What the site tells everybody; it is not asked with keys. Raises ChannelError."""
        answer = self._http.get(index_url(self._url), {}, explain=self._explain)
        return read(answer.body, read_index)

    def _get(self, path: str, params: Params) -> tuple[bytes, int | None]:
        url, headers = signed(
            f"{self._url}{API}/{path}",
            (*params, _never_asked()),
            sign=self._sign,
            credentials=self._credentials,
            at=self._now(),
            nonce=secrets.token_hex(16),
        )
        answer = self._http.get(url, headers, explain=self._explain)
        total = answer.headers.get("X-WP-Total", "")
        return answer.body, int(total) if total.isascii() and total.isdigit() and len(total) < 10 else None

    def _explain(self, refusal: "Refusal") -> errors.ChannelError | None:
        """What a refusal means on a WordPress site; None leaves it to the client's table."""
        status, code = refusal.status, _code(refusal.body)
        if 300 <= status < 400:
            return errors.PermanentError(MOVED)
        if status == 404:
            gone = code is not None and code.endswith("_id")  # woocommerce_rest_shop_order_invalid_id, and its like
            return errors.RetryableError(CHANGED) if gone else errors.PermanentError(NO_SHOP)
        if code is not None:
            return None
        if status == 401:
            return errors.PermanentError(WALLED)
        if status == 429 or (status >= 500 and not _is_page(refusal.body)):
            return None
        if status != 403 and not _is_page(refusal.body):
            return None
        if status in (429, 503) and "Retry-After" in refusal.headers:
            return errors.RateLimited(PAGE, retry_after_s(refusal.headers["Retry-After"], self._now()))
        return errors.RetryableError(PAGE)


def index_url(site: str) -> str:
    """Where a site introduces itself."""
    params = (("_fields", "name,timezone_string,gmt_offset,namespaces"), _never_asked())
    return f"{site}/wp-json/?{query_of(params)}"


def read(body: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    """The JSON of an answer, before which some PHP files leave the mark of an editor. Raises ChannelError."""
    data = body.removeprefix(b"\xef\xbb\xbf")
    if _is_page(data):
        raise errors.RetryableError(PAGE)
    return decode(data, decoder)


def _never_asked() -> tuple[str, str]:
    return "_", secrets.token_hex(6)


def _is_page(body: bytes) -> bool:
    return body[:200].lstrip()[:1] == b"<"


def _code(body: bytes) -> str | None:
    try:
        return _read_fault.decode(body.removeprefix(b"\xef\xbb\xbf")).code
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def utc(at: datetime) -> str:
    """An instant in UTC and whole seconds, as sites are asked for it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


# --- lists


class Place(msgspec.Struct, frozen=True):
    """Where the walk of a list by id stands: every order up to `last_id` is read, and about `offset` of them come before.

    Each page begins with the order that the page before ended with. Where it does not, orders went away in between and those
    behind moved up, so the walk goes back: nothing is passed over. An order that came in before that place was changed, and is
    noticed as such.
    """

    last_id: int = 0
    offset: int = 0

    def text(self) -> str:
        return f"{self.last_id} {self.offset}"

    @classmethod
    def parse(cls, text: str | None) -> "Place":
        last_id, _, offset = (text or "0 0").partition(" ")
        return cls(int(last_id), int(offset))

    @property
    def params(self) -> Params:
        """What asks for the page here."""
        return (
            ("status", "any"),
            ("orderby", "id"),
            ("order", "asc"),
            ("per_page", str(PER_PAGE)),
            ("offset", str(self.offset)),
        )

    def back(self, listed: Listed[D]) -> "Place | None":
        """Where to ask instead if `listed` does not begin with what is read already."""
        if not self.offset or (listed.rows and listed.rows[0].key <= self.last_id):
            return None
        return Place(self.last_id, max(0, self.offset - PER_PAGE // 2))

    def step(self, listed: Listed[D]) -> tuple[Sequence[D], "Place | None"]:
        """What of the page is new, and where the next begins, None after the last. Raises ChannelError."""
        keys = [row.key for row in listed.rows]
        if any(former >= later for former, later in itertools.pairwise(keys)):
            raise errors.UnreadablePayload("The site does not list its orders by their ids.")
        new = [row for row in listed.rows if row.key > self.last_id]
        seen = self.offset + len(keys)
        if listed.total is None:
            ended = not new and len(keys) <= 1
            torn = not new and self.offset > 0 and len(keys) == PER_PAGE
        else:
            # More rows than are left show that the site passes over where the page was to begin.
            ended = seen >= listed.total
            torn = seen > listed.total or (not keys and not ended)
        if torn or (not new and not ended and len(keys) == 1):
            raise errors.RetryableError(CHANGED)
        return new, None if ended else Place(max(keys[-1], self.last_id), seen - 1)
