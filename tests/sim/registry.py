"""The deliberate breakages by name, and what they are made with."""

import copy
from collections.abc import Callable
from typing import Any

from tests.sim.parts import Parts

BREAKAGES: dict[str, type[Parts]] = {}


def breakage(name: str) -> Callable[[type[Parts]], type[Parts]]:
    def register(parts: type[Parts]) -> type[Parts]:
        BREAKAGES[name] = parts
        return parts

    return register


def altered(thing: Any, **replaced: Any) -> Any:
    """A copy of a workflow or repository with something else handed in."""
    other = copy.copy(thing)
    for name, value in replaced.items():
        setattr(other, f"_{name}", value)
    return other
