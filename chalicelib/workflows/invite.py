"""Inviting people into a workspace, and joining it (S13).

An invitation is a link: for one e-mail address, good for seven days, for one use. Its secret stands behind the `#` of the
address, so that no server and no log of one ever sees it but in the body of the request that uses it. It is mailed where mail
is sent at all, and shown to the owner in any case, who may pass it on: an outage of mail loses no invitation. An account belongs
to one workspace, so an address that has one already cannot join another. Few are mailed to one address, whoever invites: beyond that
the link is only shown.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import msgspec

from chalicelib import errors
from chalicelib.domain import mails
from chalicelib.domain.accounts import Role, SignedIn, User, normal_email
from chalicelib.domain.passwords import SALT_BYTES, Passwords, what_is_wrong
from chalicelib.domain.people import (
    INVITATION_PREFIX,
    SECRET_BYTES,
    Invitation,
    Roster,
    a_role,
    day_text,
    new_secret,
    secret_hash,
)
from chalicelib.domain.secret import Secret
from chalicelib.workflows.access_record import AccessRecord
from chalicelib.workflows.people import People
from chalicelib.workflows.sign_in import Opened, SignIn, network, require_recent

if TYPE_CHECKING:
    from chalicelib.storage.accounts import Accounts
    from chalicelib.storage.grants import Found, Grants
    from chalicelib.storage.people import People as PeopleRecords

DAYS = 7
INVITATIONS_MAX = 50
TRIES_MAX = 5
# To one address, whoever invites; then none for a day. Who is written to has not asked for it.
MAILS_MAX = 3
REST_S = 86_400
_MAILED = "invited"
_NO_INVITATION = "This invitation was used, withdrawn, or has ended. Ask for a new one."
_TAKEN = "This address has an account already, and an account belongs to one workspace."


# Sent, not sent though it was tried, not tried because the address was mailed enough of late, or no mail is sent here.
Mailed = Literal["sent", "failed", "held", "off"]


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """A new invitation and its link, which is shown this once. `trouble` is why it was not mailed, for the log."""

    invitation: Invitation
    link: Secret
    mailed: Mailed
    trouble: str | None = None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation with the e-mail of who made it, None once they are gone."""

    invitation: Invitation
    maker: str | None
    workspace: str


