"""Routes of syncs, and of what moves by itself."""

import hashlib

import msgspec
from chalice.app import Response

from chalicelib import bootstrap, errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.connections import Connection
from chalicelib.domain.syncs import Sync
from chalicelib.entrypoints import csv_columns, csv_out, show, wire
from chalicelib.entrypoints.api_ranges import range_of
from chalicelib.entrypoints.http import Answer, Role, api, bound_to, may, next_page, page
from chalicelib.entrypoints.visit import Visit
from chalicelib.workflows.read_activity import ActivityFilter

IDEMPOTENCY_KEY = "Idempotency-Key"
POLL_RUNNING_S = 2
POLL_IDLE_S = 15
_MOVING = ("importing", "syncing", "slowed")


@api.route("/v1/syncs", methods=["POST"])
@may(Role.MEMBER, status=202)
def begin_sync(visit: Visit, who: SignedIn, body: wire.SyncIn) -> wire.SyncOut:
    """Sync a range of days, both inside, a preset, or the day of one order. The header `Idempotency-Key` makes a repeat harmless."""
    system = bootstrap.system()

    def begin() -> bytes:
        with system.limits.taken("resync", who.workspace):
            sync = _begin(who, system.read_connections.paired(who.workspace, body.connection_id), body)
        return msgspec.json.encode(show.sync(system.read_syncs.progress(sync)))

    key = visit.header(IDEMPOTENCY_KEY)
    answer = system.once.answer(who.workspace, key, visit.body, begin) if key else begin()
    return msgspec.json.decode(answer, type=wire.SyncOut)


def _begin(who: SignedIn, connection: Connection, body: wire.SyncIn) -> Sync:
    """Begin what is asked for: exactly one of a range, a preset and an order number. Raises RequestError."""
    system = bootstrap.system()
    asked = range_of(body.from_, body.to)
    ways = {"from": asked, "preset": body.preset, "order_number": body.order_number}
    given = [name for name, value in ways.items() if value is not None]
    if not given:
        missing = "Choose a day."
        raise errors.RequestError("Nothing says which days to sync.", {"from": missing, "to": missing})
    if len(given) > 1:
        said = "Choose either days or an order number."
        raise errors.RequestError("Only one thing at a time can be synced.", dict.fromkeys(given[1:], said))
    if body.order_number is not None:
        return system.run_syncs.order(connection, body.order_number, actor=who.email)
    if body.preset is not None:
        asked = system.read_ranges.of_preset(connection, body.preset)
    assert asked is not None, "a range is what is left"
    return system.run_syncs.manual(connection, asked.first, asked.last, actor=who.email)


@api.route("/v1/syncs", methods=["GET"])
@may(Role.VIEWER)
def syncs(visit: Visit, who: SignedIn, query: wire.SyncsQuery) -> wire.SyncsOut:
    """The syncs that were asked for, newest first."""
    bound = bound_to(who, visit, query)
    skip = int(page(bound, query.cursor) or 0)
    shown, more = bootstrap.system().read_syncs.page(
        who.workspace, connection=query.connection, skip=skip, limit=query.limit
    )
    place = str(skip + query.limit) if more else None
    return wire.SyncsOut(items=tuple(map(show.sync, shown)), next=next_page(bound, place))


@api.route("/v1/syncs/{sync}", methods=["GET"])
@may(Role.VIEWER)
def sync(who: SignedIn, sync: str) -> wire.SyncOut:
    """One sync and how far it has come."""
    return show.sync(bootstrap.system().read_syncs.one(who.workspace, sync))


@api.route("/v1/syncs/{sync}/days", methods=["GET"])
@may(Role.VIEWER)
def sync_days(visit: Visit, who: SignedIn, sync: str, query: wire.PageQuery) -> wire.SyncDaysOut | Response:
    """The days of a sync, newest first, as JSON or as CSV."""
    read = bootstrap.system().read_syncs
    progress = read.one(who.workspace, sync)
    bound = bound_to(who, visit, query, sync)
    skip = int(page(bound, query.cursor) or 0)
    after = skip + (csv_out.ROWS if visit.wants_csv else query.limit)
    days = progress.days[skip:after]
    sales = read.sales_of(progress.sync, days)
    place = str(after) if len(progress.days) > after else None
    items = tuple(show.sync_day(day, sales.get(day.day)) for day in days)
    if visit.wants_csv:
        name = ("sync", progress.sync.id, "days")
        return csv_out.answer(visit, name, csv_columns.SYNC_DAYS, items, next_page(bound, place))
    return wire.SyncDaysOut(items=items, next=next_page(bound, place))


@api.route("/v1/syncs/{sync}/cancel", methods=["POST"])
@may(Role.MEMBER, status=202)
def cancel_sync(who: SignedIn, sync: str) -> wire.SyncOut:
    """Stop a sync; the days that are done stay."""
    system = bootstrap.system()
    system.run_syncs.cancel(system.read_syncs.find(who.workspace, sync))
    return show.sync(system.read_syncs.one(who.workspace, sync))


@api.route("/v1/syncs/{sync}/resume", methods=["POST"])
@may(Role.MEMBER, status=202)
def resume_sync(who: SignedIn, sync: str) -> wire.SyncOut:
    """Take up what a sync is missing: days that were cancelled, or that failed."""
    system = bootstrap.system()
    asked = system.read_syncs.find(who.workspace, sync)
    system.read_connections.paired(who.workspace, asked.connection)
    with system.limits.taken("resync", who.workspace):
        resumed = system.run_syncs.resume(asked)
    return show.sync(system.read_syncs.progress(resumed))


@api.route("/v1/live", methods=["GET"])
@may(Role.VIEWER)
def live(visit: Visit, who: SignedIn, query: wire.LiveQuery) -> Answer[wire.LiveOut | None]:
    """What moves by itself. With `If-None-Match` 304 while nothing does; `after` is a line of the activity."""
    system = bootstrap.system()
    recent = system.read_syncs.recent(who.workspace)
    states = system.read_connections.all(who.workspace, recent)
    moving = any(state.state in _MOVING for state in states)
    activity = system.read_activity
    new = sum(activity.counts(who.workspace, ActivityFilter(after=query.after)).values()) if query.after else 0
    content = wire.LiveOut(
        now=system.now(),
        poll_after_s=POLL_RUNNING_S if moving else POLL_IDLE_S,
        cursor=activity.newest(who.workspace),
        syncs=tuple(map(show.sync, recent.followed)),
        connections=tuple(wire.LiveConnection(id=each.connection.id, state=each.state) for each in states),
        activity_new=new,
    )
    seen = msgspec.structs.replace(content, now=None)
    etag = f'"{hashlib.sha256(msgspec.json.encode(seen)).hexdigest()[:24]}"'
    if visit.header("If-None-Match") == etag:
        return Answer(None, {"ETag": etag}, 304)
    return Answer(content, {"ETag": etag})
