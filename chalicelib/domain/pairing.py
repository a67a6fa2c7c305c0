"""A pairing under way: what was begun, what the merchant chose for it, and how it ended."""

from typing import Literal

import msgspec


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What the merchant chose for a connection; None is left to the shop, to the workspace, or to what was settled before.

    `stores` are ids at the channel. `time_zone` is an IANA name, `currency` an ISO 4217 code; both are for shops that tell none.
    """

    name: str | None = None
    stores: tuple[str, ...] | None = None
    time_zone: str | None = None
    currency: str | None = None


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What the state of a round trip stands for.

    `session`, `workspace` and `kind` have to be the same at the end, and so has `account` if a known shop is to be paired
    again. `shop` is the address that the merchant was sent to, `until` in epoch seconds, `outcome` under what name the end is
    told to whoever waits for it; empty if nobody does.
    """

    session: str
    workspace: str
    kind: str
    shop: str
    until: int
    choice: Choice = Choice()
    account: str | None = None
    outcome: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a pairing ended, or that it has not: `connection` is there once it is paired, `reason` a sentence if it was refused."""

    state: Literal["waiting", "paired", "refused"]
    connection: str | None = None
    reason: str = ""
