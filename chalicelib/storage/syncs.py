"""Syncs: requests for ranges of days, each with the number of every day's ask."""

from collections.abc import Iterator
from datetime import date

import msgspec

from chalicelib import errors
from chalicelib.domain.syncs import Sync
from chalicelib.storage.flip import write_surely
from chalicelib.storage.models import SyncItem, key
from chalicelib.storage.table import Table

_decoder = msgspec.msgpack.Decoder(Sync)
_asked_decoder = msgspec.json.Decoder(dict[date, int])


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
        ]
        self._table.update(*_key(sync.workspace, sync.id), actions, SyncItem.body.exists())

    def end(self, sync: Sync, at: int) -> bool:
        """Note the end, once; False if it was noted already."""
        try:
            self._table.update(
                *_key(sync.workspace, sync.id),
                [SyncItem.ended_at.set(at)],
                SyncItem.body.exists() & SyncItem.ended_at.does_not_exist(),
            )
        except (errors.Refused, errors.Unanswered):
            return False
        return True


def _key(workspace: str, sync: str) -> tuple[str, str]:
    return key("WS", workspace), key("SYNC", sync)


def _text(asked: dict[date, int]) -> str:
    return msgspec.json.encode(dict(sorted(asked.items()))).decode()


def _sync(item: SyncItem) -> Sync:
    return msgspec.structs.replace(
        _decoder.decode(item.body),
        asked=_asked_decoder.decode(item.asked or "{}"),
        cancelled=bool(int(item.cancelled or 0)),
        ended_at=None if item.ended_at is None else int(item.ended_at),
    )
