"""An identity provider on this machine, over real HTTP: discovery, a page to sign in on, tokens for codes, and its keys.

    with Provider(callbacks=("http://127.0.0.1:8080/v1/callback/provider",)) as provider:
        provider.issuer ...

`python -m infra.sandbox.openid --port 9103 --callback …` is one for as long as it runs, whose page is shown.

It checks what a provider has to: client, secret, redirect URI, PKCE, and that a code is used once. What it says of a person is
`person`; `forge` and `answers` let it lie and break. With `by_itself` its page is not shown: whoever comes is that person.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from functools import cache
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

HOST = "127.0.0.1"
CLIENT_ID = "daybook-sandbox"
CLIENT_SECRET = "sandbox secret: of 1 provider"  # noqa: S105 - it guards nobody
TOKEN_S = 300

# Status, headers, body.
Reply = tuple[int, dict[str, str], bytes]

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sandbox sign-in</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:10vh auto;padding:0 1rem;color:#1d1c18}}
button{{font:inherit;padding:.6rem 1.2rem;border-radius:8px;border:1px solid #0b6b50;margin-right:.5rem;background:#0b6b50;
color:#fff}}</style></head>
<body><main><h1>Sandbox sign-in</h1><p>This is an identity provider on your own machine. Daybook asks who you are.</p>
<form method="post">{fields}<button name="answer" value="yes">Continue as {email}</button>
<button name="answer" value="no">Cancel</button></form></main></body></html>"""


class Code:
    """What a code was given for."""

    def __init__(self, query: dict[str, str], claims: dict[str, Any]) -> None:
        self.query = query
        self.claims = claims


class Provider:
    """A running provider. `now_s` is its clock; `asked` are the paths that it was asked for."""

    def __init__(
        self,
        *,
        callbacks: tuple[str, ...],
        algorithm: str = "RS256",
        by_itself: bool = True,
        now_s: Callable[[], float] = time.time,
        port: int = 0,
    ) -> None:
        self.callbacks = callbacks
        self.algorithm = algorithm
        self.by_itself = by_itself
        self.secret_posted = False
        self.now_s = now_s
        self.person: dict[str, Any] = {"sub": "u-1", "email": "owner@northwind.example", "email_verified": True}
        self.signed_in_at: float | None = None
        self.forge: Callable[[dict[str, Any]], str] | None = None
        self.answers: dict[str, Reply] = {}
        self.asked: list[str] = []
        self.keys: dict[str, Any] = {"k-1": _first_key(algorithm)}
        self._codes: dict[str, Code] = {}
        self._server = _Server((HOST, port), self)
        self.origin = f"http://{HOST}:{self._server.server_port}"
        self.issuer = f"{self.origin}/pool"

    def __enter__(self) -> Provider:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        self._server.serve_forever()

    def rotate(self) -> None:
        """Sign with a new key from now on, and let the old one go."""
        self.keys = {f"k-{secrets.token_hex(4)}": _new_key(self.algorithm)}

    def sign(self, claims: dict[str, Any]) -> str:
        """A token as this provider makes it."""
        name, key = next(iter(self.keys.items()))
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": name})

    def jwk(self, name: str) -> dict[str, Any]:
        """The public part of a key, as it is published."""
        public = self.keys[name].public_key()
        made = jwt.get_algorithm_by_name(self.algorithm).to_jwk(public, as_dict=True)
        return {**made, "kid": name, "use": "sig", "alg": self.algorithm}

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.origin}/authorize",
            "token_endpoint": f"{self.origin}/token",
            "jwks_uri": f"{self.origin}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.algorithm],
            "token_endpoint_auth_methods_supported": [f"client_secret_{'post' if self.secret_posted else 'basic'}"],
        }

    def back(self, query: dict[str, str], *, declined: bool = False) -> str | None:
        """Where the browser goes on from the page; None for what no client of ours asks."""
        if query.get("client_id") != CLIENT_ID or query.get("redirect_uri") not in self.callbacks:
            return None
        told = {"state": query.get("state", "")}
        asks = query.get("response_type") == "code" and query.get("code_challenge_method") == "S256"
        if declined or not asks or "openid" not in query.get("scope", "").split():
            told["error"] = "access_denied" if declined else "invalid_request"
        else:
            if self.signed_in_at is None or query.get("prompt") == "login":
                self.signed_in_at = self.now_s()
            told["code"] = secrets.token_urlsafe(24)
            self._codes[told["code"]] = Code(query, self._claims(query))
        return f"{query['redirect_uri']}?{urlencode(told)}"

    def token(self, form: dict[str, str], authorization: str) -> Reply:
        """An ID token for a code, once, and to who can prove that the code is theirs."""
        scheme, _, text = authorization.partition(" ")
        posted = self.secret_posted
        pair = b64decode(text).decode().partition(":") if scheme == "Basic" and not posted else ("", "", "")
        said = (form.get("client_id"), form.get("client_secret")) if posted else (unquote(pair[0]), unquote(pair[2]))
        if said != (CLIENT_ID, CLIENT_SECRET):
            return _json(401, {"error": "invalid_client"})
        code = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        fits = (
            code is not None
            and form.get("grant_type") == "authorization_code"
            and form.get("redirect_uri") == code.query["redirect_uri"]
            and urlsafe_b64encode(digest).decode().rstrip("=") == code.query.get("code_challenge")
        )
        if code is None or not fits:
            return _json(400, {"error": "invalid_grant"})
        token = (self.forge or self.sign)(code.claims)
        return _json(200, {"access_token": "unused", "token_type": "Bearer", "expires_in": 300, "id_token": token})

    def answer(self, path: str) -> Reply:
        """What a GET of a document is answered with."""
        if path == "/pool/.well-known/openid-configuration":
            return _json(200, self.document())
        if path == "/keys":
            return _json(200, {"keys": [self.jwk(name) for name in self.keys]})
        return _json(404, {"error": "not_found"})

    def _claims(self, query: dict[str, str]) -> dict[str, Any]:
        now = int(self.now_s())
        asked = {"auth_time": int(self.signed_in_at or now)} if "max_age" in query else {}
        own = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + TOKEN_S, "nonce": query.get("nonce", "")}
        return {**own, **asked, **self.person}


