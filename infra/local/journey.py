"""`make journey`: the merchant's first hour without a browser, on a machine of its own, and the sums checked.

Signs up, pairs the sandbox shop through its OAuth page, waits until every day is final, syncs all of them once more, and
compares what the API says with the shop's own ledger, which another code path adds up. Then it reads everything by the other
reading of refunds, and by months: switching must change no sum. Then it connects the other sandboxes, ShipStation by keys and
WooCommerce by approving there, compares each with its ledger, and links the store that holds the first shop's orders once more.
The last line is one JSON object; the exit status is 1 when anything differs.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import urllib.request
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec

from infra.local.data import MachineFailed
from infra.local.engines import count_writes
from infra.local.lines import teller
from infra.local.machine import KEYS, SHOP, Machine, Plan
from infra.local.visitor import VisitFailed, Visitor, forms_of

DAYS = 90
PATIENCE_S = 900.0
POLL_S = 1.0
SETTLING_S = 60.0
OWNER = {"email": "owner@northwind.example", "password": "a quiet harbour at dawn"}
_ENDED = ("done", "cancelled", "failed_days", "sign_in_needed")


class Figures(msgspec.Struct, frozen=True):
    """What all final days hold together: orders that count, pieces, and net sales in minor units."""

    orders: int
    units: float
    net_minor: int


class Range(msgspec.Struct, frozen=True):
    """The full days, both inside; today, which still grows, is left out."""

    first: date
    last: date


def main() -> int:
    hear = teller(raw=False, out=lambda line: print(line, file=sys.stderr))
    try:
        with tempfile.TemporaryDirectory(prefix="daybook-") as data, Machine(plan(Path(data)), hear=hear) as machine:
            report, differences = travel(machine)
    except (MachineFailed, VisitFailed) as error:
        print(f"daybook: {error}", file=sys.stderr)
        return 1
    for difference in differences:
        print(f"daybook: {difference}", file=sys.stderr)
    print(json.dumps(report))
    return 1 if differences else 0


def plan(data: Path) -> Plan:
    """A machine with the shop that make's variables ask for."""
    orders_per_day, seed = os.environ.get("ORDERS_PER_DAY") or "100", os.environ.get("SEED") or "1"
    return Plan(data=data, orders_per_day=int(orders_per_day), seed=int(seed), rate=0)


def travel(machine: Machine) -> tuple[dict[str, Any], list[str]]:
    """Go the whole way on a running machine; the report, and each thing that is not as it must be."""
    visitor = Visitor(machine.url)
    visitor.sign_up(**OWNER, workspace="Northwind")
    began_at = time.monotonic()
    sync = wait_for(visitor, pair(visitor))
    seconds_to_final = time.monotonic() - began_at
    today = date.fromisoformat(sync["to"])
    days = Range(today - timedelta(days=DAYS), today - timedelta(days=1))
    # Money back on orders older than the history is found by a question of its own, after the days.
    sales = settled(visitor, days, ledger_of(machine.sandbox_url, days))

    writes_before = count_writes(machine.dynalite.url)
    asked = {"connection_id": sync["connection_id"], "from": str(days.first), "to": str(days.last)}
    again = wait_for(visitor, visitor.post("/v1/syncs", asked)["id"])
    resync_writes = count_writes(machine.dynalite.url) - writes_before
    sales_after = sales_of(visitor, days)

    shown, ledger = figures_of(sales), ledger_of(machine.sandbox_url, days)
    report = {
        "days_final": len({sale["day"] for sale in sales if sale["state"] in ("final", "empty", "events_only")}),
        "orders": shown.orders,
        "units": shown.units,
        "net_minor": shown.net_minor,
        "seconds_to_final": round(seconds_to_final, 1),
        "resync_new_versions": sum(sale["version"] for sale in sales_after) - sum(sale["version"] for sale in sales),
        "resync_writes": resync_writes,
        "usage": visitor.get("/v1/usage")["used"],
        **other_views(visitor, sync["connection_id"]),
    }
    differences = differences_of(report, shown, ledger, sync, again)
    for kind, connect in (("woocommerce", approve), ("shipstation", paste_keys)):
        report[kind], more = travel_on(visitor, machine, kind, connect(visitor, machine), days)
        differences += more
    differences += usage_differences(visitor, days)
    report["mirror"], more = link_mirrors(visitor, machine, days)
    return report, differences + more


