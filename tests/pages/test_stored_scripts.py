"""S33 and S35: whatever the texts of a shop, a person or an error say, the page shows them and does nothing else with them.

Each state of the gallery is loaded with the texts of `data/scripts.json` in place of all that its answers say. The browser
leaves the page's policy out, so that only the page itself stands between a text and its execution.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from playwright.sync_api import Browser, Error, Page, expect

from infra.sandbox import catalog
from infra.sandbox.book import Address, Order
from infra.sandbox.draw import Slot, Trade, draw_order
from tests.pages import figures, samples
from tests.pages.gallery import opened
from tests.pages.scripted import BASE
from tests.pages.served import served
from tests.pages.states import Refusal, State, every_state
from tests.pages.steps import EXPECT_MS
from tests.support.site import Visitor, json_at

ROUNDS = 4
# How long a step of a state may look for what its words said before.
PATIENCE_MS = 2_000
# Words that choose what the page does, such as "in_sync", and what is a number to it: an id, a day, a zone, a currency.
CHOOSES = re.compile(r"[a-z0-9_~-]*|\d{4}-\d\d(-\d\d)?([T ].*)?|[A-Z][a-z]+/[A-Za-z_/]+|UTC|USD|CAD|EUR|GBP|JPY|KWD")
# Texts whatever they look like.
SAYS = ("status", "number", "sku", "customer", "region", "label", "text", "title", "detail", "email", "store", "domain")
CANARY = """
    window.__done = [];
    window.__executed = (what) => void window.__done.push(what);
    window.alert = window.confirm = window.prompt = (what) => void window.__done.push(what);
"""
# Elements and attributes that nothing in the page's own sources makes, and addresses that are not its own.
MADE = """() => [...document.querySelectorAll(
        "[data-mark], iframe, object, embed, marquee, video, audio, base, math, x-mark, meta[http-equiv], plaintext, style, script:not([src^='/static/'])"
    )].concat([...document.querySelectorAll("*")].filter((each) =>
        [...each.attributes].some(({ name }) => name.startsWith("on") || ["srcdoc", "formaction", "srcset"].includes(name)) ||
        ["href", "src", "action"].some((name) => {
            const address = typeof each[name] === "string" && each.getAttribute(name) !== null ? new URL(each[name], document.baseURI) : null;
            return address && address.origin !== location.origin && !each[name].startsWith("data:image/") && !each[name].startsWith("blob:" + location.origin);
        })
    )).map((each) => each.outerHTML.slice(0, 300))"""
SEEN = """() => {
    const texts = [document.body.textContent, document.title];
    for (const each of document.querySelectorAll("*")) for (const { value } of each.attributes) texts.push(value);
    for (const each of document.querySelectorAll("input, textarea")) texts.push(each.value);
    return texts.join("\\n");
}"""


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """A text that would like to be more: `§` stands for its number, by which it is known again.

    `place` is where it works: "first" at the beginning of a text only, "last" at its end, because it takes in what follows.
    """

    way: str
    place: str
    text: str
    times: int = 1


def scripts() -> dict[str, list[str]]:
    """The texts by their place."""
    listed = json.loads((Path(__file__).parent / "data" / "scripts.json").read_text())
    found: dict[str, list[str]] = {"first": [], "anywhere": [], "last": []}
    for number, each in enumerate(msgspec.convert(listed, list[Script])):
        found[each.place].append(each.text.replace("§", str(number)) * each.times)
    return found


class Poison:
    """Puts the texts in the place of others, the next ones each time.

    In the first two rounds a text keeps its beginning and goes on with half of all scripts; in the third it is one of those
    that work at the beginning, with the rest behind it. The fourth leaves the texts and takes the words that choose.
    """

    def __init__(self, turn: int) -> None:
        self._turn = turn
        self._at = turn
        self._scripts = scripts()

    def __call__(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self(each, name) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self(each, key) for each in value]
        if not isinstance(value, str) or not value:
            return value
        says = key in SAYS or not CHOOSES.fullmatch(value)
        if says == (self._turn == ROUNDS - 1):
            return value
        return self.text(value)

    def text(self, value: str) -> str:
        self._at += 1
        first, anywhere, last = self._scripts.values()
        swallows = last[self._at % len(last)]
        if self._turn < 2:
            return " ".join((value, *anywhere[self._turn :: 2], swallows))
        return f"{first[self._at % len(first)]} {anywhere[self._at % len(anywhere)]} {swallows}"


def poisoned(state: State, turn: int) -> State:
    """The state with scripts in all that it is told."""
    poison = Poison(turn)

    def of(answer: Any) -> Any:
        return Refusal(answer.status, poison(answer.body)) if isinstance(answer, Refusal) else poison(answer)

    asked = {"/live": figures.live(*state.syncs)} | dict(state.answers)
    answers = {path: of(answer) for path, answer in asked.items()}
    session = poison(state.session) if state.session is not None else None
    return msgspec.structs.replace(state, answers=answers, session=session)


class Watch:
    """What a page did that no text may make it do."""

    def __init__(self, page: Page, base: str = BASE) -> None:
        self.done: list[str] = []
        self._own = (f"{base}/", "data:image/", "about:blank", f"blob:{base}/")
        self._page = page
        page.add_init_script(CANARY)
        page.on("request", lambda request: self._outside("asked", request.url))
        page.on("framenavigated", lambda frame: self._outside("went to", frame.url))
        page.on("dialog", lambda dialog: (self.done.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("popup", lambda popup: self.done.append(f"opened {popup.url}"))

    def _outside(self, what: str, url: str) -> None:
        if not url.startswith(self._own):
            self.done.append(f"{what} {url}")

    def look(self) -> list[str]:
        """All of it, with what stands in the page now."""
        executed = [f"executed {what}" for what in self._page.evaluate("window.__done")]
        named = [f"named {name}" for name in [self._page.evaluate("window.name")] if name]
        return self.done + executed + named + [f"made {each}" for each in self._page.evaluate(MADE)]


def visit(page: Page, state: State) -> None:
    """Go the state's way as far as it leads: in the later rounds the words that it looks for may be gone."""
    page.goto(state.path)
    expect(page.locator("#main")).to_be_attached()
    expect.set_options(timeout=PATIENCE_MS)
    page.set_default_timeout(PATIENCE_MS)
    try:
        if state.settled:
            expect(page.locator(".skeleton, .waiting[role=status], .region.dim")).to_have_count(0)
        if state.then:
            state.then(page)
    except (Error, AssertionError):
        pass
    finally:
        expect.set_options(timeout=EXPECT_MS)


