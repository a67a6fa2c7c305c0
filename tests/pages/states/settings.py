"""Order settings of a connection."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.pages import shops
from tests.pages.shops import ARABIC, LONG, of_settings
from tests.pages.states import BROKEN, NEVER, Refusal, State

CALM = shops.connection()
AT = "/connections/c1/settings"


def last_month(page: Page) -> None:
    page.get_by_role("button", name="Last month").click()
    page.locator(".aside b").wait_for()


def another_zone(page: Page) -> None:
    page.get_by_label("Time zone of a day").select_option("America/Chicago")
    page.get_by_label("By order-date month").check()


def conflict(page: Page) -> None:
    last_month(page)
    page.get_by_role("button", name="Save changes").click()
    page.get_by_role("button", name="Compare").click()


def leave(page: Page) -> None:
    last_month(page)
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("dialog").wait_for()


EIGHT = tuple(
    shops.wire_settings.StatusSetting(value, label, paid, counts, counts, 0)
    for value, label, paid, counts, _ in (
        *shops.STATUSES,
        ("on-hold", "On hold", False, True, 0),
        ("trash", "In the bin", False, False, 0),
    )
)
LONG_LINES = (
    (None, "Gift wrapping", 12, 4_800),
    (
        "NWP-KITCHEN-LINEN-APRON-FLAX-NATURAL-UNDYED-XL",
        "Linen apron, flax, natural and undyed, extra large",
        50,
        145_000,
    ),
    ("1", ARABIC, 1, 100),
)

STATES = (
    State(name="settings", path=AT, answers=of_settings(CALM)),
    State(name="settings-dirty", path=AT, answers=of_settings(CALM), then=last_month),
    State(name="settings-zone", path=AT, answers=of_settings(CALM), then=another_zone),
    State(name="settings-leave", path=AT, answers=of_settings(CALM), then=leave),
    State(
        name="settings-individual",
        path=AT,
        answers=of_settings(CALM, **{"/settings": shops.settings(summary="individual", days_without_names=12)}),
    ),
    State(
        name="settings-month",
        path=AT,
        answers=of_settings(
            CALM,
            **{
                "/settings": shops.settings(
                    summary="month", interval_min=360, next_refresh_at=shops.NOW + shops.timedelta(minutes=44)
                )
            },
        ),
    ),
    State(
        name="settings-not-allowed",
        path=AT,
        answers=of_settings(CALM, **{"/settings": shops.settings(individual_allowed=False)}),
    ),
    State(
        name="settings-custom",
        path=AT,
        answers=of_settings(CALM, **{"/settings": shops.settings(counting="custom", statuses=EIGHT)}),
    ),
    State(
        name="settings-long",
        path=AT,
        answers=of_settings(
            shops.connection(("c1", "shopify", LONG, 1)),
            **{"/preview": shops.preview(of=shops.sample(LONG_LINES, skus=3))},
        ),
    ),
    State(name="settings-viewer", path=AT, answers=of_settings(CALM), session=shops.role("viewer")),
    State(
        name="settings-empty",
        path=AT,
        answers=of_settings(
            CALM,
            **{
                "/settings": shops.settings(days_here=0),
                "/preview": shops.preview() | {"sample": None},
                "/settings/changes": shops.changes(),
            },
        ),
    ),
    State(
        name="settings-loading",
        path=AT,
        answers={"/connections/c1": shops.plain(CALM), "/connections/c1/settings": NEVER},
        settled=False,
    ),
    State(name="settings-error", path=AT, answers={"/connections/c1": shops.plain(CALM)}),
    State(
        name="settings-refused",
        path=AT,
        answers=of_settings(CALM)
        | {
            "PUT /connections/c1/settings": Refusal(
                400,
                BROKEN
                | {
                    "status": 400,
                    "detail": "Something has to be corrected first.",
                    "fields": {"sync.from": "The shop shows nothing before Aug 26."},
                },
            )
        },
        then=lambda page: (
            last_month(page),
            page.get_by_role("button", name="Save changes").click(),
            page.locator(".wrong").wait_for(),
        ),
    ),
    State(
        name="settings-conflict",
        path=AT,
        answers=of_settings(CALM)
        | {
            "PUT /connections/c1/settings": Refusal(
                412, BROKEN | {"status": 412, "detail": "Somebody saved other settings."}
            )
        },
        then=conflict,
    ),
)
