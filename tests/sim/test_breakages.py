"""Each deliberate breakage is caught, by the seed that was the first to catch it. Where the code has changed so that this seed
no longer does, `python -m tests.sim --break <name> --first` searches anew.
"""

import pytest

from tests.sim.breakages import BREAKAGES
from tests.sim.run import Run

CAUGHT_BY = {}


def test_every_breakage_has_its_seed() -> None:
    assert CAUGHT_BY.keys() == BREAKAGES.keys()


@pytest.mark.parametrize("name", CAUGHT_BY)
def test_the_breakage_is_caught(name: str) -> None:
    seed, what = CAUGHT_BY[name]
    assert not Run(seed).run().wrong, "without the breakage the run is quiet"
    wrong = Run(seed, BREAKAGES[name]).run().wrong
    assert wrong
    assert what in wrong[0]
