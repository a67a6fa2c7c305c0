"""What a process keeps of what it has read or worked out, so that the next reader need not wait for it again.

A name says all that the value was made from: whatever can change has a version, a count or an attempt in it. So nothing that
is kept is ever stale; what is no longer asked for is dropped first.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """For all threads: the values used last, up to so much `room`; `size` tells how much of it one takes."""

    def __init__(self, room: int, size: Callable[[V], int]) -> None:
        self._lock = Lock()
        self._values: OrderedDict[Hashable, V] = OrderedDict()
        self._left = room
        self._size = size

    def get(self, name: Hashable) -> V | None:
        with self._lock:
            found = self._values.get(name)
            if found is not None:
                self._values.move_to_end(name)
            return found

    def put(self, name: Hashable, value: V) -> V:
        """Keep the value in place of what had the name before; returns it."""
        with self._lock:
            before = self._values.pop(name, None)
            self._left += self._size(before) if before is not None else 0
            self._values[name] = value
            self._left -= self._size(value)
            while self._left < 0 and self._values:
                _, dropped = self._values.popitem(last=False)
                self._left += self._size(dropped)
            return value

    def made(self, name: Hashable | None, make: Callable[[], V]) -> V:
        """The value of that name, made if it is not kept; without a name it is made each time."""
        if name is None:
            return make()
        found = self.get(name)
        return found if found is not None else self.put(name, make())
