"""Routes of users, sessions and the workspace."""

import msgspec

from chalicelib import bootstrap
from chalicelib.domain.accounts import SignedIn
from chalicelib.entrypoints import show, wire
from chalicelib.entrypoints.http import Answer, Role, api, etag, if_match, may, public
from chalicelib.entrypoints.visit import COOKIE, Visit
from chalicelib.workflows.sign_in import Opened


@api.route("/v1/users", methods=["POST"])
@public(status=201)
def sign_up(visit: Visit, body: wire.SignUpIn) -> Answer[wire.SessionOut]:
    """Make a user with a workspace of their own and sign them in."""
    opened = bootstrap.system().sign_in.sign_up(
        body.email,
        body.password,
        body.workspace,
        time_zone=body.time_zone,
        address=visit.address,
        old=visit.cookie,
    )
    return session_begun(opened)


@api.route("/v1/session", methods=["POST"])
@public(status=201)
def sign_in(visit: Visit, body: wire.SignInIn) -> Answer[wire.SessionOut]:
    """Sign in."""
    opened = bootstrap.system().sign_in.sign_in(
        body.email, body.password, body.code, address=visit.address, keep=body.keep, old=visit.cookie
    )
    return session_begun(opened)


@api.route("/v1/session", methods=["GET"])
@may(Role.VIEWER, keys=False)
def session(who: SignedIn) -> wire.SessionOut:
    """Who is signed in."""
    return show.session(who, bootstrap.system().change.read_workspace(who.workspace))


@api.route("/v1/session", methods=["DELETE"])
@may(Role.VIEWER, status=204, keys=False)
def sign_out(who: SignedIn) -> Answer[None]:
    """Sign out."""
    bootstrap.system().sign_in.sign_out(who)
    return Answer(None, {"Set-Cookie": cookie_of("", max_age_s=0)})


@api.route("/v1/workspace", methods=["GET"])
@may(Role.VIEWER)
def workspace(who: SignedIn) -> Answer[wire.WorkspaceOut]:
    """The workspace; its `ETag` names the version of its settings."""
    found = bootstrap.system().change.read_workspace(who.workspace)
    return Answer(show.workspace(found), {"ETag": etag(found.version)})


@api.route("/v1/workspace", methods=["PATCH"])
@may(Role.OWNER)
def change_workspace(visit: Visit, who: SignedIn, body: wire.WorkspaceIn) -> Answer[wire.WorkspaceOut]:
    """Change the workspace's settings; what is absent stays. `If-Match` with the `ETag` that was read guards others' changes."""
    fields = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not msgspec.UNSET}
    system = bootstrap.system()
    locks = bool(fields.keys() & {"locked_through", "reading"})
    if locks:
        system.lock.catch_up_all(who.workspace)  # what is being locked is locked under the reading it was meant for
    changed = system.change.workspace(who, fields, version=if_match(visit))
    if locks:
        system.lock.catch_up_all(who.workspace)
    return Answer(show.workspace(changed), {"ETag": etag(changed.version)})


def session_begun(opened: Opened) -> Answer[wire.SessionOut]:
    """A new session with its cookie."""
    system = bootstrap.system()
    content = show.session(opened.signed_in, system.change.read_workspace(opened.signed_in.workspace))
    return Answer(content, {"Set-Cookie": cookie_of(opened.cookie.reveal(), max_age_s=opened.max_age_s)})


def cookie_of(value: str, *, max_age_s: int | None, name: str = COOKIE) -> str:
    """A cookie of ours, for `Set-Cookie`: no other site and no script sees it."""
    kept = "" if max_age_s is None else f"; Max-Age={max_age_s}"
    return f"{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{kept}"
