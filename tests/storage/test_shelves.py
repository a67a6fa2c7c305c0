"""Usage shelves: each order once, ever, under races and foldings. On every engine."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.allotment import Account
from chalicelib.storage.models import Part, key
from chalicelib.storage.shelves import PARTS_MAX, Shelves
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine

SHOP = Account("w1", "shopify", "99")
SHELF = "2026-07-03"


def shelves_on(table: Table) -> Shelves:
    return Shelves(table, lambda: uuid4().hex)


def parts_of(table: Table) -> set[str]:
    return {item.sk for item in table.query(Part, key("SHELVES", "w1", "shopify", "99"), begins="PART#")}


def test_an_order_counts_once_however_often_it_is_put_there(table):
    shelves = shelves_on(table)
    assert shelves.count(SHOP, SHELF, ["1", "2", "3"], "2026") == 3
    assert shelves.count(SHOP, SHELF, ["2", "3", "4"], "2026") == 1
    assert shelves.count(SHOP, SHELF, ["1", "4"], "2027") == 0
    assert shelves.usage(SHOP) == {"2026": 4}


def test_many_parts_are_folded_and_nothing_is_lost_or_left(table):
    shelves = shelves_on(table)
    for n in range(PARTS_MAX + 4):
        shelves.count(SHOP, SHELF, [str(n), str(n + 1)], "2026" if n % 2 else "2027")
    shelf = shelves.read(SHOP, SHELF)
    assert len(shelf.parts) < PARTS_MAX
    assert sum(shelf.counts.values()) == PARTS_MAX + 5
    assert parts_of(table) == set(shelf.parts)


def test_eight_at_once_count_distinct_orders(table):
    shelves = shelves_on(table)
    days = [[str(n) for n in range(start, start + 40)] for start in range(0, 160, 20)]
    with ThreadPoolExecutor(8) as pool:
        new = sum(pool.map(lambda ids: shelves.count(SHOP, SHELF, ids, "2026"), days))
    assert new == 180
    assert shelves.usage(SHOP) == {"2026": 180}
    shelves.clean(SHOP, SHELF, fence=True)
    assert parts_of(table) == set(shelves.read(SHOP, SHELF).parts)


def test_a_part_above_the_head_is_left_until_it_is_fenced(memory_table):
    shelves = shelves_on(memory_table)
    shelves.count(SHOP, SHELF, ["1"], "2026")
    stray = key("PART", SHELF, f"{2:08}", "stray")
    memory_table.insert(Part(key("SHELVES", "w1", "shopify", "99"), stray, body=b"never flipped in"))
    shelves.clean(SHOP, SHELF, fence=False)
    assert stray in parts_of(memory_table)
    shelves.clean(SHOP, SHELF, fence=True)
    assert stray not in parts_of(memory_table)
    assert shelves.usage(SHOP) == {"2026": 1}


@pytest.mark.parametrize("accounts", [(SHOP, Account("w2", "shopify", "99")), (SHOP, Account("w1", "shopify", "98"))])
def test_shops_and_workspaces_do_not_share_shelves(memory_table, accounts):
    shelves = shelves_on(memory_table)
    for account in accounts:
        assert shelves.count(account, SHELF, ["1"], "2026") == 1


@given(st.lists(st.sets(st.integers(0, 60).map(str)), max_size=30))
def test_usage_is_the_number_of_distinct_orders(batches):
    names = count()
    shelves = Shelves(Table(MemoryEngine()), lambda: f"n{next(names)}")
    for ids in batches:
        shelves.count(SHOP, SHELF, ids, "2026")
    assert sum(shelves.usage(SHOP).values()) == len(set().union(*batches))


def test_orders_that_come_through_another_connection_too_leave_the_count_and_come_back(table):
    shelves = shelves_on(table)
    shelves.count(SHOP, SHELF, ["1", "2", "3"], "2026-01-01")
    shelves.void(SHOP, SHELF, ["2", "3", "never seen"])
    assert shelves.usage(SHOP) == {"2026-01-01": 1}
    shelves.void(SHOP, SHELF, ["2"])
    assert shelves.usage(SHOP) == {"2026-01-01": 1}, "twice is once"
    assert shelves.count(SHOP, SHELF, ["2", "4"], "2027-01-01") == 1, "what is back is not new"
    assert shelves.usage(SHOP) == {"2026-01-01": 2, "2027-01-01": 1}
    shelves.void(SHOP, SHELF, ["1", "2", "4"])
    assert sum(shelves.usage(SHOP).values()) == 0
