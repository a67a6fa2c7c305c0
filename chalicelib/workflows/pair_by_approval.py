"""Pairing a shop by approval on its own site, which then posts keys to us, unsigned and without a session.

Of a post only the state is taken for what it says, and only because it is a secret that we gave: it is used up by that, once
and for all. Then the one who began is looked up again: their session goes on, and they may still connect shops. The keys
are tried at the site that was begun with, whoever posted them, and what that site says of itself is paired.

Every post that comes to nothing is refused alike. How it ended is told to the workspace that began, under a name that is no
part of the state.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import SignedIn, User
from chalicelib.domain.pairing import Begun, Choice, Outcome
from chalicelib.workflows.pair import Pair, Paired, PairingError, checked
from chalicelib.workflows.pair_by_keys import Found, Kind, answered, arrival_of
from chalicelib.workflows.pair_state import STATE_S, hashed, unguessable
from chalicelib.workflows.sign_in import require_recent

if TYPE_CHECKING:
    from chalicelib.storage.pairings import Pairings

# What a post may take that came in time: longer than the function that answers it may run.
ANSWER_S = 60

_REFUSED = "This does not belong to a pairing that was begun here."


class Approved(Protocol):
    """A kind of channel whose shops post keys to us."""

    @property
    def kind(self) -> Kind: ...

    def address(self, fields: Mapping[str, str]) -> str:
        """The site that the merchant named. Raises RequestError."""
        ...

    def approve_url(self, address: str, *, state: str, back: str) -> str: ...

    def state_in(self, posted: bytes) -> str:
        """Raises RequestError."""
        ...

    def check_posted(self, address: str, posted: bytes) -> Found:
        """Raises ChannelError."""
        ...


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """Where to send the merchant, and under what name the page asks how it ended."""

    url: str
    pairing: str


class PairByApproval:
    """Pairs shops of the kinds in `approved`.

    `limit` counts a try of a workspace and raises TooManyTries. `user_of` tells whose a session is as long as it goes on. `back`
    is where a kind's merchants are led afterwards, a page of ours.
    """

    def __init__(
        self,
        *,
        pair: Pair,
        pairings: "Pairings",
        approved: Mapping[str, Approved],
        limit: Callable[[str], object],
        user_of: Callable[[str], User | None],
        back: Callable[[str, str], str],
        now: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._pair = pair
        self._pairings = pairings
        self._approved = approved
        self._limit = limit
        self._user_of = user_of
        self._back = back
        self._now = now
        self._random = random

    def begin(
        self,
        signed_in: SignedIn,
        kind: str,
        fields: Mapping[str, str],
        choice: Choice = Choice(),  # noqa: B008 - it is frozen
        *,
        account: str | None = None,
    ) -> Sent:
        """Where the merchant approves. Raises RequestError with the field that is wrong, ChannelError, Forbidden.

        With `account` only that shop may be paired.
        """
        require_recent(signed_in, self._now())
        approved = self._approved.get(kind)
        if approved is None:
            raise errors.RequestError("There is no such channel.", {"kind": "Choose one of the channels."})
        choice = checked(choice)
        self._limit(signed_in.workspace)
        address = approved.address(fields)
        state, pairing = unguessable(self._random), unguessable(self._random)
        begun = Begun(
            session=signed_in.session,
            workspace=signed_in.workspace,
            kind=kind,
            shop=address,
            until=self._seconds() + STATE_S,
            choice=choice,
            account=account,
            outcome=hashed(pairing),
        )
        self._pairings.begin(hashed(state), begun)
        return Sent(url=approved.approve_url(address, state=state, back=self._back(kind, pairing)), pairing=pairing)

    def finish(self, kind: str, posted: bytes) -> Paired:
        """Pair the shop whose keys were posted. Raises RequestError, alike whatever was wrong."""
        approved = self._approved.get(kind)
        begun = self._spent(kind, approved, posted)
        if approved is None or begun is None:
            raise errors.RequestError(_REFUSED)
        try:
            paired = self._finish(begun, approved, posted)
        except (errors.RequestError, errors.ChannelError) as exc:
            self._pairings.end(begun, Outcome(state="refused", reason=str(exc)))
            raise errors.RequestError(_REFUSED) from exc
        except errors.StorageError:
            # Whoever waits is not kept waiting if that can be helped; the site is told that its keys were not taken.
            with suppress(errors.StorageError):
                self._pairings.end(begun, Outcome(state="refused", reason=str(PairingError("unreachable"))))
            raise
        # It is paired: a site that heard otherwise would take its keys back.
        with suppress(errors.StorageError):
            self._pairings.end(begun, Outcome(state="paired", connection=paired.connection.id))
        return paired

    def outcome(self, signed_in: SignedIn, pairing: str) -> Outcome | None:
        """How a pairing of the workspace ended; None if it can end no more. Raises NotFound."""
        found = self._pairings.outcome(signed_in.workspace, hashed(pairing))
        if found is None:
            raise errors.NotFound("There is no such pairing.")
        outcome, until = found
        if outcome.state == "waiting" and self._seconds() >= until + ANSWER_S:
            return None
        return outcome

    def _spent(self, kind: str, approved: Approved | None, posted: bytes) -> Begun | None:
        """What the state in the post stands for; None if it is none, or used up."""
        if approved is None:
            return None
        try:
            state = approved.state_in(posted)
        except errors.RequestError:
            return None
        return self._pairings.spend_posted(hashed(state), kind=kind, at=self._seconds())

    def _finish(self, begun: Begun, approved: Approved, posted: bytes) -> Paired:
        user = self._user_of(begun.session)
        if user is None or user.workspace != begun.workspace or user.role != "owner":
            raise PairingError("not_allowed", begun.shop)
        found = answered(approved.kind, lambda: approved.check_posted(begun.shop, posted))
        arrival = arrival_of(begun.workspace, user.email, begun.kind, approved.kind, found, begun.choice)
        return self._pair.finish(msgspec.structs.replace(arrival, account=begun.account))

    def _seconds(self) -> int:
        return int(self._now().timestamp())