QUOTES_NOTHING = (
    *(
        "enter",
        "enter-code",
        "enter-provider",
        "enter-provider-refused",
        "enter-anew",
        "enter-expired",
        "join-gone",
        "join-error",
        "unreached",
    ),
    *("reset", "reset-sent", "reset-off", "reset-offline", "reset-error"),
)
# Every state has half of the scripts in each of its texts; its page's other states have the other half, and the later rounds.
TRIED = [
    (state, turn)
    for at, state in enumerate(every_state())
    for turn in ((at % 2, 2 + at // 4 % 2) if at % 4 == 0 else (at % 2,))
]


@pytest.mark.parametrize(("state", "turn"), TRIED, ids=lambda each: getattr(each, "name", str(each)))
def test_s33_texts_stay_texts(chromium: Browser, files: Visitor, state: State, turn: int) -> None:
    round_ = poisoned(state, turn)
    with opened(chromium, files, round_, bypass_csp=True) as page:
        watch = Watch(page)
        visit(page, round_)
        assert watch.look() == []
        if turn < 2 and state.settled and state.name not in QUOTES_NOTHING:
            assert "__executed(" in page.evaluate(SEEN)  # or else nothing was tried


ADDRESSES = (
    "/orders?q=",
    "/orders?type=individual&status=",
    "/orders?connection=",
    "/orders?from=",
    "/orders/",
    "/orders/x?tab=orders&find=",
    "/connections/",
    "/connections/add/",
    "/connections/add/shopify?step=connect&error=",
    "/connections/add/shopify?error=another_shop&shop=",
    "/connections/add/woocommerce?pairing=",
    "/reports/sales?by=",
    "/reports/skus?rank=",
    "/activity?q=",
    "/activity?level=",
    "/syncs/",
    "/?range=custom&from=",
    "/join#",
)
ADDRESS_BYTES = 1_500  # the server takes 2 KB


@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "signed out"])
def test_s33_an_address_is_only_an_address(chromium: Browser, files: Visitor, signed_in: bool) -> None:
    session = figures.SESSION if signed_in else None
    first, anywhere, last = (iter(texts * 9) for texts in scripts().values())
    state = State(name="address", path="/", answers={"/kinds": samples.KINDS}, session=session)
    with opened(chromium, files, state, bypass_csp=True) as page:
        watch = Watch(page)
        for address in ADDRESSES:
            for texts in ((next(first),), (next(anywhere) for _ in range(5)), (next(anywhere), next(last))):
                page.goto(address + quote(" ".join(texts).encode(errors="replace"), safe="")[:ADDRESS_BYTES])
                expect(page.locator("#main > *").first).to_be_attached()
                assert watch.look() == []


