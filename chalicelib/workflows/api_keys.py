"""API keys: how programs come in (S15).

A key acts in its workspace as a viewer or a member, as its scope says, and never as more than whoever made it is now: when
that person leaves, their keys stop. It ends after a year at most, and at once when it is revoked.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import SignedIn, User, normal_name
from chalicelib.domain.people import (
    KEY_PREFIX,
    SECRET_BYTES,
    ApiKey,
    Scope,
    day_text,
    new_secret,
    role_of,
    secret_hash,
)
from chalicelib.domain.secret import Secret
from chalicelib.workflows.access_record import AccessRecord
from chalicelib.workflows.sign_in import require_recent

if TYPE_CHECKING:
    from chalicelib.storage.accounts import Accounts
    from chalicelib.storage.grants import Found, Grants

KEYS_MAX = 50
USE_NOTED_EVERY_S = 86_400
_NO_KEY = "This key does not work. It is not complete, was revoked, or has ended."

State = Literal["active", "ended", "stopped"]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A new key and its text, which is shown this once."""

    key: ApiKey
    text: Secret


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A key as people see it. `stopped` is one whose maker is gone; `maker` is their e-mail, None then."""

    key: ApiKey
    maker: str | None
    used_at: int | None
    state: State


class ApiKeys:
    """`random` gives unguessable bytes, `now` aware UTC instants."""

    def __init__(
        self,
        *,
        keys: "Grants[ApiKey]",
        accounts: "Accounts",
        record: AccessRecord,
        now: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._keys = keys
        self._accounts = accounts
        self._record = record
        self._now = now
        self._random = random

    def make(self, who: SignedIn, name: str, scope: Scope, *, days: int) -> Made:
        """Make a key that works for so many days. Raises Forbidden without a recent sign-in, RequestError, Conflict."""
        require_recent(who, self._now())
        named = normal_name(name)
        if named is None:
            raise errors.RequestError("The name cannot be used.", {"name": "1 to 80 characters that can be read."})
        if len(list(self._keys.list(who.workspace))) >= KEYS_MAX:
            raise errors.Conflict(f"There are {KEYS_MAX} keys already. Revoke one that nobody needs.")
        at = self._now()
        key = ApiKey(
            id=self._random(8).hex(),
            workspace=who.workspace,
            name=named,
            scope=scope,
            made_by=who.user,
            made_at=int(at.timestamp()),
            ends_at=int((at + timedelta(days=days)).timestamp()),
        )
        text = new_secret(KEY_PREFIX, self._random(SECRET_BYTES))
        self._record.keep(who.workspace, who.email, "api_key", None, _shown(key))
        self._keys.add(key, secret_hash(text.reveal()))
        ends = day_text(at + timedelta(days=days))
        self._record.tell(who.workspace, f"{who.email} made the API key “{named}” ({scope}). It works until {ends}.")
        return Made(key=key, text=text)

    def read(self, text: str) -> SignedIn:
        """Who asks, by the key they sent. Raises NotSignedIn."""
        found = self._keys.find(secret_hash(text)) if text.startswith(KEY_PREFIX) else None
        now = int(self._now().timestamp())
        if found is None or now >= found.grant.ends_at:
            raise errors.NotSignedIn(_NO_KEY)
        key = found.grant
        maker = self._accounts.user(key.made_by)
        if maker is None or maker.workspace != key.workspace:
            raise errors.NotSignedIn(_NO_KEY)
        today = now - now % USE_NOTED_EVERY_S
        if found.used_at is None or found.used_at < today:
            self._keys.note_used(found.hash, today)
        return SignedIn(
            session="",
            user=f"key {key.id}",
            email=f"API key “{key.name}”",
            role=role_of(key.scope, maker.role),
            workspace=key.workspace,
            signed_in_at=datetime.fromtimestamp(0, UTC),  # never recent: a key does nothing that needs a person
            token=Secret(text),
        )

    def list(self, workspace: str) -> tuple[Listed, ...]:
        """All keys that were not revoked, newest first; those that ended stay for a month."""
        found = sorted(self._keys.list(workspace), key=lambda each: (each.grant.made_at, each.grant.id), reverse=True)
        makers = {user: self._accounts.user(user) for user in {each.grant.made_by for each in found}}
        return tuple(self._listed(each, makers[each.grant.made_by]) for each in found)

    def _listed(self, found: "Found[ApiKey]", maker: User | None) -> Listed:
        ended = self._now().timestamp() >= found.grant.ends_at
        return Listed(
            key=found.grant,
            maker=maker.email if maker else None,
            used_at=found.used_at,
            state="ended" if ended else "active" if maker else "stopped",
        )

    def revoke(self, who: SignedIn, id_: str) -> None:
        """End a key at once. Raises NotFound."""
        found = self._keys.by_id(who.workspace, id_)
        if found is None:
            raise errors.NotFound("There is nothing here.")
        self._record.keep(who.workspace, who.email, "api_key", _shown(found.grant), None)
        self._keys.end(found)
        self._record.tell(who.workspace, f"{who.email} revoked the API key “{found.grant.name}”.")


def _shown(key: ApiKey) -> str:
    return f"{key.name} ({key.scope})"
