"""`make pictures`: the README's pictures, taken of Daybook on this machine with its sandbox shops, at one instant and with one seed.

All three shops are connected and their 90 days are in. Taken again after a change, only what changed differs.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from infra.local.children import ROOT
from infra.local.journey import OWNER, approve, pair, paste_keys, wait_for
from infra.local.lines import teller
from infra.local.machine import Machine, Plan
from infra.local.visitor import Visitor
from tests.support.chromium import FLAGS, find

FOLDER = ROOT / "infra" / "web" / "pictures"
NOW = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
SEED, ORDERS_PER_DAY = 1, 30
BYTES_MAX = 200_000
DESK, PHONE = (1440, 940), (390, 844)
BETWEEN_PX = 40

Theme = Literal["light", "dark"]


def connect(machine: Machine) -> str:
    """Sign up, connect every sandbox, link the store that comes twice; the first connection's id."""
    visitor = Visitor(machine.url)
    visitor.sign_up(**OWNER, workspace="Northwind")
    pair(visitor)
    (first,) = (str(each["id"]) for each in visitor.get("/v1/connections")["items"])
    for connect_one in (approve, paste_keys):
        connection = connect_one(visitor, machine)
    for each in visitor.get("/v1/connections")["items"]:
        wait_for(visitor, str(each["sync_id"]))
    mirrors = f"/v1/connections/{connection}/mirrors"
    links = [{name: each[name] for name in ("store_id", "connection_id")} for each in visitor.get(mirrors)["items"]]
    wait_for(visitor, visitor.change("PUT", mirrors, {"links": links})["sync_id"])
    return first


def signed_in(browser: Browser, url: str, size: tuple[int, int], theme: Theme) -> BrowserContext:
    """A browser's worth of state that has signed in, and stands still a while after NOW."""
    width, height = size
    context = browser.new_context(
        base_url=url,
        viewport={"width": width, "height": height},
        color_scheme=theme,
        reduced_motion="reduce",
        locale="en-US",
        timezone_id="America/New_York",
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Email").fill(OWNER["email"])
    page.get_by_label("Password", exact=True).fill(OWNER["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1, name="Dashboard")).to_be_visible()
    page.close()
    return context


def shoot(context: BrowserContext, address: str, whole: str, then: Callable[[Page], object] | None = None) -> bytes:
    """A page once all of it is there."""
    page = context.new_page()
    page.clock.set_fixed_time(NOW + timedelta(minutes=10))
    page.goto(address)
    if then:
        then(page)
    expect(page.locator(whole).first).to_be_visible()
    expect(page.locator(".skeleton, .waiting[role=status], .region.dim")).to_have_count(0)
    picture = page.screenshot()
    page.close()
    return picture


def beside(browser: Browser, *pictures: bytes) -> bytes:
    """Pictures of a phone in one row."""
    width, height = PHONE
    size = {"width": len(pictures) * (width + BETWEEN_PX) - BETWEEN_PX, "height": height}
    page = browser.new_page(viewport=size)  # type: ignore[arg-type]
    shown = "".join(f'<img src="data:image/png;base64,{base64.b64encode(each).decode()}">' for each in pictures)
    page.set_content(f"<style>body {{ margin: 0; display: flex; gap: {BETWEEN_PX}px }}</style>{shown}")
    picture = page.screenshot(omit_background=True)
    page.close()
    return picture


def take(browser: Browser, url: str, connection: str) -> dict[str, bytes]:
    """Every picture by its name."""
    light, dark, phone = (
        signed_in(browser, url, size, theme)
        for size, theme in ((DESK, "light"), (DESK, "dark"), (PHONE, "light"))  # type: ignore[arg-type]
    )
    dashboard = ("/", ".stop")
    return {
        "dashboard": shoot(light, *dashboard),
        "order-settings": shoot(light, f"/connections/{connection}/settings", "table.leaf"),
        "sale": shoot(light, "/orders", "table", lambda page: page.locator("table.sales tbody a.whole").first.click()),
        "dashboard-dark": shoot(dark, *dashboard),
        "phone": beside(browser, shoot(phone, *dashboard), shoot(phone, "/orders", "table.sales tbody tr")),
    }


def main() -> int:
    expect.set_options(timeout=30_000)
    hear = teller(raw=False, out=lambda line: print(line, file=sys.stderr))
    with tempfile.TemporaryDirectory(prefix="daybook-") as data, sync_playwright() as playwright:
        plan = Plan(data=Path(data), now=NOW, seed=SEED, orders_per_day=ORDERS_PER_DAY, rate=0)
        with Machine(plan, hear=hear) as machine:
            connection = connect(machine)
            browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
            pictures = take(browser, machine.url, connection)
            browser.close()
    for name, picture in pictures.items():
        (FOLDER / f"{name}.png").write_bytes(picture)
        print(f"{name}.png: {len(picture):,} bytes")
    return 1 if max(map(len, pictures.values())) > BYTES_MAX else 0


if __name__ == "__main__":
    sys.exit(main())
