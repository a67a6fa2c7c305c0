"""How a question to a WooCommerce site is signed (REST API v3, "Authentication").

    header   HTTP Basic: what the documentation asks for over HTTPS
    oauth    one-legged OAuth 1.0a, HMAC-SHA256: what it asks for over plain HTTP. Sites whose proxy ends the HTTPS, or eats the
             header, take it too ?, and the secret stays here
    query    key and secret as parameters: the documented last resort of such sites, HTTPS only

Which of them a site takes is found out once, when it is paired.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from urllib.parse import quote, urlsplit

from chalicelib.domain.connections import Credentials

Sign = Literal["header", "oauth", "query"]
Params = tuple[tuple[str, str], ...]

HTTPS_SIGNS: tuple[Sign, ...] = ("header", "oauth", "query")
HTTP_SIGNS: tuple[Sign, ...] = ("oauth",)


def signed(
    url: str, params: Params, *, sign: Sign, credentials: Credentials, at: datetime, nonce: str
) -> tuple[str, dict[str, str]]:
    """The whole address of a GET, and its headers. Over plain HTTP neither secret nor password ever leaves."""
    key = credentials.access.reveal()
    secret = credentials.secret.reveal() if credentials.secret is not None else ""
    if sign == "oauth" or not url.startswith("https://"):
        return f"{url}?{query_of(_with_oauth(url, params, key=key, secret=secret, at=at, nonce=nonce))}", {}
    if sign == "query":
        return f"{url}?{query_of((*params, ('consumer_key', key), ('consumer_secret', secret)))}", {}
    pair = b64encode(f"{key}:{secret}".encode()).decode()
    return f"{url}?{query_of(params)}", {"Authorization": f"Basic {pair}"}


def query_of(params: Iterable[tuple[str, str]]) -> str:
    """Parameters as they stand in an address; the same encoding is signed."""
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in params)


def base_string(method: str, url: str, params: Iterable[tuple[str, str]]) -> str:
    """What OAuth signs (RFC 5849, 3.4.1): method, address without query, and the sorted parameters, each encoded."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = (parts.hostname or "") + (f":{parts.port}" if parts.port not in (None, default) else "")
    pairs = sorted((_encoded(name), _encoded(value)) for name, value in params)
    query = "&".join(f"{name}={value}" for name, value in pairs)
    return "&".join(map(_encoded, (method.upper(), f"{parts.scheme}://{host}{parts.path}", query)))


def signature(base: str, secret: str) -> str:
    """HMAC-SHA256 under the consumer's secret; there is no token, so its half of the key is empty."""
    digest = hmac.new(f"{_encoded(secret)}&".encode(), base.encode(), hashlib.sha256).digest()
    return b64encode(digest).decode()


def _with_oauth(url: str, params: Params, *, key: str, secret: str, at: datetime, nonce: str) -> Params:
    whole = (
        *params,
        ("oauth_consumer_key", key),
        ("oauth_nonce", nonce),
        ("oauth_signature_method", "HMAC-SHA256"),
        ("oauth_timestamp", str(int(at.timestamp()))),
    )
    return (*whole, ("oauth_signature", signature(base_string("GET", url, whole), secret)))


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")
