"""Workspace settings and people."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from chalicelib.entrypoints import wire_people, wire_provider
from tests.pages import figures, shops
from tests.pages.figures import NOW, plain
from tests.pages.states import BROKEN, NEVER, Refusal, State

AT = "/workspace"
SETTINGS = figures.SESSION["workspace"]
CHANGED = shops.changes(
    ("owner@northwind.example", "workspace", {"reading": '"order_day"'}, {"reading": '"event_day"'}),
    (
        "owner@northwind.example",
        "workspace",
        {"name": '"Northwind Ltd"', "week_start": '"sunday"'},
        {"name": '"Northwind"', "week_start": '"monday"'},
    ),
    more=True,
)
LOOKS = shops.changes(
    ("books@northwind.example", "persons", {}, {"looked_at": "order 1043 of Northwind Shopify, 2026-11-23"}),
    (
        "owner@northwind.example",
        "persons",
        {},
        {"looked_at": "customers of Northwind Shopify from 2026-10-25 to 2026-11-23, exported"},
    ),
)
ALL = {
    "/workspace": SETTINGS,
    "/workspace/changes": CHANGED,
    "/people": shops.people(),
    "/people/changes": shops.ACCESS_CHANGED,
    "/persons/looks": LOOKS,
    "/invitations": shops.invitations(),
    "/codes": plain(wire_people.CodesOut(can=True, since=None, recovery_left=0)),
}
MADE = {
    mailed: plain(
        wire_people.InvitationMadeOut(
            id="i9", link="https://daybook.example/join#" + "Zk3w" * 10, ends_at=NOW + 7 * shops.DAY, mailed=mailed
        )
    )
    for mailed in ("off", "sent", "failed", "held")
}


def invite(page: Page) -> None:
    page.get_by_label("Email", exact=True).fill("shop@northwind.example")
    page.get_by_role("button", name="Invite", exact=True).click()
    page.locator(".once").wait_for()


TOO_MANY = Refusal(
    429,
    BROKEN | {"status": 429, "detail": "You have made 20 invitations this hour. The next one is possible at 3:46 PM."},
)


def invite_once_more(page: Page) -> None:
    page.get_by_label("Email", exact=True).fill("shop@northwind.example")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The next one is possible at 3:46 PM.")
    expect(page.get_by_label("Email", exact=True)).to_have_value("shop@northwind.example")


def coded(left: int) -> dict[str, object]:
    """One-time codes are on, with so many recovery codes."""
    return {"/codes": plain(wire_people.CodesOut(can=True, since=NOW - 30 * shops.DAY, recovery_left=left))}


KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PROPOSED = plain(
    wire_people.CodesProposedOut(
        proposal="9f86d081884c7d65",
        key=KEY,
        address=f"otpauth://totp/Daybook:owner@northwind.example?secret={KEY}&issuer=Daybook",
    )
)
REPLACED = Refusal(
    409, BROKEN | {"status": 409, "detail": "Setting up was begun anew in another window. Go on there, or begin again."}
)
RECOVERY = plain(wire_people.RecoveryCodesOut(recovery=tuple(f"k3zq-{n:04}-w7pd-5xra" for n in range(10))))
WRONG_CODE = Refusal(
    400,
    BROKEN
    | {
        "status": 400,
        "detail": "This code is not right.",
        "fields": {"code": "Enter what the app shows now. If it never fits, look at the phone's clock."},
    },
)


def press(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("button", name=name, exact=True).click()


def provided(name: str, *, connected: bool, alone: bool = False, path: str = AT, **other: object) -> State:
    """An identity provider is set, and connected or not."""
    state = plain(wire_provider.ProviderConnectedOut(connected=connected, alone=alone))
    answers = ALL | {"/session/provider": state}
    return State(name=name, path=path, answers=answers, provider="Continue with Northwind", **other)  # type: ignore[arg-type]


def turn_on(page: Page) -> None:
    press(page, "Set up")
    page.get_by_label("Code that the app shows now").fill("123456")
    press(page, "Turn on")
    page.locator(".once, [tabindex='-1'] > .notice").first.wait_for()


def lock(page: Page) -> None:
    page.get_by_label("Close days through a date").check()
    page.get_by_label("On the day of the order").check()


def conflict(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("Northwind Supply")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_role("button", name="Use mine").wait_for()


STATES = (
    State(name="workspace", path=AT, answers=ALL),
    State(name="workspace-dirty", path=AT, answers=ALL, then=lock),
    State(
        name="workspace-unlocking",
        path=AT,
        answers=ALL | {"/workspace": SETTINGS | {"locked_through": "2026-10-31"}},
        then=lambda page: page.get_by_label("Close days through a date").uncheck(),
    ),
    State(
        name="workspace-conflict",
        path=AT,
        answers=ALL | {"PATCH /workspace": Refusal(412, BROKEN | {"status": 412})},
        then=conflict,
    ),
    State(
        name="workspace-member",
        path=AT,
        answers=ALL | {"/people": shops.people(you="member")},
        session=shops.role("member"),
    ),
    State(
        name="workspace-viewer",
        path=AT,
        answers=ALL | {"/people": shops.people(you="viewer")},
        session=shops.role("viewer"),
    ),
    State(
        name="workspace-long",
        path=AT,
        answers=ALL
        | {
            "/workspace": SETTINGS | {"name": shops.ARABIC},
            "/invitations": shops.invitations(3),
            "/persons/looks": shops.changes(),
        },
    ),
    State(name="workspace-invited", path=AT, answers=ALL | {"POST /invitations": MADE["off"]}, then=invite),
    State(name="workspace-invited-by-mail", path=AT, answers=ALL | {"POST /invitations": MADE["sent"]}, then=invite),
    State(name="workspace-invited-no-mail", path=AT, answers=ALL | {"POST /invitations": MADE["failed"]}, then=invite),
    State(name="workspace-invited-held", path=AT, answers=ALL | {"POST /invitations": MADE["held"]}, then=invite),
    State(
        name="workspace-invited-often", path=AT, answers=ALL | {"POST /invitations": TOO_MANY}, then=invite_once_more
    ),
    State(
        name="workspace-remove",
        path=AT,
        answers=ALL,
        then=lambda page: page.get_by_role("button", name="Remove").nth(1).click(),
    ),
    State(
        name="workspace-role",
        path=AT,
        answers=ALL,
        then=lambda page: page.get_by_label("Role of books@").select_option("owner"),
    ),
    State(
        name="workspace-codes-setting-up",
        path=AT,
        answers=ALL | {"POST /codes": PROPOSED},
        then=lambda page: press(page, "Set up"),
    ),
    State(
        name="workspace-codes-refused",
        path=AT,
        answers=ALL | {"POST /codes": PROPOSED, "/codes/on": WRONG_CODE},
        then=turn_on,
    ),
    State(
        name="workspace-codes-replaced",
        path=AT,
        answers=ALL | {"POST /codes": PROPOSED, "/codes/on": REPLACED},
        then=turn_on,
    ),
    State(
        name="workspace-codes-shown",
        path=AT,
        answers=ALL | {"POST /codes": PROPOSED, "/codes/on": RECOVERY},
        then=turn_on,
    ),
    State(name="workspace-codes-on", path=AT, answers=ALL | coded(9)),
    State(
        name="workspace-codes-few", path=AT, answers=ALL | coded(1), then=lambda page: press(page, "New recovery codes")
    ),
    State(name="workspace-codes-off", path=AT, answers=ALL | coded(0), then=lambda page: press(page, "Turn off")),
    State(
        name="workspace-codes-none",
        path=AT,
        answers=ALL | {"/codes": plain(wire_people.CodesOut(can=False, since=None, recovery_left=0))},
    ),
    provided("workspace-provider", connected=False),
    provided("workspace-provider-connected", connected=True, path=f"{AT}?connected=1"),
    provided("workspace-provider-leaving", connected=True, then=lambda page: press(page, "Disconnect")),
    provided("workspace-provider-alone", connected=True, alone=True),
    State(name="workspace-loading", path=AT, answers=dict.fromkeys(ALL, NEVER), settled=False),
    State(name="workspace-error", path=AT, answers={}),
)
