"""What the API tells: sales, order numbers, syncs, connections, activity, live and usage."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from chalicelib import errors
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import window_of
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.orders import line, order, refund
from tests.support.site import Site, Visitor, json_at, open_site
from tests.support.system import ZONE

LAST = date(2026, 7, 3)
DAYS = [LAST - timedelta(days=n) for n in range(5)]


class Shop:
    """A merchant with a paired shop: five days of four orders, one of them partly refunded a day later."""

    def __init__(self, site: Site) -> None:
        self.daybook, self.visitor = site.daybook, site.merchant()
        self.connection = self.daybook.pair_shop(self.visitor.workspace)
        for n, day in enumerate(reversed(DAYS)):
            self.fill(day, first=10 * n)

    def fill(self, day: date, first: int, count: int = 4) -> None:
        start = window_of(day, ZONE).start_at
        orders = [
            order(first + k, line("A", gross=1000), line(None), placed_at=start + timedelta(hours=k))
            for k in range(count)
        ]
        back = refund(start + timedelta(hours=30), line("A", gross=1000))
        if count:
            orders[0] = order(first, line("A", gross=1000), line(None), placed_at=start, events=(back,))
        self.daybook.shop.orders[day] = orders

    def sync(self, first: date = DAYS[-1], last: date = LAST, **headers: str) -> dict:
        asked = {"connection_id": self.connection.id, "from": str(first), "to": str(last)}
        return json_at(self.visitor.post("/v1/syncs", asked, **headers), 202)

    def get(self, path: str) -> dict:
        return json_at(self.visitor.get(path))


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(Table(MemoryEngine())) as opened:
        yield opened


@pytest.fixture
def shop(site) -> Shop:
    return Shop(site)


@pytest.fixture
def synced(shop) -> Shop:
    shop.sync()
    shop.daybook.work()
    return shop


# -- sales


def test_the_list_pages_through_every_sale_once_newest_first(synced):
    items, cursor = [], ""
    while cursor is not None:
        page = synced.get(f"/v1/sales?limit=2&cursor={cursor}")
        items += page["items"]
        cursor = page["next"]
        assert (page["count"], page["orders"]) == (6, 20), "totals are over the whole filter"
    assert [item["day"] for item in items] == [str(LAST + timedelta(days=1)), *map(str, DAYS)]
    assert [item["state"] for item in items] == ["events_only", *["final"] * 5]
    (total,) = page["totals"]
    assert total["net_sales"] == sum(item["net"]["minor"] for item in items)
    assert total["quantity"] == sum(item["quantity"] for item in items) == 5 * (4 * 2 - 1)


def test_figures_lead_from_gross_to_total(synced):
    figures = synced.get("/v1/sales")["totals"][0]
    assert figures["gross"] - figures["discount"] - figures["returns"] == figures["net_sales"]
    rest = ("shipping", "fees", "duties", "tips", "tax", "gift_cards_sold", "unallocated", "residual")
    assert figures["net_sales"] + sum(figures[name] for name in rest) == figures["total"]
    assert (figures["gross"], figures["returns"]) == (5 * 4 * 6000, 5 * 1000)


def test_filters_narrow_the_list(synced):
    assert {sale["day"] for sale in synced.get(f"/v1/sales?from={DAYS[1]}&to={LAST}")["items"]} == {
        str(DAYS[1]),
        str(LAST),
    }
    assert synced.get("/v1/sales?connection=other")["count"] == 0
    assert synced.get(f"/v1/sales?connection={synced.connection.id}")["count"] == 6


def test_a_sale_has_both_readings_and_what_its_last_version_changed(synced):
    sale = synced.get("/v1/sales")["items"][1]
    detail = synced.get(f"/v1/sales/{sale['id']}")
    assert detail["sale"] == sale
    assert (detail["figures"]["returns"], detail["order_day"]["returns"], detail["refunds"]) == (1000, 1000, 1)
    assert (detail["first_number"], detail["last_number"]) == ("#1040", "#1043")
    before = detail["figures"]["total"]
    synced.fill(LAST, first=40, count=5)
    synced.sync(LAST, LAST)
    synced.daybook.work()
    diff = synced.get(f"/v1/sales/{sale['id']}")["diff"]
    assert (diff["orders_added"], diff["numbers"], diff["total_delta"]) == (1, ["#1044"], 6000)
    assert synced.get(f"/v1/sales/{sale['id']}")["figures"]["total"] == before + 6000


def test_lines_are_sales_then_events_and_those_without_sku_last(synced):
    id_ = synced.get("/v1/sales")["items"][1]["id"]
    lines, cursor = [], ""
    while cursor is not None:
        page = synced.get(f"/v1/sales/{id_}/lines?limit=1&cursor={cursor}")
        lines += page["items"]
        cursor = page["next"]
    assert [(each["section"], each["sku"], each["net"]) for each in lines] == [
        ("sales", "A", 4000),
        ("sales", None, 20000),
        ("events", "A", -1000),
    ]
    assert page["currency"] == "USD"


def test_order_numbers_page_in_the_order_they_were_placed(synced):
    id_ = synced.get("/v1/sales")["items"][1]["id"]
    first = synced.get(f"/v1/sales/{id_}/orders?limit=3")
    second = synced.get(f"/v1/sales/{id_}/orders?limit=3&cursor={first['next']}")
    orders = first["items"] + second["items"]
    assert [each["number"] for each in orders] == ["#1040", "#1041", "#1042", "#1043"]
    assert second["next"] is None
    assert [each["events_total"] for each in orders] == [-1000, 0, 0, 0]


@pytest.mark.parametrize("typed", ["1021", "#1021", " 1021 "])
def test_an_order_number_is_found_in_its_sale(synced, typed):
    found = synced.get(f"/v1/sales?q={typed.replace('#', '%23').replace(' ', '+')}")
    assert [(hit["number"], hit["day"]) for hit in found["found_in"]] == [("#1021", str(DAYS[2]))]
    assert [sale["id"] for sale in found["items"]] == [found["found_in"][0]["sale_id"]]


def test_a_number_that_nobody_has_is_looked_for_as_a_beginning(synced):
    found = synced.get("/v1/sales?q=102")
    assert [hit["number"] for hit in found["found_in"]] == ["#1020", "#1021", "#1022", "#1023"]
    nothing = synced.get("/v1/sales?q=48211")
    assert (nothing["found_in"], nothing["items"], nothing["count"]) == ([], [], 0)
    assert nothing["searched_from"] < str(DAYS[-1])


def test_a_search_opens_only_days_that_can_hold_the_number(synced, monkeypatch):
    opened = []
    read = synced.daybook.revisions.read
    monkeypatch.setattr(
        synced.daybook.revisions, "read", lambda day, attempt: opened.append(day.day) or read(day, attempt)
    )
    synced.get("/v1/sales?q=1021")
    assert opened == [DAYS[2]]


@pytest.mark.parametrize("id_", ["x", "2026-07-03", "2026-07-03~a~USD~", "~~~", "2026-13-01~a~USD~", "%00~%00~%00~"])
def test_what_is_no_sale_is_not_there(synced, id_):
    for path in ("", "/lines", "/orders"):
        assert synced.visitor.get(f"/v1/sales/{id_}{path}").status_code == 404


def test_a_parted_shop_stays_readable_and_a_parting_one_shows_nothing(synced):
    id_ = synced.get("/v1/sales")["items"][1]["id"]
    connection = synced.daybook.connections.get(synced.visitor.workspace, synced.connection.id)
    assert synced.daybook.connections.begin_parting(connection)
    assert synced.get("/v1/sales")["items"] == []
    assert synced.get("/v1/connections")["items"] == []
    for path in (f"/v1/sales/{id_}", f"/v1/sales/{id_}/orders", f"/v1/connections/{connection.id}"):
        assert synced.visitor.get(path).status_code == 404
    assert synced.visitor.ask("DELETE", f"/v1/connections/{connection.id}").status_code == 204
    assert synced.get(f"/v1/sales/{id_}/orders")["items"]
    assert synced.get("/v1/connections")["items"][0]["state"] == "removed"
    asked = {"connection_id": connection.id, "from": str(LAST), "to": str(LAST)}
    assert synced.visitor.post("/v1/syncs", asked).status_code == 409


# -- syncs


def test_a_sync_is_followed_day_by_day(shop):
    sync = shop.sync()
    assert (sync["state"], sync["days"], sync["days_total"]) == ("queued", "wwwww", 5)
    shop.daybook.sync_day.run(shop.daybook.held.messages.pop(0))
    halfway = shop.get(f"/v1/syncs/{sync['id']}")
    assert (halfway["state"], halfway["days"], halfway["orders"], halfway["new_orders"]) == ("running", "wwwwd", 4, 4)
    shop.daybook.work()
    done = shop.get(f"/v1/syncs/{sync['id']}")
    assert (done["state"], done["days"], done["orders"], done["eta_s"]) == ("done", "ddddd", 20, None)
    days = shop.get(f"/v1/syncs/{sync['id']}/days")["items"]
    assert [day["day"] for day in days] == list(map(str, DAYS))
    assert shop.visitor.get(f"/v1/sales/{days[0]['sale_id']}").status_code == 200


def test_the_estimate_comes_with_the_third_day_and_follows_the_pace(shop):
    sync = shop.sync()
    etas = []
    for _ in DAYS:
        shop.daybook.pass_time(seconds=20)
        shop.daybook.sync_day.run(shop.daybook.held.messages.pop(0))
        etas.append(shop.get(f"/v1/syncs/{sync['id']}")["eta_s"])
    assert etas == [None, None, 40, 20, None]


def test_syncing_again_finds_no_new_orders(synced):
    synced.daybook.pass_time(hours=1)
    again = synced.sync()
    synced.daybook.work()
    done = synced.get(f"/v1/syncs/{again['id']}")
    assert (done["state"], done["orders"], done["new_orders"]) == ("done", 20, 0)


def test_a_day_that_is_tried_again_and_one_that_failed_are_told_apart(shop):
    shop.daybook.shop.failures = [errors.RetryableError("The shop answered 502."), errors.PermanentError("It said no.")]
    sync = shop.sync()
    shop.daybook.work()
    told = shop.get(f"/v1/syncs/{sync['id']}")
    assert (told["state"], told["days"], told["days_retrying"], told["days_failed"]) == ("running", "dddft", 1, 1)
    *_, failed, retried = shop.get(f"/v1/syncs/{sync['id']}/days")["items"]
    assert (retried["state"], retried["reason"]) == ("retrying", "The shop answered 502.")
    assert retried["next_try_at"] > "2026-07-05T12:00:00Z"
    assert (failed["state"], failed["reason"], failed["next_try_at"]) == ("failed", "It said no.", None)
    assert shop.get("/v1/connections")["items"][0]["state"] in ("syncing", "failing")


def test_cancel_keeps_what_is_done_and_resume_takes_what_is_missing(shop):
    sync = shop.sync()
    shop.daybook.sync_day.run(shop.daybook.held.messages.pop(0))
    cancelled = json_at(shop.visitor.post(f"/v1/syncs/{sync['id']}/cancel"), 202)
    assert (cancelled["state"], cancelled["days"]) == ("cancelled", "xxxxd")
    shop.daybook.work()
    assert shop.get(f"/v1/syncs/{sync['id']}")["days"] == "xxxxd"
    resumed = json_at(shop.visitor.post(f"/v1/syncs/{sync['id']}/resume"), 202)
    assert resumed["days"] == "wwwwd"
    shop.daybook.work()
    assert shop.get(f"/v1/syncs/{sync['id']}")["state"] == "done"


def test_the_shop_that_asks_to_wait_shows_when_it_goes_on(shop):
    shop.daybook.shop.failures = [errors.RateLimited("Slow down.", 90)]
    sync = shop.sync()
    shop.daybook.work()
    told = shop.get(f"/v1/syncs/{sync['id']}")
    assert (told["state"], told["resume_at"]) == ("slowed", "2026-07-05T12:01:31Z")
    assert shop.get("/v1/connections")["items"][0]["state"] == "slowed"


def test_the_shop_that_wants_a_new_sign_in_says_so_everywhere(shop):
    shop.daybook.shop.failures = [errors.AuthExpired("The shop refused us.")] * 2
    sync = shop.sync()
    shop.daybook.work()
    assert shop.get(f"/v1/syncs/{sync['id']}")["state"] == "sign_in_needed"
    assert shop.get("/v1/connections")["items"][0]["state"] == "sign_in_needed"


def test_days_that_the_shop_does_not_show_are_marked(shop):
    hidden = shop.daybook.connections.get(shop.visitor.workspace, shop.connection.id)
    limited = Connection(**{name: getattr(hidden, name) for name in Connection.__struct_fields__} | {"reach_days": 60})
    sync = shop.get(f"/v1/syncs/{shop.daybook.run_syncs.pairing(limited)}")
    assert (sync["days"], sync["days_total"]) == ("w" * 60 + "n" * 31, 60)
    assert shop.get("/v1/connections")["items"][0]["state"] == "importing"
    page = shop.get(f"/v1/syncs/{sync['id']}/days?limit=60")
    rest = shop.get(f"/v1/syncs/{sync['id']}/days?limit=60&cursor={page['next']}")
    assert {day["state"] for day in rest["items"]} == {"not_available"}
    assert rest["next"] is None


def test_syncs_are_listed_newest_first(synced):
    synced.daybook.pass_time(minutes=1)
    newest = synced.sync(LAST, LAST)
    page = synced.get("/v1/syncs?limit=1")
    assert [sync["id"] for sync in page["items"]] == [newest["id"]]
    assert len(synced.get(f"/v1/syncs?limit=1&cursor={page['next']}")["items"]) == 1
    assert synced.get("/v1/connections")["items"][0]["sync_id"] == newest["id"]


def test_a_repeat_with_the_same_key_is_the_same_sync(shop):
    first, again = (shop.sync(Idempotency_Key="k1") for _ in range(2))
    assert first["id"] == again["id"]
    assert shop.sync(Idempotency_Key="k2")["id"] != first["id"]
    other = {"connection_id": shop.connection.id, "from": str(LAST), "to": str(LAST)}
    assert shop.visitor.post("/v1/syncs", other, Idempotency_Key="k1").status_code == 422
    wrong = other | {"connection_id": "nowhere"}
    assert shop.visitor.post("/v1/syncs", wrong, Idempotency_Key="k3").status_code == 404
    assert shop.visitor.post("/v1/syncs", other, Idempotency_Key="k3").status_code == 202


# -- live, activity, usage


def test_live_answers_304_while_nothing_moves(shop):
    idle = shop.visitor.get("/v1/live")
    assert idle.json_body["poll_after_s"] == 15
    same = shop.visitor.get("/v1/live", If_None_Match=idle.headers["ETag"])
    assert (same.status_code, same.body) == (304, b"")
    shop.sync()
    moved = shop.visitor.get("/v1/live", If_None_Match=idle.headers["ETag"])
    assert moved.status_code == 200
    assert moved.json_body["poll_after_s"] == 2
    assert [sync["days"] for sync in moved.json_body["syncs"]] == ["wwwww"]
    shop.daybook.work()
    after = shop.visitor.get("/v1/live").json_body
    assert (after["poll_after_s"], after["connections"][0]["state"]) == (15, "in_sync")


def test_live_counts_what_is_new_since(synced):
    cursor = synced.get("/v1/live")["cursor"]
    synced.daybook.pass_time(hours=1)
    synced.sync(LAST, LAST)
    synced.daybook.work()
    assert synced.get(f"/v1/live?after={cursor}")["activity_new"] == 1
    newer = synced.get(f"/v1/activity?after={cursor}")["items"]
    assert [line["text"] for line in newer] == ["Jul 3 again: 4 orders, all known, nothing changed."]


def test_the_activity_merges_levels_newest_first_and_counts_each(shop):
    shop.daybook.shop.failures = [errors.RetryableError("502"), errors.PermanentError("No.")]
    shop.sync()
    while shop.daybook.held.messages:
        shop.daybook.pass_time(seconds=1)
        shop.daybook.sync_day.run(shop.daybook.held.messages.pop(0))
    everything = shop.get("/v1/activity")
    assert everything["counts"] == {"info": 3, "warning": 1, "error": 1}
    ids = [line["id"] for line in everything["items"]]
    assert ids == sorted(ids, reverse=True)
    lines, cursor = [], ""
    while cursor is not None:
        page = shop.get(f"/v1/activity?limit=2&cursor={cursor}")
        lines += page["items"]
        cursor = page["next"]
    assert [line["id"] for line in lines] == ids
    loud = shop.get("/v1/activity?level=warning&level=error")
    assert {line["level"] for line in loud["items"]} == {"warning", "error"}
    assert loud["counts"]["info"] == 3, "what the filter hides is counted too"
    assert [line["level"] for line in shop.get("/v1/activity?q=COULD+NOT")["items"]] == ["error"]
    assert shop.get("/v1/activity?connection=other")["items"] == []
    assert shop.get("/v1/activity?from=2026-07-06")["items"] == []
    assert len(shop.get("/v1/activity?from=2026-07-05&to=2026-07-05")["items"]) == 5


def test_usage_counts_each_order_once(synced):
    from chalicelib.domain.allotment import Account

    account = Account(synced.visitor.workspace, "shopify", "99")
    synced.daybook.shelves.count(account, "2026-07-05", ["a", "b"], "2026-07-05")
    usage = synced.get("/v1/usage")
    assert (usage["year_from"], usage["year_to"], usage["used"]) == ("2026-07-05", "2027-07-04", 2)
    assert [each["orders"] for each in usage["connections"]] == [2]


# -- account


def test_a_session_begins_and_ends(site):
    visitor: Visitor = site.merchant()
    assert json_at(visitor.get("/v1/session"))["user"]["role"] == "owner"
    cookie = visitor.cookie
    answer = visitor.ask("DELETE", "/v1/session")
    assert (answer.status_code, answer.body) == (204, b"")
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    visitor.cookie = cookie
    assert visitor.get("/v1/session").status_code == 401


def test_the_cookie_is_for_this_host_and_no_script(site):
    visitor = site.visitor()
    body = {"email": "a@northwind.example", "password": "tall ships leave quietly", "workspace": "Northwind"}
    cookie = visitor.post("/v1/users", body).headers["Set-Cookie"]
    assert cookie.startswith("__Host-daybook=")
    assert set(cookie.split("; ")[1:]) == {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"}
    kept = site.visitor().post("/v1/session", {"email": body["email"], "password": body["password"], "keep": True})
    assert "Max-Age=604800" in kept.headers["Set-Cookie"]


def test_the_workspace_changes_by_what_is_sent(site):
    visitor = site.merchant()
    changed = json_at(visitor.ask("PATCH", "/v1/workspace", {"time_zone": "Europe/Berlin", "week_start": "sunday"}))
    assert (changed["name"], changed["time_zone"], changed["week_start"]) == ("Northwind", "Europe/Berlin", "sunday")
    for field, wrong in (("time_zone", "Mars/Olympus"), ("name", "  "), ("name", "x" * 81), ("week_start", "friday")):
        answer = visitor.ask("PATCH", "/v1/workspace", {field: wrong})
        assert (answer.status_code, list(answer.json_body["fields"])) == (400, [field])


def test_too_many_tries_name_the_wait(site):
    site.merchant()
    answers = [
        site.visitor().post("/v1/session", {"email": "other@northwind.example", "password": "x" * 12}) for _ in range(8)
    ]
    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
