"""The shapes of pairing: what is filled in, what keys open, and how a pairing stands."""

from typing import Literal

import msgspec

from chalicelib.entrypoints import wire


class CheckIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/kinds/{kind}/check`: keys as they were filled in."""

    fields: dict[str, str]


class CheckOut(msgspec.Struct, frozen=True):
    """What keys open. `time_zone` and `currency` null: the channel does not tell, so the merchant is asked.

    `expected_orders` is how many orders the first download would bring, null if the channel does not say.
    """

    name: str
    domain: str
    time_zone: str | None
    currency: str | None
    stores: tuple[wire.StoreOut, ...]
    warnings: tuple[str, ...]
    expected_orders: int | None


class ConnectionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/connections`. `stores` absent are all; `time_zone` and `currency` count where the shop tells none."""

    kind: str
    fields: dict[str, str]
    name: str | None = None
    stores: tuple[str, ...] | None = None
    time_zone: str | None = None
    currency: str | None = None


class ReconnectIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/connections/{id}/reconnect`: new keys, of a kind that is paired by them."""

    fields: dict[str, str] = {}


class ConnectOut(msgspec.Struct, frozen=True):
    """What comes next: the merchant goes to `authorize_url`; `pairing` is asked for at `/v1/pairings/{pairing}`; or it is done."""

    authorize_url: str | None
    pairing: str | None
    connection: wire.ConnectionOut | None


class PairingOut(msgspec.Struct, frozen=True):
    """`GET /v1/pairings/{pairing}`: a pairing by approval. `reason` is a sentence if it came to nothing."""

    state: Literal["waiting", "paired", "refused", "expired"]
    connection_id: str | None
    reason: str