class Invite:
    """`base_url` is where our pages are; `random` gives unguessable bytes, `now` aware UTC instants."""

    def __init__(
        self,
        *,
        invitations: "Grants[Invitation]",
        accounts: "Accounts",
        records: "PeopleRecords",
        people: People,
        sign_in: SignIn,
        passwords: Passwords,
        record: AccessRecord,
        mailer: mails.Mailer | None,
        base_url: str,
        now: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._invitations = invitations
        self._accounts = accounts
        self._records = records
        self._people = people
        self._sign_in = sign_in
        self._passwords = passwords
        self._record = record
        self._mailer = mailer
        self._base_url = base_url
        self._now = now
        self._random = random

    def invite(self, who: SignedIn, email: str, role: Role) -> Invited:
        """Invite somebody. An earlier invitation of theirs ends. Raises Forbidden without a recent sign-in, RequestError."""
        require_recent(who, self._now())
        mail = normal_email(email)
        if mail is None:
            wrong = {"email": "This does not look like an email address."}
            raise errors.RequestError("The address cannot be used.", wrong)
        if any(person.email == mail for person in self._people.list(who)):
            raise errors.RequestError("The address cannot be used.", {"email": "They are in this workspace already."})
        earlier = list(self._invitations.list(who.workspace))
        if len(earlier) >= INVITATIONS_MAX:
            raise errors.Conflict(f"There are {INVITATIONS_MAX} invitations already. Withdraw one that nobody needs.")
        at = self._now()
        invitation = Invitation(
            id=self._random(8).hex(),
            workspace=who.workspace,
            email=mail,
            role=role,
            made_by=who.user,
            made_at=int(at.timestamp()),
            ends_at=int((at + timedelta(days=DAYS)).timestamp()),
        )
        secret = new_secret(INVITATION_PREFIX, self._random(SECRET_BYTES))
        self._records.begin(who.workspace, self._people.roster(who))
        self._record.keep(who.workspace, who.email, "invitation", None, f"{mail} ({role})")
        for found in earlier:
            if found.grant.email == mail:
                self._invitations.end(found)
        self._invitations.add(invitation, secret_hash(secret.reveal()))
        ends = day_text(at + timedelta(days=DAYS))
        self._record.tell(who.workspace, f"{who.email} invited {mail} as {a_role(role)}. The link works until {ends}.")
        return self._mailed(who, invitation, Secret(f"{self._base_url}/join#{secret.reveal()}"))

    def list(self, workspace: str) -> tuple[Shown, ...]:
        """The invitations that can still be used, newest first."""
        usable = [found for found in self._invitations.list(workspace) if self._is_usable(found)]
        usable.sort(key=lambda found: (found.grant.made_at, found.grant.id), reverse=True)
        return tuple(map(self._shown, usable))

    def withdraw(self, who: SignedIn, id_: str) -> None:
        """End an invitation at once. Raises NotFound."""
        found = self._invitations.by_id(who.workspace, id_)
        if found is None:
            raise errors.NotFound("There is nothing here.")
        given = found.grant
        self._record.keep(who.workspace, who.email, "invitation", f"{given.email} ({given.role})", None)
        self._invitations.end(found)
        self._record.tell(who.workspace, f"{who.email} withdrew the invitation of {given.email}.")

    def look(self, secret: str) -> Shown:
        """What an invitation is for. Raises NotFound."""
        return self._shown(self._find(secret))

    def join(self, secret: str, password: str, *, address: str, old: str | None = None) -> Opened:
        """Make the invited user, in the workspace and signed in; the session whose cookie is `old` ends.

        Raises NotFound, RequestError, Conflict; a workspace that is full uses up no invitation. They come in as a viewer and are
        raised once their address is theirs: what dies in between is seen by the owners, and never counts as one of them.
        """
        found = self._find(secret)
        given = found.grant
        if complaint := what_is_wrong(password, about=(given.email, given.email.partition("@")[0])):
            raise errors.RequestError("Something has to be corrected first.", {"password": complaint})
        if self._accounts.user_of(given.email) is not None:
            raise errors.Conflict(_TAKEN)
        id_ = self._random(10).hex()
        self._roster(given.workspace).joined_by(id_, "viewer")  # full is told before anything is written
        user = User(
            id=id_,
            workspace=given.workspace,
            email=given.email,
            role="viewer",
            password=self._passwords.keep(password, self._random(SALT_BYTES)),
            epoch=0,
        )
        self._accounts.add_user(user)  # found by nobody yet
        if not self._invitations.spend(found.hash, user.id):
            self._accounts.remove(user)
            raise errors.NotFound(_NO_INVITATION)
        self._record.keep(given.workspace, given.email, "person", None, f"{given.email} ({given.role})")
        try:
            self._change(given.workspace, lambda roster: roster.joined_by(user.id, "viewer"))
        except errors.Conflict:
            self._invitations.give_back(found.hash, user.id)
            self._accounts.remove(user)
            raise
        if not self._accounts.claim_email(user):
            self._change(given.workspace, lambda roster: roster.without(user.id))
            self._accounts.remove(user)
            raise errors.Conflict(_TAKEN)
        if given.role != "viewer":
            self._raise(given.workspace, user.id, given.role)
        self._invitations.end(found)
        self._record.tell(given.workspace, f"{given.email} joined as {a_role(given.role)}.")
        joined = self._accounts.user(user.id)
        if joined is None:
            raise errors.NotFound(_NO_INVITATION)  # an owner was quick to let them go
        self._accounts.note_place(joined.email, network(address), at=int(self._now().timestamp()))
        return self._sign_in.begin(joined, keep=False, old=old)

    def _mailed(self, who: SignedIn, invitation: Invitation, link: Secret) -> Invited:
        """Mail a link that works already."""
        if self._mailer is None:
            return Invited(invitation=invitation, link=link, mailed="off")
        wait_s = self._accounts.take_try(
            _MAILED,
            invitation.email,
            at=int(self._now().timestamp()),
            wait_after=lambda taken: REST_S if taken >= MAILS_MAX else 0,
        )
        if wait_s:
            return Invited(invitation=invitation, link=link, mailed="held")
        workspace = self._accounts.workspace(who.workspace)
        assert workspace is not None, "a workspace that invites is there"
        mail = mails.invitation(
            workspace=workspace.name,
            role=invitation.role,
            maker=who.email,
            link=link.reveal(),
            ends_at=datetime.fromtimestamp(invitation.ends_at, UTC),
        )
        try:
            self._mailer.send(to=invitation.email, subject=mail.subject, text=mail.text)
        except errors.MailFailed as exc:
            self._accounts.give_try_back(_MAILED, invitation.email)
            return Invited(invitation=invitation, link=link, mailed="failed", trouble=str(exc))
        return Invited(invitation=invitation, link=link, mailed="sent")

    def _find(self, secret: str) -> "Found[Invitation]":
        """The invitation, if it can be used. Raises NotFound."""
        found = self._invitations.find(secret_hash(secret)) if secret.startswith(INVITATION_PREFIX) else None
        if found is None or not self._is_usable(found):
            raise errors.NotFound(_NO_INVITATION)
        return found

    def _is_usable(self, found: "Found[Invitation]") -> bool:
        """It is not over, and whoever made it is an owner still."""
        given = found.grant
        if found.spent is not None or self._now().timestamp() >= given.ends_at:
            return False
        maker = self._accounts.user(given.made_by)
        return maker is not None and maker.workspace == given.workspace and maker.role == "owner"

    def _shown(self, found: "Found[Invitation]") -> Shown:
        maker = self._accounts.user(found.grant.made_by)
        workspace = self._accounts.workspace(found.grant.workspace)
        assert workspace is not None, "a workspace that invites is there"
        return Shown(invitation=found.grant, maker=maker.email if maker else None, workspace=workspace.name)

    def _raise(self, workspace: str, user: str, role: Role) -> None:
        place = self._change(workspace, lambda roster: roster.with_role(user, role)).find(user)
        if place is not None:
            self._records.follow(place)

    def _roster(self, workspace: str) -> Roster:
        roster = self._records.roster(workspace)
        assert roster is not None, "who invites begins the roster"
        return roster

    def _change(self, workspace: str, change: Callable[[Roster], Roster]) -> Roster:
        """The roster once it is changed. Raises Conflict."""
        for _ in range(TRIES_MAX):
            seen = self._roster(workspace)
            changed = change(seen)
            if changed == seen or self._records.replace(workspace, seen, changed):
                return changed
        raise errors.Conflict("Somebody else changes the people right now. Try again.")
