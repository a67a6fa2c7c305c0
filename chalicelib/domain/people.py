"""Who belongs to a workspace, and what gives others a way in: API keys and invitations.

Keys and invitations are 256 random bits behind a prefix that tells what they are; only their hash is kept.
"""

import hashlib
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Literal, get_args

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import Role
from chalicelib.domain.secret import Secret

Scope = Literal["read", "write"]

SECRET_BYTES = 32
KEY_PREFIX = "daybook_key_"
INVITATION_PREFIX = "daybook_invitation_"
RESET_PREFIX = "daybook_reset_"
PEOPLE_MAX = 100
_RANKS: tuple[Role, ...] = get_args(Role)
_ROLE_OF: dict[Scope, Role] = {"read": "viewer", "write": "member"}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a workspace. `role` None is being removed; `change` numbers the change that gave it."""

    user: str
    role: Role | None
    change: int = 0


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody in a workspace, in the order they came. It has an owner at all times; `version` rises with every change."""

    version: int
    places: tuple[Place, ...]

    def find(self, user: str) -> Place | None:
        """Their place; None for strangers and for who is being removed."""
        return next((place for place in self.places if place.user == user and place.role is not None), None)

    def with_role(self, user: str, role: Role | None) -> "Roster":
        """The roster in which somebody who is here has another role, or none. Raises Conflict for the last owner."""
        owners = [place.user for place in self.places if place.role == "owner"]
        if role != "owner" and owners == [user]:
            raise errors.Conflict("A workspace has an owner at all times. Make somebody else an owner first.")
        changed = Place(user=user, role=role, change=self.version + 1)
        return Roster(
            version=self.version + 1,
            places=tuple(changed if place.user == user else place for place in self.places),
        )

    def joined_by(self, user: str, role: Role) -> "Roster":
        """The roster with one more; once more is the same. Raises Conflict when it is full."""
        if self.find(user):
            return self
        if len(self.places) >= PEOPLE_MAX:
            raise errors.Conflict(f"A workspace has at most {PEOPLE_MAX} people. Ask its owner to make room.")
        return Roster(version=self.version + 1, places=(*self.places, Place(user=user, role=role)))

    def without(self, user: str) -> "Roster":
        """The roster once somebody who was being removed is gone."""
        kept = tuple(place for place in self.places if place.user != user)
        return Roster(version=self.version + 1, places=kept) if len(kept) < len(self.places) else self


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key for programs, as it is stored under its hash. `made_by` is a user; instants are epoch seconds."""

    id: str
    workspace: str
    name: str
    scope: Scope
    made_by: str
    made_at: int
    ends_at: int


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A way into a workspace for one e-mail address, once. Stored under its hash; instants are epoch seconds."""

    id: str
    workspace: str
    email: str
    role: Role
    made_by: str
    made_at: int
    ends_at: int


def role_of(scope: Scope, maker: Role) -> Role:
    """What a key may: what its scope says, and never more than whoever made it may now."""
    return min(_ROLE_OF[scope], maker, key=_RANKS.index)


def rank(role: Role) -> int:
    """Each role may what those of a lower rank may."""
    return _RANKS.index(role)


def new_secret(prefix: str, random: bytes) -> Secret:
    """What is shown once."""
    return Secret(prefix + urlsafe_b64encode(random).decode().rstrip("="))


def secret_hash(text: str) -> str:
    """What is kept of it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def a_role(role: Role) -> str:
    """The role in a sentence."""
    return f"an {role}" if role == "owner" else f"a {role}"


def day_text(at: datetime) -> str:
    """A day in a sentence."""
    return f"{at:%b} {at.day}, {at.year}"
