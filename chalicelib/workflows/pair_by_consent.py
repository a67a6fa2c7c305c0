"""Pairing a shop by OAuth: sending the merchant to it, and what happens when they come back.

What comes back is not believed before it is checked, in this order: the channel's signature over it, the shop's address, the
state that we gave, which is used up by that. Only then is the code exchanged, and the shop asked who it is.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from chalicelib import errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.connections import Credentials
from chalicelib.domain.pairing import Begun, Choice
from chalicelib.workflows.pair import Arrival, Pair, Paired, PairingError, Shop, checked
from chalicelib.workflows.pair_state import STATE_S, hashed, unguessable
from chalicelib.workflows.sign_in import require_recent

if TYPE_CHECKING:
    from chalicelib.storage.pairings import Pairings


class Grants(Protocol):
    """How a kind of channel grants access. `wanted` are all scopes we ask for, `needed` those without which nothing works."""

    wanted: frozenset[str]
    needed: frozenset[str]

    def shop_domain(self, text: str) -> str | None:
        """The address of a shop in what somebody typed or a callback says; None if it is none."""
        ...

    def authorize_url(self, domain: str, state: str) -> str: ...

    def callback_is_genuine(self, params: Mapping[str, str]) -> bool: ...

    def exchange(self, domain: str, code: str) -> Credentials:
        """Raises ChannelError."""
        ...

    def read_shop(self, domain: str, tokens: Credentials) -> Shop:
        """Raises ChannelError."""
        ...


class PairByConsent:
    """Pairs shops of the kinds in `grants`. `limit` counts a try of a workspace and raises TooManyTries."""

    def __init__(
        self,
        *,
        pair: Pair,
        pairings: "Pairings",
        grants: Mapping[str, Grants],
        limit: Callable[[str], object],
        now: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._pair = pair
        self._pairings = pairings
        self._grants = grants
        self._limit = limit
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
    ) -> str:
        """Where to send the merchant. Raises RequestError with the field that is wrong, Forbidden after an old sign-in.

        With `account` only that shop may come back.
        """
        require_recent(signed_in, self._now())
        grants = self._grants.get(kind)
        if grants is None:
            raise errors.RequestError("There is no such channel.", {"kind": "Choose one of the channels."})
        choice = checked(choice)
        domain = grants.shop_domain(fields.get("shop", ""))
        if domain is None:
            raise errors.RequestError("That is not a shop's address.", {"shop": "It looks like name.myshopify.com."})
        self._limit(signed_in.workspace)
        state = unguessable(self._random)
        begun = Begun(
            session=signed_in.session,
            workspace=signed_in.workspace,
            kind=kind,
            shop=domain,
            until=self._seconds() + STATE_S,
            choice=choice,
            account=account,
        )
        self._pairings.begin(hashed(state), begun)
        return grants.authorize_url(domain, state)

    def finish(self, signed_in: SignedIn, kind: str, params: Mapping[str, str]) -> Paired:
        """Pair the shop that the merchant came back from. Raises PairingError."""
        grants = self._grants.get(kind)
        if grants is None:
            raise errors.NotFound("There is no such channel.")
        begun = self._checked(signed_in, kind, grants, params)
        domain = begun.shop
        try:
            tokens = grants.exchange(domain, params["code"])
            granted = frozenset(tokens.scopes)
            if not grants.needed <= granted <= grants.wanted:
                raise PairingError("scopes", domain)
            shop = grants.read_shop(domain, tokens)
        except errors.AuthExpired as exc:
            raise PairingError("refused", domain) from exc
        except errors.ChannelError as exc:
            raise PairingError("unreachable", domain) from exc
        return self._pair.finish(
            Arrival(
                workspace=signed_in.workspace,
                actor=signed_in.email,
                kind=kind,
                domain=domain,
                shop=shop,
                credentials=tokens,
                choice=begun.choice,
                account=begun.account,
            )
        )

    def _checked(self, signed_in: SignedIn, kind: str, grants: Grants, params: Mapping[str, str]) -> Begun:
        """The pairing that came back, after every check that can be made before asking the channel."""
        declined = "error" in params and "code" not in params
        if not grants.callback_is_genuine(params):
            raise PairingError("declined" if declined else "not_genuine")
        shop = params.get("shop", "")
        if grants.shop_domain(shop) != shop:
            raise PairingError("not_genuine")
        begun = self._pairings.spend(
            hashed(params.get("state", "")),
            session=signed_in.session,
            workspace=signed_in.workspace,
            kind=kind,
            at=self._seconds(),
        )
        if begun is None:
            raise PairingError("expired", shop)
        if shop != begun.shop:
            raise PairingError("other_shop", shop)
        if "code" not in params:
            raise PairingError("declined", shop)
        return begun

    def _seconds(self) -> int:
        return int(self._now().timestamp())
