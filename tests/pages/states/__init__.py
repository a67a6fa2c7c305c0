"""Every state that a page can be in, as the answers that bring it there: what `test_gallery` checks and `gallery` draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import msgspec
from playwright.sync_api import Page

from chalicelib.entrypoints.wire import SyncOut
from tests.pages import figures

NEVER = None  # an answer that does not come
BROKEN = {"type": "about:blank", "title": "Error", "status": 500, "detail": "It broke.", "request_id": "r-4711"}


class State(msgspec.Struct, frozen=True, kw_only=True):
    """One state of one page.

    `answers` are bodies by path under /v1, with its query or without, and with its method for one that is not like GET's; a
    `Refusal` is an answer that is not 200, and what is not named is refused with a 500. `then` brings the page from its first sight to the state.
    `provider` is what the button to the identity provider says, where there is one.
    """

    name: str
    path: str
    answers: Mapping[str, Any]
    session: Mapping[str, Any] | None = msgspec.field(default_factory=lambda: figures.SESSION)
    syncs: tuple[SyncOut, ...] = ()
    provider: str = ""
    then: Callable[[Page], object] | None = None
    settled: bool = True  # no part of it is still loading when it is looked at


class Refusal(msgspec.Struct, frozen=True):
    status: int
    body: Mapping[str, Any]


def every_state() -> Iterator[State]:
    """Yield the states of all modules of this package, each of which lists its own as STATES."""
    for module in iter_modules(__path__, prefix=f"{__name__}."):
        yield from import_module(module.name).STATES
