"""One run of the simulation: some hours in which everything goes wrong at a rate of its own, then a quiet time, then rest."""

from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any

import msgspec

from chalicelib.domain.order_settings import OrderSettings
from tests.sim.engine import WatchedEngine
from tests.sim.parts import BOUNDS, CHUNKED, Parts, bounded
from tests.sim.scheduler import NoFaults, RandomFaults, Task
from tests.sim.world import ZONE, World

MOMENTS = 520
QUIET_ROUNDS, DEADLY_ROUNDS = 8, 60
NIGHT_S, NIGHT_ROUNDS = 80_000, 4
ROUND_S, PARKED_S = 1_000, 20
STEPS_MAX = 20_000
STOPS_S = (60, 400, 2_000)
# How long before the night a run begins; while the last of its days still goes on.
EARLY_S = (0, 0, 3_600, 7_200)
ZONES = (ZONE, "America/Chicago", "Pacific/Honolulu", "UTC", "Pacific/Auckland")


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """How often what happens; each run draws its own, including never."""

    change: float
    settings: float
    connect: float
    clean: float
    freeze: float
    stick: float
    hot: float


class Run:
    """Repeats exactly for equal `seed` and `parts`."""

    def __init__(
        self, seed: int, parts: type[Parts] = Parts, *, engine: WatchedEngine | None = None, trace: bool = False
    ) -> None:
        self.random = r = Random(seed)
        faults = RandomFaults(r, crash=r.choice((0, 0.01, 0.03)), lost=r.choice((0, 0.05, 0.15)))
        self.bounds = BOUNDS | (CHUNKED if r.random() < 0.4 else {}) | parts.bounds
        days, early_s = r.choice((2, 2, 3)), r.choice(EARLY_S)
        settings = OrderSettings(counting=r.choice(("channel", "channel", "paid")), interval_min=r.choice((1_440, 60)))
        self.world = World(r, faults, parts, days=days, early_s=early_s, settings=settings, engine=engine, trace=trace)
        drawn = Rates(
            change=r.choice((0, 0.05, 0.12)),
            settings=r.choice((0, 0.005, 0.012)),
            connect=r.choice((0, 0, 0.01, 0.02)),
            clean=r.choice((0.02, 0.06)),
            freeze=r.choice((0, 0.02, 0.06)),
            stick=r.choice((0, 0.6, 0.95)),
            hot=r.choice((0, 0, 0.1, 0.25)),
        )
        self.rates = msgspec.structs.replace(drawn, **parts.rates)
        world = self.world
        world.skewed = r.random() < 0.5
        world.queues.lose, world.queues.double, world.queues.fail = (
            r.choice((0, 0, 0.3)),
            r.choice((0, 0.2)),
            r.choice((0, 0.1)),
        )
        world.trouble.errors, world.trouble.budget = r.choice((0, 0, 0.1)), r.choice((0, 0.15, 0.3))
        world.trouble.lies = r.random() < 0.05
        world.trouble.deadly_day = r.choice(world.days) if r.random() < 0.05 else None
        self._quiet = False
        self._last: Task | None = None
        self.steps = 0

    @property
    def scheduler(self) -> Any:
        return self.world.scheduler

    @property
    def wrong(self) -> list[str]:
        return self.world.scheduler.wrong

    def run(self) -> "Run":
        """Run to rest, or to the first violation."""
        with bounded(self.bounds):
            self.world.ask_days(*self.world.days)
            for _ in range(MOMENTS):
                self._happen()
                if self.wrong:
                    return self
            self._calm()
            self._rest()
        return self

    def _happen(self) -> None:
        """One moment of the troubled time: mostly nothing begins, and some tasks go on."""
        r, world, rates, scheduler = self.random, self.world, self.rates, self.scheduler
        self.steps += 1
        scheduler.now_s += r.choice((0, 0, 1, 1, 5, 60))
        scheduler.land()
        parted = world.checker.state == "parted"
        chances: dict[Callable[[], None], float] = {
            self._ask: 0.03,
            self._withdraw: 0.005,
            world.sweep: 0.03,
            self._clean: rates.clean,
            self._read: 0.04,
            self._change: rates.change,
            self._change_settings: rates.settings,
            self._connect: rates.connect * (5 if parted else 1),
            self._receive: 0.12,
        }
        nothing = 1 - sum(chances.values())
        r.choices([*chances, lambda: None], [*chances.values(), nothing])[0]()
        for _ in range(3):
            if scheduler.tasks and not self.wrong:
                self._step()

    def _ask(self) -> None:
        self.world.ask_days(self._day(), by_person=self.random.random() < 0.3)

    def _withdraw(self) -> None:
        self.world.withdraw(self._day())

    def _read(self) -> None:
        self.world.read(self._day())

    def _change(self) -> None:
        days = {self.world.day_of(at) for at in self.world.shop.change()}
        for day in sorted(days):
            self.world.ask_days(day)

    def _change_settings(self) -> None:
        """One of the settings, with a sync of some days now and then."""
        r, world = self.random, self.world
        fields: dict[str, Any] = r.choice(
            (
                {"time_zone": r.choice(ZONES)},
                {"time_zone": r.choice(ZONES), "recut": True},
                {"counting": r.choice(("channel", "paid"))},
                {"summary": r.choice(("individual", "store", "month"))},
                {"interval_min": r.choice((60, 1_440))},
            )
        )
        sync = (self._day(), world.days[-1]) if r.random() < 0.3 else None
        world.change_settings(sync=sync, **fields)

    def _connect(self) -> None:
        self.world.part() if self.world.checker.state == "paired" else self.world.pair()

    def _receive(self) -> None:
        message = self.world.queues.receive()
        if message is not None:
            self.world.receive(message)

    def _clean(self) -> None:
        r, world = self.random, self.world
        names = sorted(world.checker.shelf_names)
        if r.random() < 0.6 or not names:
            world.clean_day(self._day())
        else:
            world.clean_shelf(r.choice(names), fence=r.random() < 0.3)

    def _day(self) -> date:
        return self.random.choice(self.world.days)

    def _step(self) -> None:
        """Let one task go on, unless it is stopped for a while: mostly the one that went on last, as its seed will have it."""
        r, scheduler = self.random, self.scheduler
        tasks = scheduler.tasks
        task = r.choice(tasks)
        if self._last in tasks and r.random() < self.rates.stick:
            task = self._last
        self._last = task
        self.steps += 1
        if not self._quiet:
            if task.stopped_until > scheduler.now_s:
                self._last = None
                return
            if r.random() < self.rates.freeze:
                self._stop(task)
                return
        if scheduler.step(task) and not self._quiet and r.random() < self.rates.hot:
            self._stop(task)

    def _stop(self, task: Task) -> None:
        task.stopped_until = self.scheduler.now_s + self.random.choice(STOPS_S)
        self._last = None

    def _calm(self) -> None:
        """Faults stop. What was to be done later is done; whatever is under way ends; the shop is paired."""
        world, scheduler = self.world, self.scheduler
        scheduler.faults = NoFaults()
        world.skewed = False
        world.trouble.errors = world.trouble.budget = 0.0
        world.queues.lose = world.queues.double = world.queues.fail = 0.0
        world.queues.delays = False
        self._quiet = True
        scheduler.land(everything=True)
        for task in scheduler.tasks:
            task.skew_s = 0
        self._finish()
        checker = world.checker
        if checker.state != "paired" or checker.sign_in_needed or world.issuer.refuses(checker.refresh):
            # Otherwise not: pairing asks for all days anew, and would hide what was forgotten.
            world.pair()
            self._finish()
        if world.checker.state != "paired":
            self.wrong.append("I17 it could not be paired again")

    def _rest(self) -> None:
        """The quiet time: sweeps and messages until nothing is left to do, then one more cleaning."""
        world, scheduler = self.world, self.scheduler
        chance = self.random.choice((0, 0.7, 1))
        self._go_on(QUIET_ROUNDS if world.trouble.deadly_day is None else DEADLY_ROUNDS)
        scheduler.now_s += NIGHT_S
        self._go_on(NIGHT_ROUNDS)
        asked = [day for day in world.here if self.random.random() < chance]
        world.ask_days(*asked, by_person=True)
        self._go_on(NIGHT_ROUNDS if world.trouble.deadly_day is None else DEADLY_ROUNDS)
        # A night that came with the last round is done, too, by workers that wait while one of them renews the access.
        self._go_on(3, every_s=PARKED_S)
        for day in world.checker.touched_days:
            world.clean_day(day)
        for name in sorted(world.checker.shelf_names):
            world.clean_shelf(name, fence=True)
        self._finish()
        if not self.wrong:
            world.check_rest(asked, everything=chance == 1)
        if not self.wrong:
            self._switch_mode()

    def _go_on(self, rounds: int, *, every_s: int = ROUND_S) -> None:
        for turn in range(rounds):
            self.scheduler.now_s += every_s
            self.world.sweep()
            self._finish()
            self._drain()
            if turn % 4 == 0:
                self.world.read(self.world.days[0])

    def _switch_mode(self) -> None:
        """Another mode moves nothing of what is stored: no head, no fact, no document, no shelf."""
        world = self.world

        def stored() -> dict[tuple[str, str], Any]:
            kinds = ("DAYS#", "PARTS#", "EVENTS#", "DOCS#", "SHELVES#")
            return {(pk, sk): item for pk, sk, item in world.checker.items() if pk.startswith(kinds)}

        before, version = stored(), max(world.checker.settings)
        was = world.checker.settings[version].summary
        world.change_settings(summary="month" if was == "store" else "store")
        self._finish()
        if max(world.checker.settings) == version:
            self.wrong.append("the mode was not switched")
        if stored() != before:
            self.wrong.append("another mode has changed what is stored")

    def _drain(self) -> None:
        """Deliver what is in the queues, several messages at once where their order allows it."""
        world = self.world
        while (message := world.queues.receive()) is not None and not self.wrong:
            while message is not None:
                world.receive(message)
                message = world.queues.receive()
            self._finish()

    def _finish(self) -> None:
        """Let all tasks come to their end, in whatever turn."""
        steps = 0
        while self.scheduler.tasks and not self.wrong:
            self._step()
            steps += 1
            if steps > STEPS_MAX:
                self.wrong.append("I13 it never comes to an end")
