"""Fixtures for tests in a browser: a whole Daybook with its sandbox shop, and a Chromium that keeps what went wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Route, expect, sync_playwright

from chalicelib.entrypoints.wire import SyncOut
from chalicelib.storage.table import Table
from infra.local.children import ROOT
from infra.local.machine import Machine, Plan
from tests.pages import figures
from tests.pages.scripted import ScriptedApi, open_context, watched
from tests.pages.steps import EXPECT_MS
from tests.support.chromium import FLAGS, find
from tests.support.memory import MemoryEngine
from tests.support.site import Visitor, open_site

expect.set_options(timeout=EXPECT_MS)
STATIC = ROOT / "chalicelib" / "pages" / "static"
ORDERS_PER_DAY = 12


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the page's files, built from the sources as they are now: once a run, not under those who read them."""
    here = tmp_path_factory.getbasetemp()
    done = (here if worker_id == "master" else here.parent) / "built"
    with done.open("a+") as lock:
        flock(lock, LOCK_EX)
        if not done.stat().st_size:
            subprocess.run((sys.executable, "infra/web/build.py"), cwd=ROOT, check=True)
            done.write_text("yes")
    return STATIC


@pytest.fixture(scope="module")
def machine(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Daybook whole, with a small sandbox shop, on free ports and a data folder of its own."""
    data = tmp_path_factory.mktemp("machine")
    with Machine(Plan(data=data, orders_per_day=ORDERS_PER_DAY)) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A Chromium without a window."""
    path = find()
    if path is None:
        pytest.fail("the browser tests need Chromium: install the package chromium, or have it on PATH", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    """What the browser's console said of errors, and what the page did not catch; a test wants it empty."""
    return []


@pytest.fixture(scope="module")
def page(chromium: Browser, machine: Machine, complaints: list[str]) -> Iterator[Page]:
    """One visitor's page, with the journey's cookies, at the machine's start."""
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900}, base_url=machine.url, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(15_000)

    def complain(said: ConsoleMessage | Error) -> None:
        ours = page.url.startswith(machine.url)  # the shop's own pages are not
        if ours and (isinstance(said, Error) or said.type == "error"):
            complaints.append(f"{page.url}: {said}")

    page.on("console", complain)
    page.on("pageerror", complain)
    yield page
    context.close()


@pytest.fixture(scope="module")
def files(built: Path) -> Iterator[Visitor]:
    """The page's files as the web routes give them."""
    assert (built / "shell.html").exists()
    with open_site(Table(MemoryEngine())) as site:
        yield site.visitor()


@pytest.fixture
def api() -> ScriptedApi:
    """What the API answers to a `scripted` page: somebody is signed in, nothing else is there."""
    return ScriptedApi()


@pytest.fixture
def scripted(chromium: Browser, files: Visitor, api: ScriptedApi) -> Iterator[Page]:
    """A page whose API is `api`; its script must not fail, nor do what its policy forbids."""
    context = open_context(chromium, files, api)
    page = context.new_page()
    complaints = watched(page)
    yield page
    context.close()
    assert complaints == []


class Answering:
    """Opens pages whose API answers by path, with its query or without; what is not named is answered with a 500."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def __call__(self, path: str | None, answers: dict[str, Any], *, syncs: tuple[SyncOut, ...] = ()) -> Page:
        known = {"/session": figures.SESSION, "/live": figures.live(*syncs), **answers}

        def reply(route: Route) -> None:
            asked = route.request.url.partition("/v1")[2]
            body = known.get(asked, known.get(asked.partition("?")[0]))
            problem = {"title": "Error", "status": 500, "detail": "It broke.", "request_id": "r-4711"}
            kind = "application/json" if body is not None else "application/problem+json"
            route.fulfill(status=200 if body is not None else 500, content_type=kind, body=json.dumps(body or problem))

        self._page.route("**/v1/**", reply)
        if path is not None:
            self._page.goto(path)
        return self._page


@pytest.fixture
def answering(scripted: Page) -> Answering:
    return Answering(scripted)
