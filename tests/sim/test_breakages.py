"""Each deliberate breakage is caught: by the seed that was the first to catch it, or, where the code has changed since and its
calls come in another turn, by one of the first few hundred.
"""

from collections.abc import Iterator

import pytest

from tests.sim.breakages import BREAKAGES
from tests.sim.run import Run

SEEDS_MAX = 400
CAUGHT_BY = {}


def test_every_breakage_has_its_seed() -> None:
    assert CAUGHT_BY.keys() == BREAKAGES.keys()


def _seeds(first: int) -> Iterator[int]:
    yield first
    yield from range(SEEDS_MAX)


@pytest.mark.parametrize("name", CAUGHT_BY)
def test_the_breakage_is_caught(name: str) -> None:
    for seed in _seeds(CAUGHT_BY[name]):
        if Run(seed, BREAKAGES[name]).run().wrong:
            assert not Run(seed).run().wrong, "without the breakage the run is quiet"
            return
    pytest.fail(f"nobody noticed: {name}")
