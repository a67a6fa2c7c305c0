"""Routes of the people of a workspace, of inviting them, and of joining."""

from chalicelib import bootstrap
from chalicelib.domain.accounts import SignedIn
from chalicelib.entrypoints import wire, wire_people, wire_settings
from chalicelib.entrypoints.api_account import session_begun
from chalicelib.entrypoints.api_keys import instant_of
from chalicelib.entrypoints.api_reset import tell_of_mail
from chalicelib.entrypoints.api_settings import changes_of
from chalicelib.entrypoints.http import Answer, Role, api, may, public
from chalicelib.entrypoints.visit import Visit
from chalicelib.workflows.access_record import ABOUT
from chalicelib.workflows.invite import Shown
from chalicelib.workflows.people import Person


@api.route("/v1/people", methods=["GET"])
@may(Role.VIEWER, keys=False)
def people(who: SignedIn) -> wire_people.PeopleOut:
    """Everybody in the workspace, with their roles."""
    found = bootstrap.system().people.list(who)
    return wire_people.PeopleOut(items=tuple(_person(who, person) for person in found))


@api.route("/v1/people/{person}", methods=["PATCH"])
@may(Role.OWNER)
def change_role(who: SignedIn, person: str, body: wire_people.RoleIn) -> wire_people.PersonOut:
    """Give somebody another role and end their sessions. Needs a sign-in of the last 10 minutes."""
    return _person(who, bootstrap.system().people.change_role(who, person, body.role))


@api.route("/v1/people/{person}", methods=["DELETE"])
@may(Role.OWNER, status=204)
def remove_person(who: SignedIn, person: str) -> None:
    """Take somebody out of the workspace; their account and sessions end. Needs a sign-in of the last 10 minutes."""
    bootstrap.system().people.remove(who, person)


@api.route("/v1/people/changes", methods=["GET"])
@may(Role.MEMBER, keys=False)
def people_changes(visit: Visit, who: SignedIn, query: wire.PageQuery) -> wire_settings.ChangesOut:
    """Who let whom in, made and revoked keys, newest first."""
    return changes_of(visit, who, query, ABOUT)


@api.route("/v1/invitations", methods=["GET"])
@may(Role.OWNER)
def invitations(who: SignedIn) -> wire_people.InvitationsOut:
    """The invitations that can still be used, newest first, without their links."""
    return wire_people.InvitationsOut(items=tuple(map(_invitation, bootstrap.system().invite.list(who.workspace))))


@api.route("/v1/invitations", methods=["POST"])
@may(Role.OWNER, status=201)
def invite(visit: Visit, who: SignedIn, body: wire_people.InvitationIn) -> wire_people.InvitationMadeOut:
    """Invite somebody, 20 times an hour, by mail where mail is sent; the link is answered this once. Needs a sign-in of the last 10 minutes."""
    system = bootstrap.system()
    with system.limits.taken("invitation", who.workspace):
        made = system.invite.invite(who, body.email, body.role)
    given = made.invitation
    tell_of_mail(visit, made.trouble)
    return wire_people.InvitationMadeOut(
        id=given.id, link=made.link.reveal(), ends_at=instant_of(given.ends_at), mailed=made.mailed
    )


@api.route("/v1/invitations/{invitation}", methods=["DELETE"])
@may(Role.OWNER, status=204)
def withdraw_invitation(who: SignedIn, invitation: str) -> None:
    """Withdraw an invitation: its link does not work from now on."""
    bootstrap.system().invite.withdraw(who, invitation)


@api.route("/v1/join/look", methods=["POST"])
@public()
def look_at_invitation(body: wire_people.JoinLookIn) -> wire_people.JoinLookOut:
    """What an invitation is for. A POST, so that its secret stands in no address."""
    shown = bootstrap.system().invite.look(body.secret)
    given = shown.invitation
    return wire_people.JoinLookOut(
        workspace=shown.workspace,
        email=given.email,
        role=given.role,
        made_by=shown.maker,
        ends_at=instant_of(given.ends_at),
    )


@api.route("/v1/join", methods=["POST"])
@public(status=201)
def join(visit: Visit, body: wire_people.JoinIn) -> Answer[wire.SessionOut]:
    """Join a workspace by an invitation, with a password of one's own, and be signed in."""
    invite = bootstrap.system().invite
    return session_begun(invite.join(body.secret, body.password, address=visit.address, old=visit.cookie))


def _person(who: SignedIn, given: Person) -> wire_people.PersonOut:
    return wire_people.PersonOut(id=given.id, email=given.email, role=given.role, you=given.id == who.user)


def _invitation(shown: Shown) -> wire_people.InvitationOut:
    given = shown.invitation
    return wire_people.InvitationOut(
        id=given.id,
        email=given.email,
        role=given.role,
        made_by=shown.maker,
        made_at=instant_of(given.made_at),
        ends_at=instant_of(given.ends_at),
    )
