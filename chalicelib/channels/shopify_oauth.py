"""Pairing with a Shopify shop: the authorization code grant with expiring offline tokens and their rotation.

After "Authenticate standalone apps" and "Offline access tokens" of Shopify's documentation: the merchant is sent to the shop with
our client id, scopes, redirect URI and state; the shop sends the browser back with a code under an HMAC; the code buys an access
token for an hour and a refresh token. Each refresh gives a new pair; the old one stops once the new one is used.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from chalicelib import errors
from chalicelib.channels.answers import decode
from chalicelib.domain.connections import Credentials
from chalicelib.domain.secret import Secret

if TYPE_CHECKING:
    from chalicelib.channels.http import Http

WANTED_SCOPES = ("read_orders", "read_all_orders")
REACH_DAYS_WITHOUT_ALL_ORDERS = 60

_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,59}\.myshopify\.com")
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class _Granted(msgspec.Struct, frozen=True):
    access_token: str
    scope: str
    refresh_token: str | None = None
    expires_in: int | None = None
    refresh_token_expires_in: int | None = None


_read_granted = msgspec.json.Decoder(_Granted)


def shop_domain(text: str) -> str:
    """The shop's `name.myshopify.com`, from its name or an address pasted from the browser. Raises RequestError."""
    typed = text.strip().lower()
    typed = typed.removeprefix("https://").removeprefix("http://")
    if match := re.fullmatch(r"admin\.shopify\.com/store/([a-z0-9-]+)(?:[/?#].*)?", typed):
        typed = match[1]
    typed = re.split(r"[/?#]", typed, maxsplit=1)[0]
    if typed and "." not in typed:
        typed += ".myshopify.com"
    if not _SHOP.fullmatch(typed):
        raise errors.RequestError(
            "That is not the address of a Shopify shop.",
            fields={"shop": "Enter the shop's address, like your-shop.myshopify.com."},
        )
    return typed


def reach_days(scopes: Iterable[str]) -> int | None:
    """How far back the shop shows its orders with these scopes; None for all of them."""
    return None if "read_all_orders" in scopes else REACH_DAYS_WITHOUT_ALL_ORDERS


def callback_is_genuine(parameters: Mapping[str, str], secret: Secret) -> bool:
    """Whether the shop signed these callback parameters: hex HMAC-SHA256 over the others, sorted and joined.

    Shopify's libraries join them URL-encoded, its older reference only with % and & escaped; both are unambiguous, and the
    usual parameters read alike in both.
    """
    signed = sorted((name, value) for name, value in parameters.items() if name not in ("hmac", "signature"))
    escaped = "&".join(f"{_escape(name).replace('=', '%3D')}={_escape(value)}" for name, value in signed)
    given = parameters.get("hmac", "").encode()
    genuine = [
        hmac.compare_digest(
            hmac.new(secret.reveal().encode(), text.encode(), hashlib.sha256).hexdigest().encode(), given
        )
        for text in (urlencode(signed), escaped)
    ]
    return any(genuine)


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("&", "%26")


class ShopifySignIn:
    """Our app at every shop. `base_url` holds `{shop}` where the shop's domain goes."""

    def __init__(
        self, http: "Http", *, base_url: str, client_id: str, secret: Secret, now: Callable[[], datetime]
    ) -> None:
        self._http = http
        self._base_url = base_url
        self._client_id = client_id
        self._secret = secret
        self._now = now

    def authorize_url(self, shop: str, *, state: str, redirect_uri: str) -> str:
        """Where the merchant's browser is sent to say yes."""
        query = urlencode(
            {
                "client_id": self._client_id,
                "scope": ",".join(WANTED_SCOPES),
                "redirect_uri": redirect_uri,
                "state": state,
            }
        )
        return f"{self._admin(shop)}/oauth/authorize?{query}"

    def callback_is_genuine(self, parameters: Mapping[str, str]) -> bool:
        return callback_is_genuine(parameters, self._secret)

    def exchange(self, shop: str, code: str) -> Credentials:
        """Buy the first token pair. Raises AuthExpired if the code is refused or more was granted than asked."""
        return self._ask(shop, {"code": code, "expiring": "1"})

    def refresh(self, shop: str, refresh_token: Secret) -> Credentials:
        """Get the next token pair. Raises AuthExpired if the refresh token is refused."""
        return self._ask(shop, {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()})

    def _admin(self, shop: str) -> str:
        assert _SHOP.fullmatch(shop), "shop names are checked where they come in"
        return f"{self._base_url.replace('{shop}', shop)}/admin"

    def _ask(self, shop: str, fields: dict[str, str]) -> Credentials:
        form = {"client_id": self._client_id, "client_secret": self._secret.reveal(), **fields}
        url = f"{self._admin(shop)}/oauth/access_token"
        try:
            body = self._http.post(url, urlencode(form).encode(), _FORM)
        except errors.AuthExpired:
            raise
        except errors.PermanentError as exc:
            # OAuth 2.0 refuses codes and refresh tokens with 400 (RFC 6749, 5.2).
            raise errors.AuthExpired("The shop did not accept the sign-in; please pair it again.") from exc
        return self._tokens(decode(body, _read_granted))

    def _tokens(self, granted: _Granted) -> Credentials:
        now = self._now()
        scopes = tuple(sorted(filter(None, map(str.strip, granted.scope.split(",")))))
        if beyond := set(scopes) - set(WANTED_SCOPES):
            raise errors.AuthExpired(f"The shop granted more than we asked for ({len(beyond)} scopes); it was refused.")
        if not granted.access_token:
            raise errors.UnreadablePayload("The shop's answer has an empty access_token.")
        return Credentials(
            access=Secret(granted.access_token),
            refresh=Secret(granted.refresh_token) if granted.refresh_token else None,
            expires_at=_after(now, granted.expires_in),
            refresh_expires_at=_after(now, granted.refresh_token_expires_in),
            scopes=scopes,
        )


def _after(now: datetime, seconds: int | None) -> datetime | None:
    return now + timedelta(seconds=min(seconds, 10 * 365 * 86_400)) if seconds is not None else None
