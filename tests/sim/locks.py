"""Runs in which the period lock and the reading move, too: each fact stays in one document, and what is frozen stays as it is."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta
from random import Random
from typing import Any

import msgspec

from chalicelib import errors
from chalicelib.domain.corrections import shown_reading
from chalicelib.domain.orders import Amounts
from chalicelib.domain.summaries import Reading
from chalicelib.storage.accounts import Accounts
from chalicelib.storage.models import DocumentHead
from tests.sim.check import _document_decoder
from tests.sim.parts import Parts
from tests.sim.run import Run
from tests.sim.world import CONNECTION, WORKSPACE
from tests.support.memory import Raw

READINGS: tuple[Reading, ...] = ("event_day", "order_day")


class LockedRun(Run):
    """A run with moves of the lock at a rate of its own. They are drawn apart, so that all else is as its seed will have it."""

    def __init__(self, seed: int, parts: type[Parts] = Parts, **more: Any) -> None:
        super().__init__(seed, parts, **more)
        self._draw = Random(f"lock {seed}")
        self._rate = self._draw.choice((0.01, 0.03))
        self._accounts = Accounts(self.world.table, self.world.new_id)
        self._frozen: dict[str, tuple[str, bytes]] = {}
        self._watch()

    def _happen(self) -> None:
        super()._happen()
        if self._draw.random() < self._rate:
            first = self.world.days[0]
            through = self._draw.choice((None, *self.world.days, first - timedelta(days=1), first + timedelta(days=9)))
            self._spawn("lock", through=through, reading=self._draw.choice(READINGS), dies=self._draw.random() < 0.2)

    def _rest(self) -> None:
        """At rest with a lock, then without one."""
        world, checker = self.world, self.world.checker
        asked: list[date] = []
        how: dict[str, bool] = {}

        def later(days: Collection[date], **more: bool) -> None:
            asked.extend(days)
            how.update(more)

        check, world.check_rest = world.check_rest, later  # type: ignore[method-assign]
        super()._rest()
        self._spawn("catch up", through=self._draw.choice((None, *world.days)), reading="event_day")
        self._finish()
        if not self.wrong:
            self._check_sums()
        self._spawn("unlock", through=None, reading="event_day")
        self._finish()
        for day in checker.touched_days:
            world.clean_day(day)
        self._finish()
        if not self.wrong:
            check(asked, **how)

    def _spawn(self, name: str, *, through: date | None, reading: Reading, dies: bool = False) -> None:
        """Somebody locks; mostly the walk follows at once."""

        def lock() -> None:
            for _ in range(10):
                try:
                    seen = self._accounts.workspace(WORKSPACE)
                    assert seen is not None
                    changed = msgspec.structs.replace(
                        seen, locked_through=through, reading=reading, version=seen.version + 1
                    )
                    if self._accounts.change_workspace(seen, changed):
                        break
                except errors.StorageError:
                    continue
            if not dies:
                self.world.lock.catch_up(WORKSPACE, CONNECTION)

        self.scheduler.spawn(name, lock)

    def _watch(self) -> None:
        """No frozen document is restated."""
        engine = self.world.checker._engine
        changed = engine.changed

        def watched(pk: str, sk: str, item: Raw | None) -> None:
            changed(pk, sk, item)
            if not pk.startswith("DOCS#") or item is None:
                return
            head = DocumentHead.from_raw_data(item)
            was, now = self._frozen.get(sk), (head.frozen, head.body) if head.frozen else None
            if was is not None and now is not None and was != now:
                self.wrong.append(f"I10 the frozen document of {sk} was restated")
            if now is None:
                self._frozen.pop(sk, None)
            else:
                self._frozen[sk] = now
            if (_document_decoder.decode(head.body).frozen or None) != head.frozen:
                self.wrong.append(f"I10 the document of {sk} does not say whether it is frozen")

        engine.changed = watched

    def _check_sums(self) -> None:
        """I10 with frozen documents: under each reading, all documents come to all facts."""
        world = self.world
        facts: dict[str, Amounts] = defaultdict(Amounts)
        for (_, _, currency, section), (_, _, amounts) in world.rest()._expected().items():
            if section != "order_day":
                facts[currency] += amounts
        for reading in READINGS:
            shown: dict[str, Amounts] = defaultdict(Amounts)
            for _, version in world.documents.list(WORKSPACE, date(2026, 1, 1), date(2026, 12, 31)):
                for sheet in version.sheets:
                    shown[sheet.currency] += sheet.sales.amounts
                    shown[sheet.currency] += sheet.events(shown_reading(version.frozen, reading)).amounts
            for currency in facts.keys() | shown.keys():
                if facts[currency] != shown[currency]:
                    self.wrong.append(f"I10 by {reading} the documents in {currency} do not come to the facts")