def usage_differences(visitor: Visitor, days: Range) -> list[str]:
    """Where the months in which counted orders were sold are not those of the days that came in, or do not add up."""
    usage = visitor.get("/v1/usage")
    found = {each["month"]: each["orders"] for each in usage["months"]}
    wrong = [month for month in found if not f"{days.first:%Y-%m}" <= month <= f"{days.last + timedelta(days=1):%Y-%m}"]
    return [f"usage: {usage['used']} orders, by month {found}"] if wrong or sum(found.values()) != usage["used"] else []


def travel_on(
    visitor: Visitor, machine: Machine, kind: str, connection_id: str, days: Range
) -> tuple[dict[str, Any], list[str]]:
    """Wait for another connection's days; what it shows, and where that differs from its shop's ledger."""
    began_at = time.monotonic()
    sync = wait_for(visitor, str(visitor.get(f"/v1/connections/{connection_id}")["sync_id"]))
    seconds = time.monotonic() - began_at
    ledger = ledger_of(machine.sandboxes[kind], days)
    shown = figures_of(settled(visitor, days, ledger, connection_id))
    report = {**msgspec.structs.asdict(shown), "seconds_to_final": round(seconds, 1)}
    differences = [] if sync["state"] == "done" else [f"{kind}: its sync ended {sync['state']}: {sync['days']}"]
    if shown != ledger:
        differences.append(f"{kind}: Daybook shows {shown}, its ledger says {ledger}")
    return report, differences


def link_mirrors(visitor: Visitor, machine: Machine, days: Range) -> tuple[dict[str, Any], list[str]]:
    """Link the store that is seen to hold another connection's orders; its orders count no more, and are not billed."""
    by_kind = {each["kind"]: each["id"] for each in visitor.get("/v1/connections")["items"]}
    path = f"/v1/connections/{by_kind['shipstation']}/mirrors"
    seen = visitor.get(path)["items"][0]
    link = {"store_id": seen["store_id"], "connection_id": seen["connection_id"]}
    used = visitor.get("/v1/usage")["used"]
    wait_for(visitor, visitor.change("PUT", path, {"links": [link]})["sync_id"])
    shown = figures_of(sales_of(visitor, days, by_kind["shipstation"]))
    shop, store = machine.sandboxes["shipstation"], seen["store_id"]
    whole, mirrored = ledger_of(shop, days), ledger_of(shop, days, store=store)
    until_now = ledger_of(shop, Range(days.first, days.last + timedelta(days=1)), store=store)
    left = Figures(whole.orders - mirrored.orders, whole.units - mirrored.units, whole.net_minor - mirrored.net_minor)
    report = {"agreed": seen["agreed"], "orders": seen["orders"], "unbilled": used - visitor.get("/v1/usage")["used"]}
    differences = [] if shown == left else [f"linked: Daybook shows {shown}, the ledger says {left}"]
    # Of today's orders those are taken out again that came before the store was linked.
    if seen["connection_id"] != by_kind["shopify"] or not mirrored.orders <= report["unbilled"] <= until_now.orders:
        differences.append(f"linked: {report}, the store has {mirrored.orders} orders, {until_now.orders} with today's")
    return report, differences


def approve(visitor: Visitor, machine: Machine) -> str:
    """Connect the WooCommerce sandbox as its merchant would: approve there, and find the connection here."""
    fields = {"site": machine.sandboxes["woocommerce"]}
    begun = visitor.post("/v1/connections", {"kind": "woocommerce", "fields": fields})
    consent = forms_of(visitor.open(begun["authorize_url"]))[0]
    visitor.open(consent.action, consent)
    deadline = time.monotonic() + SETTLING_S
    while (found := visitor.get(f"/v1/pairings/{begun['pairing']}"))["state"] == "waiting":
        if time.monotonic() > deadline:
            break
        time.sleep(POLL_S)
    if found["state"] != "paired":
        raise VisitFailed(f"approving ended {found}")
    return str(found["connection_id"])


def paste_keys(visitor: Visitor, machine: Machine) -> str:
    """Connect the ShipStation sandbox by its keys, with all its stores, in the first shop's time zone."""
    key, secret = KEYS["shipstation"]
    wanted = {"kind": "shipstation", "fields": {"api_key": key, "api_secret": secret}}
    (zone,) = {each["time_zone"] for each in visitor.get("/v1/connections")["items"] if each["kind"] == "shopify"}
    return str(visitor.post("/v1/connections", wanted | {"time_zone": zone})["connection"]["id"])


