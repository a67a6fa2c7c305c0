"""Routes of order settings, of who changed which setting, and of who looked at persons."""

from contextlib import nullcontext

from chalicelib import bootstrap, errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.audit import Change
from chalicelib.domain.order_settings import INTERVALS_MIN
from chalicelib.entrypoints import wire, wire_settings
from chalicelib.entrypoints.http import (
    Answer,
    Role,
    api,
    bound_to,
    etag,
    if_match,
    may,
    next_page,
    page,
    signed_in_lately_as_owner,
)
from chalicelib.entrypoints.visit import Visit
from chalicelib.workflows.order_settings import InForce, Wanted, instant


@api.route("/v1/connections/{connection}/settings", methods=["GET"])
@may(Role.VIEWER)
def settings(who: SignedIn, connection: str) -> Answer[wire_settings.SettingsOut]:
    """A connection's order settings; the header `ETag` names their version."""
    system = bootstrap.system()
    found = system.order_settings.read(system.read_connections.find(who.workspace, connection))
    return Answer(_shown(found), {"ETag": etag(found.connection.settings.version)})


@api.route("/v1/connections/{connection}/settings", methods=["PUT"])
@may(Role.MEMBER)
def change_settings(
    visit: Visit, who: SignedIn, connection: str, body: wire_settings.SettingsIn
) -> Answer[wire_settings.SettingsSavedOut]:
    """Change them, if they are still those that `If-Match` names, and sync days if some are named.

    Leaving individual sales erases who bought: that is for an owner who has signed in lately.
    """
    version = if_match(visit)
    if version is None:
        raise errors.PreconditionRequired("Say which settings you have read: If-Match with their ETag.")
    system = bootstrap.system()
    wanted = Wanted(
        summary=body.summary,
        time_zone=body.time_zone,
        counting=body.counting,
        statuses=body.statuses,
        interval_min=body.interval_min,
        recut=body.recut,
    )
    found = system.read_connections.paired(who.workspace, connection)
    if found.keeps_persons and body.summary != "individual":
        signed_in_lately_as_owner(who)
    with system.limits.taken("resync", who.workspace) if body.sync or body.recut else nullcontext():
        saved = system.order_settings.change(
            who,
            found,
            wanted,
            version=version,
            sync=(body.sync.from_, body.sync.to) if body.sync else None,
        )
    content = wire_settings.SettingsSavedOut(
        settings=_shown(system.order_settings.read(saved.connection)), sync_ids=saved.syncs, said=saved.said
    )
    return Answer(content, {"ETag": etag(saved.connection.settings.version)})


@api.route("/v1/connections/{connection}/settings/changes", methods=["GET"])
@may(Role.MEMBER)
def settingschanges_of(visit: Visit, who: SignedIn, connection: str, query: wire.PageQuery) -> wire_settings.ChangesOut:
    """Who changed a connection's order settings, newest first."""
    found = bootstrap.system().read_connections.find(who.workspace, connection)
    return changes_of(visit, who, query, f"connection {found.id}")


@api.route("/v1/workspace/changes", methods=["GET"])
@may(Role.MEMBER)
def workspacechanges_of(visit: Visit, who: SignedIn, query: wire.PageQuery) -> wire_settings.ChangesOut:
    """Who changed the workspace's settings, newest first."""
    return changes_of(visit, who, query, "workspace")


@api.route("/v1/persons/looks", methods=["GET"])
@may(Role.OWNER)
def looks(visit: Visit, who: SignedIn, query: wire.PageQuery) -> wire_settings.ChangesOut:
    """Who looked at customers, newest first: at which of them is in `after`."""
    bound = bound_to(who, visit, query)
    found, place = bootstrap.system().change.looks(who.workspace, before=page(bound, query.cursor), limit=query.limit)
    return wire_settings.ChangesOut(items=tuple(map(_change, found)), next=next_page(bound, place))


def changes_of(visit: Visit, who: SignedIn, query: wire.PageQuery, about: str) -> wire_settings.ChangesOut:
    """A page of the record of changes."""
    bound = bound_to(who, visit, query, about)
    changes, place = bootstrap.system().change.list(
        who.workspace, about, before=page(bound, query.cursor), limit=query.limit
    )
    return wire_settings.ChangesOut(items=tuple(map(_change, changes)), next=next_page(bound, place))


def _change(given: Change) -> wire_settings.ChangeOut:
    return wire_settings.ChangeOut(
        id=given.id, at=given.at, actor=given.actor, about=given.about, before=given.before, after=given.after
    )


def _shown(given: InForce) -> wire_settings.SettingsOut:
    connection, workspace = given.connection, given.workspace
    in_force = connection.settings
    return wire_settings.SettingsOut(
        version=in_force.version,
        summary=in_force.summary,
        individual_allowed=workspace.individual_allowed,
        time_zone=connection.calendar.latest,
        zone_changes=tuple(wire_settings.ZoneChange(first, zone) for first, zone in connection.calendar.changes),
        seam_day=given.seam_day,
        counting=in_force.counting,
        statuses=tuple(
            wire_settings.StatusSetting(
                value=status.value,
                label=status.label,
                paid=status.paid,
                by_default=status.default,
                counts=_counts(given, status.value, by_default=status.default, paid=status.paid),
                orders=given.orders.get(status.value, 0),
            )
            for status in given.statuses
        ),
        interval_min=in_force.interval_min,
        intervals_min=INTERVALS_MIN,
        next_sync_at=instant(given.due.next_at) if given.due else None,
        next_refresh_at=instant(given.due.refresh_at) if given.due else None,
        days_here=given.days_here,
        days_without_names=given.days_without_names,
    )


def _counts(given: InForce, status: str, *, by_default: bool, paid: bool) -> bool:
    """Whether orders of this status count now."""
    in_force = given.connection.settings
    if in_force.counting == "custom":
        return status in in_force.statuses
    return paid if in_force.counting == "paid" else by_default
