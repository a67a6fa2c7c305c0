"""Some runs in which the period lock moves while everything else goes wrong."""

import pytest

from tests.sim.locks import LockedRun

SEEDS = 200
CHUNK = 25


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_no_lock_breaks_what_is_promised(first: int) -> None:
    broken = {}
    for seed in range(first, first + CHUNK):
        run = LockedRun(seed).run()
        if run.wrong:
            broken[seed] = run.wrong[0]
    assert not broken