def test_s33_signing_in_leads_to_a_page_of_ours(chromium: Browser, files: Visitor) -> None:
    answers = {"POST /session": figures.SESSION, "/dashboard": figures.dashboard()}
    for text in scripts()["first"]:
        state = State(name="next", path=f"/sign-in?next={quote(text, safe='')}", answers=answers, session=None)
        with opened(chromium, files, state, bypass_csp=True) as page:
            watch = Watch(page)
            page.goto(state.path)
            page.get_by_label("Email").fill("owner@northwind.example")
            page.get_by_label("Password", exact=True).fill("a quiet harbour at dawn")
            page.get_by_role("button", name="Sign in").click()
            expect(page).not_to_have_url(re.compile("/sign-in"))
            assert watch.look() == []
            assert page.url.startswith(f"{BASE}/")


SKU_LENGTH, TITLE_LENGTH, NAME_LENGTH = 255, 255, 100  # Shopify's
# Pages that quote a shop, by whether its sales are individual ones.
SEEN_BY_MODE = {
    False: (
        "/",
        "/orders/{sale}",
        "/orders/{sale}?tab=orders",
        "/reports/skus",
        "/connections/{connection}/settings",
    ),
    True: ("/orders?type=individual", "/orders/{sale}", "/reports/customers"),
}


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sandbox shop sells what is called like a script, in orders that are numbered and addressed like one."""
    texts = [text for group in scripts().values() for text in group if text.isprintable()]
    variants = [
        msgspec.structs.replace(
            each, title=texts[at % len(texts)][:TITLE_LENGTH], sku=texts[-1 - at % len(texts)][:SKU_LENGTH]
        )
        for at, each in enumerate(catalog.VARIANTS * 2)
    ]
    monkeypatch.setattr(catalog, "variant_at", lambda chance: variants[int(chance * len(variants))])

    def draw(rng: Random, trade: Trade, slot: Slot) -> Order:
        drawn, text = draw_order(rng, trade, slot), texts[slot.number % len(texts)]
        address = Address(text[:NAME_LENGTH], "US", "NY")
        return msgspec.structs.replace(drawn, name=f"#{slot.number} {text[:TITLE_LENGTH]}", address=address)

    monkeypatch.setattr("infra.sandbox.shop.draw_order", draw)


@pytest.mark.parametrize("individual", [False, True], ids=["summaries", "individual sales"])
@pytest.mark.usefixtures("hostile", "built")
def test_s33_a_shop_full_of_scripts_is_brought_in_and_looked_at(chromium: Browser, individual: bool) -> None:
    with served(days=5, individual=individual) as daybook:
        kind, name = ("individual", "orders_listed") if individual else ("summary", "items")
        listed = json_at(daybook.owner.get(f"/v1/sales?type={kind}"))[name]
        context = daybook.signed_in(chromium, bypass_csp=True)
        page = context.new_page()
        watch = Watch(page, daybook.url)
        for address in SEEN_BY_MODE[individual]:
            where = address.format(sale=quote(listed[0]["id"], safe=""), connection=daybook.connection)
            page.goto(where)
            expect(page.locator("h1")).to_be_visible()
            expect(page.locator(".skeleton, .waiting[role=status], .region.dim")).to_have_count(0)
            assert watch.look() == [], where
            assert "__executed(" in page.evaluate(SEEN), where
        context.close()
