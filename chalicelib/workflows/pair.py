"""Pairing a shop: what every way of pairing ends in.

The ways are by consent at the channel (pair_by_consent.py), by keys that the merchant pastes (pair_by_keys.py), and by
approval on the shop's own site, which posts keys (pair_by_approval.py). Each proves that the merchant may have the shop and
comes here with what the shop said of itself. A shop belongs to one workspace, and so does each store where a connection has
many. The same shop paired again is the same connection, with its days.

A crash on the way loses nothing that was acknowledged: the merchant begins again, and every step may be done twice.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, Protocol
from zoneinfo import available_timezones

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import Workspace, normal_name
from chalicelib.domain.activity import Level
from chalicelib.domain.connections import Connection, Credentials, StoreName, connection_id
from chalicelib.domain.days import backfill_days, day_of
from chalicelib.domain.pairing import Choice

if TYPE_CHECKING:
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.pairings import Pairings

COLOURS = 6

_TRIES_MAX = 8

Code = Literal[
    "not_genuine",
    "declined",
    "expired",
    "other_shop",
    "other_account",
    "refused",
    "scopes",
    "taken",
    "unreachable",
    "no_stores",
    "not_allowed",
]

_SENTENCES: dict[Code, str] = {
    "not_genuine": "What came back was not from the shop, so nothing was connected.",
    "declined": "You did not allow access, so nothing was connected.",
    "expired": "This took too long or was done before. Begin again.",
    "other_shop": "You signed in to another shop than you named, so nothing was connected.",
    "other_account": "This opens another shop than the one that was connected, so nothing was changed.",
    "refused": "The shop did not accept the sign-in, so nothing was connected. Begin again.",
    "scopes": "The shop granted other permissions than we asked for, so nothing was connected.",
    "taken": "This shop cannot be connected here. Write to us if it is yours.",
    "unreachable": "The shop did not answer, so nothing was connected. Try again in a moment.",
    "no_stores": "There is no store left that could be connected. Connect the shop anew and choose its stores.",
    "not_allowed": "Whoever began this has signed out since, or may no longer connect shops. Begin again.",
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


class Note(Protocol):
    """Writes a line of activity."""

    def __call__(self, workspace: str, level: Level, text: str, *, connection_id: str | None) -> None: ...


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A shop that may be paired: what it said of itself, and what was granted.

    `domain` is the address that was checked: where a channel says it can be found, we do not send secrets. `claims_stores` is
    whether each of its stores is claimed too. `account` is the shop's that has to be paired again, None for any.
    """

    workspace: str
    actor: str
    kind: str
    domain: str
    shop: Shop
    credentials: Credentials
    choice: Choice = Choice()
    claims_stores: bool = False
    account: str | None = None
    warnings: tuple[str, ...] = ()


class Paired(msgspec.Struct, frozen=True, kw_only=True):
    """A connection and the sync that brings its last 90 days."""

    connection: Connection
    sync: str


