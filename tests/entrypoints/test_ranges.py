"""What the API tells of ranges before they are synced, and what it accepts."""

from collections.abc import Iterator
from datetime import date, timedelta

import msgspec
import pytest

from chalicelib.domain.connections import Connection
from chalicelib.domain.days import window_of
from chalicelib.entrypoints import wire
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.orders import line, order, refund
from tests.support.site import Site, json_at, open_site
from tests.support.system import ZONE

TODAY = date(2026, 7, 5)
DAY = date(2026, 7, 3)


class Shop:
    """A merchant with a paired shop and one day of orders."""

    def __init__(self, site: Site) -> None:
        self.daybook, self.visitor = site.daybook, site.merchant()
        self.connection = self.daybook.pair_shop(self.visitor.workspace)
        start = window_of(DAY, ZONE).start_at
        self.daybook.shop.orders[DAY] = [
            order(n, line("A", gross=100), line(f"S{n}", 2, gross=1000 * n), placed_at=start + timedelta(hours=n))
            for n in range(1, 7)
        ]

    def get(self, what: str, status: int = 200) -> dict:
        return json_at(self.visitor.get(f"/v1/connections/{self.connection.id}/{what}"), status)

    def sync(self, **asked: str) -> dict:
        return json_at(self.visitor.post("/v1/syncs", {"connection_id": self.connection.id, **asked}), 202)

    def refused(self, **asked: str) -> list[str]:
        before = len(self.visitor.get("/v1/syncs").json_body["items"])
        answer = json_at(self.visitor.post("/v1/syncs", {"connection_id": self.connection.id, **asked}), 400)
        assert len(self.visitor.get("/v1/syncs").json_body["items"]) == before
        assert self.daybook.held.messages == self.daybook.held.others == []
        return list(answer["fields"])


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(Table(MemoryEngine())) as opened:
        yield opened


@pytest.fixture
def shop(site) -> Shop:
    return Shop(site)


def test_presets_come_with_their_days(shop):
    told = shop.get("ranges")
    assert (told["today"], told["first_day"]) == ("2026-07-05", None)
    assert [(each["label"], each["from"], each["to"]) for each in told["items"]] == [
        ("Current week", "2026-06-29", "2026-07-05"),
        ("Current month", "2026-07-01", "2026-07-05"),
        ("Last month", "2026-06-01", "2026-06-30"),
        ("Last quarter", "2026-04-01", "2026-06-30"),
    ]


def test_presets_follow_the_workspace_s_week_and_fiscal_year(shop):
    json_at(shop.visitor.ask("PATCH", "/v1/workspace", {"week_start": "sunday", "fiscal_start": 3}))
    days = {each["preset"]: (each["from"], each["to"]) for each in shop.get("ranges")["items"]}
    assert days["current_week"] == ("2026-07-05", "2026-07-05")
    assert days["last_quarter"] == ("2026-03-01", "2026-05-31")


def test_today_is_today_where_the_shop_is(shop):
    shop.daybook.clock = window_of(TODAY, ZONE).start_at - timedelta(minutes=1)
    assert shop.daybook.clock.date() == TODAY
    assert shop.get("ranges")["today"] == "2026-07-04"
    assert shop.refused(**{"from": "2026-07-04", "to": "2026-07-05"}) == ["to"]


def test_a_preset_is_synced_as_the_days_it_means_by_who_asked(shop):
    sync = shop.sync(preset="current_week")
    assert (sync["from"], sync["to"], sync["days"]) == ("2026-06-29", "2026-07-05", "wwwwwww")
    assert (sync["batches"], sync["batch"]) == ([{"from": "2026-06-29", "to": "2026-07-05"}], 1)
    stored = shop.daybook.sync_records.read(shop.visitor.workspace, sync["id"])
    assert stored.actor == "owner@northwind.example"


def test_both_ends_of_a_range_are_inside_so_a_week_is_seven_daily_records(shop):
    sync = shop.sync(**{"from": "2026-06-01", "to": "2026-06-07"})
    shop.daybook.work()
    assert shop.visitor.get(f"/v1/syncs/{sync['id']}").json_body["days"] == "ddddddd"
    days = [head.key.day for head in shop.daybook.days.list(shop.visitor.workspace, date.min, date.max)]
    assert days == [date(2026, 6, n) for n in range(1, 8)]


def test_a_long_sync_says_which_batch_is_at_work(shop):
    sync = shop.sync(**{"from": "2026-01-01", "to": "2026-06-30"})
    assert (len(sync["batches"]), sync["batch"], sync["days_total"]) == (2, 1, 181)
    for batch in (2, 2):
        shop.daybook.work()
        assert shop.visitor.get(f"/v1/syncs/{sync['id']}").json_body["batch"] == batch
        shop.daybook.sweep()


def test_an_order_is_synced_by_its_number(shop):
    sync = shop.sync(order_number="#1004")
    assert (sync["reason"], sync["order_number"], sync["days"], sync["state"]) == ("order", "1004", "", "queued")
    assert (sync["from"], sync["batches"]) == ("2026-07-05", [])
    assert shop.daybook.seek() == {"found": 1}
    shop.daybook.work()
    done = shop.visitor.get(f"/v1/syncs/{sync['id']}").json_body
    assert (done["state"], done["from"], done["to"], done["orders"]) == ("done", "2026-07-03", "2026-07-03", 6)


