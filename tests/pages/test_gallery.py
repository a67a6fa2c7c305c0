"""Every state of every page pleases axe in both themes and all widths, fits, says what everything is, and keeps to its policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.pages.gallery import shown
from tests.pages.hearing import misheard, tree
from tests.pages.states import State, every_state
from tests.pages.steps import look_over
from tests.support.site import Visitor

STATES = {state.name: state for state in every_state()}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_nothing_is_wrong_with_it(chromium: Browser, files: Visitor, state: State) -> None:
    with shown(chromium, files, state) as (page, complaints):
        wrong = misheard(page)
        look_over(page, wrong, settled=state.settled)
    assert wrong + complaints == []


def test_the_figures_of_a_chart_are_told_one_by_one(chromium: Browser, files: Visitor) -> None:
    with shown(chromium, files, STATES["dashboard"]) as (page, _):
        told = [
            node
            for node in tree(page)
            if node.role in ("img", "image") and node.where.startswith("group 'Net sales by day")
        ]
    assert len(told) == 30
    assert all("$" in node.name and ": " in node.name for node in told)
