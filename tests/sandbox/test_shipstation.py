"""The sandbox account and our client of it: what is read is what the account's own ledger says, whatever goes wrong meanwhile."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import requests

from chalicelib import errors
from chalicelib.domain.connections import Credentials
from chalicelib.domain.days import days_between, window_of
from chalicelib.domain.secret import Secret
from infra.sandbox.shipstation import draw, ledger
from infra.sandbox.shipstation.server import KEY, SECRET, ShipStationSandbox
from tests.support.shipstation import paired, platform

ZONE = "America/New_York"
NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
FIRST, LAST = date(2026, 10, 26), date(2026, 11, 8)  # the clock-change day of 1 November among them
FIELDS = {"api_key": KEY, "api_secret": SECRET}
CREDENTIALS = Credentials(access=Secret(KEY), secret=Secret(SECRET))
STORES = (draw.MANUAL.id, draw.SHOP.id, draw.MARKET.id)


class Visit:
    """A sandbox with a clock in our hands, and our own client at its door."""

    def __init__(self, sandbox: ShipStationSandbox, clock: list[datetime]) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.platform = platform(sandbox.url, now=lambda: clock[0], total_s=60.0)

    def channel(self, *stores: int):
        return self.platform.open(paired(*(stores or STORES)), CREDENTIALS)

    def orders(self, day: date, channel=None, zone: str = ZONE):
        """What is known of the day's orders in the end."""
        pages = (channel or self.channel()).fetch_pages(window_of(day, zone))
        return list({order.id: order for page in pages for order in page.orders}.values())

    def days(self, first: date, last: date, channel=None, zone: str = ZONE):
        return [self.orders(day, channel, zone) for day in days_between(first, last)]

    def control(self, name: str, wish, **headers: str) -> requests.Response:
        return requests.post(f"{self.sandbox.url}/_sandbox/{name}", json=wish, headers=headers, timeout=10)


@pytest.fixture
def visit():
    clock = [NOW]
    with ShipStationSandbox(orders_per_day=20, now_s=lambda: clock[0].timestamp(), rate=0) as sandbox:
        yield Visit(sandbox, clock)


def sums(days):
    """What the orders of some days come to, as the ledger says it."""
    orders = [order for day in days for order in day]
    assert len({order.id for order in orders}) == len(orders)  # none falls on two days
    counted = [order for order in orders if order.excluded is None]
    return {
        "orders": len(counted),
        "listed": len(orders),
        "units": sum(line.quantity_milli for order in counted for line in order.lines) // 1000,
        "net_minor": sum(order.amounts.net for order in counted),
        "total_minor": sum(order.amounts.total for order in counted),
        "net_by_currency": {"USD": sum(order.amounts.net for order in counted)},
    }


@pytest.mark.parametrize(
    ("stores", "zone"),
    [((draw.MANUAL.id,), ZONE), ((draw.SHOP.id,), ZONE), (STORES, "America/Los_Angeles"), (STORES, "Asia/Tokyo")],
)
def test_what_the_client_reads_agrees_with_the_ledger(visit, stores, zone):
    channel = visit.channel(*stores)
    read = visit.days(FIRST, LAST, channel, zone)
    store = stores[0] if len(stores) == 1 else None
    assert sums(read) == ledger.totals(visit.sandbox.account, FIRST, LAST, store=store, zone=zone)
    assert not any(order.flags for day in read for order in day if "total_zero" not in order.flags)


def test_two_weeks_have_all_that_is_odd_about_such_an_account(visit):
    orders = [order for day in visit.days(FIRST, LAST) for order in day]
    reasons = Counter(order.excluded for order in orders)
    assert reasons.keys() == {None, "merged", "cancelled", "awaiting_payment"}
    assert any(order.root for order in orders)
    assert any(line.sku is None for order in orders for line in order.lines)
    assert any(order.amounts.discount for order in orders)
    assert any(order.amounts.fees for order in orders)
    assert any((order.created_at - order.placed_at) > timedelta(days=1) for order in orders)
    stores = {}
    for order in orders:
        stores.setdefault(order.number, set()).add(order.store)
    assert any(len(each) > 1 for each in stores.values())


