"""Pairing a shop by keys that the merchant pastes: they are tried at the channel, and what they open is paired.

What the channel says when it fails is told in its sentence where the kind has hosts of its own. Where merchants name the site,
every failure to answer reads alike, so that nobody learns from us what is open where.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.connections import Credentials
from chalicelib.domain.pairing import Choice
from chalicelib.workflows.pair import Arrival, Pair, Paired, Shop, checked
from chalicelib.workflows.sign_in import require_recent

_SILENT = (
    "No shop answered there as one does. Check the address; if it is right, a firewall or a maintenance page may stand "
    "before the shop. Try again in a moment."
)
_NOT_ACCEPTED = "These keys are not accepted."


class Field(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def secret(self) -> bool: ...
    @property
    def required(self) -> bool: ...
    @property
    def default(self) -> str: ...


class Kind(Protocol):
    """What a kind of channel asks of the merchant. `hosts` are none where each shop has a site of its own."""

    @property
    def auth(self) -> str: ...
    @property
    def fields(self) -> tuple[Field, ...]: ...
    @property
    def key_fields(self) -> tuple[Field, ...]: ...
    @property
    def hosts(self) -> tuple[str, ...]: ...
    @property
    def many_stores(self) -> bool: ...


class Found(Protocol):
    """A shop that answered to `credentials`."""

    @property
    def shop(self) -> Shop: ...
    @property
    def credentials(self) -> Credentials: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...
    @property
    def expected_orders(self) -> int | None: ...


class Keyed(Protocol):
    """A kind of channel that keys open."""

    @property
    def kind(self) -> Kind: ...

    def check(self, fields: Mapping[str, str]) -> Found:
        """Raises RequestError naming the field that is wrong, ChannelError if the channel fails."""
        ...


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What keys open. `expected_orders` is how many orders the first download would bring, None if the channel does not say."""

    shop: Shop
    warnings: tuple[str, ...]
    expected_orders: int | None


class PairByKeys:
    """Pairs shops of the kinds in `keyed`. `limit` counts a try of a workspace and raises TooManyTries."""

    def __init__(
        self, *, pair: Pair, keyed: Mapping[str, Keyed], limit: Callable[[str], object], now: Callable[[], datetime]
    ) -> None:
        self._pair = pair
        self._keyed = keyed
        self._limit = limit
        self._now = now

    def check(self, signed_in: SignedIn, kind: str, fields: Mapping[str, str]) -> Checked:
        """Try keys without pairing. Raises RequestError with the fields that are wrong, ChannelError, Forbidden, NotFound."""
        require_recent(signed_in, self._now())
        if kind not in self._keyed:
            raise errors.NotFound("There is no such channel.")
        found = self._try(signed_in, kind, fields)
        return Checked(shop=found.shop, warnings=found.warnings, expected_orders=found.expected_orders)

    def pair(
        self,
        signed_in: SignedIn,
        kind: str,
        fields: Mapping[str, str],
        choice: Choice = Choice(),  # noqa: B008 - it is frozen
        *,
        account: str | None = None,
    ) -> Paired:
        """Pair what the keys open; with `account` only that shop. Raises what `check` does, and PairingError."""
        require_recent(signed_in, self._now())
        if kind not in self._keyed:
            raise errors.RequestError("There is no such channel.", {"kind": "Choose one of the channels."})
        choice = checked(choice)
        found = self._try(signed_in, kind, fields)
        arrival = arrival_of(signed_in.workspace, signed_in.email, kind, self._keyed[kind].kind, found, choice)
        return self._pair.finish(msgspec.structs.replace(arrival, account=account))

    def _try(self, signed_in: SignedIn, kind: str, fields: Mapping[str, str]) -> Found:
        """What the keys open. Raises RequestError, ChannelError."""
        keyed = self._keyed[kind]
        given = _filled_in(_asked(keyed.kind), fields)
        self._limit(signed_in.workspace)
        return answered(keyed.kind, lambda: keyed.check(given))


def arrival_of(workspace: str, actor: str, name: str, kind: Kind, found: Found, choice: Choice) -> Arrival:
    """What was found, as it is paired. Its address was checked by the kind, whose keys went there."""
    return Arrival(
        workspace=workspace,
        actor=actor,
        kind=name,
        domain=found.shop.domain,
        shop=found.shop,
        credentials=found.credentials,
        choice=choice,
        claims_stores=kind.many_stores,
        warnings=found.warnings,
    )


def answered(kind: Kind, ask: Callable[[], Found]) -> Found:
    """What a channel answers to keys, with its failures as merchants are told them. Raises RequestError, ChannelError."""
    try:
        return ask()
    except errors.AuthExpired as exc:
        wrong = {field.name: _NOT_ACCEPTED for field in _asked(kind) if field.secret}
        raise errors.RequestError(_NOT_ACCEPTED, wrong) from exc
    except errors.RetryableError as exc:
        if kind.hosts:
            raise
        raise errors.RetryableError(_SILENT) from exc


def _asked(kind: Kind) -> tuple[Field, ...]:
    return kind.key_fields or kind.fields


def _filled_in(asked: tuple[Field, ...], fields: Mapping[str, str]) -> dict[str, str]:
    """Each field that is asked for, as it was filled in. Raises RequestError."""
    given = {field.name: fields.get(field.name, field.default) for field in asked}
    wrong = dict.fromkeys(fields.keys() - given.keys(), "This is not asked for.")
    wrong |= {field.name: "Fill this in." for field in asked if field.required and not given[field.name].strip()}
    if wrong:
        raise errors.RequestError("Something has to be corrected first.", wrong)
    return given
