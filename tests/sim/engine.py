"""The engine in memory behind a network: every call is an I/O point, and every change is shown to the checker."""

from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ReadTimeoutError
from pynamodb.exceptions import PynamoDBConnectionError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain.work import DayKey, Head
from chalicelib.storage import days
from chalicelib.storage.models import DayHead, Item
from tests.sim.scheduler import Kind, Lost, Scheduler
from tests.support.memory import MemoryEngine, Raw

STALE = 0.1


class Kept(dict[str, Any]):
    """An item as it is in the engine: written once, never changed. It keeps what it was decoded to."""

    __slots__ = ("decoded",)


_decode = Item.from_raw_data.__func__  # type: ignore[attr-defined]


def decoded(model: type[Item], raw: Raw) -> Item:
    """`Item.from_raw_data`, at most once an item: nobody changes what is decoded, and decoding costs more than all else."""
    if not isinstance(raw, Kept):
        return _decode(model, raw)  # type: ignore[no-any-return]
    if not hasattr(raw, "decoded"):
        raw.decoded = _decode(model, raw)
    return raw.decoded if type(raw.decoded) is model else _decode(model, raw)  # type: ignore[no-any-return]


_read_head = days._head


def read_head(day: DayKey, item: DayHead) -> Head:
    """The head that an item is, likewise at most once."""
    kept: Head | None = vars(item).get("read")
    if kept is None or kept.key != day:
        kept = vars(item)["read"] = _read_head(day, item)
    return kept


class WatchedEngine(MemoryEngine):
    """Tells `changed` of every item that was written or deleted, and keeps what was there before."""

    def _write(self, pk: str, sk: str, item: Raw) -> None:
        super()._write(pk, sk, Kept(item))

    @staticmethod
    def _shown(item: Raw) -> Raw:
        return item

    def __init__(self) -> None:
        super().__init__()
        self.changed: Callable[[str, str, Raw | None], None] = lambda pk, sk, item: None
        self.before: dict[tuple[str, str], Raw] = {}

    def put_item(
        self, hash_key: str, range_key: str, attributes: Raw, condition: Condition | None = None
    ) -> dict[str, Any]:
        return self._watch(
            hash_key, range_key, lambda: super(WatchedEngine, self).put_item(hash_key, range_key, attributes, condition)
        )

    def update_item(
        self, hash_key: str, range_key: str, actions: Sequence[Action], condition: Condition | None = None
    ) -> dict[str, Any]:
        return self._watch(
            hash_key, range_key, lambda: super(WatchedEngine, self).update_item(hash_key, range_key, actions, condition)
        )

    def delete_item(self, hash_key: str, range_key: str, condition: Condition | None = None) -> dict[str, Any]:
        return self._watch(
            hash_key, range_key, lambda: super(WatchedEngine, self).delete_item(hash_key, range_key, condition)
        )

    def _watch(self, pk: str, sk: str, write: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        was = self.partition(pk).get(sk)
        answer = write()
        if was is not None:
            self.before[pk, sk] = was
        self.changed(pk, sk, self.partition(pk).get(sk))
        return answer


class FaultyEngine:
    """What workers are given. With `stale`, reads sometimes answer what was there before the last write."""

    def __init__(self, engine: WatchedEngine, scheduler: Scheduler, *, stale: bool = False) -> None:
        self._engine = engine
        self._scheduler = scheduler
        self._stale = stale

    def get_item(self, hash_key: str, range_key: str, consistent_read: bool) -> dict[str, Any]:
        def get() -> dict[str, Any]:
            before = self._engine.before.get((hash_key, range_key)) if self._stale else None
            if before is not None and self._scheduler.random.random() < STALE:
                return {"Item": before}
            return self._engine.get_item(hash_key, range_key)

        return self._io("read", f"{hash_key} {range_key}", get)

    def put_item(
        self, hash_key: str, range_key: str, attributes: Raw, condition: Condition | None = None
    ) -> dict[str, Any]:
        text = f"put {hash_key} {range_key}"
        return self._io("write", text, lambda: self._engine.put_item(hash_key, range_key, attributes, condition))

    def update_item(
        self, hash_key: str, range_key: str, actions: Sequence[Action], condition: Condition | None = None
    ) -> dict[str, Any]:
        names = " ".join(action.values[0].path[0] for action in actions)
        text = f"update {hash_key} {range_key} {names}"
        return self._io("write", text, lambda: self._engine.update_item(hash_key, range_key, actions, condition))

    def delete_item(self, hash_key: str, range_key: str, condition: Condition | None = None) -> dict[str, Any]:
        text = f"delete {hash_key} {range_key}"
        return self._io("write", text, lambda: self._engine.delete_item(hash_key, range_key, condition))

    def query(self, hash_key: str, **how: Any) -> dict[str, Any]:
        return self._io("read", f"{hash_key} ...", lambda: self._engine.query(hash_key, **how))

    def batch_get_item(self, keys: Sequence[dict[str, str]], **how: Any) -> dict[str, Any]:
        return self._io("read", f"{len(keys)} items", lambda: self._engine.batch_get_item(keys, **how))

    def _io(self, kind: Kind, text: str, effect: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return self._scheduler.io(kind, text, effect)
        except Lost:
            raise PynamoDBConnectionError("no answer", ReadTimeoutError(endpoint_url="memory")) from None
