"""Some hundred runs of the simulation, each with faults at rates of its own. A run that fails is repeated with its trace by
`make sim SEED=...`; once understood it becomes a named test.
"""

import os
import subprocess
import sys
from collections import Counter
from functools import cache

import pytest

from tests.sim.run import Run

SEEDS = 600
CHUNK = 50


@cache
def _ran(seed: int) -> tuple[list[str], Counter[str], Counter[str]]:
    """What went wrong, which ways the calls went, how the tasks ended."""
    run = Run(seed).run()
    return run.wrong, run.scheduler.ways, run.scheduler.endings


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_no_seed_breaks_what_is_promised(first: int) -> None:
    broken = {}
    for seed in range(first, first + CHUNK):
        wrong, _, _ = _ran(seed)
        if wrong:
            broken[seed] = wrong[0]
    assert not broken, f"repeat with: make sim SEED={next(iter(broken))}"


def test_the_troubles_do_happen() -> None:
    """A generator that draws no faults proves nothing."""
    ways: Counter[str] = Counter()
    endings: Counter[str] = Counter()
    for seed in range(60):
        _, ways_there, endings_there = _ran(seed)
        ways += ways_there
        endings += endings_there
    faults = ("die before", "die after", "not done", "done, unanswered", "done twice", "done later")
    assert min(ways[way] for way in faults) > 50
    outcomes = ("published", "unchanged", "repeat", "superseded", "parked", "failed", "busy", "continued", "ignored")
    assert min(endings[outcome] for outcome in outcomes) > 0
    assert endings["died"] > 100


def test_a_seed_repeats_exactly_in_another_process() -> None:
    def fingerprint(hash_seed: str) -> str:
        command = (sys.executable, "-m", "tests.sim", "--seed", "11")
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
        return done.stdout.rpartition("fingerprint ")[2].split()[0]

    assert fingerprint("1") == fingerprint("2")