def pair(visitor: Visitor) -> str:
    """Connect the sandbox shop as a merchant would, and return the sync that brings in its past."""
    (kind,) = (each for each in visitor.get("/v1/kinds")["items"] if each["kind"] == "shopify")
    fields = {kind["fields"][0]["name"]: SHOP}
    page = visitor.open(visitor.post("/v1/connections", {"kind": "shopify", "fields": fields})["authorize_url"])
    consent = forms_of(page)[0]
    back = visitor.open(consent.action, consent)
    if back.status != 200:
        raise VisitFailed(f"the way back from the shop ended at {back.url} with {back.status}: {back.body[:300]!r}")
    (connection,) = visitor.get("/v1/connections")["items"]
    return str(connection["sync_id"])


def wait_for(visitor: Visitor, sync_id: str) -> dict[str, Any]:
    """The sync once it has come to an end, whatever that is. Raises VisitFailed when it takes too long."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        sync: dict[str, Any] = visitor.get(f"/v1/syncs/{sync_id}")
        if sync["state"] in _ENDED:
            return sync
        time.sleep(POLL_S)
    raise VisitFailed(f"sync {sync_id} is still {sync['state']} after {PATIENCE_S:.0f} s: {sync['days']}")


def sales_of(visitor: Visitor, days: Range, connection_id: str | None = None) -> list[dict[str, Any]]:
    """Every summary sale of these days, of one connection or of all."""
    sales: list[dict[str, Any]] = []
    cursor = None
    while True:
        asked = {"from_": days.first, "to": days.last, "connection": connection_id}
        page = visitor.get("/v1/sales", **asked, limit=200, cursor=cursor)
        sales += page["items"]
        cursor = page["next"]
        if cursor is None:
            return sales


def settled(visitor: Visitor, days: Range, ledger: Figures, connection_id: str | None = None) -> list[dict[str, Any]]:
    """The days' sales once they are what the ledger says, or as they are when patience ends."""
    deadline = time.monotonic() + SETTLING_S
    while True:
        sales = sales_of(visitor, days, connection_id)
        if figures_of(sales) == ledger or time.monotonic() > deadline:
            return sales
        time.sleep(POLL_S)


def other_views(visitor: Visitor, connection_id: str) -> dict[str, Any]:
    """The sum of everything by both readings, and by months, each as minor units of all currencies together."""
    everything = Range(date(2000, 1, 1), date(2100, 12, 31))
    event_day = total_of(sales_of(visitor, everything))
    visitor.change("PATCH", "/v1/workspace", {"reading": "order_day"})
    order_day = total_of(sales_of(visitor, everything))
    visitor.change("PATCH", "/v1/workspace", {"reading": "event_day"})
    path = f"/v1/connections/{connection_id}/settings"
    in_force = visitor.get(path)
    wanted = {name: in_force[name] for name in ("time_zone", "counting", "interval_min")}
    visitor.change("PUT", path, wanted | {"summary": "month"})
    months = sales_of(visitor, everything)
    visitor.change("PUT", path, wanted | {"summary": in_force["summary"]})
    return {
        "event_day_total": event_day,
        "order_day_total": order_day,
        "months": len(months),
        "months_total": total_of(months),
    }


def total_of(sales: list[dict[str, Any]]) -> int:
    return sum(sale["total"]["minor"] for sale in sales)


def figures_of(sales: list[dict[str, Any]]) -> Figures:
    """The sales added up."""
    return Figures(
        sum(sale["orders"] for sale in sales),
        sum(sale["quantity"] for sale in sales),
        sum(sale["net"]["minor"] for sale in sales),
    )


def ledger_of(sandbox_url: str, days: Range, store: str = "") -> Figures:
    """The same figures straight from the shop's own books, or from one store's."""
    url = f"{sandbox_url}/_sandbox/ledger?from={days.first}&to={days.last}&store={store}"
    with urllib.request.urlopen(url, timeout=60) as answer:
        return msgspec.json.decode(answer.read(), type=Figures)


def differences_of(report: dict[str, Any], shown: Figures, ledger: Figures, *syncs: dict[str, Any]) -> list[str]:
    """What is not as it must be, a sentence each."""
    found = [f"a sync ended {sync['state']}: {sync['days']}" for sync in syncs if sync["state"] != "done"]
    for name in Figures.__struct_fields__:
        ours, theirs = getattr(shown, name), getattr(ledger, name)
        if ours != theirs:
            found.append(f"{name}: Daybook shows {ours}, the shop's ledger says {theirs}")
    if report["days_final"] != DAYS:
        found.append(f"{report['days_final']} of {DAYS} days are final")
    for name in ("order_day_total", "months_total"):
        if report[name] != report["event_day_total"]:
            found.append(f"{name} is {report[name]}, event_day_total {report['event_day_total']}")
    if report["resync_new_versions"]:
        found.append(f"syncing again made {report['resync_new_versions']} new versions of unchanged days")
    return found


if __name__ == "__main__":
    sys.exit(main())
