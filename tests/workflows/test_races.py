"""Races with real threads: one day, one shelf, one connection, many workers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import uuid4

import msgspec
import pytest

from chalicelib.domain.allotment import Account
from chalicelib.domain.days import window_of
from chalicelib.domain.work import DayMessage
from chalicelib.storage.table import dynamo
from infra.local.engines import CREDENTIALS, create_table
from tests.support.orders import order
from tests.support.system import ZONE, Daybook

DAY = date(2026, 7, 3)
SHOP = Account("w1", "shopify", "99")


def fill(daybook: Daybook, day: date, first: int, count: int) -> None:
    at = window_of(day, ZONE).start_at
    created = window_of(DAY, ZONE).start_at  # all on one shelf
    orders = [order(n, placed_at=at + timedelta(minutes=n - first)) for n in range(first, first + count)]
    daybook.shop.orders[day] = [msgspec.structs.replace(each, created_at=created) for each in orders]


@pytest.mark.parametrize("round_", range(20))
def test_sixteen_workers_on_one_day_make_one_publish(memory_table, round_):
    daybook = Daybook(memory_table)
    fill(daybook, DAY, 1, 40)
    key = daybook.ask_day(daybook.pair_shop(), DAY)
    daybook.held.messages.clear()
    message = DayMessage(key.workspace, key.connection, DAY, 1)
    with ThreadPoolExecutor(16) as pool:
        outcomes = [done.outcome for done in pool.map(daybook.sync_day.run, [message] * 16)]
    assert outcomes.count("published") == 1
    assert set(outcomes) <= {"published", "repeat", "busy", "superseded"}
    assert daybook.days.read(key).revision == 1
    assert daybook.shelves.usage(SHOP) == {"2026-01-01": 40}
    daybook.clean.clean_day(key)
    assert len(daybook.revisions.names(key)) == 1


@pytest.mark.parametrize("round_", range(20))
def test_eight_days_that_share_orders_on_one_shelf_count_each_once(memory_table, round_):
    daybook = Daybook(memory_table)
    paired = daybook.pair_shop()
    days = [DAY - timedelta(days=n) for n in range(8)]
    for n, day in enumerate(days):
        fill(daybook, day, 1 + 10 * n, 20)
    keys = [daybook.ask_day(paired, day) for day in days]
    messages = list(daybook.held.messages)
    daybook.held.messages.clear()
    with ThreadPoolExecutor(8) as pool:
        outcomes = {done.outcome for done in pool.map(daybook.sync_day.run, messages)}
    assert outcomes == {"published"}
    assert daybook.shelves.usage(SHOP) == {"2026-01-01": 90}
    assert all(daybook.days.read(key).at_rest for key in keys)


def test_eight_workers_bring_ninety_days_in_on_dynalite(dynalite):
    """One connection, every message twice: each day once."""
    name = f"t{uuid4().hex}"
    create_table(dynalite.url, name)
    daybook = Daybook(dynamo(name, dynalite.url, CREDENTIALS["AWS_DEFAULT_REGION"]))
    paired = daybook.pair_shop()
    for n in range(1, 91):
        fill(daybook, date(2026, 7, 5) - timedelta(days=n), 1000 * n, 5)
    daybook.run_syncs.pairing(paired)
    messages = daybook.held.messages * 2
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(daybook.sync_day.run, messages))
    daybook.sweep()
    daybook.held.messages.clear()
    (sync,) = daybook.sync_records.list("w1", 5)
    assert sync.ended_at is not None
    assert daybook.shelves.usage(SHOP) == {"2026-01-01": 450}
