"""Connections with their sealed tokens. Pairings under way and the claims on shops are in pairings.py.

    WS#<workspace>              CONNECTION#<connection>  ConnectionItem

A token pair is sealed for (workspace, connection, purpose) and lives in the connection's own item, so that one condition on
`credentials_version` guards it: an older pair never replaces a newer one. Whoever renews it claims that first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import TypeGuard

import msgspec
from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib import errors
from chalicelib.domain.connections import Connection, Credentials, StoreName
from chalicelib.domain.order_settings import OrderSettings, Recut
from chalicelib.domain.secret import Secret
from chalicelib.storage.flip import write_surely
from chalicelib.storage.models import Item, key
from chalicelib.storage.sealing import Sealer
from chalicelib.storage.table import Table


class ConnectionItem(Item):
    """`pairing` names the pairing that wrote the item last; `renewal`, `renewal_until` who renews the tokens, and until when.

    `recut_by` and `recut_from` are domain.order_settings.Recut, there from a change of zone until it is followed up.
    """

    state = UnicodeAttribute()
    epoch = NumberAttribute(default=0)
    name = UnicodeAttribute()
    sign_in_needed = NumberAttribute(default=0)
    body = BinaryAttribute(legacy_encoding=False)
    settings = BinaryAttribute(legacy_encoding=False, null=True)
    settings_version = NumberAttribute(default=0)
    recut_by = UnicodeAttribute(null=True)
    recut_from = UnicodeAttribute(null=True)
    pairing = UnicodeAttribute()
    sealed = BinaryAttribute(legacy_encoding=False, null=True)
    credentials_version = NumberAttribute(default=0)
    renewal = UnicodeAttribute(null=True)
    renewal_until = NumberAttribute(null=True)


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Who it is and what pairing found out."""

    workspace: str
    id: str
    kind: str
    account: str
    domain: str
    zone: str
    currency: str
    stores: tuple[StoreName, ...]
    colour: int
    reach_days: int | None
    paired_at: datetime
    history_from: date = date.min
    traits: dict[str, str] = {}


