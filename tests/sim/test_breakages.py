"""Each deliberate breakage is caught: by the seed that was the first to catch it, or, where the code has changed since and its
calls come in another turn, by one of the first few hundred, which a warning names.
"""

import warnings
from collections.abc import Iterator

import pytest

from tests.sim.breakages import BREAKAGES
from tests.sim.parts import Parts
from tests.sim.run import Run

SEEDS_MAX = 400
CAUGHT_BY = {
    "01-flip-without-the-attempt": 0,
    "02-flip-before-its-parts": 0,
    "03-continuation-under-the-same-id": 4,
    "04-continuation-that-serves-anew": 8,
    "06-content-addressed-parts": 0,
    "07-no-sweep": 0,
    "08-stale-reads": 2,
    "09-count-before-the-flip": 0,
    "10-claim-that-ignores-what-is-due": 5,
    "11-claim-that-waits-for-what-nobody-settles": 5,
    "12-clearing-what-is-due-blindly": 12,
    "13-shelf-flip-without-the-version": 3,
    "14-count-apart-from-the-shelf": 0,
    "15-plan-year-taken-when-settling": 0,
    "16-shelf-by-day-of-sale": 1,
    "17-deleting-the-own-part-on-a-refusal": 86,
    "18-shelf-part-named-by-the-attempt-alone": 21,
    "19-settling-while-not-paired": 145,
    "20-cleaning-by-age": 0,
    "21-cleaning-all-that-is-not-live": 1,
    "22-cleaning-without-the-inherited-parts": 4,
    "23-head-read-before-listing": 4,
    "24-cleaning-without-the-chain": 0,
    "25-shelf-parts-without-the-version-rule": 16,
    "26-parting-without-the-walk": 2,
    "27-connection-read-only-before-the-claim": 16,
    "28-touched-documents-forgotten": 1,
    "29-document-flip-without-the-version": 1,
    "30-observed-events-not-copied": 9,
    "31-continuation-across-a-change-of-zone": 10,
    "32-seam-taken-from-today": 22,
    "33-closed-days-judged-by-the-settings-in-force": 29,
    "35-another-zone-followed-up-by-its-saver-alone": 15,
    "36-same-orders-cut-otherwise-are-the-same-day": 37,
    "37-document-that-names-facts-that-are-cleaned": 54,
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
            if seed != CAUGHT_BY[name]:
                warnings.warn(f"{name}: seed {CAUGHT_BY[name]} is stale, {seed} catches it now", stacklevel=1)
            return
    pytest.fail(f"nobody noticed: {name}")
