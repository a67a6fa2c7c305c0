"""S45: the shop's three wishes, as its webhooks pass them on, are done within a day of virtual time, whatever died meanwhile; dead
letters and exports hold nobody who was erased and bring nobody back; totals and ledger stay. After a restore: test_restore.py."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from chalicelib import errors
from chalicelib.domain.allotment import Account
from chalicelib.domain.persons import Person
from chalicelib.storage.persons import PersonParts
from chalicelib.storage.table import Table
from chalicelib.workflows.hints import About, Hint
from tests.support.memory import MemoryEngine
from tests.support.merchant import JULY_2, JULY_3, Merchant
from tests.support.restoring import text_of
from tests.support.site import Site, open_site

DOMAIN = "northwind-supply.myshopify.com"
REPORT = "/v1/reports/customers?range=custom&from=2026-07-02&to=2026-07-03"
LIST = "/v1/sales?type=individual&persons=true"
SWEEP_S = 300
A_DAY = timedelta(hours=24)


class Shop(Merchant):
    """Three orders on two days, each with a customer of its own."""

    def __init__(self, site: Site, engine: MemoryEngine) -> None:
        super().__init__(site)
        self.engine = engine
        self.show("individual")
        self.fill(JULY_2, 11, 12)
        self.fill(JULY_3, 21)
        self.daybook.shop.persons = {n: Person(f"canary {n}", "US-NY") for n in ("11", "12", "21")}
        self.daybook.shop_domains.note("shopify", DOMAIN, workspace=self.workspace, connection=self.id)
        self.sync(JULY_2, JULY_3)

    def wish(self, about: About, *orders: str) -> None:
        hint = Hint(kind="shopify", domain=DOMAIN, about=about, name=f"{about} {orders}", orders=orders)
        assert self.daybook.hints.take(hint) == "taken"

    def stored(self) -> set[str]:
        """Who stands anywhere in the table."""
        return self.named("".join(text_of(item) for _, _, item in self.engine.items()))

    @staticmethod
    def named(text: str) -> set[str]:
        return {n for n in ("11", "12", "21") if f"canary {n}" in text}

    def shown(self) -> set[str]:
        """Whom lists, a report and their exports name."""
        paths = (LIST, REPORT, "/v1/sales?q=1011", "/v1/sales?q=1021")
        answers = [self.visitor.get(path) for path in paths]
        answers += [self.visitor.get(path, Accept="text/csv") for path in (LIST, REPORT)]
        assert {answer.status_code for answer in answers} == {200}
        assert answers[-1].headers["Content-Type"].startswith("text/csv")
        return self.named("".join(answer.body.decode() for answer in answers))

    def money(self) -> object:
        account = Account(self.workspace, "shopify", "99")
        return self.totals(), dict(self.daybook.shelves.usage(account))

    def sweep_until(self, gone: set[str]) -> timedelta:
        """Let sweeps come by until they are nowhere; how long that took."""
        began = self.daybook.clock
        while self.stored() & gone and self.daybook.clock - began < 2 * A_DAY:
            self.daybook.pass_time(seconds=SWEEP_S)
            self.daybook.sweep()
        return self.daybook.clock - began


@pytest.fixture
def shop() -> Iterator[Shop]:
    engine = MemoryEngine()
    with open_site(Table(engine)) as site:
        yield Shop(site, engine)


WISHES = [("erase_orders", ("11",), {"11"}), ("erase_shop", (), {"11", "12", "21"})]


@pytest.mark.parametrize(("about", "orders", "gone"), WISHES)
def test_s45_who_is_erased_is_in_no_list_report_or_export_and_money_stays(shop: Shop, about, orders, gone) -> None:
    money = shop.money()
    assert shop.shown() == shop.stored() == {"11", "12", "21"}
    shop.wish(about, *orders)
    assert shop.shown() == shop.stored() == {"11", "12", "21"} - gone
    assert shop.money() == money


@pytest.mark.parametrize(("about", "orders", "gone"), WISHES)
def test_s45_it_is_done_within_a_day_also_if_its_walk_dies(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, about, orders, gone
) -> None:
    def away(*args: object) -> None:
        raise errors.Unanswered("away")

    money = shop.money()
    with monkeypatch.context() as patch:
        patch.setattr(shop.daybook.persons._parts, "take_out", away)
        shop.wish(about, *orders)
        assert gone <= shop.stored()
    assert shop.sweep_until(gone) < A_DAY
    assert shop.stored() == {"11", "12", "21"} - gone
    assert shop.money() == money


@pytest.mark.parametrize(("about", "orders", "gone"), WISHES)
def test_s45_a_dead_letter_names_nobody_and_brings_nobody_back(shop: Shop, about, orders, gone) -> None:
    """Its worker wrote who bought, and died, five times; the message is set aside, and redriven long after."""
    connection = shop.daybook.connections.get(shop.workspace, shop.id)
    assert connection is not None
    key = shop.daybook.ask_day(connection, JULY_2)
    (dead,) = shop.daybook.held.messages
    shop.daybook.held.messages.clear()
    assert shop.named(msgspec.json.encode(dead).decode()) == set()
    PersonParts(shop.daybook.outside.table).write(key, "died", shop.daybook.shop.persons)
    shop.wish(about, *orders)
    assert shop.sweep_until(gone) < A_DAY
    shop.daybook.pass_time(days=10)
    shop.daybook.held.messages = [dead]
    shop.daybook.work()
    shop.visitor.sign_in("owner@northwind.example")
    assert shop.stored() & gone == set()
    assert shop.shown() == {"11", "12", "21"} - gone


def test_s45_a_data_request_is_passed_on_at_once(shop: Shop) -> None:
    shop.wish("data_request", "11", "12")
    (line,) = [each for each in shop.daybook.said(shop.workspace) if each.startswith("warning: ")]
    assert "a customer asks for their data (2 orders)" in line
