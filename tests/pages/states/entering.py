"""Signing in, signing up, joining, and addresses that lead nowhere."""

from __future__ import annotations

from playwright.sync_api import Page

from chalicelib.entrypoints import wire_people
from tests.pages.shops import DAY, LONG, NOW, plain
from tests.pages.states import BROKEN, Refusal, State


def fill(page: Page, button: str, **fields: str) -> None:
    for label, text in fields.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name=button).click()
    page.locator(".notice.error, .wrong").first.wait_for()


def door(name: str, path: str, answers: dict[str, object] | None = None, **other: object) -> State:
    return State(name=name, path=path, answers=answers or {}, session={}, **other)  # type: ignore[arg-type]


def invitation(workspace: str = "Northwind", **other: object) -> dict[str, object]:
    given = {"email": "books@northwind.example", "role": "member", "made_by": "owner@northwind.example"} | other
    return plain(wire_people.JoinLookOut(workspace=workspace, ends_at=NOW + 6 * DAY, **given))  # type: ignore[arg-type]


NOT_RIGHT = Refusal(401, BROKEN | {"status": 401, "detail": "Email or password is not right."})
TAKEN = Refusal(
    400,
    BROKEN
    | {
        "status": 400,
        "detail": "Something has to be corrected first.",
        "fields": {"email": "There is an account with this email already.", "password": "It is too short."},
    },
)
GONE = Refusal(404, BROKEN | {"status": 404})

STATES = (
    door("enter", "/sign-in", {"/session": NOT_RIGHT}),
    door(
        "enter-refused",
        "/sign-in",
        {"/session": NOT_RIGHT},
        then=lambda page: fill(page, "Sign in", Email="owner@northwind.example", Password="a quiet harbour"),
    ),
    door("enter-anew", "/sign-up", {"/session": NOT_RIGHT}),
    door(
        "enter-anew-refused",
        "/sign-up",
        {"/session": NOT_RIGHT, "/users": TAKEN},
        then=lambda page: fill(
            page, "Create account", **{"Business name": LONG, "Email": "owner@northwind.example", "Password": "short"}
        ),
    ),
    State(name="enter-expired", path="/usage", answers={"/usage": Refusal(401, BROKEN | {"status": 401})}),
    door("join", "/join#secret", {"/session": NOT_RIGHT, "/join/look": invitation()}),
    door("join-long", "/join#secret", {"/session": NOT_RIGHT, "/join/look": invitation(LONG, role="owner")}),
    door("join-gone", "/join#secret", {"/session": NOT_RIGHT, "/join/look": GONE}),
    door("join-error", "/join#secret", {"/session": NOT_RIGHT}),
    State(name="join-elsewhere", path="/join#secret", answers={"/join/look": invitation(role="viewer")}),
    State(name="nowhere", path="/no/such", answers={}),
    door("unreached", "/", {"/session": Refusal(500, BROKEN)}),
)
