"""An engine one of whose writes goes wrong, in each of the ways that a write over a network can."""

from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args

from botocore.exceptions import ReadTimeoutError

from chalicelib import errors
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine

Fault = Literal["not done, no answer", "done, no answer", "done twice, second answer", "death before", "death after"]


class Death(BaseException):
    """The process ends here."""


class ShakyEngine(MemoryEngine):
    """Write number `at`, counted from 0, meets `fault`. `writes` counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.at = -1
        self.fault: Fault = "not done, no answer"
        self.writes = 0

    def put_item(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return self._shake(lambda: super(ShakyEngine, self).put_item(*args, **kwargs))

    def update_item(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return self._shake(lambda: super(ShakyEngine, self).update_item(*args, **kwargs))

    def delete_item(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return self._shake(lambda: super(ShakyEngine, self).delete_item(*args, **kwargs))

    def _shake(self, write: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        now, self.writes = self.writes, self.writes + 1
        if now != self.at:
            return write()
        if self.fault == "death before":
            raise Death
        if self.fault != "not done, no answer":
            answer = write()
            if self.fault == "done twice, second answer":
                return write()
            if self.fault == "death after":
                raise Death
            assert answer is not None
        raise ReadTimeoutError(endpoint_url="http://127.0.0.1")


def every_fault(
    prepare: Callable[[Table], Any], act: Callable[[Table, Any], Any], *, deaths: bool = False
) -> Iterator[tuple[str, Table, Any, Any]]:
    """Run `act` once for each of its writes and each fault at it.

    Yields what went wrong, the table, what `prepare` returned, and what `act` returned: its result, or the error or death
    that ended it.
    """
    faults = [fault for fault in get_args(Fault) if deaths or not fault.startswith("death")]
    engine = ShakyEngine()
    prepared = prepare(Table(engine))
    engine.writes = 0
    act(Table(engine), prepared)
    assert engine.writes, "what writes nothing cannot go wrong"
    for at in range(engine.writes):
        for fault in faults:
            shaky = ShakyEngine()
            table = Table(shaky)
            prepared = prepare(table)
            shaky.at, shaky.fault, shaky.writes = at, fault, 0
            try:
                result: Any = act(table, prepared)
            except (errors.StorageError, Death) as exc:
                result = exc
            shaky.at = -1
            yield f"{fault} at write {at}", table, prepared, result
