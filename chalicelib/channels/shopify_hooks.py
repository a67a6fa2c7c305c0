"""What Shopify tells us unasked: whether it is genuine, what it is about, and the few words of it that are read.

After "Webhooks": the header X-Shopify-Hmac-SHA256 is the base64 HMAC-SHA256 of the raw body under the app's client secret. It
covers the body alone; topic, shop and ids stand in headers that are not signed. So of orders nothing is believed but that it
is time to look, and where more hangs on it the body has to name the same shop. Subscribed in infra/shopify/shopify.app.toml.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Literal

import msgspec

from chalicelib import errors
from chalicelib.channels.answers import decode
from chalicelib.domain.secret import Secret

About = Literal["changes", "left", "data_request", "erase_orders", "erase_shop"]

TOPICS: dict[str, About] = {
    "orders/create": "changes",
    "orders/updated": "changes",
    "orders/cancelled": "changes",
    "orders/edited": "changes",
    "refunds/create": "changes",
    "app/uninstalled": "left",
    "customers/data_request": "data_request",
    "customers/redact": "erase_orders",
    "shop/redact": "erase_shop",
}


class _Body(msgspec.Struct, frozen=True):
    """Of a shop (app/uninstalled) or of a compliance topic. Numbers are beyond 2^53 and read as integers."""

    myshopify_domain: str = ""
    shop_domain: str = ""
    orders_to_redact: tuple[int, ...] = ()
    orders_requested: tuple[int, ...] = ()


_read_body = msgspec.json.Decoder(_Body)


def is_genuine(body: bytes, signature: str, secrets: Iterable[Secret]) -> bool:
    """Whether one of the secrets signed these bytes. An empty secret signs nothing."""
    given = signature.encode("utf-8", "surrogatepass")
    genuine = [
        hmac.compare_digest(base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()), given)
        for secret in secrets
        if (key := secret.reveal().encode())
    ]
    return any(genuine)


def orders_named(about: About, body: bytes, domain: str) -> tuple[str, ...] | None:
    """The ids of the orders that a genuine body names; None if it is not of the shop at this address.

    Raises UnreadablePayload.
    """
    if about == "changes":
        return ()
    try:
        told = decode(body, _read_body)
    except errors.UnreadablePayload:
        raise errors.UnreadablePayload("The body of this topic has another form than documented.") from None
    if domain not in (told.myshopify_domain.lower(), told.shop_domain.lower()):
        return None
    return tuple(str(number) for number in (*told.orders_to_redact, *told.orders_requested))