class _Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Credentials as they are sealed. It exists only on the way in and out."""

    access: str
    secret: str | None
    refresh: str | None
    expires_at: datetime | None
    refresh_expires_at: datetime | None
    scopes: tuple[str, ...]


_facts_decoder = msgspec.msgpack.Decoder(_Facts)
_settings_decoder = msgspec.msgpack.Decoder(OrderSettings)
_pair_decoder = msgspec.msgpack.Decoder(_Pair)


class Connections:
    """The connections of all workspaces. `new_id` gives names never used twice."""

    def __init__(self, table: Table, sealer: Sealer, new_id: Callable[[], str]) -> None:
        self._table = table
        self._sealer = sealer
        self._new_id = new_id

    def get(self, workspace: str, connection: str) -> Connection | None:
        item = self._item(workspace, connection)
        return _connection(item) if item else None

    def list(self, workspace: str) -> Iterator[Connection]:
        """Yield all of a workspace's connections, parted ones too."""
        for item in self._table.query(ConnectionItem, key("WS", workspace), begins="CONNECTION#"):
            yield _connection(item)

    def rename(self, workspace: str, connection: str, name: str) -> None:
        """Give it another name. Raises NotFound."""
        self._if_there(workspace, connection, [ConnectionItem.name.set(name)], ConnectionItem.state.exists())

    def follow(self, seen: Connection, stores: Iterable[StoreName], traits: Mapping[str, str]) -> bool:
        """Take over the names that a paired connection's stores have now, by id, and what its shop tells of itself now.

        False if nothing changed, or `seen` is old. What it has no store of is left out, and what is not named keeps its name.
        """
        names = {store.id: store.name for store in stores}
        renamed = tuple(StoreName(store.id, names.get(store.id, store.name)) for store in seen.stores)
        changed = msgspec.structs.replace(seen, stores=renamed, traits=dict(traits))
        if changed == seen:
            return False
        body = msgspec.msgpack.encode(_facts(changed))
        # The facts are only written here and by pairing, which raises the epoch.
        return self._change(
            seen,
            [ConnectionItem.body.set(body)],
            (ConnectionItem.state == "paired") & (ConnectionItem.epoch == seen.epoch),
            landed=lambda item: item is not None and item.body == body,
            open_still=lambda item: _in(item, seen, "paired"),
        )

    def change_settings(self, seen: Connection, settings: OrderSettings, *, recut: Recut | None = None) -> bool:
        """Replace the order settings that `seen` has by those of the next version; False if somebody changed them since.

        `recut` comes with another calendar and stays to be done until `recut_asked`.
        """
        assert settings.version == seen.settings.version + 1, "each change is a version of its own"
        packed = msgspec.msgpack.encode(settings)
        actions = [ConnectionItem.settings.set(packed), ConnectionItem.settings_version.set(settings.version)]
        if recut is not None:
            actions += [
                ConnectionItem.recut_by.set(recut.actor),
                ConnectionItem.recut_from.set(recut.first.isoformat()),
            ]
        return self._change(
            seen,
            actions,
            ConnectionItem.state.exists() & (ConnectionItem.settings_version == seen.settings.version),
            landed=lambda item: item is not None and item.settings == packed,
            open_still=lambda item: item is not None and int(item.settings_version) == seen.settings.version,
        )

    def recut(self, workspace: str, connection: str) -> tuple[Connection, Recut] | None:
        """A paired connection for which another calendar is still to be followed up; None if there is nothing to do."""
        item = self._item(workspace, connection)
        if item is None or item.state != "paired" or item.recut_by is None:
            return None
        return _connection(item), Recut(date.fromisoformat(item.recut_from), item.recut_by)

    def recut_asked(self, seen: Connection) -> None:
        """Note that the calendar is followed up, unless the settings were changed since."""
        with suppress(errors.Refused):
            self._table.update(
                *_key(seen.workspace, seen.id),
                [ConnectionItem.recut_by.remove(), ConnectionItem.recut_from.remove()],
                ConnectionItem.settings_version == seen.settings.version,
            )

    # -- pairing

    def pair(self, seen: Connection | None, paired: Connection, credentials: Credentials) -> bool:
        """Write a paired connection and its sealed tokens in one go, if the connection is still as `seen`.

        `paired` has to have a higher epoch and credentials version than `seen`.
        """
        sealed = self._seal(paired.workspace, paired.id, credentials)
        pairing = self._new_id()
        there = self._item(paired.workspace, paired.id)
        item = ConnectionItem(
            *_key(paired.workspace, paired.id),
            state=paired.state,
            epoch=paired.epoch,
            name=paired.name,
            sign_in_needed=int(paired.sign_in_needed),
            body=msgspec.msgpack.encode(_facts(paired)),
            settings=msgspec.msgpack.encode(paired.settings),
            settings_version=paired.settings.version,
            # The settings cannot change in between without our write being refused; done twice it is a second fetch.
            recut_by=there.recut_by if there else None,
            recut_from=there.recut_from if there else None,
            pairing=pairing,
            sealed=sealed,
            credentials_version=paired.credentials_version,
        )
        condition = ConnectionItem.state.does_not_exist() if seen is None else _is_still(seen)
        return write_surely(
            lambda: self._table.put(item, condition),
            lambda: self._item(paired.workspace, paired.id),
            landed=lambda there: there is not None and there.pairing == pairing,
            open_still=lambda there: _same(seen, there),
        )

    # -- credentials

    def open(self, workspace: str, connection: str) -> tuple[Connection, Credentials] | None:
        """A paired connection with its tokens, read together; None if it is not paired."""
        item = self._item(workspace, connection)
        if item is None or item.state != "paired":
            return None
        plain = self._sealer.open(item.sealed, _context(workspace, connection))
        pair = _pair_decoder.decode(plain)
        credentials = Credentials(
            access=Secret(pair.access),
            secret=Secret(pair.secret) if pair.secret is not None else None,
            refresh=Secret(pair.refresh) if pair.refresh is not None else None,
            expires_at=pair.expires_at,
            refresh_expires_at=pair.refresh_expires_at,
            scopes=pair.scopes,
        )
        return _connection(item), credentials

    def claim_renewal(self, connection: Connection, renewal: str, *, until: int, at: int) -> bool:
        """Become the one who renews the tokens of that version; False while another one's claim lasts, or did its work."""
        free = ConnectionItem.renewal.does_not_exist() | (ConnectionItem.renewal_until <= at)

        def is_open(item: ConnectionItem | None) -> bool:
            return _holds(item, connection) and (item.renewal is None or int(item.renewal_until) <= at)

        return self._change(
            connection,
            [ConnectionItem.renewal.set(renewal), ConnectionItem.renewal_until.set(until)],
            _holding(connection) & free,
            landed=lambda item: _holds(item, connection) and item.renewal == renewal,
            open_still=is_open,
        )

    def store_credentials(self, connection: Connection, renewal: str, credentials: Credentials) -> bool:
        """Replace the tokens of that version by the pair that the claim `renewal` brought; False if either was lost."""
        sealed = self._seal(connection.workspace, connection.id, credentials)
        return self._change(
            connection,
            [
                ConnectionItem.sealed.set(sealed),
                ConnectionItem.credentials_version.set(connection.credentials_version + 1),
                ConnectionItem.renewal.remove(),
                ConnectionItem.renewal_until.remove(),
            ],
            _holding(connection) & (ConnectionItem.renewal == renewal),
            landed=lambda item: item is not None and item.sealed == sealed,
            open_still=lambda item: _holds(item, connection) and item.renewal == renewal,
        )

    def seal_again(self, workspace: str, connection: str) -> bool:
        """Seal the credentials of a paired connection anew, as they are; False if there are none, or others by now."""
        item = self._item(workspace, connection)
        if item is None or item.state != "paired":
            return False
        context = _context(workspace, connection)
        sealed = self._sealer.seal(self._sealer.open(item.sealed, context), context)
        unchanged = (ConnectionItem.state == "paired") & (ConnectionItem.sealed == item.sealed)
        try:
            self._table.update(*_key(workspace, connection), [ConnectionItem.sealed.set(sealed)], unchanged)
        except errors.Refused:
            return False
        return True

    def mark_sign_in_needed(
        self, workspace: str, connection: str, *, epoch: int | None = None, version: int | None = None
    ) -> bool:
        """Note that the channel refused us, if the connection is paired, and still in that epoch or with those tokens."""
        condition = ConnectionItem.state == "paired"
        if epoch is not None:
            condition &= ConnectionItem.epoch == epoch
        if version is not None:
            condition &= ConnectionItem.credentials_version == version
        try:
            self._if_there(workspace, connection, [ConnectionItem.sign_in_needed.set(1)], condition)
        except errors.NotFound:
            return False
        return True

    # -- parting

    def begin_parting(self, connection: Connection) -> bool:
        """Wipe the secret and raise the epoch; from here nothing of the connection is shown. False if it changed since."""
        epoch = connection.epoch + 1
        return self._change(
            connection,
            [
                ConnectionItem.state.set("parting"),
                ConnectionItem.epoch.set(epoch),
                ConnectionItem.credentials_version.add(1),
                ConnectionItem.sign_in_needed.set(0),
                ConnectionItem.sealed.remove(),
                ConnectionItem.renewal.remove(),
                ConnectionItem.renewal_until.remove(),
            ],
            (ConnectionItem.state == "paired") & (ConnectionItem.epoch == connection.epoch),
            landed=lambda item: item is not None and item.state == "parting" and int(item.epoch) == epoch,
            open_still=lambda item: _in(item, connection, "paired"),
        )

    def end_parting(self, connection: Connection) -> bool:
        """Note that no attempt is left, if it is that parting that still goes on."""
        return self._change(
            connection,
            [ConnectionItem.state.set("parted")],
            (ConnectionItem.state == "parting") & (ConnectionItem.epoch == connection.epoch),
            landed=lambda item: _in(item, connection, "parted"),
            open_still=lambda item: _in(item, connection, "parting"),
        )

    # -- writes

    def _item(self, workspace: str, connection: str) -> ConnectionItem | None:
        return self._table.get(ConnectionItem, *_key(workspace, connection))

    def _seal(self, workspace: str, connection: str, credentials: Credentials) -> bytes:
        pair = _Pair(
            access=credentials.access.reveal(),
            secret=credentials.secret.reveal() if credentials.secret else None,
            refresh=credentials.refresh.reveal() if credentials.refresh else None,
            expires_at=credentials.expires_at,
            refresh_expires_at=credentials.refresh_expires_at,
            scopes=credentials.scopes,
        )
        return self._sealer.seal(msgspec.msgpack.encode(pair), _context(workspace, connection))

    def _change(
        self,
        connection: Connection,
        actions: Sequence[Action],
        condition: Condition,
        *,
        landed: Callable[[ConnectionItem | None], bool],
        open_still: Callable[[ConnectionItem | None], bool],
    ) -> bool:
        return write_surely(
            lambda: self._table.update(*_key(connection.workspace, connection.id), actions, condition),
            lambda: self._item(connection.workspace, connection.id),
            landed=landed,
            open_still=open_still,
        )

    def _if_there(self, workspace: str, connection: str, actions: Sequence[Action], condition: Condition) -> None:
        """An update that may be done twice. Raises NotFound."""
        for _ in range(3):
            try:
                self._table.update(*_key(workspace, connection), actions, condition)
                return
            except errors.Unanswered:
                continue
            except errors.Refused as exc:
                raise errors.NotFound("There is no such connection.") from exc
        raise errors.Unanswered("a connection could not be changed")


