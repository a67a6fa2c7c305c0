"""The merchant's first hour on a whole machine, undisturbed and with the machine killed in the middle of it."""

import signal
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from infra.local.journey import DAYS, OWNER, Range, figures_of, ledger_of, pair, sales_of, travel, wait_for
from infra.local.machine import Machine, Plan
from infra.local.visitor import Visitor
from tests.local.launcher import Launch, eventually

SMALL = 3


def test_what_daybook_shows_is_what_the_shop_sold(tmp_path: Path) -> None:
    plan = Plan(data=tmp_path / "var", orders_per_day=SMALL, seed=5, rate=0)
    with Machine(plan) as machine:
        report, differences = travel(machine)
    assert differences == []
    assert list(report) == [
        *("days_final", "orders", "units", "net_minor", "seconds_to_final"),
        *("resync_new_versions", "resync_writes", "usage"),
        *("event_day_total", "order_day_total", "months", "months_total"),
        *("woocommerce", "shipstation", "mirror"),
    ]
    assert min(report[kind]["orders"] for kind in ("woocommerce", "shipstation")) > 0
    assert report["usage"] >= report["orders"] > 0
    assert report["resync_writes"] <= 8 * DAYS
    with Machine(plan) as again:
        visitor = Visitor(again.url)
        visitor.sign_in(**OWNER)
        assert synced_again(visitor) == {"shopify": "done", "shipstation": "done", "woocommerce": "done"}


def synced_again(visitor: Visitor) -> dict[str, str]:
    """How a sync of one day ends, for each kind of channel that is connected."""
    day = str(datetime.now(UTC).date() - timedelta(days=2))
    began = {
        each["kind"]: visitor.post("/v1/syncs", {"connection_id": each["id"], "from": day, "to": day})
        for each in visitor.get("/v1/connections")["items"]
    }
    return {kind: wait_for(visitor, sync["id"])["state"] for kind, sync in began.items()}


def test_three_nights_later_the_books_have_what_happened_meanwhile(tmp_path: Path) -> None:
    """Refunds, edits and late orders of days long closed come in by themselves, and an order is counted once."""
    data, paired_at = tmp_path / "var", datetime(2026, 3, 9, 12, tzinfo=UTC)
    with Machine(Plan(data=data, orders_per_day=SMALL, seed=5, now=paired_at)) as machine:
        visitor = Visitor(machine.url)
        visitor.sign_up(**OWNER, workspace="Northwind")
        sync = wait_for(visitor, pair(visitor))
    first, last = date.fromisoformat(sync["from"]), date(2026, 3, 11)
    days = Range(first, last)
    with Machine(
        Plan(data=data, orders_per_day=SMALL, seed=5, now=datetime(2026, 3, 12, 5, 44, 55, tzinfo=UTC))
    ) as machine:
        visitor = Visitor(machine.url)
        visitor.sign_in(**OWNER)
        assert eventually(lambda: figures_of(sales_of(visitor, days)) == ledger_of(machine.sandbox_url, days))
        sales = sales_of(visitor, days)
        restated = [sale for sale in sales if sale["version"] > 1 and sale["day"] < "2026-03-09"]
        assert restated, "something happened to days that were closed"
        assert {sale["day"] for sale in sales if sale["state"] == "final"} >= {"2026-03-09", "2026-03-10", "2026-03-11"}


def test_days_that_a_kill_left_unfinished_finish_by_themselves(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_LEASE_S", "2")
    options = ("--orders-per-day", str(SMALL), "--sweep-s", "1")
    launcher = launch(*options)
    visitor = Visitor(launcher.where["url"])
    visitor.sign_up(**OWNER, workspace="Northwind")
    sync_id = pair(visitor)
    assert eventually(lambda: visitor.get(f"/v1/syncs/{sync_id}")["days_done"] >= 10)
    launcher.end(signal.SIGKILL)

    again = launch(*options)
    visitor = Visitor(again.where["url"])
    visitor.sign_in(**OWNER)
    sync = wait_for(visitor, sync_id)
    assert (sync["state"], sync["days_done"]) == ("done", DAYS + 1)
    today = date.fromisoformat(sync["to"])
    days = Range(today - timedelta(days=DAYS), today - timedelta(days=1))
    # A day that was killed between its flip and its documents is done; the sweep brings what it owes.
    assert eventually(lambda: figures_of(sales_of(visitor, days)) == ledger_of(again.where["sandbox_url"], days))
