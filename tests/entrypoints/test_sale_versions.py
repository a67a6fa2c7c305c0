"""What each version of a sale changed: figures, orders by number, and lines by SKU."""

from collections.abc import Iterator
from datetime import date

import msgspec
import pytest

from chalicelib.domain.work import DayKey
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.merchant import JULY_3, JUNE_30, Merchant, at
from tests.support.orders import line, order
from tests.support.site import Site, open_site


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(Table(MemoryEngine())) as opened:
        yield opened


@pytest.fixture
def shop(site) -> Merchant:
    return Merchant(site)


@pytest.fixture
def changed(shop) -> Merchant:
    """July 3 in three versions: two orders, one more and one changed, then one less."""
    shop.fill(JULY_3, 21, 22)
    shop.sync(JULY_3)
    shop.fill(JULY_3, 21, 22, 23)
    shop.daybook.shop.orders[JULY_3][0] = order(21, line("B", gross=7000), placed_at=at(JULY_3, 21))
    shop.sync(JULY_3)
    shop.fill(JULY_3, 22, 23)
    shop.sync(JULY_3)
    return shop


def test_versions_tell_what_each_changed(changed):
    id_ = f"2026-07-03~{changed.id}~USD~"
    page = changed.get(f"/v1/sales/{id_}/versions")
    told = [
        (each["version"], each["total"], each["total_delta"], each["orders_added"], each["orders_removed"])
        for each in page["items"]
    ]
    assert told == [(3, 10000, -7000, 0, 1), (2, 17000, 7000, 1, 0), (1, 10000, 10000, 2, 0)]
    assert [each["orders_changed"] for each in page["items"]] == [0, 1, 0]
    assert {each["actor"] for each in page["items"]} == {"daybook"}
    assert page["currency"] == "USD"
    for limit in (1, 2):
        assert changed.paged(f"/v1/sales/{id_}/versions", "items", limit) == page["items"]


def test_a_version_names_its_orders_and_lines(changed):
    id_ = f"2026-07-03~{changed.id}~USD~"
    second = changed.get(f"/v1/sales/{id_}/versions/2")
    assert (second["before"], second["orders_added"], second["orders_changed"], second["orders_removed"]) == (
        1,
        ["#1023"],
        ["#1021"],
        [],
    )
    assert [(sku["sku"], sku["quantity_delta"], sku["net_delta"]) for sku in second["skus"]] == [("B", 1, 7000)]
    assert (second["figures"]["total"], second["delta"]["total"], second["delta"]["quantity"]) == (17000, 7000, 1)
    third = changed.get(f"/v1/sales/{id_}/versions/3")
    assert [(sku["sku"], sku["quantity_delta"], sku["net_delta"]) for sku in third["skus"]] == [("B", -1, -7000)]
    first = changed.get(f"/v1/sales/{id_}/versions/1")
    assert (first["before"], first["orders_added"], first["delta"]) == (None, ["#1021", "#1022"], first["figures"])


@pytest.mark.parametrize("number", ["0", "4", "-1", "01", "1.0", "x", "%31x"])
def test_a_version_that_never_was_is_not_there(changed, number):
    assert changed.visitor.get(f"/v1/sales/2026-07-03~{changed.id}~USD~/versions/{number}").status_code == 404


def test_orders_of_another_currency_are_not_in_a_sales_versions(shop):
    shop.fill(JULY_3, 21)
    shop.sync(JULY_3)
    shop.daybook.shop.orders[JULY_3].append(order(30, placed_at=at(JULY_3, 30), currency="CAD"))
    shop.sync(JULY_3)
    newest, _ = shop.get(f"/v1/sales/2026-07-03~{shop.id}~USD~/versions")["items"]
    assert (newest["orders_added"], newest["total_delta"]) == (0, 0)
    newest, _ = shop.get(f"/v1/sales/2026-07-03~{shop.id}~CAD~/versions")["items"]
    assert (newest["orders_added"], newest["total_delta"]) == (1, 5000)
    assert shop.get(f"/v1/sales/2026-07-03~{shop.id}~CAD~/versions/2")["orders_added"] == ["#1030"]


def test_a_gap_in_the_chain_ends_the_list(changed):
    key = DayKey(changed.workspace, changed.id, JULY_3)
    _, second, first = changed.daybook.documents.versions(key)
    changed.daybook.outside.table.delete(f"PARTS#{changed.id}#2026-07-03", f"DOC#{first.attempt}")
    changed.daybook.outside.table.delete(f"PARTS#{changed.id}#2026-07-03", f"REV#{first.base}")
    page = changed.get(f"/v1/sales/2026-07-03~{changed.id}~USD~/versions")
    assert [(each["version"], each["total_delta"]) for each in page["items"]] == [(3, -7000), (2, 17000)]
    assert changed.get(f"/v1/sales/2026-07-03~{changed.id}~USD~/versions/2")["before"] is None
    changed.daybook.outside.table.delete(f"PARTS#{changed.id}#2026-07-03", f"REV#{second.base}")
    gone = changed.get(f"/v1/sales/2026-07-03~{changed.id}~USD~/versions/3")
    assert (gone["before"], gone["orders_removed"], gone["skus"]) == (2, [], [])


def test_versions_of_a_month_compare_the_days_that_moved(shop):
    shop.fill(JUNE_30, 1, 2)
    shop.fill(date(2026, 6, 29), 5)
    shop.sync(JUNE_30, date(2026, 6, 29))
    id_ = f"2026-06~{shop.id}~USD~"
    assert shop.get(f"/v1/sales/{id_}")["sale"]["version"] == 1
    shop.fill(JUNE_30, 2, 3, 4)
    shop.sync(JUNE_30)
    assert shop.get(f"/v1/sales/{id_}")["diff"] is None
    newest, first = shop.get(f"/v1/sales/{id_}/versions")["items"]
    assert (newest["cause"], newest["orders_added"], newest["orders_removed"], newest["total_delta"]) == (
        "changed",
        2,
        1,
        5000,
    )
    assert (first["cause"], first["cause_text"], first["state"]) == ("first", "First summary.", "final")
    diff = shop.get(f"/v1/sales/{id_}/versions/2")
    assert (diff["orders_added"], diff["orders_removed"]) == (["#1003", "#1004"], ["#1001"])
    assert [(sku["sku"], sku["quantity_delta"]) for sku in diff["skus"]] == [("A", 1)]


def test_a_cause_and_an_actor_that_are_told_are_shown_and_an_unknown_word_as_it_is(shop, monkeypatch):
    shop.fill(JULY_3, 21)
    shop.sync(JULY_3)
    key = DayKey(shop.workspace, shop.id, JULY_3)
    version = shop.daybook.documents.read(key)
    read = shop.daybook.revisions.read
    monkeypatch.setattr(
        shop.daybook.revisions,
        "read",
        lambda day, attempt: msgspec.structs.replace(read(day, attempt), actor="owner@northwind.example"),
    )
    id_ = f"2026-07-03~{shop.id}~USD~"
    for word, text in (("late_order", "An order came in late."), ("moonlight", "moonlight")):
        told = msgspec.structs.replace(version, cause=word)
        monkeypatch.setattr(shop.daybook.documents, "read", lambda day, told=told: told)
        (shown,) = shop.get(f"/v1/sales/{id_}/versions")["items"]
        assert (shown["cause"], shown["cause_text"], shown["actor"]) == (word, text, "owner@northwind.example")
