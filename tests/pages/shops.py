"""Answers of the API for pages of connections, syncs, keys and people, made of the very structs that the routes answer with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from chalicelib.channels.kinds import KINDS
from chalicelib.entrypoints import show, wire, wire_pairing, wire_people, wire_sales, wire_settings, wire_syncs
from tests.pages import figures
from tests.pages.figures import BOOKS, DAY, IMPORTED, NOW, OUTLET, THROUGH, plain

SHOPIFY, SHIPSTATION, WOOCOMMERCE = (show.kind(KINDS[kind]) for kind in ("shopify", "shipstation", "woocommerce"))
LONG = "Northwind Provisions of the Upper Harbour, Wholesale and Export"
HEBREW = "צפון הרוח — מחסן ראשי"
ARABIC = "متجر رياح الشمال للأدوات المنزلية"


def role(role: str) -> dict[str, Any]:
    """The session of somebody who may do so much."""
    return figures.SESSION | {"user": figures.SESSION["user"] | {"role": role}}


def kinds() -> dict[str, Any]:
    return plain(wire.KindsOut(items=(SHOPIFY, SHIPSTATION, WOOCOMMERCE)))


def connection(of: tuple[str, str, str, int] = BOOKS[0], **other: Any) -> wire.ConnectionOut:
    """A connection in sync, with a store of its name."""
    plain_one = figures.connection(of)
    domains = {
        "shopify": "northwind-supply.myshopify.com",
        "shipstation": "ssapi.shipstation.com",
        "woocommerce": "shop.northwind.example",
    }
    given = {"domain": domains[of[1]], "stores": (wire.StoreOut("s1", of[2]),), "sync_id": "y1"} | other
    return msgspec.structs.replace(plain_one, **given)


def connections(*listed: wire.ConnectionOut) -> dict[str, Any]:
    return plain(wire.ConnectionsOut(items=listed))


def in_every_state() -> tuple[wire.ConnectionOut, ...]:
    lost = "The shop no longer accepts our access. Sign in again and we catch up by ourselves."
    return (
        connection(),
        connection(BOOKS[1], state="syncing", stores=(wire.StoreOut("1", "Retail"), wire.StoreOut("2", "Wholesale"))),
        connection(OUTLET, state="sign_in_needed", state_detail=lost),
        connection(IMPORTED, state="importing", last_synced_at=None),
        connection(
            ("c5", "shopify", LONG, 5),
            state="slowed",
            state_detail="The shop asked us to slow down. We go on at 17:41 UTC.",
        ),
        connection(
            ("c6", "woocommerce", HEBREW, 6),
            state="failing",
            state_detail="Nov 19 could not be read: the shop answered with an error each time.",
        ),
        connection(
            ("c7", "shopify", ARABIC, 1),
            state="removed",
            state_detail="Its figures are kept; nothing new comes in.",
            next_sync_at=None,
        ),
    )


STATUSES = (
    ("paid", "Paid", True, True, 3_912),
    ("partially_paid", "Partially paid", False, True, 18),
    ("fulfilled", "Fulfilled", True, True, 3_604),
    ("pending", "Pending", False, False, 41),
    ("refunded", "Refunded", True, True, 96),
    ("cancelled", "Cancelled", False, False, 57),
)


def settings(**other: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "version": 3,
        "summary": "store",
        "individual_allowed": True,
        "time_zone": "America/New_York",
        "zone_changes": (),
        "seam_day": THROUGH + DAY,
        "counting": "channel",
        "statuses": tuple(
            wire_settings.StatusSetting(value, label, paid, counts, counts, orders)
            for value, label, paid, counts, orders in STATUSES
        ),
        "interval_min": 1_440,
        "intervals_min": (1_440, 720, 360, 240, 60, 15),
        "next_sync_at": datetime.fromisoformat("2026-11-25T05:45:00+00:00"),
        "next_refresh_at": None,
        "days_here": 90,
        "days_without_names": 90,
    } | other
    return plain(wire_settings.SettingsOut(**given))


def ranges() -> dict[str, Any]:
    days = {
        "current_week": ("Current week", date(2026, 11, 23), date(2026, 11, 24)),
        "current_month": ("Current month", date(2026, 11, 1), date(2026, 11, 24)),
        "last_month": ("Last month", date(2026, 10, 1), date(2026, 10, 31)),
        "last_quarter": ("Last quarter", date(2026, 7, 1), date(2026, 9, 30)),
    }
    items = tuple(wire_syncs.RangeOut(preset, label, first, last) for preset, (label, first, last) in days.items())  # type: ignore[arg-type]
    return plain(wire_syncs.RangesOut(today=THROUGH + DAY, first_day=None, items=items))


LINES = (
    ("APR-FLX", "Linen apron", 50, 145_000),
    ("SKL-26", "Cast skillet", 18, 106_200),
    ("BWX-3", "Beeswax wrap", 44, 79_200),
    ("OAK-L", "Oak board", 13, 59_800),
    ("SLT-OLV", "Salt cellar", 11, 22_000),
)


def sample(lines: Sequence[tuple[str | None, str, float, int]] = LINES, **other: Any) -> wire_syncs.SampleOut:
    given: dict[str, Any] = {
        "sale_id": "sale1",
        "day": THROUGH,
        "orders": 131,
        "skus": 48,
        "quantity": 412,
        "currency": "USD",
        "net": 624_860,
        "lines": tuple(wire_syncs.SampleLineOut(*line) for line in lines),
        "numbers": ("#48211", "#48212", "#48213"),
    } | other
    return wire_syncs.SampleOut(**given)


def preview(*, of: wire_syncs.SampleOut | None = None, **other: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "days": 0,
        "known_days": 0,
        "sales": 0,
        "sentence": "",
        "note": "",
        "batches": (),
        "sample": of or sample(),
    } | other
    return plain(wire_syncs.PreviewOut(**given))


OCTOBER = {"days": 31, "known_days": 30, "sales": 31} | {
    "sentence": "31 days → 31 daily summaries",
    "note": "30 of them already here, will be rebuilt",
}


def sale_detail() -> dict[str, Any]:
    whole = figures.figures(624_860, quantity=302)
    return plain(
        wire_sales.SaleDetailOut(
            sale=figures.sale(1, "Northwind Shopify", BOOKS[0], 624_860, 131),
            reading="event_day",
            figures=whole,
            event_day=whole,
            order_day=whole,
            refunds=2,
            excluded=1,
            first_number="#48211",
            last_number="#48341",
            published_at=NOW,
            diff=None,
        )
    )


def changes(*listed: tuple[str, str, dict[str, str], dict[str, str]], more: bool = False) -> dict[str, Any]:
    """Who changed what: actor, what it is about, before and after as JSON text; a day apart, newest first."""
    items = tuple(
        wire_settings.ChangeOut(f"h{at}", NOW - (at + 1) * DAY, actor, about, before, after)
        for at, (actor, about, before, after) in enumerate(listed)
    )
    return plain(wire_settings.ChangesOut(items=items, next="more" if more else None))


SETTINGS_CHANGED = changes(
    ("owner@northwind.example", "settings", {"interval_min": "1440"}, {"interval_min": "360"}),
    ("books@northwind.example", "settings", {"summary": '"month"'}, {"summary": '"store"'}),
)


def of_settings(connection: wire.ConnectionOut, **other: Any) -> dict[str, Any]:
    """All that the page of order settings asks for."""
    at = f"/connections/{connection.id}"
    return {
        at: plain(connection),
        f"{at}/settings": settings(),
        f"{at}/settings/changes": SETTINGS_CHANGED,
        f"{at}/ranges": ranges(),
        f"{at}/preview": preview(),
        f"{at}/preview?from=2026-10-01&to=2026-10-31&summary=store": preview(**OCTOBER),
        "/sales/sale1": sale_detail(),
    } | {f"{at}{path}": answer for path, answer in other.items()}


def sync(days: str, **other: Any) -> wire.SyncOut:
    """A sync of those days, its counts as the letters say."""
    given = {
        "days_total": len(days) - days.count("n"),
        "days_failed": days.count("f"),
        "connection_id": "c1",
        "batches": (wire.BatchOut(THROUGH - (len(days) - 1) * DAY, THROUGH),),
    } | other
    return msgspec.structs.replace(figures.sync(days), **given)


_STATES: dict[str, Any] = {
    "d": "done",
    "r": "reading",
    "t": "retrying",
    "f": "failed",
    "w": "waiting",
    "n": "not_available",
    "x": "cancelled",
}


def days_of(given: wire.SyncOut) -> dict[str, Any]:
    """The days of a sync, as its letters say."""
    reasons = {"t": "The shop did not answer in time.", "f": "The shop answered with an error each time."}
    items = tuple(
        wire.SyncDayOut(
            day=given.to - at * DAY,
            state=_STATES[letter],
            orders=80 + at * 37 % 90,
            new_orders=0 if at % 4 == 0 else 80 + at * 37 % 90,
            attempts={"w": 0, "x": 0, "n": 0, "t": 2, "f": 5}.get(letter, 1),
            reason=reasons.get(letter, ""),
            next_try_at=NOW + timedelta(minutes=4) if letter == "t" else None,
            sale_id=f"sale{at}" if letter == "d" else None,
        )
        for at, letter in enumerate(given.days)
    )
    return plain(wire.SyncDaysOut(items=items))


def of_sync(given: wire.SyncOut, of: wire.ConnectionOut) -> dict[str, Any]:
    """All that the page of one sync asks for."""
    return {
        f"/syncs/{given.id}": plain(given),
        f"/syncs/{given.id}/days": days_of(given),
        f"/connections/{of.id}": plain(of),
    }


def line(at: int, level: Any, text: str, **other: Any) -> wire.ActivityOut:
    given: dict[str, Any] = {
        "connection_id": "c1",
        "day": THROUGH,
        "sync_id": None,
        "sale_id": None,
        "details": {},
    } | other
    return wire.ActivityOut(id=f"l{at}", at=NOW - at * timedelta(hours=3, minutes=7), level=level, text=text, **given)


def activity(*items: wire.ActivityOut, more: bool = False, **counts: int) -> dict[str, Any]:
    found = {level: sum(item.level == level for item in items) for level in ("info", "warning", "error")} | counts
    return plain(wire.ActivityListOut(items=items, counts=wire.ActivityCounts(**found), next="older" if more else None))


def found(stores: int = 2, **other: Any) -> dict[str, Any]:
    """What keys open."""
    names = ("Retail", "Wholesale", "Northwind Outlet", LONG, HEBREW)
    given: dict[str, Any] = {
        "name": "Warehouse ShipStation",
        "domain": "ssapi.shipstation.com",
        "time_zone": None,
        "currency": None,
        "stores": tuple(
            wire.StoreOut(str(100 + at), names[at] if at < len(names) else f"Northwind Store {at + 1}")
            for at in range(stores)
        ),
        "warnings": (),
        "expected_orders": 4_318,
    } | other
    return plain(wire_pairing.CheckOut(**given))


def key(at: int, name: str, **other: Any) -> wire_people.ApiKeyOut:
    given: dict[str, Any] = {
        "scope": "read",
        "state": "active",
        "made_by": "owner@northwind.example",
        "made_at": NOW - 40 * DAY,
        "ends_at": NOW + 325 * DAY,
        "used_on": THROUGH,
    } | other
    return wire_people.ApiKeyOut(id=f"k{at}", name=name, **given)


def keys(*items: wire_people.ApiKeyOut) -> dict[str, Any]:
    return plain(wire_people.ApiKeysOut(items=items))


def people(*, you: str = "owner") -> dict[str, Any]:
    roles: tuple[Any, ...] = ("owner", "member", "viewer")
    names = ("owner", "books", "a-rather-long-mailbox-name-of-the-accountants")
    items = tuple(
        wire_people.PersonOut(id=f"u{at}", email=f"{name}@northwind.example", role=each, you=each == you)
        for at, (name, each) in enumerate(zip(names, roles, strict=True))
    )
    return plain(wire_people.PeopleOut(items=items))


def invitations(count: int = 1) -> dict[str, Any]:
    items = tuple(
        wire_people.InvitationOut(
            f"i{at}", f"shop{at}@northwind.example", "member", "owner@northwind.example", NOW - DAY, NOW + 6 * DAY
        )
        for at in range(count)
    )
    return plain(wire_people.InvitationsOut(items=items))


ACCESS_CHANGED = changes(
    ("owner@northwind.example", "people", {}, {"api_key": '"Warehouse display"'}),
    ("owner@northwind.example", "people", {"role": '"viewer"'}, {"role": '"member"'}),
)
