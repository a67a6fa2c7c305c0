"""S46: every look at persons is kept before they are shown: who, when, at which connection's and days' orders."""

from collections.abc import Iterator

import pytest

from chalicelib.domain.persons import Person
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.merchant import JULY_2, JULY_3, Merchant
from tests.support.site import Site, json_at, open_site

REPORT = "/v1/reports/customers?range=custom&from=2026-07-02&to=2026-07-03"


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(Table(MemoryEngine())) as opened:
        yield opened


@pytest.fixture
def shop(site) -> Merchant:
    """Individual sales, all with their customers but for one."""
    merchant = Merchant(site)
    merchant.show("individual")
    merchant.fill(JULY_2, 11, 12)
    merchant.fill(JULY_3, 21)
    site.daybook.shop.persons = {n: Person("A Shopper", "US-NY") for n in ("11", "12")}
    merchant.sync(JULY_2, JULY_3)
    return merchant


def looks(visitor) -> list[tuple[str, str]]:
    """Who looked at what, the newest first."""
    found = json_at(visitor.get("/v1/persons/looks"))["items"]
    return [(each["actor"], each["after"]["looked_at"]) for each in found]


OWNER = "owner@northwind.example"


@pytest.mark.parametrize(
    ("path", "accept", "looked_at"),
    [
        ("/v1/sales?type=individual", "", "3 orders of Northwind Supply from 2026-07-02 to 2026-07-03"),
        ("/v1/sales?type=individual&to=2026-07-02", "", "2 orders of Northwind Supply from 2026-07-02 to 2026-07-02"),
        ("/v1/sales?q=1011", "", "order #1011 of Northwind Supply, 2026-07-02"),
        ("/v1/sales/{sale}", "", "order #1011 of Northwind Supply, 2026-07-02"),
        (REPORT, "", "customers of Northwind Supply from 2026-07-02 to 2026-07-03"),
        (REPORT, "text/csv", "customers of Northwind Supply from 2026-07-02 to 2026-07-03, exported"),
        (
            "/v1/sales?type=individual&persons=true",
            "text/csv",
            "3 orders of Northwind Supply from 2026-07-02 to 2026-07-03, exported",
        ),
    ],
)
def test_s46_each_look_is_one_row(site, shop, path, accept, looked_at):
    sale = next(
        each["id"] for each in shop.get("/v1/sales?type=individual")["orders_listed"] if each["number"] == "#1011"
    )
    before = looks(shop.visitor)
    site.daybook.pass_time(seconds=1)
    answer = shop.visitor.get(path.format(sale=sale), Accept=accept)
    assert answer.status_code == 200
    assert b"A Shopper" in answer.body
    assert looks(shop.visitor) == [(OWNER, looked_at), *before]


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/v1/sales", ""),
        ("/v1/sales?type=individual&from=2026-07-03", ""),
        ("/v1/sales?type=individual", "text/csv"),
        ("/v1/dashboard", ""),
        ("/v1/reports/skus", ""),
    ],
)
def test_s46_what_shows_nobody_is_no_look(shop, path, accept):
    answer = shop.visitor.get(path, Accept=accept)
    assert b"A Shopper" not in answer.body
    assert looks(shop.visitor) == []


def test_s46_nobody_is_shown_if_the_look_cannot_be_kept(site, shop, monkeypatch):
    def refuse(*_):
        raise RuntimeError("no row was written")

    sale = shop.get("/v1/sales?q=1011")["orders_listed"][0]["id"]
    monkeypatch.setattr(site.daybook.looks, "write", refuse)
    for path in ("/v1/sales?type=individual", f"/v1/sales/{sale}", REPORT):
        assert b"A Shopper" not in shop.visitor.get(path).body


def test_s46_keys_look_by_their_name_and_only_an_owner_reads_who_looked(site, shop):
    made = json_at(shop.visitor.post("/v1/keys", {"name": "Nightly export", "scope": "read"}), 201)
    program = site.visitor()
    assert program.get("/v1/sales?type=individual", Authorization=f"Bearer {made['key']}").status_code == 200
    assert looks(shop.visitor)[0][0] == "API key “Nightly export”"
    viewer = site.joined(shop.visitor, "clerk@northwind.example", "viewer")
    assert viewer.get("/v1/persons/looks").status_code == 403
    assert looks(site.merchant("stranger")) == []


def test_s46_looks_are_told_page_by_page(site, shop):
    for _ in range(5):
        site.daybook.pass_time(seconds=1)
        shop.get("/v1/sales?type=individual")
    seen, cursor = [], ""
    while cursor is not None:
        page = json_at(shop.visitor.get(f"/v1/persons/looks?limit=2&cursor={cursor}"))
        seen += [each["at"] for each in page["items"]]
        cursor = page["next"]
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)
