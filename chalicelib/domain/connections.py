"""A paired shop as the rest of the system sees it, and the walls between workspaces."""

import hashlib
from base64 import b32encode
from datetime import date, datetime
from typing import Literal

import msgspec

from chalicelib.domain.days import Calendar
from chalicelib.domain.order_settings import OrderSettings
from chalicelib.domain.secret import Secret

State = Literal["paired", "parting", "parted"]


class StoreName(msgspec.Struct, frozen=True):
    id: str
    name: str


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """One shop of one workspace.

    `account` is the shop's immutable id at its channel, `domain` its address there. `epoch` rises whenever pairing begins or
    ends. `reach_days` is how far back the shop shows its orders, None for all. `sign_in_needed` is set when the channel
    refused our access; pairing again clears it. `credentials_version` rises with every stored token pair. `zone` is the one
    that the shop named, or UTC; days are cut by `calendar`. `history_from` is the first day of its first download: what
    happened before it is not ours. `traits` are what the kind's module wants to know of the shop whenever it is opened.
    """

    workspace: str
    id: str
    kind: str
    account: str
    domain: str
    name: str
    zone: str
    currency: str
    stores: tuple[StoreName, ...]
    state: State
    epoch: int
    colour: int
    reach_days: int | None
    sign_in_needed: bool
    credentials_version: int
    paired_at: datetime
    history_from: date = date.min
    settings: OrderSettings = OrderSettings()
    traits: dict[str, str] = {}

    @property
    def calendar(self) -> Calendar:
        """What cuts the connection's days."""
        return self.settings.calendar or Calendar(self.zone)

    @property
    def keeps_persons(self) -> bool:
        """Whether name and region of customers are asked for, kept and shown."""
        return self.settings.summary == "individual"


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What opens a shop: an access token with the refresh token that was issued with it, or a key with its secret.

    `scopes` are those granted. Lives in memory only.
    """

    access: Secret
    secret: Secret | None = None
    refresh: Secret | None = None
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()


def connection_id(workspace: str, kind: str, account: str) -> str:
    """The name of a shop's connection: the same shop paired again in the same workspace is the same connection."""
    digest = hashlib.sha256("\0".join((workspace, kind, account)).encode()).digest()
    return b32encode(digest[:10]).decode().lower()
