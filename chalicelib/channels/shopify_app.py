"""Our app at Shopify: what the page shows of this kind, pairing by consent, renewing, and opening paired shops."""

from collections.abc import Mapping
from typing import ClassVar

from chalicelib import errors
from chalicelib.channels import Field, Kind, Means, Shop, Status
from chalicelib.channels.shopify import Shopify
from chalicelib.channels.shopify_oauth import WANTED_SCOPES, ShopifySignIn, shop_domain
from chalicelib.domain.connections import Connection, Credentials
from chalicelib.domain.secret import Secret

KIND = Kind(
    kind="shopify",
    name="Shopify",
    auth="oauth",
    fields=(
        Field(
            name="shop",
            label="Shop address",
            help="The address ending in .myshopify.com; you find it in Shopify under Settings, Domains.",
            secret=False,
            pattern=r"\s*(https?://)?([A-Za-z0-9][A-Za-z0-9\-]*(\.myshopify\.com)?|admin\.shopify\.com/store/[A-Za-z0-9\-]+)([\/?#].*)?\s*",
        ),
    ),
    statuses=(
        Status(value="authorized", label="Authorized", default=True),
        Status(value="expired", label="Expired", default=False),
        Status(value="paid", label="Paid", default=True, paid=True),
        Status(value="partially_paid", label="Partially paid", default=True),
        Status(value="partially_refunded", label="Partially refunded", default=True, paid=True),
        Status(value="pending", label="Pending", default=True),
        Status(value="refunded", label="Refunded", default=True, paid=True),
        Status(value="voided", label="Voided", default=False),
    ),
    many_stores=False,
    hosts=("*.myshopify.com",),
    keeps_history=True,
)


class ShopifyApp:
    """One object for all shops. `means.url` holds `{shop}` where a shop's domain goes."""

    kind: ClassVar[Kind] = KIND
    wanted = frozenset(WANTED_SCOPES)
    needed = frozenset({"read_orders"})

    def __init__(self, means: Means) -> None:
        self._means = means
        self._base_url = means.url or "https://{shop}"

    def shop_domain(self, text: str) -> str | None:
        try:
            return shop_domain(text)
        except errors.RequestError:
            return None

    def authorize_url(self, domain: str, state: str) -> str:
        return self._sign_in().authorize_url(domain, state=state, redirect_uri=self._means.callback)

    def callback_is_genuine(self, params: Mapping[str, str]) -> bool:
        return self._sign_in().callback_is_genuine(params)

    def exchange(self, domain: str, code: str) -> Credentials:
        return self._sign_in().exchange(domain, code)

    def refresh(self, domain: str, refresh_token: Secret) -> Credentials:
        return self._sign_in().refresh(domain, refresh_token)

    def read_shop(self, domain: str, credentials: Credentials) -> Shop:
        return self._shop(domain, credentials).read_shop()

    def open(self, connection: Connection, credentials: Credentials) -> Shopify:
        """A paired shop, ready to be asked."""
        return Shopify(
            self._means.http(),
            base_url=self._base_url,
            shop=connection.domain,
            access=credentials.access,
            scopes=credentials.scopes,
            zone=connection.calendar,
            persons=connection.keeps_persons,
            sleep=self._means.sleep,
            now=self._means.now,
        )

    def revoke(self, connection: Connection, credentials: Credentials) -> None:
        self._shop(connection.domain, credentials).uninstall()

    def _shop(self, domain: str, credentials: Credentials) -> Shopify:
        return Shopify(
            self._means.http(),
            base_url=self._base_url,
            shop=domain,
            access=credentials.access,
            scopes=credentials.scopes,
            sleep=self._means.sleep,
            now=self._means.now,
        )

    def _sign_in(self) -> ShopifySignIn:
        means = self._means
        return ShopifySignIn(
            means.http(),
            base_url=self._base_url,
            client_id=means.client_id,
            secret=means.client_secret,
            now=means.now,
        )
