"""`python -m tests.pages.gallery [NAME...]`: draws states of the page into `build/gallery`, to be looked at.

A name stands for all states that begin with it; without one all are drawn, in both themes, at desktop's and a phone's width.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from chalicelib.storage.table import Table
from tests.pages import figures
from tests.pages.scripted import BASE, give_file, watched
from tests.pages.states import BROKEN, NEVER, Refusal, State, every_state
from tests.support.chromium import FLAGS, find
from tests.support.memory import MemoryEngine
from tests.support.site import Visitor, open_site

SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")


@contextmanager
def opened(browser: Browser, files: Visitor, state: State, **options: Any) -> Iterator[Page]:
    """A page for which the state's answers wait; it is not there yet. `options` are Playwright's of a context."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        base_url=BASE,
        reduced_motion="reduce",
        timezone_id="America/New_York",
        locale="en-US",
        **options,
    )
    context.set_default_timeout(15_000)
    context.route("**/*", lambda route: _answer(route, files, state))
    page = context.new_page()
    page.clock.set_fixed_time(figures.NOW)
    yield page
    context.unroute_all(behavior="ignoreErrors")  # some wait for an answer that does not come
    context.close()


@contextmanager
def shown(browser: Browser, files: Visitor, state: State) -> Iterator[tuple[Page, list[str]]]:
    """The page in that state, and what it complained of."""
    with opened(browser, files, state) as page:
        complaints = watched(page)
        page.goto(state.path)
        expect(page.locator("h1")).to_be_visible()
        if state.settled:
            expect(page.locator(".skeleton, .waiting[role=status], .region.dim")).to_have_count(0)
        if state.then:
            state.then(page)
        yield page, complaints


def _answer(route: Route, files: Visitor, state: State) -> None:
    address = urlsplit(route.request.url)
    if not address.path.startswith("/v1/"):
        give_file(route, files, address.path, provider=state.provider)
        return
    path, asked = address.path.removeprefix("/v1"), route.request.url.partition("/v1")[2]
    session = state.session if state.session is not None else Refusal(401, BROKEN | {"status": 401})
    known = {"/session": session, "/live": figures.live(*state.syncs), **state.answers}
    names = (f"{route.request.method} {path}", asked, path)
    answer = next((known[name] for name in names if name in known), Refusal(500, BROKEN))
    if answer is NEVER:
        return
    status, body = (answer.status, answer.body) if isinstance(answer, Refusal) else (200, answer)
    kind = "application/json" if status < 400 else "application/problem+json"
    route.fulfill(status=status, content_type=kind, body=json.dumps(body))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--out", type=Path, default=Path("build/gallery"))
    parser.add_argument("--theme", choices=THEMES, action="append")
    parser.add_argument("--size", choices=tuple(SIZES), action="append")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, open_site(Table(MemoryEngine())) as site:
        browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
        for state in every_state():
            if asked.names and not state.name.startswith(tuple(asked.names)):
                continue
            with shown(browser, site.visitor(), state) as (page, complaints):
                for size in asked.size or SIZES:
                    width, height = SIZES[size]
                    page.set_viewport_size({"width": width, "height": height})
                    whole = page.evaluate("document.documentElement.scrollHeight")
                    page.set_viewport_size(
                        {"width": width, "height": max(whole, height)}
                    )  # what sticks stands at its end
                    for theme in asked.theme or THEMES:
                        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                        picture = asked.out / f"{state.name}-{size}-{theme}.png"
                        page.screenshot(path=picture, full_page=True)
                        print(picture, *complaints)


if __name__ == "__main__":
    main()
