"""Steps that tests in a browser share: how a page is looked over, and the way of a merchant up to a shop whose days are in.

Looked over means: axe finds nothing, nothing scrolls sideways, in both themes, on a desk and on a phone.
"""

from __future__ import annotations

import json
import re
import urllib.request
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, expect

from infra.local.children import ROOT
from infra.local.machine import SHOP, Machine

AXE = ROOT / "infra" / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = ((1440, 900), (390, 844), (320, 640))
NARROWEST = SIZES[-1]
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
EXPECT_MS = 15_000  # a busy machine is slow, not wrong
IMPORT_MS = 240_000
SLOW_MS = 45_000  # a password is hashed, or a shop is asked, and the machine is busy
OWNER = "owner@northwind.example"
PASSWORD = "a quiet harbour at dawn"
SUMMARIES = re.compile(r"^See \d+ summar(y|ies)$")
# The rules to run: all of them under the first theme; under another one those that look at colours, as axe itself says of them,
# if all else is as it was at this size: what is written, where it stands, and whether it is seen. No other rule can find more
# then, for no other rule reads a colour. Where anything else has changed meanwhile, all of them run again.
_RUN = """([tags, size]) => {
  const shape = [document.documentElement.outerHTML];
  for (const each of document.querySelectorAll("*")) {
    const {x, y, width, height} = each.getBoundingClientRect();
    const {display, visibility, opacity} = getComputedStyle(each);
    shape.push(x, y, width, height, display, visibility, opacity);
  }
  axe.shapes ??= {};
  const now = shape.join(" "), same = axe.shapes[size] === now;
  axe.shapes[size] = now;
  const colours = axe.getRules(tags).filter((rule) => rule.tags.includes("cat.color")).map((rule) => rule.ruleId);
  const runOnly = same ? {type: "rule", values: colours} : tags;
  return axe.run({runOnly, resultTypes: ["violations"]});
}"""
_PAIRED = re.compile(r"/connections/([^/?]+)\?paired")


def look_over(page: Page, wrong: list[str], *, settled: bool = True) -> None:
    """Add what is wrong with the page as it stands now, in every theme and size."""
    if settled:
        expect(page.locator(".region.dim")).to_have_count(0)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    page.evaluate("delete axe.shapes")  # of an earlier look
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            where = f"{urlsplit(page.url).path} {theme} {width}"
            # The narrowest has the same rules as the phone, and is there for what does not fit.
            if (width, height) != NARROWEST:
                found = page.evaluate(_RUN, [TAGS, width])
                wrong += [
                    f"{where}: {rule['id']} at {node['target']}: {node['failureSummary']}"
                    for rule in found["violations"]
                    for node in rule["nodes"]
                ]
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                wrong.append(f"{where}: scrolls sideways")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size({"width": 1440, "height": 900})


def heading(page: Page, name: str | re.Pattern[str]) -> None:
    """The page with this h1 has come, its title says the same, and its figures are there."""
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    expect(page).to_have_title(re.compile(r" · Daybook$"))
    expect(page.locator(".skeleton")).to_have_count(0)


def asked(page: Page, path: str) -> Any:
    """What the API answers to the one who is signed in."""
    return page.evaluate("path => fetch(path).then(answer => answer.json())", path)


def person(chromium: Browser, machine: Machine, **how: Any) -> BrowserContext:
    """A browser's worth of state: somebody who was not here before."""
    how = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"} | how
    context = chromium.new_context(base_url=machine.url, **how)
    context.set_default_timeout(15_000)
    return context


def fill_sign_up(page: Page, *, email: str = OWNER, business: str = "Northwind") -> None:
    """Say on the sign-up page who one is."""
    page.get_by_label("Business name").fill(business)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()


def sign_up(page: Page, *, email: str = OWNER, business: str = "Northwind") -> None:
    """Become the owner of a new workspace, which is empty."""
    page.goto("/sign-up")
    fill_sign_up(page, email=email, business=business)
    expect(page.get_by_text("Connect your first channel.")).to_be_visible(timeout=SLOW_MS)


