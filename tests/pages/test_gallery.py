"""Every state of every page pleases axe in both themes and all widths, fits, and does nothing that its policy forbids."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.pages.gallery import shown
from tests.pages.states import State, every_state
from tests.pages.test_journey import look_over
from tests.support.site import Visitor


@pytest.mark.parametrize("state", every_state(), ids=lambda state: state.name)
def test_nothing_is_wrong_with_it(chromium: Browser, files: Visitor, state: State) -> None:
    wrong: list[str] = []
    with shown(chromium, files, state) as (page, complaints):
        look_over(page, wrong, settled=state.settled)
    assert wrong + complaints == []
