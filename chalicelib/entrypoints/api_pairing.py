"""Routes of pairing, and the ways back from a channel: where it sends merchants, and where it posts keys."""

from urllib.parse import urlencode

from chalice.app import Response

from chalicelib import bootstrap, errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.pairing import Choice
from chalicelib.entrypoints import show, wire, wire_pairing
from chalicelib.entrypoints.http import Role, api, hook, may, public
from chalicelib.entrypoints.log import log
from chalicelib.entrypoints.visit import BODY_BYTES_MAX, Visit
from chalicelib.workflows.connect import Step
from chalicelib.workflows.pair import PairingError

# The page tells these apart; what else went wrong reads alike, so that nobody learns of other merchants.
_TOLD = {"declined": "declined", "other_shop": "wrong-shop", "expired": "expired"}
_EXPIRED = str(PairingError("expired"))


@api.route("/v1/kinds/{kind}/check", methods=["POST"])
@may(Role.OWNER)
def check_keys(who: SignedIn, kind: str, body: wire_pairing.CheckIn) -> wire_pairing.CheckOut:
    """Try keys without connecting what they open. Needs a sign-in of the last 10 minutes; 30 tries an hour."""
    checked = bootstrap.system().pair_by_keys.check(who, kind, body.fields)
    shop = checked.shop
    return wire_pairing.CheckOut(
        name=shop.name,
        domain=shop.domain,
        time_zone=shop.zone,
        currency=shop.currency,
        stores=tuple(wire.StoreOut(id=store.id, name=store.name) for store in shop.stores),
        warnings=checked.warnings,
        expected_orders=checked.expected_orders,
    )


@api.route("/v1/connections", methods=["POST"])
@may(Role.OWNER, status=202)
def connect(who: SignedIn, body: wire_pairing.ConnectionIn) -> wire_pairing.ConnectOut:
    """Connect a shop, or begin to: where to send the merchant. Needs a sign-in of the last 10 minutes; 30 tries an hour."""
    choice = Choice(name=body.name, stores=body.stores, time_zone=body.time_zone, currency=body.currency)
    return _next(who, bootstrap.system().connect.connect(who, body.kind, body.fields, choice))


@api.route("/v1/connections/{connection}/reconnect", methods=["POST"])
@may(Role.OWNER, status=202)
def reconnect(who: SignedIn, connection: str, body: wire_pairing.ReconnectIn | None) -> wire_pairing.ConnectOut:
    """Connect the same shop anew, after its sign-in ended or it was removed. Needs a sign-in of the last 10 minutes."""
    system = bootstrap.system()
    known = system.read_connections.find(who.workspace, connection)
    return _next(who, system.connect.reconnect(who, known, body.fields if body else {}))


@api.route("/v1/pairings/{pairing}", methods=["GET"])
@may(Role.OWNER)
def pairing(who: SignedIn, pairing: str) -> wire_pairing.PairingOut:
    """How a pairing by approval stands."""
    found = bootstrap.system().pair_by_approval.outcome(who, pairing)
    if found is None:
        return wire_pairing.PairingOut(state="expired", connection_id=None, reason=_EXPIRED)
    return wire_pairing.PairingOut(state=found.state, connection_id=found.connection, reason=found.reason)


@api.route("/v1/callback/shopify", methods=["GET"])
@public(status=303)
def back_from_shopify(visit: Visit) -> Response:
    """Where Shopify sends the merchant back to; leads on to a page of ours."""
    system = bootstrap.system()
    params = {name: values[-1] for name, values in visit.query}
    try:
        paired = system.pair_by_consent.finish(system.sign_in.read(visit.cookie), "shopify", params)
        path = f"/connections/{paired.connection.id}?paired=1"
    except PairingError as exc:
        log("callback", level="warning", outcome="refused", request=visit.id)
        told = {"error": _TOLD.get(exc.code, "refused")} | ({"shop": exc.shop} if exc.code == "other_shop" else {})
        path = f"/connections/add/shopify?{urlencode(told)}"
    except errors.NotSignedIn:
        path = "/connections/add/shopify?error=expired"
    return Response("", {"Location": visit.base + path}, 303)


@api.route("/v1/callback/woocommerce", methods=["POST"])
@hook()
def keys_from_woocommerce(visit: Visit) -> None:
    """Where a WooCommerce site posts the keys that its merchant approved. What comes to nothing is refused, always alike."""
    if len(visit.body) > BODY_BYTES_MAX:
        raise errors.TooLarge("That is too much at once.")
    try:
        bootstrap.system().pair_by_approval.finish("woocommerce", visit.body)
    except errors.RequestError:
        log("callback", level="warning", outcome="refused", request=visit.id)
        raise
    log("callback", outcome="paired", request=visit.id)


def _next(who: SignedIn, step: Step) -> wire_pairing.ConnectOut:
    paired = step.paired
    connection = bootstrap.system().read_connections.one(who.workspace, paired.connection.id) if paired else None
    return wire_pairing.ConnectOut(
        authorize_url=step.authorize_url,
        pairing=step.pairing,
        connection=show.connection(connection) if connection else None,
    )
