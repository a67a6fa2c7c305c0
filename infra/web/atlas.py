"""The map's outlines on a coarser grid: us-atlas draws to a hundredth of a pixel, which weighs as much as all other parts' scripts.

See "TopoJSON Format Specification" 2.1.4: an arc is a line of steps on a grid of whole numbers.
"""

from __future__ import annotations

from typing import Any

GRID = 0.5  # of the drawing's units, 975 of which are its width: half a pixel where it is largest


def on_grid(topology: dict[str, Any]) -> dict[str, Any]:
    """The states of a topology, each line through the points of our grid that are nearest to its own."""
    transform = topology["transform"]
    return {
        "type": "Topology",
        "transform": {"scale": [GRID, GRID], "translate": transform["translate"]},
        "objects": {"states": topology["objects"]["states"]},
        "arcs": [_line(arc, transform["scale"]) for arc in topology["arcs"]],
    }


def _line(arc: list[list[int]], scale: list[float]) -> list[list[int]]:
    """An arc's steps on the new grid, the first one from its origin; one that became a point keeps two ends."""
    x = y = 0
    at = [0, 0]
    steps: list[list[int]] = []
    for across, down in arc:
        x, y = x + across, y + down
        there = [round(x * scale[0] / GRID), round(y * scale[1] / GRID)]
        if not steps or there != at:
            steps.append([there[0] - at[0], there[1] - at[1]])
        at = there
    return steps if len(steps) > 1 else [*steps, [0, 0]]
