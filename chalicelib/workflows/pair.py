"""Pairing a shop by OAuth: sending the merchant to it, and what happens when they come back.

What comes back is not believed before it is checked, in this order: the channel's signature over it, the shop's address, the
state that we gave, which is used up by that. Only then is the code exchanged. The shop then says itself who it is, and a
shop belongs to one workspace. The same shop paired again is the same connection, with its days.

A crash on the way loses nothing that was acknowledged: the merchant begins again, and every step may be done twice.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.activity import Level
from chalicelib.domain.connections import Connection, Credentials, StoreName, connection_id
from chalicelib.domain.days import backfill_days, day_of
from chalicelib.domain.pairing import Begun
from chalicelib.workflows.sign_in import require_recent

if TYPE_CHECKING:
    from chalicelib.storage.connections import Connections

STATE_S = 600
COLOURS = 6

_STATE_BYTES = 32
_TRIES_MAX = 8

Code = Literal["not_genuine", "declined", "expired", "other_shop", "refused", "scopes", "taken", "unreachable"]

_SENTENCES: dict[Code, str] = {
    "not_genuine": "What came back was not from the shop, so nothing was connected.",
    "declined": "You did not allow access, so nothing was connected.",
    "expired": "This took too long or was done before. Begin again.",
    "other_shop": "You signed in to another shop than you named, so nothing was connected.",
    "refused": "The shop did not accept the sign-in, so nothing was connected. Begin again.",
    "scopes": "The shop granted other permissions than we asked for, so nothing was connected.",
    "taken": "This shop cannot be connected here. Write to us if it is yours.",
    "unreachable": "The shop did not answer, so nothing was connected. Try again in a moment.",
}


class PairingError(errors.RequestError):
    """A pairing that did not come about: `code` says why, `shop` which one came back."""

    def __init__(self, code: Code, shop: str = "") -> None:
        super().__init__(_SENTENCES[code])
        self.code = code
        self.shop = shop


class Store(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


class Shop(Protocol):
    """A shop as it describes itself."""

    @property
    def account(self) -> str: ...
    @property
    def domain(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def zone(self) -> str | None: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def stores(self) -> tuple[Store, ...]: ...
    @property
    def reach_days(self) -> int | None: ...
    @property
    def traits(self) -> dict[str, str]: ...


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


class Note(Protocol):
    """Writes a line of activity."""

    def __call__(self, workspace: str, level: Level, text: str, *, connection_id: str | None) -> None: ...


class Paired(msgspec.Struct, frozen=True, kw_only=True):
    """A connection and the sync that brings its last 90 days."""

    connection: Connection
    sync: str


class Pair:
    """Pairs shops. `grants` is by kind; `start_backfill` is told who asked, may run twice and returns a sync's id;
    `finish_parting` ends what is left of a disconnecting."""

    def __init__(
        self,
        *,
        connections: "Connections",
        grants: Mapping[str, Grants],
        finish_parting: Callable[[Connection], None],
        start_backfill: Callable[[Connection, str], str],
        note: Note,
        now: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._connections = connections
        self._grants = grants
        self._finish_parting = finish_parting
        self._start_backfill = start_backfill
        self._note = note
        self._now = now
        self._random = random

    def begin(self, signed_in: SignedIn, kind: str, fields: Mapping[str, str]) -> str:
        """Where to send the merchant. Raises RequestError with the field that is wrong, Forbidden after an old sign-in."""
        require_recent(signed_in, self._now())
        grants = self._grants.get(kind)
        if grants is None:
            raise errors.RequestError("There is no such channel.", {"kind": "Choose one of the channels."})
        domain = grants.shop_domain(fields.get("shop", ""))
        if domain is None:
            raise errors.RequestError("That is not a shop's address.", {"shop": "It looks like name.myshopify.com."})
        state = urlsafe_b64encode(self._random(_STATE_BYTES)).decode().rstrip("=")
        begun = Begun(
            session=signed_in.session,
            workspace=signed_in.workspace,
            kind=kind,
            shop=domain,
            until=self._seconds() + STATE_S,
        )
        self._connections.begin_pairing(_hashed(state), begun)
        return grants.authorize_url(domain, state)

    def finish(self, signed_in: SignedIn, kind: str, params: Mapping[str, str]) -> Paired:
        """Pair the shop that the merchant came back from. Raises PairingError."""
        grants = self._grants.get(kind)
        if grants is None:
            raise errors.NotFound("There is no such channel.")
        domain = self._checked(signed_in, kind, grants, params)
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
        if not self._connections.claim_shop(signed_in.workspace, kind, shop.account):
            raise PairingError("taken", domain)
        paired = self._describe(signed_in.workspace, kind, domain, shop)
        connection = self._pair(paired, tokens)
        sync = self._start_backfill(connection, signed_in.email)
        text = f"{connection.name} is connected. The last 90 days are on their way."
        self._note(connection.workspace, "info", text, connection_id=connection.id)
        if shop.zone is None and connection.settings.calendar is None:
            text = f"{connection.name} names no time zone we know: its days are cut by UTC until you choose one in its order settings."
            self._note(connection.workspace, "warning", text, connection_id=connection.id)
        return Paired(connection=connection, sync=sync)

    def _checked(self, signed_in: SignedIn, kind: str, grants: Grants, params: Mapping[str, str]) -> str:
        """The shop that came back, after every check that can be made before asking the channel."""
        declined = "error" in params and "code" not in params
        if not grants.callback_is_genuine(params):
            raise PairingError("declined" if declined else "not_genuine")
        shop = params.get("shop", "")
        if grants.shop_domain(shop) != shop:
            raise PairingError("not_genuine")
        begun = self._connections.spend_state(
            _hashed(params.get("state", "")),
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
        return shop

    def _describe(self, workspace: str, kind: str, domain: str, shop: Shop) -> Connection:
        """The connection as it is if the shop is paired for the first time.

        Its address is the one that was checked: where a channel says it can be found, we do not send secrets.
        """
        return Connection(
            workspace=workspace,
            id=connection_id(workspace, kind, shop.account),
            kind=kind,
            account=shop.account,
            domain=domain,
            name=shop.name,
            zone=shop.zone or "UTC",
            currency=shop.currency or "USD",
            stores=tuple(StoreName(store.id, store.name) for store in shop.stores),
            state="paired",
            epoch=1,
            colour=self._colour(workspace),
            reach_days=shop.reach_days,
            sign_in_needed=False,
            credentials_version=1,
            paired_at=self._now(),
            traits=shop.traits,
            history_from=_history_from(self._now(), shop.zone or "UTC", shop.reach_days),
        )

    def _pair(self, described: Connection, tokens: Credentials) -> Connection:
        """Write the connection with its tokens; over the one that was there if it was paired before."""
        for _ in range(_TRIES_MAX):
            seen = self._connections.get(described.workspace, described.id)
            if seen is not None and seen.state == "parting":
                self._finish_parting(seen)
                continue
            paired = described if seen is None else _again(seen, described)
            if self._connections.pair(seen, paired, tokens):
                return paired
        raise PairingError("unreachable", described.domain)

    def _colour(self, workspace: str) -> int:
        """The colour that the fewest of the workspace's connections have."""
        used = [connection.colour for connection in self._connections.list(workspace)]
        return min(range(1, COLOURS + 1), key=used.count)

    def _seconds(self) -> int:
        return int(self._now().timestamp())


def _history_from(now: datetime, zone: str, reach_days: int | None) -> date:
    """The first day of the first download, as far as the shop shows it."""
    today = day_of(now, zone)
    first = backfill_days(today)[-1]
    return first if reach_days is None else max(first, today - timedelta(days=reach_days - 1))


def _again(seen: Connection, described: Connection) -> Connection:
    """The connection paired again: what the merchant or its days have settled stays."""
    return msgspec.structs.replace(
        described,
        name=seen.name,
        zone=seen.zone,
        settings=seen.settings,
        history_from=min(seen.history_from, described.history_from),
        colour=seen.colour,
        epoch=seen.epoch + 1,
        credentials_version=seen.credentials_version + 1,
    )


def _hashed(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()
