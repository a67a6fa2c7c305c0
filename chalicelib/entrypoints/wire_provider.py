"""The shapes of signing in through an identity provider."""

import msgspec


class ProviderIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/session/provider`: where to go on afterwards, whether the provider has to ask anew, and a new account's zone."""

    next: str = "/"
    again: bool = False
    time_zone: str = "UTC"


class ProviderConnectIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/session/provider/connect`."""

    next: str = "/"


class ProviderConnectedOut(msgspec.Struct, frozen=True):
    """`GET /v1/session/provider`: whether it lets one in, and does so `alone`, for want of a password."""

    connected: bool
    alone: bool


class ProviderOut(msgspec.Struct, frozen=True):
    """Where to send the browser."""

    authorize_url: str
