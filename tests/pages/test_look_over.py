"""What looking over finds, and why the second theme needs only those rules that look at colours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.pages.steps import AXE, TAGS, look_over

PAGE = """<!doctype html><html lang="en"><head><title>A page</title><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><style>body {{ color: #222; background: #fff }} {style}</style></head>
<body><main><h1>A page</h1>{body}</main><script>{script}</script></body></html>"""
TURNS = "matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (dark) => dark.matches && ({what}))"


@pytest.fixture
def blank(chromium: Browser) -> Iterator[Page]:
    with chromium.new_context(reduced_motion="reduce") as context:
        yield context.new_page()


def found(page: Page, *, style: str = "", body: str = "", script: str = "") -> list[str]:
    wrong: list[str] = []
    page.set_content(PAGE.format(style=style, body=body, script=script))
    look_over(page, wrong)
    return wrong


def test_a_sound_page_is_left_alone(blank: Page) -> None:
    assert found(blank) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_colour_that_is_too_pale_in_one_theme_is_found(blank: Page, theme: str) -> None:
    pale = {"light": "#ddd, #222", "dark": "#222, #ddd"}[theme]
    style = f":root {{ color-scheme: light dark }} p {{ background: #fff; color: light-dark({pale}) }}"
    wrong = found(blank, style=style, body="<p>Pale.</p>")
    assert len(wrong) == 2
    assert all(f" {theme} " in each and "color-contrast" in each for each in wrong)


@pytest.mark.parametrize(
    ("style", "body", "script", "rule"),
    [
        ("", "<button>Save</button>", "document.querySelector('button').textContent = ''", "button-name"),
        (
            "@media (prefers-color-scheme: dark) { span { display: none } }",
            "<button><span>Save</span></button>",
            "0",
            "button-name",
        ),
        (
            "@media (prefers-color-scheme: dark) { i { visibility: hidden } }",
            "<button><i>Save</i></button>",
            "0",
            "button-name",
        ),
        (
            "button { display: inline-block; padding: 0; border: 0; width: 40px; height: 40px }"
            "@media (prefers-color-scheme: dark) { button { width: 9px; height: 9px; font-size: 1px } }",
            "<button>A</button><button>B</button>",
            "0",
            "target-size",
        ),
    ],
    ids=["by a script", "not there", "not seen", "too small"],
)
def test_what_else_is_wrong_in_the_second_theme_alone_is_found(
    blank: Page, style: str, body: str, script: str, rule: str
) -> None:
    wrong = found(blank, style=style, body=body, script=TURNS.format(what=script))
    assert {each.split()[1] for each in wrong} == {"dark"}
    assert {rule} == {each.split(": ")[1].split(" at ")[0] for each in wrong}


def test_only_rules_about_colour_read_colours(blank: Page) -> None:
    """axe says by a tag which they are; those of another kind that anybody would name are not among ours."""
    blank.evaluate(AXE.read_text())
    rules = blank.evaluate("tags => axe.getRules(tags)", TAGS)
    assert {rule["ruleId"] for rule in rules if "cat.color" in rule["tags"]} == {"color-contrast", "link-in-text-block"}
    assert not [rule for rule in rules if "contrast" in rule["help"].lower() and "cat.color" not in rule["tags"]]


def test_nothing_of_the_page_asks_for_the_theme(built: Path) -> None:
    for file in built.iterdir():
        assert "prefers-color-scheme" not in file.read_text(), file.name
