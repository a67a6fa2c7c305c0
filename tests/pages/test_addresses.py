"""Addresses that nobody was given: typed, cut, or made to lead elsewhere. The page shows one of its own in any case."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.pages.scripted import BASE

ELSEWHERE = [
    "//",
    "///",
    "https://",
    "http://[",
    "//evil.example",
    "/.//evil.example",
    "/..//evil.example/x",
    "/a/..//evil.example",
    "/\\evil.example",
    "https://evil.example/usage",
    "javascript:alert(1)",
    "java\nscript:alert(1)",
]


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_signing_in_leads_to_the_start_where_no_page_of_ours_is_named(scripted: Page, wanted: str) -> None:
    scripted.goto(f"/sign-in?next={quote(wanted, safe='')}")
    expect(scripted).to_have_url(f"{BASE}/")
    expect(scripted.get_by_role("heading", level=1, name="Dashboard")).to_be_visible()


def test_signing_in_leads_to_a_page_of_ours(scripted: Page) -> None:
    scripted.goto("/sign-in?next=%2Fconnections%3Fa%3D1")
    expect(scripted).to_have_url(f"{BASE}/connections?a=1")


@pytest.mark.parametrize("path", ["/orders/%zz", "/connections/%", "/reports/%e2%82", "/syncs/%ff", "/%zz"])
def test_an_address_that_is_no_text_is_nowhere(scripted: Page, path: str) -> None:
    scripted.goto("/usage")
    scripted.evaluate(
        "path => {const link = document.createElement('a'); link.href = location.origin + path;"
        " document.body.append(link); link.click()}",
        path,
    )
    nothing = scripted.get_by_role("heading", level=1, name="Nothing here")
    expect(nothing).to_be_visible()
    scripted.reload()
    expect(nothing).to_be_visible()
