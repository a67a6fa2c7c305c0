"""Keys of the sandbox site, and how a request proves that it has them: OAuth 1.0a over plain HTTP, Basic or parameters over HTTPS."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, urlsplit

KEY, SECRET = "ck_sandbox00000000000000000000000000000001", "cs_sandbox00000000000000000000000000000001"
_SKEW_S = 15 * 60


class Keys:
    """The keys that the site knows. `secure` is whether it takes itself to be behind HTTPS, `deaf` whether headers are eaten.

    A key's secret follows from the key, so a site that is started again still knows what it gave.
    """

    def __init__(self, now_s: Callable[[], float], *, secure: bool = False, deaf: bool = False) -> None:
        self._now_s = now_s
        self._given = {KEY}
        self._forgot = False
        self._nonces: set[tuple[str, str]] = set()
        self.secure = secure
        self.deaf = deaf

    def add(self) -> tuple[str, str]:
        key = f"ck_{secrets.token_hex(20)}"
        self._given.add(key)
        return key, _secret_of(key)

    def forget(self) -> None:
        """Take all keys back."""
        self._given.clear()
        self._forgot = True

    def refusal(self, method: str, url: str, authorization: str) -> str | None:
        """Why a request is refused, None if it is not. `url` is the whole address as the client wrote it."""
        params = parse_qsl(urlsplit(url).query, keep_blank_values=True)
        given = dict(params)
        if self.secure:
            if authorization.startswith("Basic ") and not self.deaf:
                key, _, secret = base64.b64decode(authorization[6:]).decode().partition(":")
                return None if self._known(key, secret) else "woocommerce_rest_authentication_error"
            if "consumer_key" in given:
                known = self._known(given["consumer_key"], given.get("consumer_secret", ""))
                return None if known else "woocommerce_rest_authentication_error"
        if "oauth_consumer_key" not in given:
            return "woocommerce_rest_cannot_view"
        return self._oauth(method, url, params, given)

    def _known(self, key: str, secret: str) -> bool:
        return self._is_known(key) and hmac.compare_digest(_secret_of(key), secret)

    def _is_known(self, key: str) -> bool:
        return key in self._given or not self._forgot

    def _oauth(self, method: str, url: str, params: list[tuple[str, str]], given: dict[str, str]) -> str | None:
        key = given["oauth_consumer_key"]
        mark = (given.get("oauth_nonce", ""), given.get("oauth_timestamp", ""))
        if not self._is_known(key) or given.get("oauth_signature_method") != "HMAC-SHA256":
            return "woocommerce_rest_authentication_error"
        if mark in self._nonces or not mark[1].isdigit() or abs(int(mark[1]) - self._now_s()) > _SKEW_S:
            return "woocommerce_rest_authentication_error"
        self._nonces.add(mark)
        # As WordPress puts it together: pairs encoded, sorted, joined by encoded signs.
        pairs = sorted((quote(n, safe="~"), quote(v, safe="~")) for n, v in params if n != "oauth_signature")
        query = "%26".join(f"{quote(n, safe='~')}%3D{quote(v, safe='~')}" for n, v in pairs)
        base = f"{method}&{quote(url.partition('?')[0], safe='~')}&{query}"
        wanted = base64.b64encode(
            hmac.new(f"{_secret_of(key)}&".encode(), base.encode(), hashlib.sha256).digest()
        ).decode()
        fits = hmac.compare_digest(wanted, given.get("oauth_signature", ""))
        return None if fits else "woocommerce_rest_authentication_error"


def _secret_of(key: str) -> str:
    return SECRET if key == KEY else f"cs_{hmac.new(SECRET.encode(), key.encode(), hashlib.sha256).hexdigest()[:40]}"
