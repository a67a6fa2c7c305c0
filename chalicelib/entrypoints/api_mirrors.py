"""Routes of stores whose orders also come through another connection."""

from chalicelib import bootstrap
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import day_of
from chalicelib.domain.order_settings import Mirror
from chalicelib.entrypoints import wire_settings
from chalicelib.entrypoints.http import Role, api, may
from chalicelib.workflows.mirrors import Seen


@api.route("/v1/connections/{connection}/mirrors", methods=["GET"])
@may(Role.VIEWER)
def mirrors(who: SignedIn, connection: str) -> wire_settings.MirrorsOut:
    """Stores whose recent orders also came through another connection, and those that are linked to one."""
    system = bootstrap.system()
    found = system.read_connections.find(who.workspace, connection)
    others = {each.id: each for each in system.connections.list(who.workspace)}
    seen = system.mirrors.seen(found, day_of(system.now(), found.calendar))
    return wire_settings.MirrorsOut(items=tuple(_shown(found, others[each.connection], each) for each in seen))


@api.route("/v1/connections/{connection}/mirrors", methods=["PUT"])
@may(Role.MEMBER, status=202)
def link_mirrors(who: SignedIn, connection: str, body: wire_settings.MirrorsIn) -> wire_settings.MirrorsLinkedOut:
    """Replace the links of a connection's stores; its days are summed again by a sync."""
    system = bootstrap.system()
    links = [Mirror(store=link.store_id, connection=link.connection_id) for link in body.links]
    found = system.read_connections.paired(who.workspace, connection)
    return wire_settings.MirrorsLinkedOut(sync_id=system.mirrors.link(who, found, links))


def _shown(connection: Connection, other: Connection, seen: Seen) -> wire_settings.MirrorOut:
    names = {store.id: store.name for store in connection.stores}
    return wire_settings.MirrorOut(
        store_id=seen.store,
        store_name=names.get(seen.store, connection.name),
        connection_id=other.id,
        connection_name=other.name,
        agreed=seen.agreed,
        orders=seen.orders,
        from_=seen.first,
        to=seen.last,
        linked=seen.linked,
    )
