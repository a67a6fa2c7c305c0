"""The shapes of order settings and of the record of who changed which setting."""

from datetime import date, datetime
from typing import Literal

import msgspec

Summary = Literal["individual", "store", "month"]
Counting = Literal["channel", "paid", "custom"]


class ZoneChange(msgspec.Struct, frozen=True):
    first_day: date
    time_zone: str


class StatusSetting(msgspec.Struct, frozen=True):
    """`orders` are those of the last 30 days; `counts` is whether they do now."""

    value: str
    label: str
    paid: bool
    by_default: bool
    counts: bool
    orders: int


class SettingsOut(msgspec.Struct, frozen=True):
    """`GET /v1/connections/{id}/settings`; the header `ETag` names their version.

    `time_zone` cuts days now; `zone_changes` are those since the beginning. A zone saved now cuts days from `seam_day` on.
    """

    version: int
    summary: Summary
    individual_allowed: bool
    time_zone: str
    zone_changes: tuple[ZoneChange, ...]
    seam_day: date
    counting: Counting
    statuses: tuple[StatusSetting, ...]
    interval_min: int
    intervals_min: tuple[int, ...]
    next_sync_at: datetime | None
    next_refresh_at: datetime | None
    days_here: int
    days_without_names: int


class RangeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Both days inside, in the connection's zone."""

    from_: date
    to: date


class SettingsIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`PUT /v1/connections/{id}/settings`, with `If-Match`. `sync` also syncs these days."""

    summary: Summary
    time_zone: str
    counting: Counting
    interval_min: int
    statuses: tuple[str, ...] = ()
    recut: bool = False
    sync: RangeIn | None = None


class SettingsSavedOut(msgspec.Struct, frozen=True):
    """`said` are sentences about what follows from the change."""

    settings: SettingsOut
    sync_ids: tuple[str, ...]
    said: tuple[str, ...]


class MirrorOut(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """A store and a connection through which its orders also come: `agreed` of the `orders` placed on these days, both inside."""

    store_id: str
    store_name: str
    connection_id: str
    connection_name: str
    agreed: int
    orders: int
    from_: date
    to: date
    linked: bool


class MirrorsOut(msgspec.Struct, frozen=True):
    """`GET /v1/connections/{id}/mirrors`: what looks like it, and what is linked."""

    items: tuple[MirrorOut, ...]


class MirrorIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    store_id: str
    connection_id: str


class MirrorsIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`PUT /v1/connections/{id}/mirrors`: all links of the connection, in place of those before."""

    links: tuple[MirrorIn, ...]


class MirrorsLinkedOut(msgspec.Struct, frozen=True):
    """The sync that sums the days again; null if there was nothing to do."""

    sync_id: str | None


class ChangeOut(msgspec.Struct, frozen=True):
    """Who changed what: the fields that differ, as JSON text. Of a look at persons, `after` says at which."""

    id: str
    at: datetime
    actor: str
    about: str
    before: dict[str, str]
    after: dict[str, str]


class ChangesOut(msgspec.Struct, frozen=True):
    """`GET /v1/workspace/changes`, `GET /v1/connections/{id}/settings/changes`, `GET /v1/persons/looks`: newest first."""

    items: tuple[ChangeOut, ...]
    next: str | None
