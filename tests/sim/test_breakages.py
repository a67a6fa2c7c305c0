"""Each deliberate breakage is caught: by the seed that was the first to catch it, or, where the code has changed since and its
calls come in another turn, by one of the first few hundred.
"""

from collections.abc import Iterator

import pytest

from tests.sim.breakages import BREAKAGES
from tests.sim.run import Run
from tests.sim.world import Parts

SEEDS_MAX = 400
CAUGHT_BY = {
    "01-flip-without-the-attempt": 0,
    "02-flip-before-its-parts": 0,
    "03-continuation-under-the-same-id": 9,
    "04-continuation-that-serves-anew": 1,
    "06-content-addressed-parts": 1,
    "07-no-sweep": 3,
    "08-stale-reads": 65,
    "09-count-before-the-flip": 0,
    "10-claim-that-ignores-what-is-due": 2,
    "11-claim-that-waits-for-what-nobody-settles": 1,
    "12-clearing-what-is-due-blindly": 4,
    "13-shelf-flip-without-the-version": 4,
    "14-count-apart-from-the-shelf": 0,
    "15-plan-year-taken-when-settling": 2,
    "16-shelf-by-day-of-sale": 1,
    "17-deleting-the-own-part-on-a-refusal": 20,
    "18-shelf-part-named-by-the-attempt-alone": 8,
    "19-settling-while-not-paired": 2,
    "20-cleaning-by-age": 1,
    "21-cleaning-all-that-is-not-live": 10,
    "22-cleaning-without-the-inherited-parts": 9,
    "23-head-read-before-listing": 15,
    "24-cleaning-without-the-chain": 1,
    "25-shelf-parts-without-the-version-rule": 20,
    "26-parting-without-the-walk": 2,
    "27-connection-read-only-before-the-claim": 30,
    "28-touched-documents-forgotten": 0,
    "29-document-flip-without-the-version": 2,
}


def test_every_breakage_has_its_seed() -> None:
    assert CAUGHT_BY.keys() == BREAKAGES.keys()


def _seeds(first: int) -> Iterator[int]:
    yield first
    yield from range(SEEDS_MAX)


@pytest.mark.parametrize("name", CAUGHT_BY)
def test_the_breakage_is_caught(name: str) -> None:
    broken = BREAKAGES[name]
    sound = type("Sound", (Parts,), {"rates": broken.rates})
    for seed in _seeds(CAUGHT_BY[name]):
        if Run(seed, broken).run().wrong:
            assert not Run(seed, sound).run().wrong, "without the breakage the run is quiet"
            return
    pytest.fail(f"nobody noticed: {name}")
