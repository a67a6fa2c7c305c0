"""Both readings of refunds and edits: what they decide, and that they agree in the end; and lines that explain the total."""

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.order_settings import SUMMARIES
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.merchant import JULY_2, JULY_3, JUNE_30, Merchant, at
from tests.support.orders import line, order, refund
from tests.support.site import Site, open_site


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(Table(MemoryEngine())) as opened:
        yield opened


@pytest.fixture
def shop(site) -> Merchant:
    return Merchant(site)


@pytest.fixture
def worked(site) -> Merchant:
    """SUMS: A 2 x 50.00 and B 1 x 30.00 on July 3, one A back on July 5, B and shipping back on August 2."""
    site.daybook.pass_time(days=31)
    shop = Merchant(site)
    a, b = line("A", 2, 10000, 1000, 900), line("B", 1, 3000, 300, 270)
    events = (
        refund(at(JULY_3, 60, days=2), line("A", 1, 5000, 500, 450)),
        refund(at(date(2026, 8, 2), 60), b, shipping=800, tax=350),
    )
    shop.daybook.shop.orders[JULY_3] = [order(1, a, b, placed_at=at(JULY_3), shipping=800, tax=1250, events=events)]
    shop.sync(JULY_3)
    return shop


@pytest.mark.parametrize(
    ("reading", "totals"),
    [
        ("event_day", {"2026-08-02": -3850, "2026-07-05": -4950, "2026-07-03": 13750}),
        # By their order's day there is nothing to see on the days on which things came back.
        ("order_day", {"2026-07-03": 4950}),
    ],
)
def test_the_worked_example_without_a_lock(worked, reading, totals):
    before = worked.daybook.outside.table._engine
    worked.read_by(reading)
    fetches, documents = worked.daybook.shop.fetches, dict(before.partition(f"DOCS#{worked.workspace}"))
    page = worked.get("/v1/sales")
    assert {item["day"]: item["total"]["minor"] for item in page["items"]} == totals
    assert [figures["total"] for figures in page["totals"]] == [4950]
    worked.show("month")
    months = {item["from"]: item["total"]["minor"] for item in worked.get("/v1/sales")["items"]}
    july = 8800 if reading == "event_day" else 4950
    assert months == {"2026-07-01": july, "2026-08-01": 4950 - july}
    assert (worked.daybook.shop.fetches, dict(before.partition(f"DOCS#{worked.workspace}"))) == (fetches, documents)


def test_the_reading_decides_figures_and_lines_and_the_detail_has_both(worked):
    id_ = f"2026-07-03~{worked.id}~USD~"
    shown = {}
    for reading in ("event_day", "order_day"):
        worked.read_by(reading)
        shown[reading] = worked.get(f"/v1/sales/{id_}")
        assert shown[reading]["reading"] == reading
        assert shown[reading]["figures"] == shown[reading][reading]
        assert shown[reading]["sale"]["total"]["minor"] == shown[reading]["figures"]["total"]
    assert [shown["event_day"][reading]["total"] for reading in ("event_day", "order_day")] == [13750, 4950]
    assert shown["order_day"]["refunds"] == 2
    lines = worked.get(f"/v1/sales/{id_}/lines")["items"]
    assert [(each["section"], each["sku"], each["quantity"]) for each in lines] == [
        ("sales", "A", 2),
        ("sales", "B", 1),
        ("events", "A", -1),
        ("events", "B", -1),
    ]
    worked.read_by("event_day")
    assert {each["section"] for each in worked.get(f"/v1/sales/{id_}/lines")["items"]} == {"sales"}


_backs = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 9000), st.integers(0, 300)), max_size=3
)  # after days, goods, money without goods


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([JUNE_30, JULY_2, JULY_3]), _backs), max_size=5), st.sampled_from(SUMMARIES))
def test_both_readings_agree_to_the_cent_once_every_events_day_is_included(sold, mode):
    with open_site(Table(MemoryEngine())) as site:
        site.daybook.pass_time(days=60)
        shop = Merchant(site)
        for n, (day, backs) in enumerate(sold):
            events = tuple(
                refund(at(day, k, days=after), line("A", gross=goods), unallocated=alone)
                for k, (after, goods, alone) in enumerate(backs)
            )
            shop.daybook.shop.orders.setdefault(day, []).append(order(n, placed_at=at(day, n), events=events))
        shop.sync(JUNE_30, JULY_2, JULY_3)
        shop.show(mode)
        shop.read_by("event_day")
        by_event_day = shop.totals()
        shop.read_by("order_day")
        assert shop.totals() == by_event_day


# -- lines that explain the total


def test_money_back_without_items_is_a_line_of_its_own(shop):
    back = refund(at(JULY_2, days=1), line("A", gross=1000), unallocated=700)
    alone = refund(at(JULY_2, 5, days=1), unallocated=50)
    shop.daybook.shop.orders[JULY_2] = [order(1, line("A"), line(None), placed_at=at(JULY_2), events=(back, alone))]
    shop.sync(JULY_2)
    shop.show("month")
    for id_ in (f"2026-07-03~{shop.id}~USD~", f"2026-07~{shop.id}~USD~", f"2026-07-02~{shop.id}~o~1"):
        lines = shop.paged(f"/v1/sales/{id_}/lines", "items", 1)
        *goods, last = lines
        assert (last["section"], last["kind"], last["sku"], last["title"], last["net"], last["quantity"]) == (
            "events",
            "unallocated",
            None,
            "Unallocated refund",
            -750,
            0,
        )
        assert {each["kind"] for each in goods} == {"goods"}
        figures = shop.get(f"/v1/sales/{id_}")["figures"]
        rest = ("shipping", "fees", "duties", "tips", "tax", "gift_cards_sold", "residual")
        assert sum(each["net"] for each in lines) + sum(figures[name] for name in rest) == figures["total"]
