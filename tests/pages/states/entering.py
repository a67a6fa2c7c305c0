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


PROVIDER = "Continue with Northwind & Co."
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
WEAK = Refusal(
    400,
    BROKEN
    | {
        "status": 400,
        "detail": "Something has to be corrected first.",
        "fields": {"password": "Use at least 12 characters."},
    },
)
OVER = Refusal(404, BROKEN | {"status": 404, "detail": "This link is over: it worked for 30 minutes."})
USED = Refusal(404, BROKEN | {"status": 404, "detail": "This link was used already, or a newer one was sent after it."})
TOO_OFTEN = Refusal(429, BROKEN | {"status": 429, "detail": "Too many tries. Wait a little and try again."})
ASKED, NO_MAIL = (wire_people.ResetAskedOut(mails=mails) for mails in (True, False))
WHOSE = plain(wire_people.ResetLookOut(email="owner@northwind.example"))


CODE_NEEDED = Refusal(
    409, BROKEN | {"status": 409, "detail": "One step more.", "fields": {"code": "Enter the code that your app shows."}}
)
CODE_USED = Refusal(
    401,
    BROKEN
    | {
        "status": 401,
        "detail": "This code is not right.",
        "fields": {"code": "A code works once, and for a minute. Enter the one that your app shows now."},
    },
)


def step(page: Page, code: str = "") -> None:
    """The second step, which is refused if there is a code."""
    page.get_by_label("Email").fill("owner@northwind.example")
    page.get_by_label("Password", exact=True).fill("a quiet harbour at dawn")
    page.get_by_role("button", name="Sign in", exact=True).click()
    field = page.get_by_label("One-time code")
    field.wait_for()
    if code:
        field.fill(code)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.locator(".wrong").wait_for()


def ask(page: Page) -> None:
    page.get_by_label("Email").fill("owner@northwind.example")
    page.get_by_role("button", name="Send the link").click()
    page.locator(".notice").wait_for()


def ask_offline(page: Page) -> None:
    page.route("**/v1/reset", lambda route: route.abort())
    ask(page)


def choose(page: Page) -> None:
    page.get_by_label("New password", exact=True).fill("a quiet harbour at dawn")
    page.get_by_role("button", name="Change password").click()
    page.get_by_text("Your password is changed.").wait_for()


STATES = (
    door("enter", "/sign-in", {"/session": NOT_RIGHT}),
    door(
        "enter-refused",
        "/sign-in",
        {"/session": NOT_RIGHT},
        then=lambda page: fill(page, "Sign in", Email="owner@northwind.example", Password="a quiet harbour"),
    ),
    door(
        "enter-code",
        "/sign-in",
        {"/session": NOT_RIGHT, "POST /session": CODE_NEEDED},
        then=step,
    ),
    door(
        "enter-code-refused",
        "/sign-in",
        {"/session": NOT_RIGHT, "POST /session": CODE_USED},
        then=lambda page: step(page, "123456"),
    ),
    door("enter-provider", "/sign-in", {"/session": NOT_RIGHT}, provider=PROVIDER),
    door("enter-provider-refused", "/sign-up?error=unreachable", {"/session": NOT_RIGHT}, provider=PROVIDER),
    door("enter-anew", "/sign-up", {"/session": NOT_RIGHT}),
    door(
        "enter-anew-refused",
        "/sign-up",
        {"/session": NOT_RIGHT, "/users": TAKEN},
        then=lambda page: fill(
            page, "Create account", **{"Business name": LONG, "Email": "owner@northwind.example", "Password": "short"}
        ),
    ),
    State(
        name="enter-expired",
        path="/usage",
        answers={"/usage": Refusal(401, BROKEN | {"status": 401})},
        then=lambda page: page.get_by_text("Please sign in again.").wait_for(),
    ),
    door("join", "/join#secret", {"/session": NOT_RIGHT, "/join/look": invitation()}),
    door("join-long", "/join#secret", {"/session": NOT_RIGHT, "/join/look": invitation(LONG, role="owner")}),
    door("join-gone", "/join#secret", {"/session": NOT_RIGHT, "/join/look": GONE}),
    door("join-error", "/join#secret", {"/session": NOT_RIGHT}),
    State(name="join-elsewhere", path="/join#secret", answers={"/join/look": invitation(role="viewer")}),
    door("reset", "/reset", {"/session": NOT_RIGHT}),
    door("reset-sent", "/reset", {"/session": NOT_RIGHT, "/reset": plain(ASKED)}, then=ask),
    door("reset-off", "/reset", {"/session": NOT_RIGHT, "/reset": plain(NO_MAIL)}, then=ask),
    door("reset-too-often", "/reset", {"/session": NOT_RIGHT, "/reset": TOO_OFTEN}, then=ask),
    door("reset-offline", "/reset", {"/session": NOT_RIGHT}, then=ask_offline),
    door("reset-choose", "/reset#secret", {"/session": NOT_RIGHT, "/reset/look": WHOSE}),
    State(name="reset-choose-signed-in", path="/reset#secret", answers={"/reset/look": WHOSE}),
    door("reset-over", "/reset#secret", {"/session": NOT_RIGHT, "/reset/look": OVER}),
    door("reset-used", "/reset#secret", {"/session": NOT_RIGHT, "/reset/look": USED}),
    door("reset-error", "/reset#secret", {"/session": NOT_RIGHT}),
    door(
        "reset-refused",
        "/reset#secret",
        {"/session": NOT_RIGHT, "/reset/look": WHOSE, "/reset/password": WEAK},
        then=lambda page: fill(page, "Change password", **{"New password": "short"}),
    ),
    door(
        "reset-done",
        "/reset#secret",
        {"/session": NOT_RIGHT, "/reset/look": WHOSE, "/reset/password": {}},
        then=choose,
    ),
    State(name="nowhere", path="/no/such", answers={}),
    door("unreached", "/", {"/session": Refusal(500, BROKEN)}),
)
