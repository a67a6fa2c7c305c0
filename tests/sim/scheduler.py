"""Greenlets in place of processes. A task runs until its next I/O point; there the hub decides who goes on, and when.

`Scheduler.io` wraps every call that leaves a process. Each is numbered and goes one of several ways: done and answered; the
process dies before or after it; the answer is lost although it was done, was not, or will be done later; or the client library
repeats a write by itself, so that only its second answer is seen.
"""

import traceback
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any, Literal, Protocol, TypeVar

import greenlet

from chalicelib import errors

T = TypeVar("T")
Kind = Literal["read", "write", "send", "shop"]
Way = Literal["ok", "die before", "die after", "not done", "done, unanswered", "done later", "done twice"]

LATER_S = (0, 50, 500, 1_500)


class Crash(BaseException):
    """The process is gone."""


class Lost(Exception):
    """No answer came."""


class Faults(Protocol):
    """Decides how the call goes that has this number."""

    def way(self, number: int, kind: Kind) -> Way: ...


class NoFaults:
    """Every call is done and answered."""

    def way(self, number: int, kind: Kind) -> Way:
        return "ok"


class OneFault:
    """The call with this number goes that way, all others are done and answered."""

    def __init__(self, number: int, way: Way) -> None:
        self._number, self._way = number, way

    def way(self, number: int, kind: Kind) -> Way:
        return self._way if number == self._number else "ok"


class RandomFaults:
    """`crash` is the chance of a death at each call, `lost` that of a lost answer of a write."""

    def __init__(self, random: Random, *, crash: float, lost: float) -> None:
        self._random, self._crash, self._lost = random, crash, lost

    def way(self, number: int, kind: Kind) -> Way:
        chance = self._random.random()
        if chance < self._crash:
            return "die before" if chance < self._crash / 2 else "die after"
        chance -= self._crash
        if kind == "write" and chance < self._lost:
            return self._random.choice(("not done", "done, unanswered", "done later", "done twice"))
        if kind == "send" and chance < self._lost:
            return self._random.choice(("not done", "done, unanswered", "done twice"))
        if kind == "shop" and chance < self._lost / 5:
            return self._random.choice(("not done", "done, unanswered"))
        return "not done" if kind == "read" and chance < self._lost / 10 else "ok"


class Task:
    """One process at work. Its clock may be wrong by `skew_s`; `memory` is for what tests note about it."""

    def __init__(self, name: str, run: greenlet.greenlet, skew_s: int) -> None:
        self.name = name
        self.run = run
        self.skew_s = skew_s
        self.stopped_until = 0
        self.memory: dict[str, Any] = {}


class Scheduler:
    """Tasks, virtual time, and the calls they make. `wrong` collects what must not happen."""

    def __init__(self, faults: Faults, random: Random, *, trace: bool = False) -> None:
        self.faults = faults
        self.random = random
        self.now_s = 0
        self.tasks: list[Task] = []
        self.current: Task | None = None
        self.late: list[tuple[int, str, Callable[[], object]]] = []
        self.calls = 0
        self.ways: Counter[str] = Counter()
        self.endings: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.trace: list[str] | None = [] if trace else None
        self._hub = greenlet.getcurrent()
        self._tasks_begun = 0

    def now(self) -> datetime:
        """The wall clock as the current task sees it."""
        return datetime.fromtimestamp(self.now_s + (self.current.skew_s if self.current else 0), UTC)

    def spawn(self, name: str, call: Callable[[], object], *, skew_s: int = 0) -> Task:
        self._tasks_begun += 1
        task = Task(f"{name}.{self._tasks_begun}", greenlet.greenlet(lambda: self._live(task, call)), skew_s)
        self.tasks.append(task)
        return task

    def step(self, task: Task) -> bool:
        """Run the task to its next point; True if that is right before or after a write."""
        self.current = task
        hot = task.run.switch()
        self.current = None
        if task.run.dead:
            self.tasks.remove(task)
        return bool(hot)

    def point(self, *, hot: bool = False) -> None:
        """Here another task may go on."""
        if self.current is not None:
            self._hub.switch(hot)

    def io(self, kind: Kind, text: str, effect: Callable[[], T]) -> T:
        """Make a call that leaves the process. Raises Lost (of a shop RetryableError), Crash, and what `effect` raises."""
        if self.current is None:
            return effect()
        try:
            return self._io(kind, text, effect)
        except Lost as exc:
            if kind == "shop":
                raise errors.RetryableError("the shop did not answer") from exc
            raise

    def _io(self, kind: Kind, text: str, effect: Callable[[], T]) -> T:
        hot = kind in ("write", "send")
        self.point(hot=hot)
        self.calls += 1
        way = self.faults.way(self.calls, kind)
        self.note(f"{kind} {text}", way)
        if way == "die before":
            raise Crash
        if way == "not done":
            self.point()
            raise Lost
        if way == "done later":
            self.late.append((self.now_s + self.random.choice(LATER_S), text, effect))
            self.point()
            raise Lost
        if way in ("done twice", "done, unanswered"):
            self._quietly(effect)
            self.point(hot=hot)
            if way == "done, unanswered":
                raise Lost
        answer = effect()
        if hot:
            self.point(hot=True)
        if way == "die after":
            raise Crash
        return answer

    def land(self, *, everything: bool = False) -> None:
        """Let those calls take effect that were to be done later."""
        due = [call for call in self.late if everything or call[0] <= self.now_s]
        for call in due:
            self.late.remove(call)
            self.note(f"late: {call[1]}", "ok")
            self._quietly(call[2])

    def note(self, text: str, way: str = "") -> None:
        self.ways[way] += 1
        if self.trace is not None:
            line = f"{self.calls:5} {self.now_s:8} {self.current.name if self.current else '-':16} {text} {way}"
            self.trace.append(line)

    @property
    def fingerprint(self) -> int:
        """That of the trace."""
        assert self.trace is not None
        return zlib.crc32("".join(self.trace).encode())

    def _quietly(self, effect: Callable[[], object]) -> None:
        """Nobody hears the answer."""
        try:
            effect()
        except Exception as exc:  # noqa: BLE001 - refused or not, it has had its effect
            self.note(f"unheard: {type(exc).__name__}")

    def _live(self, task: Task, call: Callable[[], object]) -> None:
        try:
            call()
            ending = "ended"
        except Crash:
            ending = "died"
        except (errors.StorageError, Lost) as exc:
            ending = f"gave up: {exc}"
        except Exception as exc:  # noqa: BLE001 - a worker that raises anything else has found a defect
            ending = f"raised {type(exc).__name__}: {exc}"
            self.wrong.append(f"{task.name} {ending}")
            self.note("".join(traceback.format_tb(exc.__traceback__)))
        self.endings[ending.partition(":")[0]] += 1
        self.note(ending)
