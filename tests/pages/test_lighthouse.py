"""Lighthouse's own opinion of the page, as the web server of one machine gives it: on a desk, and on a phone's network.

What a busy machine takes longer for is not the page's fault: the best of three visits counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pages.served import Served, served
from tests.support.lighthouse import CLI, VisitFailed, scores

pytestmark = pytest.mark.alone
TRIES = 3
DESK = {"performance": 95, "accessibility": 95, "best-practices": 95, "seo": 95}
PHONE = {"performance": 90}
PAGES = {"sign-in": "/sign-in", "dashboard": "/", "report": "/reports/sales"}


@pytest.fixture(scope="module")
def daybook(built: Path) -> Iterator[Served]:
    if not CLI.exists():
        pytest.fail(
            "Lighthouse is not installed: run `python -m tests.support.lighthouse`, or `make test`", pytrace=False
        )
    with served() as running:
        yield running


@pytest.mark.parametrize("wanted", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_lighthouse_is_pleased(daybook: Served, tmp_path: Path, name: str, wanted: dict[str, int]) -> None:
    cookie = "" if name == "sign-in" else daybook.owner.cookie
    best = dict.fromkeys(wanted, 0)
    said: list[Any] = []
    for _ in range(TRIES):
        left = tuple(category for category in wanted if best[category] < wanted[category])
        if not left:
            break
        try:
            visit = scores(daybook.url + PAGES[name], tmp_path, categories=left, desktop=wanted is DESK, cookie=cookie)
        except VisitFailed as failed:
            said.append(failed)
            continue
        said.append(visit)
        best |= {category: max(best[category], visit.percent[category]) for category in left}
    assert all(best[category] >= least for category, least in wanted.items()), said
