"""OAuth as a Shopify shop does it: a page with Allow and Decline, single-use codes, expiring tokens that rotate.

Tokens describe themselves under a signature, so a sandbox that is started again still knows them; which generation of a pair is
in use is kept in a small file, if one is named.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

CLIENT_ID = "daybook-sandbox"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - it guards a shop that does not exist
ACCESS_S = 3600
REFRESH_S = 90 * 86_400
CODE_S = 600

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sandbox shop</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:10vh auto;padding:0 1rem;color:#1d1c18}}
button,a{{display:inline-block;font:inherit;padding:.6rem 1.2rem;border-radius:8px;border:1px solid #0b6b50;margin-right:.5rem}}
button{{background:#0b6b50;color:#fff}}a{{color:#07523d;text-decoration:none}}</style></head>
<body><main><h1>{shop}</h1><p>This is a sandbox shop on your own machine. Daybook asks to read its orders.</p>
<p>Permissions: {scopes}</p>
<form method="post" action="{action}">{fields}<button name="answer" value="allow">Allow</button>
<button name="answer" value="decline">Decline</button></form></main></body></html>"""


class Refusal(Exception):
    """What was sent is not accepted; the message is Shopify's word for it."""


class OAuth:
    """The sign-in of one shop. `scopes` limits what is granted, whatever was asked; `state` keeps generations."""

    def __init__(self, shop: str, now_s: Callable[[], float], *, scopes: str | None, state: Path | None) -> None:
        self._shop = shop
        self._now_s = now_s
        self._limit = set(scopes.split(",")) if scopes is not None else None
        self._state = state
        self._lock = threading.Lock()
        self._codes: dict[str, tuple[str, float]] = {}
        self._used: dict[str, int] = self._load()
        self._expired: set[str] = set()
        self.ended_before = 0.0

    def page(self, path: str, query: dict[str, str]) -> str:
        """The page on which the merchant says yes or no."""
        if query.get("client_id") != CLIENT_ID or not _is_page(query.get("redirect_uri", "")):
            raise Refusal("invalid_request")
        fields = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in query.items()
        )
        scopes = escape(query.get("scope", "").replace(",", ", "))
        return PAGE.format(shop=escape(self._shop), scopes=scopes, action=escape(path), fields=fields)

    def answered(self, form: dict[str, str]) -> str:
        """Where the browser goes after the merchant's answer. Raises Refusal."""
        if not _is_page(form.get("redirect_uri", "")):
            raise Refusal("invalid_request")
        address, _, own = form["redirect_uri"].partition("?")
        back = {
            **dict(parse_qsl(own)),
            "shop": self._shop,
            "state": form.get("state", ""),
            "timestamp": str(int(self._now_s())),
            "host": urlsafe_b64encode(f"{self._shop}/admin".encode()).decode().rstrip("="),
        }
        if form.get("answer") == "allow":
            code = secrets.token_hex(16)
            self._codes[code] = (self._granted(form.get("scope", "")), self._now_s() + CODE_S)
            back["code"] = code
        else:
            back["error"] = "access_denied"
        signed = "&".join(f"{name}={back[name]}" for name in sorted(back))
        back["hmac"] = hmac.new(CLIENT_SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()
        return f"{address}?{urlencode(back)}"

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        """A new pair for a code or for a refresh token. Raises Refusal."""
        if form.get("client_id") != CLIENT_ID or form.get("client_secret") != CLIENT_SECRET:
            raise Refusal("invalid_client")
        with self._lock:
            if form.get("grant_type") == "refresh_token":
                known = self._read(form.get("refresh_token", ""), "refresh")
                if known is None or known["n"] < self._used.get(known["family"], 0):
                    raise Refusal("invalid_grant")
                self._use(known)
                return self._pair(known["family"], known["n"] + 1, known["scope"])
            scope, until = self._codes.pop(form.get("code", ""), ("", 0.0))
            if self._now_s() > until:
                raise Refusal("invalid_request")
            return self.grant(scope)

    def scopes_of(self, access: str) -> set[str] | None:
        """What an access token allows; None if it is none of ours or over. Using it ends the pair before it."""
        known = self._read(access, "access")
        if known is None or access in self._expired:
            return None
        with self._lock:
            self._use(known)
        return set(known["scope"].split(","))

    def expire(self, access: str) -> None:
        """End an access token before its hour is over."""
        self._expired.add(access)

    def grant(self, scope: str) -> dict[str, Any]:
        """A pair as after pairing, for tests that begin behind it."""
        return self._pair(secrets.token_hex(6), 0, scope)

    def end_all(self) -> None:
        """Refuse every token that was given until now."""
        self.ended_before = self._now_s()

    def _granted(self, asked: str) -> str:
        return ",".join(scope for scope in asked.split(",") if self._limit is None or scope in self._limit)

    def _pair(self, family: str, n: int, scope: str) -> dict[str, Any]:
        now = self._now_s()

        def made(kind: str, life_s: int) -> str:
            fields = {"kind": kind, "shop": self._shop, "family": family, "n": n, "scope": scope, "issued": now}
            return self._sign({**fields, "until": now + life_s, "salt": secrets.token_hex(4)})

        return {
            "access_token": made("access", ACCESS_S),
            "scope": scope,
            "expires_in": ACCESS_S,
            "refresh_token": made("refresh", REFRESH_S),
            "refresh_token_expires_in": REFRESH_S,
        }

    def _sign(self, fields: dict[str, Any]) -> str:
        text = urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")
        return f"{text}.{self._signature(text)}"

    def _read(self, token: str, kind: str) -> dict[str, Any] | None:
        text, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(text).encode()):
            return None
        fields: dict[str, Any] = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        fits = fields["kind"] == kind and fields["shop"] == self._shop and fields["issued"] >= self.ended_before
        fits = fits and fields["until"] > self._now_s()
        return fields if fits else None

    @staticmethod
    def _signature(text: str) -> str:
        return hmac.new(CLIENT_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]

    def _use(self, known: dict[str, Any]) -> None:
        """From now on the pairs before this one are refused."""
        if known["n"] > self._used.get(known["family"], 0):
            self._used[known["family"]] = known["n"]
            if self._state is not None:
                fresh = self._state.with_suffix(".new")
                fresh.write_text(json.dumps(self._used))
                fresh.replace(self._state)

    def _load(self) -> dict[str, int]:
        if self._state is None or not self._state.exists():
            return {}
        used: dict[str, int] = json.loads(self._state.read_text())
        return used


def _is_page(address: str) -> bool:
    return address.startswith(("http://", "https://"))
