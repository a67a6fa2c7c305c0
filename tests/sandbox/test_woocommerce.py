"""The sandbox site keeps WooCommerce's manners, and our client reads from it what its ledger says, come what may."""

import base64
import json
import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from chalicelib import errors
from chalicelib.domain.connections import Credentials
from chalicelib.domain.days import days_between, window_of
from chalicelib.domain.secret import Secret
from chalicelib.domain.summaries import summarise
from infra.sandbox.woocommerce import ledger
from infra.sandbox.woocommerce.book import Trade
from infra.sandbox.woocommerce.sign import KEY, SECRET
from infra.sandbox.woocommerce.site import WordPress
from tests.support.woocommerce import NEW_YORK, client, platform

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
FIRST, LAST = date(2026, 10, 26), date(2026, 11, 8)  # the clock-change day of 1 November among them
CHANGE = date(2026, 11, 1)
KEYS = Credentials(access=Secret(KEY), secret=Secret(SECRET))
TRADE = Trade(orders_per_day=25, opened=date(2026, 10, 20))


class Visit:
    """A sandbox with a clock in our hands, and our own client at its door."""

    def __init__(self, site):
        self.site = site
        self.found = platform(site.url, now=lambda: NOW).check(
            {"site": site.url, "consumer_key": KEY, "consumer_secret": SECRET}
        )

    def channel(self, keys=KEYS):
        return client(self.site.url, credentials=keys, now=lambda: NOW, traits=self.found.shop.traits)

    def orders(self, day, channel=None):
        """The day's orders by id: one may come twice."""
        pages = (channel or self.channel()).fetch_pages(window_of(day, NEW_YORK))
        return {order.id: order for page in pages for order in page.orders}


@pytest.fixture
def visit():
    with WordPress(TRADE, now_s=NOW.timestamp) as site:
        yield Visit(site)


def sums(visit, channel):
    """Orders, pieces and net sales by currency of the days, events on the day they happened, as the product adds up."""
    orders, units, net, total = 0, 0, Counter(), Counter()
    for day in days_between(TRADE.opened, LAST):
        read = list(visit.orders(day, channel).values())
        for order in read:
            assert order.excluded or "unexplained" not in order.flags
        summary = summarise(read, day, NEW_YORK)
        if day >= FIRST:
            for sheet in summary.sheets():
                orders += sheet.sales.count
                units += sheet.sales.quantity_milli
                net[sheet.currency] += sheet.sales.amounts.net
                total[sheet.currency] += sheet.sales.amounts.total
        for on, sheets in summary.events_by_day().items():
            for (_, currency), section in sheets.items() if FIRST <= on <= LAST else ():
                units += section.quantity_milli
                net[currency] += section.amounts.net
                total[currency] += section.amounts.total
    return {"orders": orders, "units_milli": units, "net_by_currency": dict(net), "total_by_currency": dict(total)}


@pytest.mark.parametrize("old", [False, True], ids=["UTC dates known", "local time only"])
def test_what_the_client_reads_over_two_weeks_is_what_the_ledger_says(old):
    with WordPress(TRADE, now_s=NOW.timestamp, old=old, folder="/blog") as site:
        visit = Visit(site)
        assert visit.found.shop.traits["dates"] == ("local" if old else "gmt")
        expected = ledger.totals(site.shop, FIRST, LAST)
        assert sums(visit, visit.channel()).items() <= expected.items()
        assert expected["net_by_currency"].keys() == {"USD", "CAD"}


def test_the_first_and_the_last_second_of_a_day_belong_to_it_and_two_orders_of_one_second_do(visit):
    edges, twice = Counter(), 0
    for day in days_between(FIRST, LAST):
        window = window_of(day, NEW_YORK)
        placed = [order.placed_at for order in visit.orders(day).values()]
        edges.update(
            ["first"] * (window.start_at in placed) + ["last"] * (window.end_at - timedelta(seconds=1) in placed)
        )
        twice += len(placed) - len(set(placed))
    assert min(edges["first"], edges["last"], twice) > 10


def test_a_count_agrees_where_dates_are_utc(visit):
    for day in (CHANGE, LAST):
        assert visit.channel().count_orders(window_of(day, NEW_YORK)) == len(visit.orders(day))


