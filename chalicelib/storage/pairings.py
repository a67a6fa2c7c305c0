"""Pairings under way, how they ended, and which workspace has which shop.

    PAIRING#<hash of state>     STATE                 StateItem    a pairing that was begun; spent by one conditional write
    WS#<workspace>              PAIRING#<name>        OutcomeItem  how it ended; `name` is the hash of what the page knows
    SHOP#<kind>#<account>       CLAIM                 ShopClaim    which workspace has this shop; put if absent, and kept

Of a state and of what the page knows only hashes are stored. Where one connection has many stores, each store is claimed as
shops are. Expiry is checked here or by who asks; the table's own comes when it likes.
"""

from collections.abc import Callable, Sequence

import msgspec
from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib import errors
from chalicelib.domain.pairing import Begun, Outcome
from chalicelib.storage.flip import write_surely
from chalicelib.storage.models import Item, key
from chalicelib.storage.table import Table

OUTCOME_KEPT_S = 86_400

_TRIES_MAX = 3


class StateItem(Item):
    """`body` is the packed Begun, `spent` names who used it up; the others are what the condition asks for."""

    session = UnicodeAttribute()
    workspace = UnicodeAttribute()
    kind = UnicodeAttribute()
    until = NumberAttribute()
    body = BinaryAttribute(legacy_encoding=False)
    spent = UnicodeAttribute(null=True)


class OutcomeItem(Item):
    """`body` is the packed Outcome; until `until` it may still change."""

    until = NumberAttribute()
    body = BinaryAttribute(legacy_encoding=False)


class ShopClaim(Item):
    workspace = UnicodeAttribute()


_begun_decoder = msgspec.msgpack.Decoder(Begun)
_outcome_decoder = msgspec.msgpack.Decoder(Outcome)


class Pairings:
    """The pairings of all workspaces. `new_id` gives names never used twice."""

    def __init__(self, table: Table, new_id: Callable[[], str]) -> None:
        self._table = table
        self._new_id = new_id

    # -- states

    def begin(self, state: str, begun: Begun) -> None:
        """Keep what `state`, the hash of a random secret, stands for; and that its end is waited for, if somebody waits."""
        if begun.outcome:
            # A write that arrives late finds the end there, and leaves it.
            self._put(_outcome_item(begun, Outcome(state="waiting")), OutcomeItem.body.does_not_exist())
        self._put(
            StateItem(
                *_state_key(state),
                session=begun.session,
                workspace=begun.workspace,
                kind=begun.kind,
                until=begun.until,
                body=msgspec.msgpack.encode(begun),
                expires_at=begun.until,
            ),
            # Only we know the secret: what is there is our own first try, and it may be spent by now.
            StateItem.session.does_not_exist(),
        )

    def spend(self, state: str, *, session: str, workspace: str, kind: str, at: int) -> Begun | None:
        """Use a state up, once and for all; None if it is not there, used, over, or of another session or kind."""
        return self._spend(
            state,
            (StateItem.session == session) & (StateItem.workspace == workspace),
            lambda item: (item.session, item.workspace) == (session, workspace),
            kind=kind,
            at=at,
        )

    def spend_posted(self, state: str, *, kind: str, at: int) -> Begun | None:
        """The same for a state that a shop brings, which has no session. Who began is checked by who asks."""
        return self._spend(state, None, lambda item: True, kind=kind, at=at)

    def _spend(
        self, state: str, whose: Condition | None, is_theirs: Callable[[StateItem], bool], *, kind: str, at: int
    ) -> Begun | None:
        spender = self._new_id()
        good = StateItem.spent.does_not_exist() & (StateItem.kind == kind) & (StateItem.until > at)
        write_surely(
            lambda: self._table.update(
                *_state_key(state), [StateItem.spent.set(spender)], good if whose is None else good & whose
            ),
            lambda: self._table.get(StateItem, *_state_key(state)),
            landed=lambda item: item is not None and item.spent == spender,
            open_still=lambda item: (
                item is not None
                and item.spent is None
                and item.kind == kind
                and int(item.until) > at
                and is_theirs(item)
            ),
        )
        item = self._table.get(StateItem, *_state_key(state))
        if item is None or item.spent != spender:
            return None
        return _begun_decoder.decode(item.body)

    # -- outcomes

    def end(self, begun: Begun, outcome: Outcome) -> None:
        """Tell whoever waits how it ended. A state is spent once, so nobody else tells."""
        if begun.outcome:
            self._put(_outcome_item(begun, outcome))

    def outcome(self, workspace: str, name: str) -> tuple[Outcome, int] | None:
        """How the workspace's pairing ended, and until when (epoch seconds) it can; None if there is none of that name."""
        item = self._table.get(OutcomeItem, *_outcome_key(workspace, name))
        return (_outcome_decoder.decode(item.body), int(item.until)) if item else None

    # -- claims

    def claim_shops(self, workspace: str, kind: str, accounts: Sequence[str]) -> bool:
        """Let the workspace have all these shops; False if another one has any. A claim outlives the connection.

        They are looked at first, so that a refusal leaves no claim behind but in a race of two workspaces.
        """
        wanted = [_claim_key(kind, account) for account in dict.fromkeys(accounts)]
        if any(claim.workspace != workspace for claim in self._table.get_many(ShopClaim, wanted).values()):
            return False
        return all(self._claim(workspace, at) for at in wanted)

    def _claim(self, workspace: str, at: tuple[str, str]) -> bool:
        return write_surely(
            lambda: self._table.insert(ShopClaim(*at, workspace=workspace)),
            lambda: self._table.get(ShopClaim, *at),
            landed=lambda item: item is not None and item.workspace == workspace,
            open_still=lambda item: item is None,
        )

    def _put(self, item: Item, condition: Condition | None = None) -> None:
        """A write that may be done twice."""
        for tries_left in reversed(range(_TRIES_MAX)):
            try:
                self._table.put(item, condition)
                return
            except errors.Refused:
                return
            except errors.Unanswered:
                if not tries_left:
                    raise


def _outcome_item(begun: Begun, outcome: Outcome) -> OutcomeItem:
    return OutcomeItem(
        *_outcome_key(begun.workspace, begun.outcome),
        until=begun.until,
        body=msgspec.msgpack.encode(outcome),
        expires_at=begun.until + OUTCOME_KEPT_S,
    )


def _state_key(state: str) -> tuple[str, str]:
    return key("PAIRING", state), "STATE"


def _outcome_key(workspace: str, name: str) -> tuple[str, str]:
    return key("WS", workspace), key("PAIRING", name)


def _claim_key(kind: str, account: str) -> tuple[str, str]:
    return key("SHOP", kind, account), "CLAIM"
