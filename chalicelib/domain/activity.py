"""Lines of the sync activity: what happened, in a sentence."""

from datetime import UTC, date, datetime
from typing import Literal, get_args

import msgspec

Level = Literal["info", "warning", "error"]
LEVELS: tuple[Level, ...] = get_args(Level)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `id` is its place in time and a name of its own: written twice it is one line."""

    id: str
    at: datetime
    level: Level
    text: str
    connection: str | None = None
    day: date | None = None
    sync: str | None = None
    sale: str | None = None
    details: dict[str, str] = {}


def line_id(at: datetime, name: str) -> str:
    """The id of what happened at `at` under `name`; ids sort by time."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}~{name}"
