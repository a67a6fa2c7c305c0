"""Syncs: requests for ranges of days, each with the number of every day's ask."""

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib import errors
from chalicelib.domain.syncs import Sync
from chalicelib.storage.flip import write_surely
from chalicelib.storage.models import SyncItem, key
from chalicelib.storage.table import Table

_decoder = msgspec.msgpack.Decoder(Sync)
_asked_decoder = msgspec.json.Decoder(dict[date, int])
_days_decoder = msgspec.json.Decoder(tuple[date, ...])


class Syncs:
    """The syncs of all workspaces. Ids rise with time."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def insert(self, sync: Sync) -> None:
        item = SyncItem(*_key(sync.workspace, sync.id), body=msgspec.msgpack.encode(sync))
        try:
            self._table.insert(item)
        except errors.Refused:
            return  # ids are made by us and never used twice: this is our own first try

    def read(self, workspace: str, sync: str) -> Sync | None:
        item = self._table.get(SyncItem, *_key(workspace, sync))
        return _sync(item) if item else None

    def list(self, workspace: str, limit: int) -> Iterator[Sync]:
        """Yield the newest syncs first."""
        for item in self._table.query(SyncItem, key("WS", workspace), begins="SYNC#", newest_first=True, limit=limit):
            yield _sync(item)

    def note_asked(self, sync: Sync, asked: dict[date, int]) -> bool:
        """Replace the numbers of the asks, if nobody else has meanwhile and the sync was not cancelled or resumed."""
        was, text = _text(sync.asked), _text(asked)
        flag = int(sync.cancelled)
        return write_surely(
            lambda: self._table.update(
                *_key(sync.workspace, sync.id),
                [SyncItem.asked.set(text)],
                (SyncItem.asked == was) & (SyncItem.cancelled == flag),
            ),
            lambda: self._table.get(SyncItem, *_key(sync.workspace, sync.id)),
            landed=lambda item: item is not None and item.asked == text,
            open_still=lambda item: item is not None and item.asked == was and int(item.cancelled) == flag,
        )

    def set_cancelled(self, sync: Sync, asked: dict[date, int], *, cancelled: bool) -> None:
        """Cancel or take up again, with the numbers that hold from then on."""
        actions = [
            SyncItem.cancelled.set(int(cancelled)),
            SyncItem.asked.set(_text(asked)),
            SyncItem.ended_at.remove(),
            SyncItem.failure.remove(),
            SyncItem.tries.set(0),
            SyncItem.sent_at.set(0),
        ]
        self._table.update(*_key(sync.workspace, sync.id), actions, SyncItem.body.exists())

    def end(self, sync: Sync, at: int, *, failure: str | None = None) -> bool:
        """Note the end, once; False if somebody else has, or if a sync that ends without days has found some."""
        actions: list[Action] = [SyncItem.ended_at.set(at)]
        if failure is not None:
            actions.append(SyncItem.failure.set(failure))
        unended = _open() if sync.seeks else SyncItem.body.exists() & SyncItem.ended_at.does_not_exist()
        return write_surely(
            lambda: self._table.update(*_key(sync.workspace, sync.id), actions, unended),
            lambda: self._table.get(SyncItem, *_key(sync.workspace, sync.id)),
            landed=lambda item: item is not None and item.ended_at is not None and int(item.ended_at) == at,
            open_still=lambda item: (
                item is not None and item.ended_at is None and not (sync.seeks and item.days is not None)
            ),
        )

    # -- syncs by order number

    def mark_sent(self, seen: Sync, at: int) -> bool:
        """Note that the message is about to be sent; False if somebody sends already."""
        return self._once(
            seen,
            [SyncItem.sends.set(seen.sends + 1), SyncItem.sent_at.set(at)],
            _open() & (SyncItem.sends == seen.sends),
        )

    def take_try(self, seen: Sync) -> bool:
        """Count a try before it is made; False if somebody else tries, or if nothing is to be found any more."""
        return self._once(seen, [SyncItem.tries.set(seen.tries + 1)], _open() & (SyncItem.tries == seen.tries))

    def give_back(self, seen: Sync) -> None:
        """Take back a try that the channel put off, and let the next sweep send the message again."""
        actions = [SyncItem.tries.set(seen.tries), SyncItem.sent_at.set(0)]
        self._once(seen, actions, _open() & (SyncItem.tries == seen.tries + 1))

    def note_days(self, seen: Sync, days: tuple[date, ...]) -> bool:
        """Keep the days on which the order is, unless the sync has found some already or was cancelled."""
        text = msgspec.json.encode(days).decode()
        return write_surely(
            lambda: self._table.update(
                *_key(seen.workspace, seen.id),
                [SyncItem.days.set(text)],
                _open() & (SyncItem.cancelled == 0),
            ),
            lambda: self._table.get(SyncItem, *_key(seen.workspace, seen.id)),
            landed=lambda item: item is not None and item.days == text,
            open_still=lambda item: (
                item is not None and item.days is None and item.ended_at is None and not int(item.cancelled)
            ),
        )

    def _once(self, sync: Sync, actions: Sequence[Action], condition: Condition) -> bool:
        """A write that need not happen. Unanswered it may have: then what it allows is left to the sweep."""
        try:
            self._table.update(*_key(sync.workspace, sync.id), actions, condition)
        except (errors.Refused, errors.Unanswered):
            return False
        return True


def _open() -> Condition:
    """That a sync without days has neither found some nor ended."""
    return SyncItem.body.exists() & SyncItem.days.does_not_exist() & SyncItem.ended_at.does_not_exist()


def _key(workspace: str, sync: str) -> tuple[str, str]:
    return key("WS", workspace), key("SYNC", sync)


def _text(asked: dict[date, int]) -> str:
    return msgspec.json.encode(dict(sorted(asked.items()))).decode()


def _sync(item: SyncItem) -> Sync:
    sync = _decoder.decode(item.body)
    return msgspec.structs.replace(
        sync,
        asked=_asked_decoder.decode(item.asked or "{}"),
        cancelled=bool(int(item.cancelled or 0)),
        ended_at=None if item.ended_at is None else int(item.ended_at),
        days=_days_decoder.decode(item.days) if item.days else sync.days,
        sends=int(item.sends or 0),
        sent_at=int(item.sent_at or 0),
        tries=int(item.tries or 0),
        failure=item.failure,
    )
