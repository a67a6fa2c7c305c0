"""Routes of API keys."""

from datetime import UTC, datetime

from chalicelib import bootstrap
from chalicelib.domain.accounts import SignedIn
from chalicelib.entrypoints import wire_people
from chalicelib.entrypoints.http import Role, api, may
from chalicelib.workflows.api_keys import Listed


@api.route("/v1/keys", methods=["GET"])
@may(Role.OWNER)
def keys(who: SignedIn) -> wire_people.ApiKeysOut:
    """The API keys that were not revoked, newest first, without their texts."""
    return wire_people.ApiKeysOut(items=tuple(map(_shown, bootstrap.system().api_keys.list(who.workspace))))


@api.route("/v1/keys", methods=["POST"])
@may(Role.OWNER, status=201)
def make_key(who: SignedIn, body: wire_people.ApiKeyIn) -> wire_people.ApiKeyMadeOut:
    """Make an API key; its text is answered this once. Needs a sign-in of the last 10 minutes."""
    made = bootstrap.system().api_keys.make(who, body.name, body.scope, days=body.days)
    return wire_people.ApiKeyMadeOut(id=made.key.id, key=made.text.reveal(), ends_at=instant_of(made.key.ends_at))


@api.route("/v1/keys/{key}", methods=["DELETE"])
@may(Role.OWNER, status=204)
def revoke_key(who: SignedIn, key: str) -> None:
    """Revoke an API key: it does not work from now on."""
    bootstrap.system().api_keys.revoke(who, key)


def _shown(given: Listed) -> wire_people.ApiKeyOut:
    key = given.key
    return wire_people.ApiKeyOut(
        id=key.id,
        name=key.name,
        scope=key.scope,
        state=given.state,
        made_by=given.maker,
        made_at=instant_of(key.made_at),
        ends_at=instant_of(key.ends_at),
        used_on=None if given.used_at is None else instant_of(given.used_at).date(),
    )


def instant_of(seconds: int) -> datetime:
    """An instant of epoch seconds."""
    return datetime.fromtimestamp(seconds, UTC)
