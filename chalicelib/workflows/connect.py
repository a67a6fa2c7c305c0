"""Connecting a shop by the way that its kind of channel goes: consent, approval, or keys.

A kind that is paired by approval takes keys as well: whoever fills them in has them already.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.connections import Connection
from chalicelib.domain.pairing import Choice
from chalicelib.workflows.pair import Paired
from chalicelib.workflows.pair_by_approval import PairByApproval
from chalicelib.workflows.pair_by_consent import PairByConsent
from chalicelib.workflows.pair_by_keys import Kind, PairByKeys


class Named(Kind, Protocol):
    @property
    def kind(self) -> str: ...


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What comes next: the merchant goes to `authorize_url`, and the page waits for `pairing`; or the shop is `paired`."""

    authorize_url: str | None = None
    pairing: str | None = None
    paired: Paired | None = None


class Connect:
    """Connects shops of `kinds`."""

    def __init__(
        self,
        *,
        kinds: Mapping[str, Kind],
        by_consent: PairByConsent,
        by_keys: PairByKeys,
        by_approval: PairByApproval,
    ) -> None:
        self._kinds = kinds
        self._by_consent = by_consent
        self._by_keys = by_keys
        self._by_approval = by_approval

    def connect(
        self,
        signed_in: SignedIn,
        kind: str,
        fields: Mapping[str, str],
        choice: Choice = Choice(),  # noqa: B008 - it is frozen
        *,
        account: str | None = None,
    ) -> Step:
        """Take the first step; with `account` for that shop only.

        Raises RequestError with the fields that are wrong, PairingError, ChannelError, Forbidden, TooManyTries.
        """
        known = self._kinds.get(kind)
        if known is None:
            raise errors.RequestError("There is no such channel.", {"kind": "Choose one of the channels."})
        if known.auth == "oauth":
            url = self._by_consent.begin(signed_in, kind, fields, choice, account=account)
            return Step(authorize_url=url)
        if known.auth == "approve" and not _holds_keys(known, fields):
            sent = self._by_approval.begin(signed_in, kind, fields, choice, account=account)
            return Step(authorize_url=sent.url, pairing=sent.pairing)
        return Step(paired=self._by_keys.pair(signed_in, kind, fields, choice, account=account))

    def reconnect(self, signed_in: SignedIn, connection: Connection, fields: Mapping[str, str]) -> Step:
        """Take the first step to the same shop again. Its address, and what was told of it before, need not be filled in.

        Raises what `connect` does.
        """
        known = self._kinds.get(connection.kind)
        address = known.fields[0] if known is not None and known.fields else None
        at = (
            {}
            if known is None or address is None or address.secret or not _has_address(known)
            else {address.name: connection.domain}
        )
        asked = (*known.fields, *known.key_fields) if known is not None else ()
        told = {field.name: connection.traits[field.name] for field in asked if field.name in connection.traits}
        return self.connect(signed_in, connection.kind, told | at | dict(fields), account=connection.account)


def _holds_keys(kind: Kind, fields: Mapping[str, str]) -> bool:
    """Whether something is filled in that only pasting keys asks for."""
    keys = {field.name for field in kind.key_fields} - {field.name for field in kind.fields}
    return any(fields.get(name, "").strip() for name in keys)


def _has_address(kind: Kind) -> bool:
    """Whether the first thing that the kind asks for is the shop's address."""
    return kind.auth != "key" or not kind.hosts
