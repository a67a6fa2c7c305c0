"""What the page says to those who hear it: the browser's accessibility tree, read as a whole.

axe reads the markup rule by rule; but two buttons that are both called "Revoke" are each right, and together of no use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
from playwright.sync_api import Page

from tests.pages.gallery import SIZES

FIELDS = ("textbox", "searchbox", "combobox", "checkbox", "radio", "spinbutton", "switch", "slider", "listbox", "Date")
DATES = ("Date", "DateTime", "InputTime")  # whose parts are the browser's own
PRESSED = ("button", "DisclosureTriangle", "menuitem", "tab", "option")
PICTURES = ("img", "image", "SvgRoot", "graphics-document", "meter", "progressbar")
# What has to be told from others of its kind, by those who jump from one to the next.
PLACES = ("region", "dialog", "navigation", "complementary")
# Inside of which a name need not say again where it stands.
WHERE = (*PLACES, "banner", "main", "search", "form", "figure", "group", "radiogroup", "listbox", "combobox", "article")


class Node(msgspec.Struct, kw_only=True):
    role: str
    name: str
    level: int = 0
    url: str = ""
    parent: Node | None = None

    def __str__(self) -> str:
        return f"{self.role} {self.name!r} in {self.where}"

    @property
    def where(self) -> str:
        """The nearest place around it that has a name, with the place's name."""
        around = next((each for each in self.around if each.role in WHERE and each.name), None)
        return f"{around.role} {around.name!r}" if around else "the page"

    @property
    def around(self) -> Iterator[Node]:
        """Yield what it stands in, the nearest first."""
        if self.parent:
            yield self.parent
            yield from self.parent.around


def tree(page: Page) -> list[Node]:
    """All that is told of the page, in its order."""
    session = page.context.new_cdp_session(page)
    raw = {each["nodeId"]: each for each in session.send("Accessibility.getFullAXTree")["nodes"]}
    session.detach()
    found: list[Node] = []

    def walk(id_: str, parent: Node | None) -> None:
        each = raw.get(id_)
        if each is None:
            return
        node = parent
        if not each["ignored"]:
            told = {one["name"]: one["value"].get("value") for one in each.get("properties", ())}
            node = Node(
                role=each["role"]["value"],
                name=str(each.get("name", {}).get("value", "")).strip(),
                level=int(told.get("level") or 0),
                url=str(told.get("url") or ""),
                parent=parent,
            )
            found.append(node)
            if node.role in DATES:
                return
        for child in each.get("childIds", ()):
            walk(child, node)

    walk(next(id_ for id_, each in raw.items() if "parentId" not in each), None)
    return found


def nameless(nodes: Sequence[Node]) -> Iterator[str]:
    for node in nodes:
        if node.role in (*FIELDS, *PRESSED, "link", *PICTURES, *PLACES, "heading", "columnheader") and not node.name:
            yield f"no name: {node}"
        # A table may take its name from the place that it alone fills.
        if node.role == "table" and not node.name and not any(each.role == "region" for each in node.around):
            yield f"no name: {node}"


def alike(nodes: Sequence[Node]) -> Iterator[str]:
    """What has one name and does different things. Links that lead to one address do the same."""
    links = {(node.where, node.name, node.url) for node in nodes if node.role == "link"}
    yield from _several("links", [link[:2] for link in links])
    yield from _several("buttons", [(node.where, node.name) for node in nodes if node.role in PRESSED[:-1]])
    yield from _several("fields", [(node.where, node.name) for node in nodes if node.role in FIELDS])
    yield from _several("places", [(node.role, node.name) for node in nodes if node.role in PLACES])


def _several(what: str, of: Sequence[tuple[str, str]]) -> Iterator[str]:
    for (where, name), times in Counter(of).items():
        if times > 1:
            yield f"{times} {what} are called {name!r} in {where}"


def ill_built(nodes: Sequence[Node]) -> Iterator[str]:
    """Headings, landmarks and charts; behind an open dialog there is nothing else."""
    if any(node.role == "dialog" for node in nodes):
        return
    levels = [node.level for node in nodes if node.role == "heading"]
    if levels.count(1) != 1:
        yield f"{levels.count(1)} headings of level 1"
    for before, after in zip([0, *levels], levels, strict=False):
        if after > before + 1:
            yield f"a heading of level {after} comes after one of level {before}"
    roles = Counter(node.role for node in nodes)
    for landmark in ("main", "banner"):
        if roles[landmark] != 1:
            yield f"{roles[landmark]} × {landmark}"
    for node in nodes:
        around = next(iter(node.around), None)
        if node.role in ("img", "image") and around and around.role == "group" and not around.name:
            yield f"a chart without a name: {node}"


def misheard(page: Page) -> list[str]:
    """What is wrong with the tree as it is now, on a desk and on a phone."""
    wrong: list[str] = []
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        nodes = tree(page)
        wrong += [f"{size}: {each}" for rule in (nameless, alike, ill_built) for each in rule(nodes)]
    return wrong
