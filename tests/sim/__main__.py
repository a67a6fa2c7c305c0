"""Run the simulation: `python -m tests.sim --seed 7 --trace`, or `--seeds 0:500`."""

import argparse
import sys
import time
from collections import Counter

from tests.sim.breakages import BREAKAGES
from tests.sim.parts import Parts
from tests.sim.run import Run

SHOWN = 120


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seed", type=int, help="repeat one run and print its trace")
    parser.add_argument("--seeds", default="0:500", help="from:to, the second one outside")
    parser.add_argument("--trace", action="store_true", help="print all of the trace, not only its end")
    parser.add_argument("--break", dest="breakage", choices=sorted(BREAKAGES), help="with this deliberate breakage")
    parser.add_argument("--first", action="store_true", help="stop at the first violation")
    options = parser.parse_args()
    parts = BREAKAGES[options.breakage] if options.breakage else Parts
    if options.seed is not None:
        return _one(options.seed, parts, whole=options.trace)
    low, _, high = options.seeds.rpartition(":")
    return _many(range(int(low or 0), int(high)), parts, first=options.first)


def _one(seed: int, parts: type[Parts], *, whole: bool) -> int:
    run = Run(seed, parts, trace=True).run()
    print("\n".join(run.scheduler.trace if whole else run.scheduler.trace[-SHOWN:]))
    print(f"seed {seed}: {run.steps} steps, {run.scheduler.calls} calls, fingerprint {run.scheduler.fingerprint:08x}")
    print("\n".join(run.wrong) or "nothing wrong")
    return bool(run.wrong)


def _many(seeds: range, parts: type[Parts], *, first: bool) -> int:
    began = time.process_time()
    ways: Counter[str] = Counter()
    endings: Counter[str] = Counter()
    violating, calls, steps = [], 0, 0
    for seed in seeds:
        run = Run(seed, parts).run()
        ways += run.scheduler.ways
        endings += run.scheduler.endings
        calls += run.scheduler.calls
        steps += run.steps
        if run.wrong:
            violating.append(seed)
            print(f"seed {seed}: {run.wrong[0]}", flush=True)
            if first:
                break
    print(
        f"{len(seeds)} seeds, {steps} steps, {calls} calls, {len(violating)} violating, {time.process_time() - began:.0f} s"
    )
    print(dict(ways.most_common()))
    print(dict(endings.most_common()))
    return bool(violating)


if __name__ == "__main__":
    sys.exit(main())
