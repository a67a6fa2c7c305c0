"""How long the API takes with 400 days x 5 connections stored: over HTTP, from the one-machine web server on dynalite.

Each day has 130 lifelike orders over 200 SKUs and 40 regions, with their customers; all days have the same ones.
"""

import os
import signal
import tempfile
import time
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import boto3
import msgspec

from chalicelib.domain.allotment import Account
from chalicelib.domain.days import days_between
from chalicelib.domain.facts import pack_orders
from chalicelib.domain.months import month_key
from chalicelib.domain.orders import Order
from chalicelib.domain.persons import Person
from chalicelib.domain.summaries import Sheet, document_of, summarise, totals_only
from chalicelib.domain.work import DayKey, DocumentVersion, Live, Revision
from chalicelib.storage.models import DayHead
from chalicelib.storage.persons import PersonParts
from chalicelib.storage.table import Table, dynamo
from chalicelib.workflows.limits import A_SECOND
from infra.local.children import is_listening
from infra.local.engines import CREDENTIALS
from infra.local.machine import ENDS_MAX, ENDS_WITHIN_S, TABLE, Machine, Plan
from infra.local.visitor import Visitor
from tests.bench.days import DAY, lifelike_day
from tests.support.memory import MemoryEngine
from tests.support.system import ZONE, Daybook

DAYS, CONNECTIONS, ORDERS, REGIONS = 400, 5, 130, 40
TRIES = int(os.environ.get("TRIES", "40"))
WRITTEN_AT_ONCE = 25


class Content:
    """What each day holds."""

    def __init__(self) -> None:
        self.orders: list[Order] = [
            msgspec.structs.replace(order, region=f"US-{chr(65 + n % REGIONS // 2)}{chr(65 + n % 2)}")
            for n, order in enumerate(lifelike_day(DAY, ORDERS))
        ]
        self.sheets: tuple[Sheet, ...] = summarise(self.orders, DAY, ZONE).sheets()
        self.packed = zlib.compress(pack_orders(self.orders), 6)
        self.persons = {order.id: Person(f"Shop {n % 97}", order.region) for n, order in enumerate(self.orders)}


def write(daybook: Daybook, key: DayKey, content: Content) -> None:
    """A day as the workers would leave it: revision, persons, head, shelf, document, and its month touched."""
    name = f"{key.connection}{key.day}"
    revision = Revision(
        attempt=name,
        number=1,
        predecessor=None,
        epoch=1,
        cause="first",
        actor="daybook",
        state="final",
        digest=name,
        fetched_at=1_790_000_000,
        matched=True,
        sheets=content.sheets,
        event_days={},
    )
    daybook.revisions.write(key, revision, [content.packed], 0)
    PersonParts(daybook.outside.table).write(key, name, content.persons)
    live = msgspec.msgpack.encode(Live("final", ORDERS, ORDERS, 1_790_000_000))
    head = DayHead(f"DAYS#{key.workspace}", f"{key.day}#{key.connection}", live=name, named=name, body=live, revision=1)
    daybook.outside.table.put(head)
    account = Account(key.workspace, "shopify", key.connection)
    daybook.shelves.count(account, key.day.isoformat(), content.persons, daybook.plan_year("", daybook.now()))
    version = DocumentVersion(
        attempt=name,
        number=1,
        predecessor=None,
        cause="first",
        state="final",
        digest=name,
        published_at=1_790_000_000,
        base=name,
        sources=(),
        sheets=tuple(map(totals_only, document_of(content.sheets, ()))),
    )
    daybook.documents.publish(key, version, 0)
    daybook.month_records.touch(month_key(key))


LISTS = (
    "/v1/sales",
    "/v1/sales?sort=-net",
    "/v1/connections",
    "/v1/connections/{connection}/settings",
    "/v1/activity",
    "/v1/live",
    "/v1/usage",
    "/v1/dashboard",
    "/v1/dashboard?range=90d",
    "/v1/dashboard?range=year",
    *(f"/v1/reports/{name}{more}" for name in ("sales", "skus", "channels", "states") for more in ("", "?range=90d")),
    "/v1/reports/sales?range=custom&from={first}&to={last}&by=month",
    "/v1/reports/skus?range=custom&from={first}&to={last}&compare=none",
    "/v1/reports/states?range=custom&from={first}&to={last}&compare=none",
)
INDIVIDUAL = ("/v1/sales?type=individual", "/v1/reports/customers", "/v1/reports/customers?range=90d")


def measure() -> list[str]:
    """Lines of a report: the 95th percentile and the median of each list, after the first answer, whose time is beside."""
    with tempfile.TemporaryDirectory() as data, Machine(Plan(data=Path(data), orders_per_day=0)) as machine:
        visitor = Visitor(machine.url)
        visitor.sign_up(email="owner@northwind.example", password="a quiet harbour at dawn", workspace="Northwind")
        daybook = Daybook(dynamo(TABLE, machine.dynalite.url, CREDENTIALS["AWS_DEFAULT_REGION"]))
        workspace = visitor.get("/v1/workspace")["id"]
        today = datetime.now(UTC).date()
        first = today - timedelta(days=DAYS - 1)
        paired = [daybook.pair_shop(workspace, str(90 + n)) for n in range(CONNECTIONS)]
        fill(
            machine.dynalite.url,
            [DayKey(workspace, each.id, day) for each in paired for day in days_between(first, today)],
        )
        lines = [
            time_of(machine, visitor, path.format(first=first, last=today, connection=paired[0].id)) for path in LISTS
        ]
        for each in paired:
            daybook.switch(each, "individual")
        return lines + [time_of(machine, visitor, path) for path in INDIVIDUAL]


def fill(url: str, days: Sequence[DayKey]) -> None:
    """Write the days, and their months as readers leave them, made in memory first, many items at a time."""
    engine, content = MemoryEngine(), Content()
    made = Daybook(Table(engine))
    for day in days:
        write(made, day, content)
    for month in {month_key(day) for day in days}:
        made.months.sheets(month)
    client = boto3.client("dynamodb", endpoint_url=url, region_name=CREDENTIALS["AWS_DEFAULT_REGION"])
    items = (item for _, _, item in engine.items())
    while some := list(islice(items, WRITTEN_AT_ONCE)):
        client.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": item}} for item in some]})


def time_of(machine: Machine, visitor: Visitor, path: str) -> str:
    """The first answer is that of a process that has kept nothing yet."""
    start_again(machine)
    visitor.get("/v1/session")
    took: list[float] = []
    for _ in range(TRIES):
        time.sleep(1 / A_SECOND)  # what is asked faster is refused
        began = time.perf_counter()
        visitor.get(path)
        took.append((time.perf_counter() - began) * 1000)
    first, rest = took[0], sorted(took[1:])
    return (
        f"  GET {path:<60} p95 {rest[int(len(rest) * 0.95) - 1]:4.0f} ms, median {rest[len(rest) // 2]:4.0f} ms, "
        f"first {first:4.0f} ms (p95 under 150)"
    )


def start_again(machine: Machine) -> None:
    """Let the machine put another web process in place of its one; it gives up on a part that ends too often."""
    time.sleep(ENDS_WITHIN_S / (ENDS_MAX - 1))
    before = machine.pids["web"]
    os.kill(before, signal.SIGTERM)
    deadline = time.monotonic() + 30
    while machine.pids["web"] == before or not is_listening(machine.port):
        assert time.monotonic() < deadline, "the web process did not come back"
        time.sleep(0.1)
