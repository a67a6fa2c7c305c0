"""Routes of signing in through an identity provider: the way there, and the way back."""

from urllib.parse import urlencode

from chalice.app import Response

from chalicelib import bootstrap, errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.entrypoints import wire_provider
from chalicelib.entrypoints.api_account import cookie_of
from chalicelib.entrypoints.api_reset import tell_of_mail
from chalicelib.entrypoints.http import Answer, Role, api, may, public
from chalicelib.entrypoints.log import log
from chalicelib.entrypoints.visit import Visit
from chalicelib.workflows.pair_state import STATE_S
from chalicelib.workflows.sign_in_by_provider import ProviderError, Sent

COOKIE = "__Host-daybook-provider"


@api.route("/v1/session/provider", methods=["POST"])
@public(status=201)
def to_provider(visit: Visit, body: wire_provider.ProviderIn) -> Answer[wire_provider.ProviderOut]:
    """Begin to sign in through the identity provider: where to send the browser. A POST, since it is kept that it began."""
    way = bootstrap.system().sign_in_by_provider
    return _sent(way.begin(next=body.next, again=body.again, time_zone=body.time_zone, address=visit.address))


@api.route("/v1/session/provider/connect", methods=["POST"])
@may(Role.VIEWER, status=201, keys=False)
def connect_provider(who: SignedIn, body: wire_provider.ProviderConnectIn) -> Answer[wire_provider.ProviderOut]:
    """Begin to connect the identity provider to one's account. Needs a sign-in of the last 10 minutes."""
    return _sent(bootstrap.system().sign_in_by_provider.connect(who, next=body.next))


@api.route("/v1/session/provider", methods=["GET"])
@may(Role.VIEWER, keys=False)
def provider(who: SignedIn) -> wire_provider.ProviderConnectedOut:
    """Whether the identity provider lets one in. 404 where none is set."""
    state = bootstrap.system().sign_in_by_provider.state(who)
    return wire_provider.ProviderConnectedOut(connected=state.connected, alone=state.alone)


@api.route("/v1/session/provider", methods=["DELETE"])
@may(Role.VIEWER, status=204, keys=False)
def disconnect_provider(visit: Visit, who: SignedIn) -> None:
    """Let the identity provider bring one in no more, and end every session. Needs a sign-in of the last 10 minutes."""
    tell_of_mail(visit, bootstrap.system().sign_in_by_provider.disconnect(who))


@api.route("/v1/callback/provider", methods=["GET"])
@public(status=303)
def back_from_provider(visit: Visit) -> Response:
    """Where the identity provider sends people back to; leads on to a page of ours, signed in or with what went wrong."""
    params = {name: values[-1] for name, values in visit.query}
    cookies = [cookie_of("", max_age_s=0, name=COOKIE)]
    try:
        returned = bootstrap.system().sign_in_by_provider.finish(
            params, browser=visit.cookie_called(COOKIE), old=visit.cookie, address=visit.address
        )
        path = returned.next
        tell_of_mail(visit, returned.trouble)
        if returned.opened is not None:
            cookies.append(cookie_of(returned.opened.cookie.reveal(), max_age_s=returned.opened.max_age_s))
    except ProviderError as exc:
        log("callback", level="warning", outcome="refused", reason=exc.why, request=visit.id)
        told = {"error": exc.why} | ({} if exc.next == "/" else {"next": exc.next})
        path = f"{'/workspace' if exc.connecting else '/sign-in'}?{urlencode(told)}"
    except errors.TooManyTries:
        path = "/sign-in?error=wait"
    return Response("", {"Location": visit.base + path, "Set-Cookie": cookies}, 303)


def _sent(sent: Sent) -> Answer[wire_provider.ProviderOut]:
    cookie = cookie_of(sent.cookie.reveal(), max_age_s=STATE_S, name=COOKIE)
    return Answer(wire_provider.ProviderOut(authorize_url=sent.url), {"Set-Cookie": cookie})