def _new_key(algorithm: str) -> Any:
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@cache
def _first_key(algorithm: str) -> Any:
    """One for all providers of a process: making one takes a while."""
    return _new_key(algorithm)


def _json(status: int, content: object) -> Reply:
    return status, {"Content-Type": "application/json", "Cache-Control": "no-store"}, json.dumps(content).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], provider: Provider) -> None:
        super().__init__(address, _Handler)
        self.provider = provider


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads along."""

    def do_GET(self) -> None:
        provider, url = self.server.provider, urlsplit(self.path)
        provider.asked.append(url.path)
        query = dict(parse_qsl(url.query))
        if url.path in provider.answers:
            self._send(*provider.answers[url.path])
        elif url.path != "/authorize":
            self._send(*provider.answer(url.path))
        elif provider.by_itself:
            self._go(provider.back(query))
        else:
            fields = "".join(
                f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in query.items()
            )
            page = PAGE.format(fields=fields, email=escape(str(provider.person.get("email"))))
            self._send(200, {"Content-Type": "text/html; charset=utf-8"}, page.encode())

    def do_POST(self) -> None:
        provider, path = self.server.provider, urlsplit(self.path).path
        provider.asked.append(path)
        form = dict(parse_qsl(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()))
        if path in provider.answers:
            self._send(*provider.answers[path])
        elif path == "/authorize":
            self._go(provider.back(form, declined=form.pop("answer", "") != "yes"))
        elif path == "/token":
            self._send(*provider.token(form, self.headers.get("Authorization", "")))
        else:
            self._send(*_json(404, {"error": "not_found"}))

    def _go(self, location: str | None) -> None:
        if location is None:
            self._send(*_json(400, {"error": "invalid_request"}))
        else:
            self._send(303, {"Location": location}, b"")

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.sandbox.openid", description="An identity provider.")
    parser.add_argument("--port", type=int, default=9103)
    parser.add_argument("--callback", required=True, help="where it sends people back to, and nowhere else")
    parser.add_argument("--clock-shift-s", type=float, default=0.0, help="added to this machine's clock")
    options = parser.parse_args()
    provider = Provider(
        callbacks=(options.callback,),
        by_itself=False,
        now_s=lambda: time.time() + options.clock_shift_s,
        port=options.port,
    )
    print(f"sandbox identity provider at {provider.issuer}", flush=True)
    provider.serve()


if __name__ == "__main__":
    main()
