"""The shapes of the JSON API: what routes answer and accept. `/v1/openapi.json` is made from them.

Money is minor units with its currency, days are `YYYY-MM-DD` in the store's zone, instants end in `_at` and are UTC. Lists
carry `next`, an opaque cursor, or null. Accepted shapes forbid unknown fields.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

Limit = Annotated[int, msgspec.Meta(ge=1, le=200)]
Month = Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-\d{2})?$")]
Level = Literal["info", "warning", "error"]
Reading = Literal["event_day", "order_day"]
Preset = Literal["current_week", "current_month", "last_month", "last_quarter"]


class MoneyOut(msgspec.Struct, frozen=True):
    minor: int
    currency: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An RFC 9457 problem; `fields` names each wrong field."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    fields: dict[str, str] = {}


# --- session and workspace


class SignUpIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/users`: a new user and their workspace, which shows times in `time_zone` at first if we know that zone."""

    email: str
    password: str
    workspace: str
    time_zone: str = "UTC"


class SignInIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/session`. `code` is a one-time code, of whoever is asked for one by a 409 that names the field."""

    email: str
    password: str
    code: str = ""
    keep: bool = False


class UserOut(msgspec.Struct, frozen=True):
    id: str
    email: str
    role: Literal["viewer", "member", "owner"]


class WorkspaceOut(msgspec.Struct, frozen=True):
    """`GET /v1/workspace`. `reading` is the day on which refunds and edits are shown; days to `locked_through` are closed."""

    id: str
    name: str
    time_zone: str
    currency: str
    week_start: Literal["monday", "sunday"]
    individual_allowed: bool
    fiscal_start: int
    reading: Reading
    locked_through: date | None
    version: int


class SessionOut(msgspec.Struct, frozen=True):
    """`token` goes into the `X-Daybook` header of every write."""

    user: UserOut
    workspace: WorkspaceOut
    token: str


class WorkspaceIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`PATCH /v1/workspace`; what is absent stays."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    time_zone: str | msgspec.UnsetType = msgspec.UNSET
    week_start: Literal["monday", "sunday"] | msgspec.UnsetType = msgspec.UNSET
    fiscal_start: Annotated[int, msgspec.Meta(ge=1, le=12)] | msgspec.UnsetType = msgspec.UNSET
    reading: Reading | msgspec.UnsetType = msgspec.UNSET
    locked_through: date | msgspec.UnsetType | None = msgspec.UNSET


# --- channels and connections


class KindField(msgspec.Struct, frozen=True):
    """`pattern` is a regular expression for the whole text, `default` what the field holds at first."""

    name: str
    label: str
    help: str
    secret: bool
    pattern: str
    required: bool
    default: str


class KindStatus(msgspec.Struct, frozen=True):
    value: str
    label: str
    default: bool


class KindOut(msgspec.Struct, frozen=True):
    """`GET /v1/kinds` lists them. `key_fields`, of a kind paired by approval, are what pasting keys instead asks for."""

    kind: str
    name: str
    auth: Literal["oauth", "approve", "key"]
    fields: tuple[KindField, ...]
    key_fields: tuple[KindField, ...]
    statuses: tuple[KindStatus, ...]
    many_stores: bool


class StoreOut(msgspec.Struct, frozen=True):
    id: str
    name: str


class ConnectionOut(msgspec.Struct, frozen=True):
    """`GET /v1/connections` lists them, `/v1/connections/{id}` gives one.

    `colour` 1 to 6 is fixed when paired. `reach_days` is how far back the shop shows us its orders, null for all.
    """

    id: str
    kind: str
    name: str
    domain: str
    state: Literal["in_sync", "importing", "syncing", "slowed", "sign_in_needed", "failing", "removed"]
    state_detail: str
    stores: tuple[StoreOut, ...]
    time_zone: str
    currency: str
    colour: int
    reach_days: int | None
    last_synced_at: datetime | None
    next_sync_at: datetime | None
    sync_id: str | None


class ConnectionPatchIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`PATCH /v1/connections/{id}`."""

    name: str


# --- syncs


class SyncIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """`POST /v1/syncs`: a range of days in the connection's zone, both inside; or a preset; or the day of one order."""

    connection_id: str
    from_: date | None = None
    to: date | None = None
    preset: Preset | None = None
    order_number: str | None = None


class BatchOut(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """Days, both inside."""

    from_: date
    to: date


class SyncOut(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """`days` has one letter a day, newest first: d done, r being read, t being tried again, f failed, w waiting, n not available, x cancelled.

    `days_total` leaves out the days that are not available. `resume_at` is set while the channel makes us wait. `batches` are
    oldest first and run one after the other; `batch` says which one is at work, from 1. A sync by `order_number` has no days
    until the order is found, and none in the end if there is no such order; `from` and `to` are then the day it was asked.
    """

    id: str
    connection_id: str
    reason: Literal["pairing", "nightly", "manual", "order", "settings", "time_zone"]
    from_: date
    to: date
    state: Literal["queued", "running", "slowed", "sign_in_needed", "cancelled", "failed_days", "done"]
    days: str
    days_total: int
    days_done: int
    days_failed: int
    days_retrying: int
    orders: int
    new_orders: int
    eta_s: int | None
    resume_at: datetime | None
    began_at: datetime
    ended_at: datetime | None
    batches: tuple[BatchOut, ...]
    batch: int
    order_number: str | None


class SyncDayOut(msgspec.Struct, frozen=True):
    """`GET /v1/syncs/{id}/days` lists them, newest first."""

    day: date
    state: Literal["done", "reading", "retrying", "failed", "waiting", "not_available", "cancelled"]
    orders: int
    new_orders: int
    attempts: int
    reason: str
    next_try_at: datetime | None
    sale_id: str | None


class LiveConnection(msgspec.Struct, frozen=True):
    id: str
    state: str


class LiveOut(msgspec.Struct, frozen=True):
    """`GET /v1/live?after=`; with `If-None-Match` 304 while nothing moves."""

    now: datetime
    poll_after_s: int
    cursor: str
    syncs: tuple[SyncOut, ...]
    connections: tuple[LiveConnection, ...]
    activity_new: int


# --- activity and usage


class ActivityOut(msgspec.Struct, frozen=True):
    id: str
    at: datetime
    level: Level
    connection_id: str | None
    text: str
    day: date | None
    sync_id: str | None
    sale_id: str | None
    details: dict[str, str]


class ActivityCounts(msgspec.Struct, frozen=True):
    info: int
    warning: int
    error: int


class ActivityListOut(msgspec.Struct, frozen=True):
    """`GET /v1/activity?level=&connection=&from=&to=&q=&after=&cursor=`; `level` may come several times."""

    items: tuple[ActivityOut, ...]
    counts: ActivityCounts
    next: str | None


class UsageMonth(msgspec.Struct, frozen=True):
    month: str
    orders: int


class UsageConnection(msgspec.Struct, frozen=True):
    connection_id: str
    name: str
    orders: int


class Overage(msgspec.Struct, frozen=True):
    """The orders beyond the allotment so far, and what they come to in minor units."""

    orders: int
    amount: int
    currency: str


class UsageOut(msgspec.Struct, frozen=True):
    """`GET /v1/usage`: the plan year in which we are. `allotment` null is unlimited, `overage` null without prices for more.

    `forecast` is what the year comes to if it goes on as in the last 28 days; `months` go from the first to the last day whose sale
    first showed a counted order.
    """

    year_from: date
    year_to: date
    allotment: int | None
    overage: Overage | None
    used: int
    forecast: int
    months: tuple[UsageMonth, ...]
    connections: tuple[UsageConnection, ...]


class UsageOrderOut(msgspec.Struct, frozen=True):
    """One counted order: the channel's id that it is billed under, and the day whose sale first showed it.

    `number` and `sale_id` are null where no sale of the days around that one has the order.
    """

    id: str
    made_on: date
    connection_id: str
    connection: str
    number: str | None
    sale_id: str | None


class UsageOrdersOut(msgspec.Struct, frozen=True):
    """`GET /v1/usage/orders?connection=&month=&q=&cursor=&limit=`: the orders that usage counts in the plan year, newest first.

    `count` is of the whole filter. `month` ("2026-07") is that in which orders were made; `q` an order number, or the beginning
    of an id.
    """

    items: tuple[UsageOrderOut, ...]
    count: int
    next: str | None


# --- what may be asked in an address; empty values count as absent


class PageQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any list: `cursor` is the `next` of the page before."""

    cursor: str = ""
    limit: Limit = 50


class SyncsQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    connection: str | None = None


class ActivityQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    level: tuple[Level, ...] = ()
    connection: str | None = None
    from_: date | None = None
    to: date | None = None
    q: str = ""
    after: str = ""


class UsageOrdersQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    connection: str | None = None
    month: Month = ""
    q: str = ""


class LiveQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    after: str = ""


class RemoveQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`keep` leaves the figures readable; `remove` is not offered yet."""

    data: Literal["keep"] = "keep"


# --- lists


class KindsOut(msgspec.Struct, frozen=True):
    items: tuple[KindOut, ...]
    next: str | None = None


class ConnectionsOut(msgspec.Struct, frozen=True):
    items: tuple[ConnectionOut, ...]
    next: str | None = None


class SyncsOut(msgspec.Struct, frozen=True):
    items: tuple[SyncOut, ...]
    next: str | None = None


class SyncDaysOut(msgspec.Struct, frozen=True):
    items: tuple[SyncDayOut, ...]
    next: str | None = None