def _key(workspace: str, connection: str) -> tuple[str, str]:
    return key("WS", workspace), key("CONNECTION", connection)


def _context(workspace: str, connection: str) -> dict[str, str]:
    return {"workspace": workspace, "connection": connection, "purpose": "channel credentials"}


def _is_still(seen: Connection) -> Condition:
    """Nothing that pairing writes over has changed."""
    still: Condition = (
        (ConnectionItem.state == seen.state)
        & (ConnectionItem.epoch == seen.epoch)
        & (ConnectionItem.credentials_version == seen.credentials_version)
        & (ConnectionItem.name == seen.name)
        & (ConnectionItem.settings_version == seen.settings.version)
    )
    return still


def _same(seen: Connection | None, item: ConnectionItem | None) -> bool:
    if seen is None or not _in(item, seen, seen.state):
        return seen is None and item is None
    versions = int(item.credentials_version), int(item.settings_version)
    return versions == (seen.credentials_version, seen.settings.version) and item.name == seen.name


def _in(item: ConnectionItem | None, connection: Connection, state: str) -> TypeGuard[ConnectionItem]:
    return item is not None and item.state == state and int(item.epoch) == connection.epoch


def _holding(connection: Connection) -> Condition:
    version: Condition = ConnectionItem.credentials_version == connection.credentials_version
    return (ConnectionItem.state == "paired") & version


def _holds(item: ConnectionItem | None, connection: Connection) -> TypeGuard[ConnectionItem]:
    """Whether the connection is paired and has the tokens of that version still."""
    if item is None or item.state != "paired":
        return False
    return int(item.credentials_version) == connection.credentials_version


def _facts(connection: Connection) -> _Facts:
    return _Facts(**{name: getattr(connection, name) for name in _Facts.__struct_fields__})


def _connection(item: ConnectionItem) -> Connection:
    facts = _facts_decoder.decode(item.body)
    return Connection(
        name=item.name,
        state=item.state,  # type: ignore[arg-type]
        epoch=int(item.epoch),
        sign_in_needed=bool(int(item.sign_in_needed)),
        credentials_version=int(item.credentials_version),
        settings=_settings_decoder.decode(item.settings) if item.settings else OrderSettings(),
        **{name: getattr(facts, name) for name in _Facts.__struct_fields__},
    )
