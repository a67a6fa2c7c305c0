"""`kill -9` of worker, table and queues in the middle of a first download: all days end final, and the sums are the shop's own."""

import os
import signal
import time
from datetime import date, timedelta
from http.client import HTTPException

from infra.local.journey import Range, figures_of, ledger_of, pair, sales_of, wait_for
from infra.local.machine import Machine, Plan
from infra.local.visitor import VisitFailed, Visitor

KILLED = ("worker", "dynalite", "worker", "ministack", "worker", "web", "worker", "worker")


def done_days(visitor: Visitor, sync: str) -> int:
    return int(visitor.get(f"/v1/syncs/{sync}")["days_done"])


def wait_until_done(visitor: Visitor, sync: str, days: int) -> None:
    deadline = time.monotonic() + 300
    while done_days_or_none(visitor, sync) < days:
        assert time.monotonic() < deadline, "the days do not go on"
        time.sleep(0.1)


def done_days_or_none(visitor: Visitor, sync: str) -> int:
    """How far it is; -1 while what was killed is being started again."""
    try:
        return done_days(visitor, sync)
    except (OSError, HTTPException, VisitFailed):
        return -1


def test_killed_again_and_again_every_day_ends_final_and_right(tmp_path, monkeypatch):
    # What a kill leaves behind is waited for; shorter leases only make the test shorter.
    for name, seconds in (("DAYBOOK_LEASE_S", "8"), ("DAYBOOK_BUDGET_S", "5"), ("DAYBOOK_RESEND_S", "8")):
        monkeypatch.setenv(name, seconds)
    with Machine(Plan(data=tmp_path, orders_per_day=20, sweep_s=2.0)) as machine:
        visitor = Visitor(machine.url)
        visitor.sign_up(email="owner@northwind.example", password="a quiet harbour at dawn", workspace="Northwind")
        sync = pair(visitor)
        for n, name in enumerate(KILLED):
            wait_until_done(visitor, sync, 6 * n + 2)
            os.kill(machine.pids[name], signal.SIGKILL)
        ended = wait_for(visitor, sync)
        assert ended["state"] == "done", ended["days"]
        today = date.fromisoformat(ended["to"])
        days = Range(today - timedelta(days=90), today - timedelta(days=1))
        sales = sales_of(visitor, days)
        assert figures_of(sales) == ledger_of(machine.sandbox_url, days)
        used = visitor.get("/v1/usage")["used"]
        assert used == sum(sale["orders"] for sale in sales_of(visitor, Range(days.first, today)))
