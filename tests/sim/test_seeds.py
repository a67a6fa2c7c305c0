"""Some hundred runs of the simulation, each with faults at rates of its own. A run that fails is repeated with its trace by
`make sim SEED=...`; once understood it becomes a named test.
"""

import os
import subprocess
import sys

import pytest

from tests.sim.run import Run

SEEDS = 600
CHUNK = 50


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_no_seed_breaks_what_is_promised(first: int) -> None:
    broken = {}
    for seed in range(first, first + CHUNK):
        run = Run(seed).run()
        if run.wrong:
            broken[seed] = run.wrong[0]
    assert not broken, f"repeat with: make sim SEED={next(iter(broken))}"


def test_the_troubles_do_happen() -> None:
    """A generator that draws no faults proves nothing."""
    ways, endings = Run(0).run().scheduler.ways, Run(0).run().scheduler.endings
    for seed in range(1, 60):
        scheduler = Run(seed).run().scheduler
        ways += scheduler.ways
        endings += scheduler.endings
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
