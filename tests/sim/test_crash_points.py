"""Every call of a story is where its process dies, before it or after it, where its answer is lost, or where the client library
makes it twice. Then the world goes on without faults, nobody asks again for what was acknowledged, and all must be well.
"""

from collections.abc import Callable
from random import Random

import pytest

from tests.sim.parts import BOUNDS, CHUNKED, bounded
from tests.sim.run import ROUND_S
from tests.sim.scheduler import Faults, NoFaults, OneFault, Way
from tests.sim.world import World

WAYS: tuple[Way, ...] = ("die before", "die after", "done, unanswered", "done twice")
ROUNDS = 8


def _finish(world: World) -> None:
    """Let all tasks come to their end, one after the other."""
    while world.scheduler.tasks and not world.scheduler.wrong:
        world.scheduler.step(world.scheduler.tasks[0])


def _drain(world: World) -> None:
    while (message := world.queues.receive()) is not None:
        world.receive(message)
        _finish(world)


def _ask_and_work(world: World) -> None:
    world.ask_days(*world.days, by_person=True)
    _finish(world)
    _drain(world)


def _go_on(world: World) -> None:
    """Time passes, sweeps come by; who was told nothing asks again."""
    missing = [day for day in world.days if day not in world.acknowledged]
    if missing:
        world.ask_days(*missing, by_person=True)
    for _ in range(ROUNDS):
        _finish(world)
        world.scheduler.now_s += ROUND_S
        world.sweep()
        _finish(world)
        _drain(world)


def _rest(world: World) -> None:
    for day in world.checker.touched_days:
        world.clean_day(day)
    for name in sorted(world.checker.shelf_names):
        world.clean_shelf(name, fence=True)
    _finish(world)
    if not world.scheduler.wrong:
        world.check_rest(world.days)


def _new_world() -> World:
    """One day with five orders, one of them with money back the day after. No night asks for anything."""
    world = World(Random(3), NoFaults(), days=1)
    world.queues.delays = False
    shop = world.shop
    shop.orders.clear()
    for _ in range(5):
        shop.add(world.days[0])
    _refund(world)
    due = world.agenda.connection(world.key(world.days[0]).connection)
    assert due is not None
    world.agenda.asked(due, world.days[-1], world.scheduler.now_s + 10 * 86_400)
    return world


def _refund(world: World) -> None:
    world.shop.refund(world.shop.any_order())
    world.shop.remember()


def _first_publish(faults: Faults) -> World:
    world = _new_world()
    world.scheduler.faults = faults
    _ask_and_work(world)
    return world


def _resummary(faults: Faults) -> World:
    """The day is in; then an order comes, one goes, one is paid back, and it is asked for again."""
    world = _new_world()
    _ask_and_work(world)
    world.acknowledged.clear()
    shop = world.shop
    shop.add(world.days[0])
    del shop.orders[shop.any_order()]
    _refund(world)
    world.scheduler.now_s += ROUND_S
    world.scheduler.calls = 0
    world.scheduler.faults = faults
    _ask_and_work(world)
    return world


def _another_zone(faults: Faults) -> World:
    """The day is in; then the owner chooses another zone, and wants it to cut what is here again."""
    world = _new_world()
    _ask_and_work(world)
    world.scheduler.now_s += ROUND_S
    world.scheduler.calls = 0
    world.scheduler.faults = faults
    world.change_settings(time_zone="Pacific/Auckland", recut=True)
    _finish(world)
    _drain(world)
    return world


STORIES: dict[str, Callable[[Faults], World]] = {
    "first publish": _first_publish,
    "re-summary": _resummary,
    "another zone": _another_zone,
}


@pytest.mark.parametrize("bounds", [BOUNDS, BOUNDS | CHUNKED], ids=["whole", "in chunks"])
@pytest.mark.parametrize("story", STORIES)
def test_a_story_comes_to_its_end_whatever_happens_at_one_call(story: str, bounds: dict[str, object]) -> None:
    with bounded(bounds):
        calls = STORIES[story](NoFaults()).scheduler.calls
        assert calls > 30, "the story is told"
        broken = []
        for number in range(1, calls + 1):
            for way in WAYS:
                world = STORIES[story](OneFault(number, way))
                world.scheduler.faults = NoFaults()
                _go_on(world)
                _rest(world)
                if world.scheduler.wrong:
                    broken.append((number, way, world.scheduler.wrong[0]))
    assert not broken