def test_what_cannot_be_synced_is_named_and_nothing_starts(shop):
    assert shop.refused(**{"from": "2026-07-04", "to": "2026-07-03"}) == ["to"]
    assert shop.refused(**{"from": "2026-07-06", "to": "2026-07-07"}) == ["from", "to"]
    assert shop.refused(**{"from": "2021-01-01", "to": "2026-07-03"}) == ["from"]
    assert shop.refused(**{"from": "2026-07-04"}) == ["to"]
    assert shop.refused(to="2026-07-04") == ["from"]
    assert shop.refused() == ["from", "to"]
    assert shop.refused(preset="last_month", order_number="1001") == ["order_number"]
    assert shop.refused(preset="next_month") == ["preset"]


def test_days_before_those_the_channel_shows_are_refused_alike_everywhere(shop):
    short = Connection(
        **{name: getattr(shop.connection, name) for name in Connection.__struct_fields__} | {"reach_days": 60}
    )
    _, credentials = shop.daybook.connections.open(short.workspace, short.id)
    again = msgspec.structs.replace(short, epoch=2, credentials_version=2)
    assert shop.daybook.connections.pair(shop.connection, again, credentials)
    assert shop.get("ranges")["first_day"] == "2026-05-07"
    assert shop.refused(**{"from": "2026-05-06", "to": "2026-07-03"}) == ["from"]
    assert shop.refused(preset="last_quarter") == ["from"]
    assert list(shop.get("preview?from=2026-05-06&to=2026-07-03", 400)["fields"]) == ["from"]
    assert shop.get("preview?from=2026-05-07&to=2026-07-03")["days"] == 58


def test_a_preview_says_what_a_range_becomes_and_what_is_here(shop):
    shop.sync(**{"from": "2026-06-02", "to": "2026-07-01"})
    shop.daybook.work()
    told = shop.get("preview?from=2026-06-01&to=2026-07-01")
    assert (told["days"], told["known_days"], told["sales"]) == (31, 30, 31)
    assert told["sentence"] == "31 days → 31 daily summaries"
    assert told["note"] == "30 already here, will be checked again"
    assert told["batches"] == [{"from": "2026-06-01", "to": "2026-07-01"}]
    assert shop.daybook.held.messages == []


@pytest.mark.parametrize(
    ("asked", "sales", "sentence"),
    [
        ("from=2026-05-01&to=2026-05-31&summary=month", 1, "31 days → 1 monthly summary"),
        ("from=2026-05-31&to=2026-06-01&summary=month", 2, "2 days → 2 monthly summaries"),
        ("from=2026-06-01&to=2026-07-01&summary=individual", 0, "31 days → one sale for each order"),
        ("from=2026-07-03&to=2026-07-03&summary=store", 1, "1 day → 1 daily summary"),
    ],
)
def test_a_preview_follows_the_summary_that_is_looked_at(shop, asked, sales, sentence):
    told = shop.get(f"preview?{asked}")
    assert (told["sales"], told["sentence"], told["note"]) == (sales, sentence, "")


def test_a_preview_without_a_range_is_the_sample_only(shop):
    assert shop.get("preview") == {
        "days": 0,
        "known_days": 0,
        "sales": 0,
        "sentence": "",
        "note": "",
        "batches": [],
        "sample": None,
    }
    assert list(shop.get("preview?from=2026-07-01", 400)["fields"]) == ["to"]
    assert list(shop.get("preview?from=2026-07-03&to=2026-07-01", 400)["fields"]) == ["to"]


def test_the_sample_is_the_newest_day_with_sales(shop):
    before = DAY - timedelta(days=1)
    shop.daybook.shop.orders[before] = [order(0, line("old"), placed_at=window_of(before, ZONE).start_at)]
    shop.sync(**{"from": "2026-07-01", "to": "2026-07-05"})
    shop.daybook.work()
    sample = shop.get("preview")["sample"]
    assert (sample["day"], sample["orders"], sample["skus"], sample["net"]) == ("2026-07-03", 6, 7, 600 + 21_000)
    assert [(each["sku"], each["quantity"], each["net"]) for each in sample["lines"]] == [
        (f"S{n}", 2.0, 1000 * n) for n in range(6, 1, -1)
    ]
    assert sample["numbers"] == ["#1001", "#1002", "#1003"]
    assert shop.visitor.get(f"/v1/sales/{sample['sale_id']}").status_code == 200


def test_the_sample_is_of_a_day_that_is_over_and_of_what_was_sold_on_it(shop):
    """What came back on the day, and the few orders of today so far, would say little of what a sale looks like."""
    yesterday, today = DAY, TODAY
    start = window_of(yesterday, ZONE).start_at
    back = refund(start + timedelta(hours=3), line())
    shop.daybook.shop.orders[yesterday] = [order(1, line("A", 3), placed_at=start, events=(back,))]
    shop.daybook.shop.orders[today] = [order(2, line("B"), placed_at=window_of(today, ZONE).start_at)]
    shop.sync(**{"from": str(today), "to": str(today)})
    shop.daybook.work()
    assert shop.get("preview")["sample"]["day"] == str(today), "if there is no other"
    shop.sync(**{"from": str(yesterday), "to": str(yesterday)})
    shop.daybook.work()
    sample = shop.get("preview")["sample"]
    assert (sample["day"], sample["orders"], sample["quantity"]) == (str(yesterday), 1, 3)
    assert sample["quantity"] == sum(each["quantity"] for each in sample["lines"])
    assert sample["net"] == sum(each["net"] for each in sample["lines"])


def test_the_presets_of_the_wire_are_those_of_the_domain():
    from chalicelib.domain import ranges

    assert wire.Preset == ranges.Preset