@pytest.mark.parametrize("old", [False, True])
def test_changes_of_a_night_are_found(old):
    with WordPress(TRADE, now_s=NOW.timestamp, old=old) as site:
        since = NOW - timedelta(hours=25)
        pages = Visit(site).channel().fetch_changes(since, NOW)
        found = Counter(placed for page in pages for placed in page.placed)
        now = NOW.timestamp()
        changed = [order for order in site.shop.orders() if since.timestamp() <= order.modified_s(now) < now]
        assert found == Counter(
            datetime.fromtimestamp(order.placed_s, UTC) for order in changed if order.status_at(now) != "trash"
        )
        assert found


def test_an_order_is_found_by_its_number(visit):
    order = visit.site.shop.orders()[40]
    assert visit.channel().find_order(f"#{order.number}") == (datetime.fromtimestamp(order.placed_s, UTC),)
    assert visit.channel().find_order("77") == ()


def busy(site, day, count=130):
    """A day of more than a page."""
    site.change({"add_orders": count, "day": str(day)})
    return site


def test_orders_that_go_away_between_pages_hide_no_others(visit):
    day = FIRST
    busy(visit.site, day)
    before = visit.orders(day)
    visit.site.misbehave("shift_pages", times=1, day=str(day))
    after = visit.orders(day)
    still = {str(order.id) for order in visit.site.shop.orders() if order.status_at(NOW.timestamp()) != "trash"}
    assert len(before.keys() - still) == 1
    assert after.keys() >= before.keys() & still
    assert len(before) > 130


def test_orders_that_come_in_between_pages_are_there(visit):
    busy(visit.site, FIRST)
    before = visit.orders(FIRST)
    visit.site.misbehave("change_between_pages", times=1, day=str(FIRST))
    assert len(visit.orders(FIRST)) == len(before) + 1


def test_a_cache_in_between_is_not_believed(visit):
    """It answers questions it was asked before, and ours are all new."""
    before = visit.orders(FIRST)
    visit.site.change({"add_orders": 1, "day": str(FIRST)})
    visit.site.misbehave("cached", times=50)
    assert len(visit.orders(FIRST)) == len(before) + 1


def test_without_totals_nothing_is_lost(visit):
    busy(visit.site, FIRST)
    before = visit.orders(FIRST)
    visit.site.misbehave("no_total", times=9)
    assert visit.orders(FIRST) == before


def test_a_refund_that_is_named_but_gone_ends_in_its_error(visit):
    day = next(day for day in days_between(FIRST, LAST) if any(order.events for order in visit.orders(day).values()))
    before = visit.orders(day)
    visit.site.misbehave("refund_gone", times=2)
    with pytest.raises(errors.RetryableError, match="changed"):
        visit.orders(day)
    assert visit.orders(day) == before


@pytest.mark.parametrize(
    ("kind", "how", "error"),
    [
        ("429", {"retry_after": "60"}, errors.RateLimited),
        ("status", {"status": 502}, errors.RetryableError),
        ("torn", {}, errors.UnreadablePayload),
        ("html", {}, errors.RetryableError),
        ("maintenance", {}, errors.RateLimited),
        ("firewall", {}, errors.RetryableError),
        ("empty", {}, errors.UnreadablePayload),
        ("drop", {}, errors.RetryableError),
    ],
)
def test_each_misbehaviour_ends_in_its_named_error_and_then_all_is_there(visit, kind, how, error):
    before = visit.orders(LAST)
    visit.site.misbehave(kind, **how)
    with pytest.raises(error):
        visit.orders(LAST)
    assert visit.orders(LAST) == before


def test_keys_that_were_taken_back_open_nothing(visit):
    visit.site.change({"forget_keys": True})
    with pytest.raises(errors.AuthExpired):
        visit.orders(LAST)


# -- its own manners


def test_bounds_are_local_time_unless_utc_is_asked_for_and_zones_in_them_are_passed_over():
    with WordPress(TRADE, now_s=NOW.timestamp, secure=True) as site:
        params = {"after": "2026-11-02T00:00:00Z", "before": "2026-11-02T12:00:00+09:00", "per_page": "100"}

        def first_day(**more):
            rows = requests.get(
                f"{site.url}/wp-json/wc/v3/orders", {**params, **more}, auth=(KEY, SECRET), timeout=10
            ).json()
            return min(row["date_created" if not more else "date_created_gmt"] for row in rows), len(rows)

        assert first_day()[0] >= "2026-11-02T00:00:01"
        assert first_day(dates_are_gmt="true")[0] >= "2026-11-02T00:00:00"
        assert first_day()[1] != first_day(dates_are_gmt="true")[1]