def test_the_shops_store_holds_the_shops_orders_by_number_and_total(visit):
    shop = visit.sandbox.account.shop
    kept = {order.number: order.amounts.total for order in visit.orders(LAST, visit.channel(draw.SHOP.id))}
    there = {
        order.name.removeprefix("#"): order.total
        for order in shop.orders_of(LAST)
        if not order.test and order.currency == "USD"
    }
    assert kept.keys() == there.keys()
    agree = sum(kept[number] == there[number] for number in kept)
    assert agree >= 0.9 * len(kept)


@pytest.mark.parametrize(
    ("kind", "how", "error"),
    [
        ("429", {"reset": 42}, errors.RateLimited),
        ("status", {"status": 502}, errors.RetryableError),
        ("torn", {}, errors.UnreadablePayload),
        ("html", {}, errors.UnreadablePayload),
        ("empty", {}, errors.UnreadablePayload),
        ("drop", {}, errors.RetryableError),
        ("wrong_keys", {}, errors.AuthExpired),
        ("unknown_status", {}, errors.UnreadablePayload),
        ("no_orders", {}, errors.RetryableError),
        ("wrong_total", {}, errors.RetryableError),
    ],
)
def test_each_misbehaviour_ends_in_its_named_error_and_the_day_is_whole_afterwards(visit, kind, how, error):
    channel = visit.channel(draw.SHOP.id)
    whole = visit.orders(LAST, channel)
    assert visit.control("misbehave", {"kind": kind, "times": 9, **how}).json() == {"waiting": 9}
    with pytest.raises(error):
        visit.orders(LAST, channel)
    while visit.sandbox.fault(kind):
        pass
    assert visit.orders(LAST, channel) == whole


def test_what_arrives_between_pages_is_not_lost_and_loses_nothing(visit):
    visit.sandbox.page_orders_max = 7
    channel = visit.channel()
    before = {order.id for order in visit.orders(LAST, channel)}
    visit.sandbox.misbehave("change_between_pages", times=3, day=str(LAST))
    during = {order.id for order in visit.orders(LAST, channel)}
    after = {order.id for order in visit.orders(LAST, channel)}
    assert before < after
    assert before <= during <= after
    assert len(after) == len(before) + 3


def test_pages_of_any_size_and_any_place_to_go_on_from_give_the_same_orders(visit):
    channel = visit.channel()
    day = date(2026, 11, 1)
    whole = visit.orders(day, channel)
    visit.sandbox.page_orders_max = 3
    found, cursor = {}, None
    for _ in range(500):
        page = next(iter(channel.fetch_pages(window_of(day, ZONE), cursor)))
        found |= {order.id: order for order in page.orders}
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(found) == sorted(order.id for order in whole)
    assert {order.id: order for order in visit.orders(day, channel)} == {order.id: order for order in whole}


def test_forty_requests_a_minute_are_answered_and_the_client_stops_before_it_is_refused():
    clock = [NOW]
    with ShipStationSandbox(orders_per_day=5, now_s=lambda: clock[0].timestamp()) as sandbox:
        visit = Visit(sandbox, clock)
        channel = visit.channel(draw.SHOP.id)
        with pytest.raises(errors.RateLimited) as caught:
            visit.days(LAST - timedelta(days=60), LAST, channel)
        assert sandbox.requests == 40
        clock[0] += timedelta(seconds=caught.value.retry_after_s)
        visit.orders(LAST, channel)


def test_late_and_changed_orders_are_noticed(visit):
    channel = visit.channel(draw.MANUAL.id)
    day = LAST - timedelta(days=10)
    before = visit.orders(day, channel)
    number = next(order.number for order in before if order.excluded is None)
    visit.clock[0] += timedelta(minutes=10)
    since = visit.clock[0]
    assert visit.control("shop", {"add_orders": 2, "day": str(day)}).ok
    assert visit.control("shop", {"cancel": number, "day": str(day), "store": draw.MANUAL.id}).ok
    visit.clock[0] += timedelta(minutes=10)
    pages = list(channel.fetch_changes(since, visit.clock[0]))
    placed = [at for page in pages for at in page.placed]
    assert len([at for at in placed if at in window_of(day, ZONE)]) == 3
    after = {order.id: order for order in visit.orders(day, channel)}
    assert len(after) == len(before) + 2
    assert [order.excluded for order in after.values() if order.number == number] == ["cancelled"]
    assert channel.find_order(number) == tuple(order.placed_at for order in before if order.number == number)


