"""Routes of channels and connections, and the way back from a channel's sign-in."""

from urllib.parse import urlencode

from chalice.app import Response

from chalicelib import bootstrap, errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.entrypoints import show, wire
from chalicelib.entrypoints.http import Role, Visit, api, may, public
from chalicelib.workflows.pair import PairingError

# The page tells these apart; what else went wrong reads alike, so that nobody learns of other merchants.
_TOLD = {"declined": "declined", "other_shop": "wrong-shop", "expired": "expired"}


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


@api.route("/v1/connections", methods=["POST"])
@may(Role.OWNER, status=202)
def connect(who: SignedIn, body: wire.ConnectionIn) -> wire.AuthorizeOut:
    """Begin to connect a shop: where to send the merchant. Needs a sign-in of the last 10 minutes."""
    return wire.AuthorizeOut(authorize_url=bootstrap.system().pair.begin(who, body.kind, body.fields))


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


@api.route("/v1/connections/{connection}/reconnect", methods=["POST"])
@may(Role.OWNER, status=202)
def reconnect(who: SignedIn, connection: str) -> wire.AuthorizeOut:
    """Connect a shop anew, after its sign-in ended or it was removed. Needs a sign-in of the last 10 minutes."""
    system = bootstrap.system()
    known = system.read_connections.find(who.workspace, connection)
    return wire.AuthorizeOut(authorize_url=system.pair.begin(who, known.kind, {"shop": known.domain}))


@api.route("/v1/callback/shopify", methods=["GET"])
@public(status=303)
def back_from_shopify(visit: Visit) -> Response:
    """Where Shopify sends the merchant back to; leads on to a page of ours."""
    system = bootstrap.system()
    params = {name: values[-1] for name, values in visit.query}
    try:
        paired = system.pair.finish(system.sign_in.read(visit.cookie), "shopify", params)
        path = f"/connections/{paired.connection.id}?paired=1"
    except PairingError as exc:
        told = {"error": _TOLD.get(exc.code, "refused")} | ({"shop": exc.shop} if exc.code == "other_shop" else {})
        path = f"/connections/add/shopify?{urlencode(told)}"
    except errors.NotSignedIn:
        path = "/connections/add/shopify?error=expired"
    return Response("", {"Location": visit.base + path}, 303)
