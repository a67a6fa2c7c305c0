"""The dashboard."""

from __future__ import annotations

from tests.pages import figures
from tests.pages.states import State

STATES = (
    State(
        name="dashboard",
        path="/",
        answers={"/dashboard": figures.dashboard()},
        syncs=(figures.sync(),),
    ),
    State(name="dashboard-error", path="/", answers={}),
)