def test_a_lowered_line_lowers_the_order(visit):
    channel = visit.channel(draw.SHOP.id)
    order = next(order for order in visit.orders(LAST, channel) if order.excluded is None and order.lines)
    visit.clock[0] += timedelta(days=5)
    assert visit.control("shop", {"lower": order.number, "day": str(LAST)}).ok
    (lowered,) = [each for each in visit.orders(LAST, channel) if each.id == order.id]
    assert lowered.amounts.total < order.amounts.total
    assert lowered.amounts.residual == 0


def test_an_account_is_known_by_its_lowest_store_and_stores_are_renamed(visit):
    assert visit.control("shop", {"rename": draw.MARKET.id, "name": "Harbour Market II"}).ok
    found = visit.platform.check(FIELDS)
    assert found.shop.account == str(draw.OLD.id)
    assert "Harbour Market II" in {store.name for store in found.shop.stores}
    assert found.warnings == ("ShipStation calls these stores inactive: Old Storefront.",)
    assert found.expected_orders > 20 * 90


def test_an_account_by_another_clock_is_warned_of(visit):
    visit.sandbox.misbehave("slow", seconds=0)
    found = visit.platform.check(FIELDS | {"clock": "Pacific/Honolulu"})
    assert "future" in found.warnings[0]


def test_wrong_keys_are_refused(visit):
    with pytest.raises(errors.RequestError):
        visit.platform.check(FIELDS | {"api_secret": "another"})


def test_pages_of_other_sites_may_not_ask(visit):
    assert visit.control("shop", {"rename": 77, "name": "x"}, Origin="https://attacker.example").status_code == 403
    for path in ("/orders", "/_sandbox/ledger?from=2026-11-01&to=2026-11-02", "/"):
        answer = requests.get(f"{visit.sandbox.url}{path}", headers={"Origin": "https://attacker.example"}, timeout=10)
        assert answer.status_code == 403


@pytest.mark.parametrize("wish", [{}, {"rename": 1}, {"cancel": "none", "day": "2026-11-01"}, {"day": "today"}, []])
def test_wishes_that_are_not_understood_are_refused(visit, wish):
    assert visit.control("shop", wish).status_code == 400
    assert visit.control("misbehave", wish).status_code == 400


def test_questions_that_are_not_understood_are_refused_and_never_all_orders(visit):
    for query in ("orderDateStart=yesterday", "orderStart=2026-11-01", "sortBy=Total", "page=one", "storeId=x"):
        answer = requests.get(f"{visit.sandbox.url}/orders?{query}", auth=(KEY, SECRET), timeout=10)
        assert answer.status_code == 400


def test_bounds_leave_the_first_second_out_and_have_the_last_one_in(visit):
    order = visit.sandbox.account.orders_of(LAST)[0]
    shown = datetime.fromtimestamp(order.placed_s - 8 * 3600, UTC)
    second = f"{shown:%Y-%m-%d %H:%M:%S}"
    for start, found in ((second, False), (f"{shown - timedelta(seconds=1):%Y-%m-%d %H:%M:%S}", True)):
        query = {"orderDateStart": start, "orderDateEnd": second, "pageSize": "500"}
        answer = requests.get(f"{visit.sandbox.url}/orders", params=query, auth=(KEY, SECRET), timeout=10).json()
        assert (order.id in {each["orderId"] for each in answer["orders"]}) == found


def test_the_ledger_answers_over_http(visit):
    address = f"{visit.sandbox.url}/_sandbox/ledger"
    query = {"from": str(FIRST), "to": str(LAST), "store": str(draw.SHOP.id)}
    answer = requests.get(address, params=query, timeout=10)
    assert answer.json() == ledger.totals(visit.sandbox.account, FIRST, LAST, store=draw.SHOP.id)
    for wrong in ({"from": "x", "to": "y"}, query | {"store": "x"}, query | {"zone": "Mars/Olympus"}):
        assert requests.get(address, params=wrong, timeout=10).status_code == 400
