"""How far each connection is locked, what its frozen documents have posted, and what is owed to the first open day.

LOCK#<workspace>                    <connection>                    LockItem    how far, and how far its walk has come
POSTED#<connection>                 <order day>                     PostedItem  written by walks only
CORR#<connection>#<first open day>  <lock>#<order day>#<attempt>    Part        a Correction; valid while that lock is the
                                                                                connection's and that attempt the live one
"""

from collections.abc import Iterable
from datetime import date

import msgspec
from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib.domain.corrections import Correction, Lock, Posted
from chalicelib.domain.work import DayKey
from chalicelib.storage.flip import put_part, write_surely
from chalicelib.storage.models import Item, Part, key
from chalicelib.storage.table import Table

_lock_decoder = msgspec.msgpack.Decoder(Lock)
_posted_decoder = msgspec.msgpack.Decoder(Posted)
_correction_decoder = msgspec.msgpack.Decoder(Correction)

NEVER = Lock()


class LockItem(Item):
    """`number`, `step` and `settings` are the lock's, for conditions; `body` is all of it, packed."""

    number = NumberAttribute(default=0)
    step = UnicodeAttribute()
    settings = NumberAttribute(default=0)
    body = BinaryAttribute(legacy_encoding=False)


class PostedItem(Item):
    """`lock` is the number of the walk that wrote it."""

    lock = NumberAttribute(default=0)
    body = BinaryAttribute(legacy_encoding=False)


class Corrections:
    """Locks and corrections of all connections."""

    def __init__(self, table: Table) -> None:
        self._table = table

    # -- how far

    def lock(self, workspace: str, connection: str) -> Lock:
        item = self._lock_item(workspace, connection)
        return _lock_decoder.decode(item.body) if item else NEVER

    def move(self, workspace: str, connection: str, seen: Lock, moved: Lock) -> bool:
        """Bring the lock from `seen` to `moved`; False if somebody did something to it since."""
        pk, sk = _lock_key(workspace, connection)
        item = LockItem(
            pk, sk, number=moved.number, step=moved.step, settings=moved.settings, body=msgspec.msgpack.encode(moved)
        )
        return write_surely(
            lambda: self._table.put(item, _is(seen)),
            lambda: self._lock_item(workspace, connection),
            landed=lambda there: there is not None and _lock_decoder.decode(there.body) == moved,
            open_still=lambda there: (_lock_decoder.decode(there.body) if there else NEVER) == seen,
        )

    # -- what is posted

    def posted(self, connection: str, order_days: Iterable[date]) -> dict[date, Posted]:
        """What is posted of these order days; those of which nothing ever was are left out."""
        by_key = {_posted_key(connection, order_day): order_day for order_day in order_days}
        found = self._table.get_many(PostedItem, by_key)
        return {by_key[at]: _posted_decoder.decode(item.body) for at, item in found.items()}

    def all_posted(self, connection: str) -> dict[date, Posted]:
        items = self._table.query(PostedItem, key("POSTED", connection))
        return {date.fromisoformat(item.sk): _posted_decoder.decode(item.body) for item in items}

    def read_posted(self, connection: str, order_day: date) -> tuple[Posted, int]:
        """What is posted of an order day, and the number of the walk that said so."""
        item = self._table.get(PostedItem, *_posted_key(connection, order_day))
        return (_posted_decoder.decode(item.body), int(item.lock)) if item else (Posted(), 0)

    def post(self, connection: str, order_day: date, posted: Posted, *, seen: int, lock: int) -> None:
        """Replace what walk `seen` said by what walk `lock` says. Another worker of the same walk says the same."""
        pk, sk = _posted_key(connection, order_day)
        item = PostedItem(pk, sk, lock=lock, body=msgspec.msgpack.encode(posted))
        old = (PostedItem.lock == seen) if seen else PostedItem.lock.does_not_exist()
        write_surely(
            lambda: self._table.put(item, old),
            lambda: self._table.get(PostedItem, pk, sk),
            landed=lambda there: there is not None and int(there.lock) >= lock,
            open_still=lambda there: (int(there.lock) if there else 0) == seen,
        )

    # -- what is owed

    def write(self, day: DayKey, attempt: str, lock: Lock, correction: Correction) -> None:
        """Write what the revision of that attempt owes while this lock holds."""
        put_part(self._table, *_correction_key(day, attempt, lock), msgspec.msgpack.encode(correction))

    def read(self, first_open: DayKey, lock: int, order_day: date, attempt: str) -> Correction | None:
        item = self._table.get(Part, _pk(first_open), _sk(lock, order_day, attempt))
        return _correction_decoder.decode(item.body) if item else None

    def owed_to(self, first_open: DayKey, lock: int) -> dict[tuple[date, str], Correction]:
        """All corrections for a first open day under that lock, by order day and attempt; valid or not is for the caller."""
        found = {}
        for item in self._table.query(Part, _pk(first_open), begins=key(f"{lock:06}") + "#"):
            _, order_day, attempt = item.sk.split("#")
            found[date.fromisoformat(order_day), attempt] = _correction_decoder.decode(item.body)
        return found

    def names(self, first_open: DayKey) -> list[tuple[int, date, str]]:
        """All corrections that were ever meant for the day: lock, order day and attempt."""
        split = (item.sk.split("#") for item in self._table.query(Part, _pk(first_open), begins="0"))
        return [(int(lock), date.fromisoformat(order_day), attempt) for lock, order_day, attempt in split]

    def delete(self, first_open: DayKey, name: tuple[int, date, str]) -> None:
        self._table.delete(_pk(first_open), _sk(*name))

    def _lock_item(self, workspace: str, connection: str) -> LockItem | None:
        return self._table.get(LockItem, *_lock_key(workspace, connection))


def _is(seen: Lock) -> Condition:
    if seen == NEVER:
        return LockItem.number.does_not_exist()
    return (LockItem.number == seen.number) & (LockItem.step == seen.step) & (LockItem.settings == seen.settings)


def _lock_key(workspace: str, connection: str) -> tuple[str, str]:
    return key("LOCK", workspace), key(connection)


def _posted_key(connection: str, order_day: date) -> tuple[str, str]:
    return key("POSTED", connection), order_day.isoformat()


def _pk(first_open: DayKey) -> str:
    return key("CORR", first_open.connection, first_open.day.isoformat())


def _sk(lock: int, order_day: date, attempt: str) -> str:
    return key(f"{lock:06}", order_day.isoformat(), attempt)


def _correction_key(day: DayKey, attempt: str, lock: Lock) -> tuple[str, str]:
    assert lock.first_open is not None, "where nothing is locked nothing is owed"
    return _pk(msgspec.structs.replace(day, day=lock.first_open)), _sk(lock.number, day.day, attempt)
