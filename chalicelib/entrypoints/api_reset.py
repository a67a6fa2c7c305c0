"""Routes of a forgotten password: asking for a link, looking at it, and using it."""

from chalicelib import bootstrap
from chalicelib.entrypoints import wire_people
from chalicelib.entrypoints.http import api, public
from chalicelib.entrypoints.log import log
from chalicelib.entrypoints.visit import Visit


@api.route("/v1/reset", methods=["POST"])
@public(status=202)
def ask_for_reset(visit: Visit, body: wire_people.ResetIn) -> wire_people.ResetAskedOut:
    """Mail a link for a new password to whoever has this address; the answer is the same if nobody has."""
    asked = bootstrap.system().reset.ask(body.email, address=visit.address)
    tell_of_mail(visit, asked.trouble)
    return wire_people.ResetAskedOut(mails=asked.mails)


@api.route("/v1/reset/look", methods=["POST"])
@public()
def look_at_reset(body: wire_people.ResetLookIn) -> wire_people.ResetLookOut:
    """Whose password a link is for. A POST, so that its secret stands in no address."""
    return wire_people.ResetLookOut(email=bootstrap.system().reset.look(body.secret))


@api.route("/v1/reset/password", methods=["POST"])
@public(status=204)
def reset_password(visit: Visit, body: wire_people.ResetPasswordIn) -> None:
    """Replace the password by a link, once. Every session of theirs ends; they sign in anew."""
    tell_of_mail(visit, bootstrap.system().reset.finish(body.secret, body.password, address=visit.address))


def tell_of_mail(visit: Visit, trouble: str | None) -> None:
    """Log why a mail was not sent, if it was not."""
    if trouble is not None:
        log("mail not sent", level="error", reason=trouble, route=visit.route, request=visit.id)