class Pair:
    """Pairs shops that were shown to be the merchant's. `start_backfill` is told who asked, may run twice and returns a sync's
    id; `finish_parting` ends what is left of a disconnecting."""

    def __init__(
        self,
        *,
        connections: "Connections",
        pairings: "Pairings",
        workspace_of: Callable[[str], Workspace | None],
        finish_parting: Callable[[Connection], None],
        start_backfill: Callable[[Connection, str], str],
        note: Note,
        now: Callable[[], datetime],
    ) -> None:
        self._connections = connections
        self._pairings = pairings
        self._workspace_of = workspace_of
        self._finish_parting = finish_parting
        self._start_backfill = start_backfill
        self._note = note
        self._now = now

    def finish(self, arrival: Arrival) -> Paired:
        """Pair the shop and begin its first download. Raises PairingError, RequestError naming `stores`."""
        if arrival.account not in (None, arrival.shop.account):
            raise PairingError("other_account", arrival.domain)
        described = self.describe(arrival)
        claims = [arrival.shop.account, *(store.id for store in described.stores if arrival.claims_stores)]
        if not self._pairings.claim_shops(arrival.workspace, arrival.kind, claims):
            raise PairingError("taken", arrival.domain)
        connection = self._pair(described, arrival)
        sync = self._start_backfill(connection, arrival.actor)
        text = f"{connection.name} is connected. The last 90 days are on their way."
        self._note(connection.workspace, "info", text, connection_id=connection.id)
        for warning in self._warnings(connection, arrival):
            self._note(connection.workspace, "warning", warning, connection_id=connection.id)
        return Paired(connection=connection, sync=sync)

    def describe(self, arrival: Arrival) -> Connection:
        """The connection as it is if the shop is paired for the first time. Raises RequestError naming `stores`."""
        shop, now = arrival.shop, self._now()
        zone = shop.zone or arrival.choice.time_zone or "UTC"
        return Connection(
            workspace=arrival.workspace,
            id=connection_id(arrival.workspace, arrival.kind, shop.account),
            kind=arrival.kind,
            account=shop.account,
            domain=arrival.domain,
            name=arrival.choice.name or shop.name,
            zone=zone,
            currency=shop.currency or arrival.choice.currency or self._currency(arrival.workspace),
            stores=self._stores(arrival),
            state="paired",
            epoch=1,
            colour=self._colour(arrival.workspace),
            reach_days=shop.reach_days,
            sign_in_needed=False,
            credentials_version=1,
            paired_at=now,
            traits=shop.traits,
            history_from=_history_from(now, zone, shop.reach_days),
        )

    def _stores(self, arrival: Arrival) -> tuple[StoreName, ...]:
        """The stores that were chosen, as the shop names them: all if none were, or those of the connection that is renewed."""
        found = tuple(StoreName(store.id, store.name) for store in arrival.shop.stores)
        chosen = arrival.choice.stores
        if chosen is not None:
            if not set(chosen) <= {store.id for store in found}:
                raise errors.RequestError("These stores are not this shop's.", {"stores": "Choose from its stores."})
        elif arrival.account is not None and arrival.claims_stores:
            seen = self._connections.get(
                arrival.workspace, connection_id(arrival.workspace, arrival.kind, arrival.account)
            )
            chosen = tuple(store.id for store in seen.stores) if seen else None
        stores = found if chosen is None else tuple(store for store in found if store.id in chosen)
        if arrival.claims_stores and not stores:
            raise PairingError("no_stores", arrival.domain)
        return stores

    def _pair(self, described: Connection, arrival: Arrival) -> Connection:
        """Write the connection with its credentials; over the one that was there if it was paired before."""
        for _ in range(_TRIES_MAX):
            seen = self._connections.get(described.workspace, described.id)
            if seen is not None and seen.state == "parting":
                self._finish_parting(seen)
                continue
            paired = described if seen is None else _again(seen, described, arrival.shop)
            if self._connections.pair(seen, paired, arrival.credentials):
                return paired
        raise PairingError("unreachable", described.domain)

    def _warnings(self, connection: Connection, arrival: Arrival) -> Sequence[str]:
        told = arrival.shop.zone is not None or arrival.choice.time_zone is not None or connection.zone != "UTC"
        if told or connection.settings.calendar is not None:
            return arrival.warnings
        name = connection.name
        text = f"{name} names no time zone we know: its days are cut by UTC until you choose one in its order settings."
        return (*arrival.warnings, text)

    def _currency(self, workspace: str) -> str:
        """The workspace's currency, for a shop that tells none."""
        found = self._workspace_of(workspace)
        assert found is not None, "a workspace that pairs a shop is there"
        return found.currency

    def _colour(self, workspace: str) -> int:
        """The colour that the fewest of the workspace's connections have."""
        used = [connection.colour for connection in self._connections.list(workspace)]
        return min(range(1, COLOURS + 1), key=used.count)


def checked(choice: Choice) -> Choice:
    """The choice, if it can be one. Raises RequestError with the fields that are wrong."""
    wrong: dict[str, str] = {}
    name = normal_name(choice.name) if choice.name else None
    if choice.name and name is None:
        wrong["name"] = "Give it a name of at most 80 characters."
    if choice.stores is not None and not choice.stores:
        wrong["stores"] = "Choose at least one store."
    if choice.time_zone is not None and choice.time_zone not in available_timezones():
        wrong["time_zone"] = "Choose one of the list."
    currency = choice.currency
    if currency is not None and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        wrong["currency"] = "A currency has three letters, like USD."
    if wrong:
        raise errors.RequestError("Something has to be corrected first.", wrong)
    return msgspec.structs.replace(choice, name=name, currency=currency.upper() if currency else None)


def _history_from(now: datetime, zone: str, reach_days: int | None) -> date:
    """The first day of the first download, as far as the shop shows it."""
    today = day_of(now, zone)
    first = backfill_days(today)[-1]
    return first if reach_days is None else max(first, today - timedelta(days=reach_days - 1))


def _again(seen: Connection, described: Connection, shop: Shop) -> Connection:
    """The connection paired again: what the merchant or its days have settled stays."""
    return msgspec.structs.replace(
        described,
        name=seen.name,
        zone=seen.zone,
        currency=shop.currency or seen.currency,
        settings=seen.settings,
        history_from=min(seen.history_from, described.history_from),
        colour=seen.colour,
        epoch=seen.epoch + 1,
        credentials_version=seen.credentials_version + 1,
    )
