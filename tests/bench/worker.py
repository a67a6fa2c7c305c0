"""The worker on one big day over real HTTP: CPU and wall to fetch, sum and publish, against only downloading and decoding the
same bytes with the same typed structs, in the same run; and its peak memory."""

import gc
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec

from chalicelib.channels import shopify_queries, shopify_wire
from chalicelib.channels.http import Http
from chalicelib.domain.connections import Credentials
from chalicelib.domain.secret import Secret
from chalicelib.storage.table import Table
from tests.bench.days import DAY
from tests.support.memory import MemoryEngine
from tests.support.reach import reach_to
from tests.support.system import SETTINGS, Daybook


@contextmanager
def shop_with(orders: int) -> Iterator[tuple[str, int]]:
    """A server of so many orders: its address and its number of pages."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.pages", str(orders)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        port, pages = server.stdout.readline().split()
        yield f"http://127.0.0.1:{port}/{{shop}}", int(pages)
    finally:
        server.terminate()
        server.wait()


def http(url: str) -> Http:
    return Http(reach=reach_to(url), sleep=time.sleep, now=lambda: datetime.now(UTC))


def only_decode(url: str, pages: int) -> None:
    """The floor: every page downloaded and decoded, nothing done with it."""
    client = http(url)
    address = url.replace("{shop}", "northwind-supply.myshopify.com") + "/admin/api/2026-10/graphql.json"
    for page in range(pages):
        variables = {"query": "", "after": str(page)}
        body = msgspec.json.encode({"query": shopify_queries.ORDERS_AND_REGIONS, "variables": variables})
        shopify_wire.read_orders_and_regions.decode(client.post(address, body, {"Content-Type": "application/json"}))


class Fetching(Daybook):
    """Daybook whose channel is the real client, over HTTP; the table is in memory, so that only our own work is measured."""

    def __init__(self, url: str) -> None:
        super().__init__(
            Table(MemoryEngine()),
            msgspec.structs.replace(SETTINGS, channel_urls={"shopify": url}, budget_s=10_000, lease_s=20_000),
        )

    def open_channel(self, connection, *, renew):
        return self.platforms["shopify"].open(connection, Credentials(access=Secret("token")))


def work(url: str) -> None:
    daybook = Fetching(url)
    daybook.ask_day(daybook.pair_shop(), DAY)
    assert daybook.work() == {"published": 1}


def timed(run) -> tuple[float, float]:
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - cpu, time.perf_counter() - wall


def measure(sizes: tuple[int, ...] = (10_000, 100_000)) -> list[str]:
    """Lines of a report."""
    lines = []
    for orders in sizes:
        with shop_with(orders) as (url, pages):
            work_cpu, work_wall = timed(lambda url=url: work(url))
            floor_cpu, floor_wall = timed(lambda url=url, pages=pages: only_decode(url, pages))
            lines.append(
                f"  {orders:>7} orders: {work_cpu:5.1f} CPU s, {work_wall:5.1f} s wall; only downloading and decoding "
                f"{floor_cpu:5.1f} CPU s, {floor_wall:5.1f} s; ratio {work_cpu / floor_cpu:.2f} (at most 1.5)"
            )
    return lines


def peak_memory(orders: int = 100_000) -> list[str]:
    """The most Python memory that a worker holds at once above its imports."""
    with shop_with(orders) as (url, _):
        tracemalloc.start()
        work(url)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return [f"  {orders:>7} orders: {peak / 2**20:.0f} MB at the peak, the table in memory included (under 128)"]