def test_basic_is_for_https_and_eaten_by_some_proxies():
    orders = "/wp-json/wc/v3/orders"
    with WordPress(TRADE, now_s=NOW.timestamp) as site:
        assert requests.get(site.url + orders, auth=(KEY, SECRET), timeout=10).status_code == 401
    with WordPress(TRADE, now_s=NOW.timestamp, secure=True, deaf=True) as site:
        assert requests.get(site.url + orders, auth=(KEY, SECRET), timeout=10).status_code == 401
        keys = {"consumer_key": KEY, "consumer_secret": SECRET}
        assert requests.get(site.url + orders, keys, timeout=10).status_code == 200


def test_a_signature_is_good_once_and_only_for_what_it_signed(visit):
    visit.orders(LAST)
    path = visit.site.asked[-1]
    again = requests.get(visit.site.url + path, timeout=10)
    assert (again.status_code, again.json()["code"]) == (401, "woocommerce_rest_authentication_error")
    other = requests.get(visit.site.url + path.replace("per_page=100", "per_page=99"), timeout=10)
    assert other.status_code == 401


def test_pages_of_other_sites_may_not_ask(visit):
    for path in ("/_sandbox/ledger?from=2026-11-01&to=2026-11-02",):
        assert (
            requests.get(visit.site.url + path, headers={"Origin": "https://x.example"}, timeout=10).status_code != 200
        )
    url = f"{visit.site.url}/_sandbox/misbehave"
    assert (
        requests.post(url, json={"kind": "html"}, headers={"Origin": "https://x.example"}, timeout=10).status_code
        == 403
    )
    assert requests.post(url, json={"kind": "none of them"}, timeout=10).status_code == 400


class Callback:
    """Takes what sites post."""

    def __init__(self):
        self.posted = []
        posted = self.posted

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                posted.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format, *args):
                """Nobody reads along."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1/callback/woocommerce"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


@pytest.mark.parametrize(("answer", "success"), [("approve", "1"), ("deny", "0")])
def test_approving_posts_keys_that_work_and_leads_back(answer, success):
    callback = Callback()
    with WordPress(TRADE, now_s=NOW.timestamp) as site:
        app = platform(site.url, now=lambda: NOW)
        url = app.approve_url(app.address({"site": site.url}), state="state-1", back="http://127.0.0.1:1/add?pairing=p")
        url = url.replace(
            "callback_url=http%3A%2F%2F127.0.0.1%3A1%2Fv1%2Fcallback%2Fwoocommerce", f"callback_url={callback.url}"
        )
        assert "Approve" in requests.get(url, timeout=10).text
        came = requests.post(url, {"answer": answer}, allow_redirects=False, timeout=10)
        back = dict(parse_qsl(urlsplit(came.headers["Location"]).query))
        assert back == {"pairing": "p", "success": success, "user_id": "state-1"}
        assert len(callback.posted) == int(success)
        for body in callback.posted:
            assert app.state_in(body) == "state-1"
            assert app.check_posted(site.url, body).shop.name == "Harbour & Field"
    callback.server.shutdown()
    callback.server.server_close()


def test_a_site_that_makes_keys_for_more_is_refused():
    callback = Callback()
    with WordPress(TRADE, now_s=NOW.timestamp, grants="read_write") as site:
        site.approve({"return_url": "/", "user_id": "s", "callback_url": callback.url}, "approve")
        with pytest.raises(errors.PermanentError):
            platform(site.url, now=lambda: NOW).check_posted(site.url, callback.posted[0])
    callback.server.shutdown()
    callback.server.server_close()


def test_the_same_seed_is_the_same_shop():
    with WordPress(TRADE, now_s=NOW.timestamp) as one, WordPress(TRADE, now_s=NOW.timestamp) as other:
        assert one.shop.orders() == other.shop.orders()
        kinds = Counter(order.status_at(NOW.timestamp()) for order in one.shop.orders())
        assert kinds.keys() >= {
            "processing",
            "completed",
            "on-hold",
            "refunded",
            "cancelled",
            "trash",
            "partial-shipped",
        }
        assert any(order.loose for order in one.shop.orders())
        assert any(item.quantity_milli % 1000 for order in one.shop.orders() for item in order.items)
        assert base64.b64encode(json.dumps(ledger.totals(one.shop, FIRST, LAST)).encode())
