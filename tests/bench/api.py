"""How long the API takes with 400 days x 5 connections stored: over HTTP, from the one-machine web server on dynalite."""

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chalicelib.domain.days import days_between
from chalicelib.domain.orders import Amounts
from chalicelib.domain.summaries import DocumentSheet, Section
from chalicelib.domain.work import DayKey, DocumentVersion
from chalicelib.storage.table import dynamo
from infra.local.engines import CREDENTIALS
from infra.local.machine import TABLE, Machine, Plan
from infra.local.visitor import Visitor
from tests.support.system import Daybook

DAYS, CONNECTIONS, TRIES = 400, 5, 40


def version(day: DayKey) -> DocumentVersion:
    section = Section(130, 300_000, Amounts(gross=625_000, discount=20_000, tax=50_000))
    sheet = DocumentSheet(
        store="",
        currency="USD",
        excluded=1,
        unexplained=0,
        first_number="#1001",
        last_number="#1131",
        low=1001,
        high=1131,
        sales=section,
        event_day=Section(2, -2_000, Amounts(gross=-4_000)),
        order_day=Section(2, -2_000, Amounts(gross=-4_000)),
        skus=60,
    )
    name = f"{day.connection}{day.day}"
    return DocumentVersion(
        attempt=name,
        number=1,
        predecessor=None,
        cause="sync",
        state="final",
        digest=name,
        published_at=1_790_000_000,
        base=None,
        sources=(),
        sheets=(sheet,),
    )


def fill(machine: Machine, workspace: str) -> None:
    """Documents of 400 days and 5 connections, written as the workers would."""
    daybook = Daybook(dynamo(TABLE, machine.dynalite.url, CREDENTIALS["AWS_DEFAULT_REGION"]))
    today = datetime.now(UTC).date()
    for n in range(CONNECTIONS):
        paired = daybook.pair_shop(workspace, str(90 + n))
        for day in days_between(today - timedelta(days=DAYS - 1), today):
            key = DayKey(workspace, paired.id, day)
            daybook.documents.publish(key, version(key), 0)


def measure() -> list[str]:
    """Lines of a report: the 95th percentile and the median of each list."""
    with tempfile.TemporaryDirectory() as data, Machine(Plan(data=Path(data), orders_per_day=0)) as machine:
        visitor = Visitor(machine.url)
        visitor.sign_up(email="owner@northwind.example", password="a quiet harbour at dawn", workspace="Northwind")
        fill(machine, visitor.get("/v1/workspace")["id"])
        return [
            time_of(visitor, path) for path in ("/v1/sales", "/v1/connections", "/v1/activity", "/v1/live", "/v1/usage")
        ]


def time_of(visitor: Visitor, path: str) -> str:
    took = []
    for _ in range(TRIES):
        began = time.perf_counter()
        visitor.get(path)
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return (
        f"  GET {path:<16} p95 {took[int(TRIES * 0.95) - 1]:4.0f} ms, median {took[TRIES // 2]:4.0f} ms (p95 under 150)"
    )
