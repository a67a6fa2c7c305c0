"""Routes of the kinds of channels, and of connections as they are."""

from chalicelib import bootstrap
from chalicelib.domain.accounts import SignedIn
from chalicelib.entrypoints import show, wire
from chalicelib.entrypoints.http import Role, api, may


@api.route("/v1/kinds", methods=["GET"])
@may(Role.VIEWER)
def kinds(who: SignedIn) -> wire.KindsOut:
    """The kinds of channels that can be connected."""
    return wire.KindsOut(items=tuple(map(show.kind, bootstrap.system().kinds)))


@api.route("/v1/connections", methods=["GET"])
@may(Role.VIEWER)
def connections(who: SignedIn) -> wire.ConnectionsOut:
    """All connections, each with how it is doing. There are few, so they come on one page."""
    states = bootstrap.system().read_connections.all(who.workspace)
    return wire.ConnectionsOut(items=tuple(map(show.connection, states)))


@api.route("/v1/connections/{connection}", methods=["GET"])
@may(Role.VIEWER)
def connection(who: SignedIn, connection: str) -> wire.ConnectionOut:
    """One connection."""
    return show.connection(bootstrap.system().read_connections.one(who.workspace, connection))


@api.route("/v1/connections/{connection}", methods=["PATCH"])
@may(Role.MEMBER)
def rename_connection(who: SignedIn, connection: str, body: wire.ConnectionPatchIn) -> wire.ConnectionOut:
    """Give a connection another name."""
    system = bootstrap.system()
    system.read_connections.find(who.workspace, connection)
    system.change.connection(who.workspace, connection, name=body.name)
    return show.connection(system.read_connections.one(who.workspace, connection))


@api.route("/v1/connections/{connection}", methods=["DELETE"])
@may(Role.OWNER, status=204)
def disconnect(who: SignedIn, connection: str, query: wire.RemoveQuery) -> None:
    """Disconnect a shop. What was brought in stays readable."""
    bootstrap.system().part.part(who.workspace, connection)
