"""The strip of a sync at its ends."""

from __future__ import annotations

import msgspec

from tests.pages import figures
from tests.pages.states import State

CUT = msgspec.structs.replace(figures.sync("r" + "d" * 56 + "x" * 33), state="cancelled", resume_at=None)

STATES = (
    State(
        name="sync-cancelled-while-reading",
        path="/syncs/y1",
        answers={
            "/syncs/y1": figures.plain(CUT),
            "/syncs/y1/days": {"items": [], "next": None},
            "/connections/c4": figures.plain(figures.connection(figures.IMPORTED)),
        },
    ),
)
