"""Identities at a provider, and ways to it that are under way.

    IDENTITY#<hash of issuer, subject>   IDENTITY   IdentityItem   which user signs in by it; put if absent
    USER#<user>                          IDENTITY#<hash>           IdentityLink   so that the user finds what they sign in by
    TRIP#<hash of state>                 STATE      TripItem       a way that was begun; spent by one conditional write

The identity alone decides. Its link is there before it and goes after it; a link to what is another's is litter.

What the provider is sent to prove the way back (nonce, PKCE verifier) is made from the browser's cookie, of which only the hash
is here. Expiry is checked here; the table's own comes when it likes.
"""

import hashlib
from collections.abc import Callable, Iterator

import msgspec
from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib import errors
from chalicelib.domain.identities import Begun, Identity
from chalicelib.storage.flip import write_surely
from chalicelib.storage.models import Item, key
from chalicelib.storage.table import Table

_TRIES_MAX = 3


class IdentityItem(Item):
    user = UnicodeAttribute()


class IdentityLink(Item):
    pass


class TripItem(Item):
    """`browser` is the hash of a cookie, `body` the packed Begun, `spent` names who used it up."""

    browser = UnicodeAttribute()
    until = NumberAttribute()
    body = BinaryAttribute(legacy_encoding=False)
    spent = UnicodeAttribute(null=True)


_decoder = msgspec.msgpack.Decoder(Begun)


class Identities:
    """The identities of everybody. `new_id` gives names never used twice."""

    def __init__(self, table: Table, new_id: Callable[[], str]) -> None:
        self._table = table
        self._new_id = new_id

    # -- identities

    def user_of(self, identity: Identity) -> str | None:
        """Whose it is. The account may be gone since."""
        item = self._table.get(IdentityItem, *_identity_key(identity))
        return None if item is None else item.user

    def claim(self, identity: Identity, user: str, *, instead_of: str | None = None) -> bool:
        """Let the user sign in by it; False if another has it, other than `instead_of`, whose account is gone."""
        at = _identity_key(identity)
        unclaimed: Condition = IdentityItem.user.does_not_exist()
        if instead_of is not None:
            unclaimed = unclaimed | (IdentityItem.user == instead_of)
        self._link(at, user)
        claimed = write_surely(
            lambda: self._table.put(IdentityItem(*at, user=user), unclaimed),
            lambda: self._table.get(IdentityItem, *at),
            landed=lambda item: item is not None and item.user == user,
            open_still=lambda item: item is None or item.user == instead_of,
        )
        if claimed:
            self._link(at, user)  # which somebody who disconnects all of them may have taken away meanwhile
        return claimed

    def _link(self, at: tuple[str, str], user: str) -> None:
        link = _link_key(at, user)
        write_surely(
            lambda: self._table.put(IdentityLink(*link)),
            lambda: self._table.get(IdentityLink, *link),
            landed=lambda item: item is not None,
            open_still=lambda item: item is None,
        )

    def are_of(self, user: str) -> bool:
        """Whether the user signs in by any."""
        return any(item is not None and item.user == user for _, item in self._linked(user))

    def release_all(self, user: str) -> None:
        """Let the user sign in by none any more. May be done again. Raises Unanswered if that is not sure."""
        for at, _ in list(self._linked(user)):
            self._release(at, user)
            link = _link_key(at, user)
            write_surely(
                lambda link=link: self._table.delete(*link),  # type: ignore[misc]
                lambda link=link: self._table.get(IdentityLink, *link),  # type: ignore[misc]
                landed=lambda item: item is None,
                open_still=lambda item: item is not None,
            )

    def _linked(self, user: str) -> Iterator[tuple[tuple[str, str], IdentityItem | None]]:
        for link in self._table.query(IdentityLink, key("USER", user), begins="IDENTITY#"):
            at = link.sk, "IDENTITY"
            yield at, self._table.get(IdentityItem, *at)

    def release(self, identity: Identity, user: str) -> None:
        """Take back what was claimed for the user. Raises Unanswered if that is not sure."""
        self._release(_identity_key(identity), user)

    def _release(self, at: tuple[str, str], user: str) -> None:
        write_surely(
            lambda: self._table.delete(*at, IdentityItem.user == user),
            lambda: self._table.get(IdentityItem, *at),
            landed=lambda item: item is None or item.user != user,
            open_still=lambda item: item is not None and item.user == user,
        )

    # -- ways under way

    def begin(self, state: str, browser: str, begun: Begun) -> None:
        """Keep what `state`, the hash of a random secret, stands for in the browser whose cookie has that hash."""
        item = TripItem(
            *_trip_key(state),
            browser=browser,
            until=begun.until,
            body=msgspec.msgpack.encode(begun),
            expires_at=begun.until,
        )
        for tries_left in reversed(range(_TRIES_MAX)):
            try:
                # Only we know the secret: what is there is our own first try.
                self._table.insert(item)
                return
            except errors.Refused:
                return
            except errors.Unanswered:
                if not tries_left:
                    raise

    def spend(self, state: str, *, browser: str, at: int) -> Begun | None:
        """Use a state up, once and for all; None if it is not there, used, over, or of another browser."""
        spender = self._new_id()
        good = TripItem.spent.does_not_exist() & (TripItem.browser == browser) & (TripItem.until > at)
        write_surely(
            lambda: self._table.update(*_trip_key(state), [TripItem.spent.set(spender)], good),
            lambda: self._table.get(TripItem, *_trip_key(state)),
            landed=lambda item: item is not None and item.spent == spender,
            open_still=lambda item: (
                item is not None and item.spent is None and item.browser == browser and int(item.until) > at
            ),
        )
        item = self._table.get(TripItem, *_trip_key(state))
        return _decoder.decode(item.body) if item is not None and item.spent == spender else None


def _identity_key(identity: Identity) -> tuple[str, str]:
    who = f"{identity.issuer}\0{identity.subject}".encode("utf-8", "surrogatepass")
    return key("IDENTITY", hashlib.sha256(who).hexdigest()), "IDENTITY"


def _link_key(at: tuple[str, str], user: str) -> tuple[str, str]:
    return key("USER", user), at[0]


def _trip_key(state: str) -> tuple[str, str]:
    return key("TRIP", state), "STATE"
