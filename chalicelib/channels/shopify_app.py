"""Our app at Shopify, as pairing, renewing and fetching want it: one object for all shops."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from chalicelib import errors
from chalicelib.channels import Shop, Tokens
from chalicelib.channels.http import Http
from chalicelib.channels.shopify import Shopify
from chalicelib.channels.shopify_oauth import WANTED_SCOPES, ShopifySignIn, reach_days, shop_domain
from chalicelib.domain.days import Cut
from chalicelib.domain.secret import Secret


class Granted(Protocol):
    """What reading a shop needs of its tokens."""

    @property
    def access(self) -> Secret: ...
    @property
    def scopes(self) -> tuple[str, ...]: ...


class ShopifyApp:
    """`base_url` holds `{shop}` where a shop's domain goes; `redirect_uri` is a constant of the stage.

    `http` gives the client of the calling thread.
    """

    wanted = frozenset(WANTED_SCOPES)
    needed = frozenset({"read_orders"})

    def __init__(
        self,
        *,
        http: Callable[[], Http],
        base_url: str,
        client_id: str,
        secret: Secret,
        redirect_uri: str,
        sleep: Callable[[float], None],
        now: Callable[[], datetime],
    ) -> None:
        self._http = http
        self._base_url = base_url
        self._client_id = client_id
        self._secret = secret
        self._redirect_uri = redirect_uri
        self._sleep = sleep
        self._now = now

    def shop_domain(self, text: str) -> str | None:
        try:
            return shop_domain(text)
        except errors.RequestError:
            return None

    def authorize_url(self, domain: str, state: str) -> str:
        return self._sign_in().authorize_url(domain, state=state, redirect_uri=self._redirect_uri)

    def callback_is_genuine(self, params: Mapping[str, str]) -> bool:
        return self._sign_in().callback_is_genuine(params)

    def exchange(self, domain: str, code: str) -> Tokens:
        return self._sign_in().exchange(domain, code)

    def refresh(self, domain: str, refresh_token: Secret) -> Tokens:
        return self._sign_in().refresh(domain, refresh_token)

    def revoke(self, domain: str, access: Secret) -> None:
        self.open(domain, access).uninstall()

    def read_shop(self, domain: str, tokens: Granted) -> Shop:
        return self.open(domain, tokens.access, scopes=tokens.scopes).read_shop()

    def reach_days(self, scopes: tuple[str, ...]) -> int | None:
        return reach_days(scopes)

    def open(
        self,
        domain: str,
        access: Secret,
        *,
        scopes: tuple[str, ...] = (),
        zone: Cut = "UTC",
        store: str = "",
        persons: bool = False,
    ) -> Shopify:
        """A paired shop, ready to be asked; for the customers of its orders too if `persons`."""
        return Shopify(
            self._http(),
            base_url=self._base_url,
            shop=domain,
            access=access,
            scopes=scopes,
            zone=zone,
            store=store,
            persons=persons,
            sleep=self._sleep,
            now=self._now,
        )

    def _sign_in(self) -> ShopifySignIn:
        return ShopifySignIn(
            self._http(), base_url=self._base_url, client_id=self._client_id, secret=self._secret, now=self._now
        )
