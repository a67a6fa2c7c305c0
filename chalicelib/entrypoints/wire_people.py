"""The shapes of API keys, of the people of a workspace, of joining it, of a forgotten password and of one-time codes."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

Role = Literal["viewer", "member", "owner"]
Scope = Literal["read", "write"]
Days = Annotated[int, msgspec.Meta(ge=1, le=366)]


class ApiKeyOut(msgspec.Struct, frozen=True):
    """A key without its text. It was used last on the UTC day `used_on`; `made_by` is null, and it is `stopped`, once they left."""

    id: str
    name: str
    scope: Scope
    state: Literal["active", "ended", "stopped"]
    made_by: str | None
    made_at: datetime
    ends_at: datetime
    used_on: date | None


class ApiKeysOut(msgspec.Struct, frozen=True):
    items: tuple[ApiKeyOut, ...]
    next: str | None = None


class ApiKeyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/keys`: a key that works for so many days."""

    name: str
    scope: Scope
    days: Days = 365


class ApiKeyMadeOut(msgspec.Struct, frozen=True):
    """`key` is shown this once; it goes into `Authorization: Bearer`."""

    id: str
    key: str
    ends_at: datetime


class PersonOut(msgspec.Struct, frozen=True):
    id: str
    email: str
    role: Role
    you: bool


class PeopleOut(msgspec.Struct, frozen=True):
    """`GET /v1/people`, in the order they came."""

    items: tuple[PersonOut, ...]
    next: str | None = None


class RoleIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`PATCH /v1/people/{person}`; it ends that person's sessions."""

    role: Role


class InvitationIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: str
    role: Role


class InvitationMadeOut(msgspec.Struct, frozen=True):
    """`link` is shown this once, to be passed on to whom it is for unless it was `sent` to them.

    `held`: their address was mailed enough invitations of late, and gets no more for a day. `off`: no mail is sent here.
    """

    id: str
    link: str
    ends_at: datetime
    mailed: Literal["sent", "failed", "held", "off"]


class InvitationOut(msgspec.Struct, frozen=True):
    id: str
    email: str
    role: Role
    made_by: str | None
    made_at: datetime
    ends_at: datetime


class InvitationsOut(msgspec.Struct, frozen=True):
    """`GET /v1/invitations`: those that can still be used."""

    items: tuple[InvitationOut, ...]
    next: str | None = None


class JoinLookIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`secret` is what stands behind the `#` of the link."""

    secret: str


class JoinLookOut(msgspec.Struct, frozen=True):
    """What an invitation is for; `made_by` invites."""

    workspace: str
    email: str
    role: Role
    made_by: str | None
    ends_at: datetime


class JoinIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    secret: str
    password: str


class ResetIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: str


class ResetAskedOut(msgspec.Struct, frozen=True):
    """The same for every address. `mails` is false where no mail is sent at all."""

    mails: bool


class ResetLookIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`secret` is what stands behind the `#` of the link."""

    secret: str


class ResetLookOut(msgspec.Struct, frozen=True):
    email: str


class ResetPasswordIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    secret: str
    password: str


class CodesOut(msgspec.Struct, frozen=True):
    """`GET /v1/codes`: since when one's own sign-in asks for codes, null if it does not. Without a password it `can` not."""

    can: bool
    since: datetime | None
    recovery_left: int


class CodesProposedOut(msgspec.Struct, frozen=True):
    """What an app is set up with, shown this once: `key` to type, or `address` to draw as a QR code."""

    proposal: str
    key: str
    address: str


class CodesOnIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/codes/on`: what the app shows, and the `proposal` that it was set up with, so that no other is turned on."""

    code: str
    proposal: str = ""


class RecoveryCodesOut(msgspec.Struct, frozen=True):
    """Each works once in place of the app's; shown this once."""

    recovery: tuple[str, ...]