def sign_in(page: Page, *, email: str = OWNER) -> None:
    """Say on the sign-in page who one is."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def opened(context: BrowserContext, place: str, title: str) -> Page:
    """A new tab on that page."""
    page = context.new_page()
    page.goto(place)
    heading(page, title)
    return page


def invite(owner: BrowserContext, email: str, role: str) -> str:
    """The link for somebody."""
    page = opened(owner, "/workspace", "Workspace settings")
    form = page.locator("form").filter(has=page.get_by_role("button", name="Invite", exact=True))
    form.get_by_label("Email").fill(email)
    form.get_by_label("Role").select_option(label=role)
    form.get_by_role("button", name="Invite", exact=True).click()
    shown = page.get_by_role("region", name=f"Invitation sent to {email}")
    expect(shown).to_be_focused()
    link = shown.locator("code").inner_text()
    expect(page.get_by_role("heading", name="Open invitations")).to_be_visible()
    page.close()
    return link


def join(visitor: BrowserContext, link: str) -> Page:
    """Take an invitation; the page that one arrives at."""
    page = visitor.new_page()
    page.goto(link)
    heading(page, "Join Northwind")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Join Northwind").click()
    heading(page, "Dashboard")
    return page


def connect(page: Page) -> str:
    """Pair the sandbox's Shopify shop, whose days then begin to come in; the connection's id."""
    page.goto("/connections/add/shopify?step=connect")
    page.get_by_label("Shop address").fill(SHOP)
    page.get_by_role("button", name="Continue to Shopify").click()
    page.get_by_role("button", name="Allow").click(timeout=SLOW_MS)
    expect(page.get_by_text("is connected.")).to_be_visible(timeout=SLOW_MS)
    found = _PAIRED.search(page.url)
    assert found
    return found[1]


def watch_import(page: Page) -> None:
    """From a connection with a sync under way to that sync, until its last day is in."""
    page.get_by_role("link", name="Details").first.click()
    expect(page.get_by_role("link", name=SUMMARIES)).to_be_visible(timeout=IMPORT_MS)


def sync_days(page: Page, connection: str, first: date, last: date) -> None:
    """Ask on the connection's page for these days, and watch until the last of them is in."""
    page.goto(f"/connections/{connection}")
    page.get_by_label("From").fill(str(first))
    page.get_by_label("To", exact=True).fill(str(last))
    page.get_by_role("button", name="Sync again", exact=True).click()
    heading(page, re.compile("^Sync of "))
    expect(page.get_by_role("link", name=SUMMARIES)).to_be_visible(timeout=IMPORT_MS)


def change_shop(machine: Machine, **wish: object) -> Any:
    """Let something happen in the sandbox's Shopify shop; its answer."""
    return _told(f"{machine.sandbox_url}/_sandbox/shop", wish)


def misbehave(machine: Machine, kind: str, **how: object) -> None:
    """Let the next answers of the sandbox's Shopify shop go wrong in that way."""
    _told(f"{machine.sandbox_url}/_sandbox/misbehave", {"kind": kind, **how})


def ledger_of(machine: Machine, first: date, last: date) -> Any:
    """What the sandbox's Shopify shop says that these days come to."""
    return _told(f"{machine.sandbox_url}/_sandbox/ledger?from={first}&to={last}")


def _told(url: str, wish: object = None) -> Any:
    data = None if wish is None else json.dumps(wish).encode()
    with urllib.request.urlopen(url, data, timeout=60) as answer:
        return json.load(answer)


def amount_of(text: str | None) -> int:
    """Minor units of an amount with two places, as people or files write it."""
    assert text
    return int((Decimal(re.sub(r"[^\d.\-−]", "", text).replace("−", "-")) * 100).to_integral_exact())
