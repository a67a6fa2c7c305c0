"""A page on Daybook's real files whose API answers what a test says: for states that would take days, or a shop, to come by.

The shell and its files come from the web routes themselves, with their headers, so that what their policy forbids fails here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, Route

from tests.support.site import Visitor

BASE = "http://daybook.test"
SESSION = {
    "user": {"id": "u1", "email": "owner@northwind.example", "role": "owner"},
    "workspace": {
        "id": "w1",
        "name": "Northwind",
        "time_zone": "America/New_York",
        "currency": "USD",
        "week_start": "monday",
        "individual_allowed": False,
    },
    "token": "t",
}
NO_PROVIDER = b'name="provider" content=""'
QUIET = {
    "now": "2026-11-26T15:00:00Z",
    "poll_after_s": 60,
    "cursor": "c",
    "syncs": [],
    "connections": [],
    "activity_new": 0,
}

Answer = tuple[int, object]


def problem(status: int, detail: str, **fields: str) -> Answer:
    """What the API says when it refuses."""
    return status, {
        "type": "about:blank",
        "title": "Error",
        "status": status,
        "detail": detail,
        "request_id": "r-4711",
        "fields": fields,
    }


class ScriptedApi:
    """What the API answers by method and path, and what it was asked, in that order."""

    def __init__(self) -> None:
        self._answers: dict[str, Callable[[Request, Any], Answer]] = {}
        self.asked: list[tuple[str, Any]] = []
        self.on("GET /session", (200, SESSION))
        self.on("GET /live", (200, QUIET))

    def on(self, what: str, answer: Answer | Callable[[Any], Answer]) -> None:
        """From now on answer `what` so; a function is given the body that was sent."""
        self._answers[what] = lambda _, body: answer(body) if callable(answer) else answer

    def on_request(self, what: str, answer: Callable[[Request], Answer]) -> None:
        """From now on answer `what` by the whole request."""
        self._answers[what] = lambda request, _: answer(request)

    def bodies(self, what: str) -> list[Any]:
        """What was sent with each request of that kind."""
        return [body for asked, body in self.asked if asked == what]

    def answer(self, request: Request) -> Answer:
        what = f"{request.method} {urlsplit(request.url).path.removeprefix('/v1')}"
        body = json.loads(request.post_data) if request.post_data else None
        self.asked.append((what, body))
        found = self._answers.get(what)
        return found(request, body) if found else problem(404, "There is nothing here.")


def give_file(route: Route, files: Visitor, path: str, *, provider: str = "") -> None:
    """Answer with the page's file at that path, as the web routes give it; with `provider` as if one of that name were set."""
    found = files.get(path)
    headers = {name: str(value) for name, value in found.headers.items()}
    body = (
        found.body.replace(NO_PROVIDER, NO_PROVIDER[:-1] + escape(provider).encode() + b'"') if provider else found.body
    )
    route.fulfill(status=found.status_code, headers=headers, body=body)


def open_context(browser: Browser, files: Visitor, api: ScriptedApi) -> BrowserContext:
    """A browser's worth of state in which the page's address leads to its files, the API to `api`, and nothing anywhere else."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=BASE, reduced_motion="reduce")
    context.set_default_timeout(15_000)

    def serve(route: Route) -> None:
        address = urlsplit(route.request.url)
        if f"{address.scheme}://{address.netloc}" != BASE:
            route.fulfill(status=200, content_type="text/html", body=f"<title>{address.netloc}</title>Somewhere else")
        elif address.path.startswith("/v1/"):
            status, body = api.answer(route.request)
            kind = "application/problem+json" if status >= 400 else "application/json"
            route.fulfill(status=status, content_type=kind, body="" if body is None else json.dumps(body))
        else:
            give_file(route, files, address.path)

    context.route("**/*", serve)
    return context


def watched(page: Page) -> list[str]:
    """Errors that the page did not catch, and what its policy forbade, as they come."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    return complaints
