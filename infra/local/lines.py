"""Log lines on one machine: children write JSON, one object a line, and the launcher shows one readable line for each.

The same structured lines go to CloudWatch on AWS. What is not JSON, a traceback for one, is shown as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

# What lines carry for whoever searches them later and nobody wants to read at a terminal; -v shows it.
_UNSHOWN = frozenset(
    (
        *("level", "message", "timestamp", "location", "service", "cold_start", "sampling_rate", "correlation_id"),
        *("function_name", "function_memory_size", "function_arn", "function_request_id", "xray_trace_id"),
        *("exception", "exception_name", "stack_trace"),
        *("workspace", "connection", "attempt", "request"),
    )
)
_MARKS = {"WARNING": "! ", "ERROR": "!! ", "CRITICAL": "!! "}
NAME_WIDTH = 9


def say(message: str, *, level: str = "INFO", **details: Any) -> None:
    """Print one structured line, as the application's logger does."""
    print(json.dumps({"level": level, "message": message, **details}, default=str), flush=True)


def render(name: str, line: str, *, at: datetime | None = None) -> str | None:
    """The line of child `name` for a person, or None when it is a metric or empty."""
    clock = (at or datetime.now(UTC)).astimezone().strftime("%H:%M:%S")
    told = _decoded(line)
    if told is None:
        return f"{clock} {name:<{NAME_WIDTH}} {line}" if line.strip() else None
    if "message" not in told:
        return None
    details = " ".join(
        f"{key}={_short(value)}" for key, value in told.items() if key not in _UNSHOWN and value not in (None, "")
    )
    mark = _MARKS.get(str(told.get("level")), "")
    text = f"{clock} {name:<{NAME_WIDTH}} {mark}{told['message']}" + (f"  [{details}]" if details else "")
    return "\n".join((text, str(told["exception"]))) if told.get("exception") else text


def teller(*, raw: bool, out: Callable[[str], None] = print) -> Callable[[str, str], None]:
    """A `hear` for children: each line rendered, or raw with the child's name before it."""

    def hear(name: str, line: str) -> None:
        text = f"{name} {line}" if raw else render(name, line)
        if text is not None:
            out(text)

    return hear


def _decoded(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:59] + "…"
