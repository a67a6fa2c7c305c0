"""WooCommerce as a kind of channel (REST API v3, "Authentication"): what the page shows of it, and pairing.

A merchant names the site and approves there; the site then posts keys to us, unsigned. So nothing that is posted is believed but
the state, which is known to us or not, and the keys, which are tried at the site that was approved. Keys may be pasted instead.
Only to read is asked for: keys that may do less do not work, and such as may do more are refused, for we do not want to hold them.

How a site takes our signature is found out at pairing and kept in the trait `sign`; see `woocommerce_sign`.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar
from urllib.parse import quote

import msgspec

from chalicelib import errors
from chalicelib.channels import Field, Found, Kind, Means, Shop, Store
from chalicelib.channels import woocommerce_wire as wire
from chalicelib.channels.answers import decode
from chalicelib.channels.reach import site_address
from chalicelib.channels.woocommerce_orders import STATUSES, Row
from chalicelib.channels.woocommerce_shop import check_index, introduce, newest_order
from chalicelib.channels.woocommerce_sign import HTTP_SIGNS, HTTPS_SIGNS, Sign
from chalicelib.channels.woocommerce_store import WooCommerceStore
from chalicelib.channels.woocommerce_wire import Site
from chalicelib.domain.connections import Connection, Credentials
from chalicelib.domain.days import BACKFILL_DAYS
from chalicelib.domain.secret import Secret

_SITE = Field(
    name="site",
    label="Site address",
    help="The address that customers see in their browser. It begins with https://.",
    secret=False,
    pattern=r"\s*(https?://)?[^\s/?#@]+(/[^\s?#]*)?\s*",
)
KIND = Kind(
    kind="woocommerce",
    name="WooCommerce",
    auth="approve",
    fields=(_SITE,),
    key_fields=(
        _SITE,
        Field(
            name="consumer_key",
            label="Consumer key",
            help="In WordPress under WooCommerce, Settings, Advanced, REST API: add a key that may read. It begins with ck_.",
            secret=True,
            pattern=r"\s*ck_[0-9A-Za-z_]{8,100}\s*",
        ),
        Field(
            name="consumer_secret",
            label="Consumer secret",
            help="WordPress shows it once, together with the key. It begins with cs_.",
            secret=True,
            pattern=r"\s*cs_[0-9A-Za-z_]{8,100}\s*",
        ),
    ),
    statuses=STATUSES,
    many_stores=False,
)

_KEYS_REFUSED = "The site does not accept these keys. Paste them anew, or add new ones that may read."
_NOT_TO_READ = "The keys that the site made may do something else than read, so nothing was connected. Begin again."


class Posted(msgspec.Struct, frozen=True):
    """What a site posts once the merchant has approved."""

    user_id: str
    consumer_key: str
    consumer_secret: str
    key_permissions: str


class _PostedState(msgspec.Struct, frozen=True):
    user_id: str


_read_posted = msgspec.json.Decoder(Posted)
_read_state = msgspec.json.Decoder(_PostedState)


class WooCommerce:
    """One object for all shops. `means.plain_sites` may be shops over plain HTTP."""

    kind: ClassVar[Kind] = KIND

    def __init__(self, means: Means) -> None:
        self._means = means

    def address(self, fields: Mapping[str, str]) -> str:
        """The site that the merchant named, or where it leads, after a look whether there is a shop. Raises RequestError."""
        plain = self._means.plain_sites
        named = site_address(fields.get("site", ""), plain=plain)
        try:
            url, answer = self._means.http().discover(wire.index_url(named))
            check_index(wire.read(answer.body, wire.read_index))
        except errors.RetryableError as exc:
            raise _no_shop(str(exc)) from None
        except errors.ChannelError:
            raise _no_shop(wire.NO_SHOP) from None
        address, found, _ = url.partition("/wp-json")
        if not found:
            raise _no_shop(wire.NO_SHOP)
        return site_address(address, plain=plain)

    def approve_url(self, address: str, *, state: str, back: str) -> str:
        """Where the merchant approves. The site posts keys with `state` to our callback and leads the merchant `back`."""
        params = {
            "app_name": "Daybook",
            "scope": "read",
            "user_id": state,
            "return_url": back,
            "callback_url": self._means.callback,
        }
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in params.items())
        return f"{address}/wc-auth/v1/authorize?{query}"

    def state_in(self, posted: bytes) -> str:
        """What the post says is the state it belongs to; believed only by being known to us. Raises RequestError."""
        try:
            return _read_state.decode(posted).user_id
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise errors.RequestError("This is not what a shop posts after approval.") from None

    def check_posted(self, address: str, posted: bytes) -> Found:
        """Try the keys that were posted at the site that was approved. Raises ChannelError."""
        keys = decode(posted, _read_posted)
        if keys.key_permissions != "read":
            raise errors.PermanentError(_NOT_TO_READ)
        return self._try(address, Credentials(access=Secret(keys.consumer_key), secret=Secret(keys.consumer_secret)))

    def check(self, fields: Mapping[str, str]) -> Found:
        """Try keys that were pasted. Raises RequestError naming the field that is wrong, ChannelError if the site fails."""
        given = {field.name: fields.get(field.name, "").strip() for field in KIND.key_fields}
        wrong = {
            field.name: f"This is no {field.label.lower()}: it begins with {start}."
            for field, start in zip(KIND.key_fields[1:], ("ck_", "cs_"), strict=True)
            if not re.fullmatch(field.pattern, given[field.name])
        }
        if wrong:
            raise errors.RequestError("Some fields cannot be used.", wrong)
        address = self.address(given)
        credentials = Credentials(access=Secret(given["consumer_key"]), secret=Secret(given["consumer_secret"]))
        try:
            return self._try(address, credentials)
        except errors.AuthExpired:
            raise errors.RequestError(_KEYS_REFUSED, {"consumer_key": _KEYS_REFUSED}) from None

    def open(self, connection: Connection, credentials: Credentials) -> WooCommerceStore:
        """A paired shop, ready to be asked."""
        address = self._address_of(connection.domain)
        return WooCommerceStore(
            self._site(address, credentials, _sign_in(connection.traits, address)),
            account=connection.account,
            traits=connection.traits,
            persons=connection.keeps_persons,
        )

    def revoke(self, connection: Connection, credentials: Credentials) -> None:
        """Nothing: keys can only be taken back on the site (WooCommerce, Settings, Advanced, REST API)."""

    def _try(self, address: str, credentials: Credentials) -> Found:
        """Get to know the shop with these keys. Raises ChannelError."""
        site, sign, newest = self._signing(address, credentials)
        met = introduce(site, newest)
        account = address.partition("://")[2]
        name = met.name or account
        shop = Shop(
            account=account,
            domain=account,
            name=name,
            zone=met.zone,
            currency=met.currency,
            stores=(Store(id=account, name=name),),
            traits=met.traits | {"sign": sign},
        )
        return Found(shop=shop, credentials=credentials, warnings=met.warnings, expected_orders=self._expected(site))

    def _signing(self, address: str, credentials: Credentials) -> tuple[Site, Sign, Row | None]:
        """The first way of signing that lets the keys read orders, with the newest of them. Raises AuthExpired if none does."""
        refused: errors.AuthExpired | None = None
        for sign in HTTPS_SIGNS if address.startswith("https://") else HTTP_SIGNS:
            site = self._site(address, credentials, sign)
            try:
                return site, sign, newest_order(site)
            except errors.AuthExpired as exc:
                refused = exc
        assert refused is not None
        raise refused

    def _expected(self, site: Site) -> int | None:
        """About how many orders the first download brings; those of a day more or less where the site goes by local time."""
        since = self._means.now() - timedelta(days=BACKFILL_DAYS + 1)
        params = (("status", "any"), ("per_page", "1"), ("_fields", "id"), ("dates_are_gmt", "true"))
        return site.list("orders", (*params, ("after", wire.utc(since))), wire.read_dated).total

    def _site(self, address: str, credentials: Credentials, sign: Sign) -> Site:
        return Site(self._means.http(), address, credentials, sign=sign, now=self._means.now)

    def _address_of(self, domain: str) -> str:
        """A paired shop's address with its scheme: plain HTTP only while the operator names the site so."""
        plain = f"http://{domain}"
        origin = plain[: plain.find("/", len("http://"))] if "/" in domain else plain
        return plain if origin in self._means.plain_sites else f"https://{domain}"


def _sign_in(traits: Mapping[str, str], address: str) -> Sign:
    signs = HTTPS_SIGNS if address.startswith("https://") else HTTP_SIGNS
    return next((sign for sign in signs if sign == traits.get("sign")), signs[0])


def _no_shop(said: str) -> errors.RequestError:
    return errors.RequestError(said, {"site": said})
