"""What admins do besides backfills: each is answered by field, told to the merchant and kept."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from itertools import count
from typing import Any, get_args

import msgspec
import pytest
from chalice.test import Client

from app import app
from chalicelib import errors
from chalicelib.domain.accounts import Workspace
from chalicelib.domain.allotment import Account
from chalicelib.domain.days import window_of
from chalicelib.domain.persons import Person
from chalicelib.domain.work import DayKey, SealMessage
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.orders import order
from tests.support.people import EMAIL, PASSWORD, Phone
from tests.support.shaky import Death, Fault, ShakyEngine
from tests.support.site import Site, Visitor, json_at, open_site
from tests.support.system import ZONE

DAY = date(2026, 7, 2)
REASON = "asked for by telephone"


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(Table(MemoryEngine())) as opened:
        yield opened


@pytest.fixture
def owner(site: Site) -> Visitor:
    return site.merchant()


def press(event: object) -> dict[str, Any]:
    with Client(app, project_dir=".") as client:
        answer: dict[str, Any] = client.lambda_.invoke("admin", event).payload
    return answer


def kept(site: Site, owner: Visitor) -> list[dict[str, str]]:
    return [row.after for row in site.daybook.audit.list(owner.workspace, before="9", limit=9) if row.actor == "admin"]


def test_an_empty_event_explains_every_other_one(site):
    told = press({})
    wanted = {each["do"]: each for each in told["events"]}
    assert wanted.keys() == {
        "failed_days",
        "retry_failed_days",
        "allow_individual",
        "set_allotment",
        "recount_usage",
        "seal_again",
        "erase_customer",
        "turn_off_codes",
    }
    for do, form in wanted.items():
        lacking = press({"do": do})
        may_lack = {"set_allotment": {"currency", "prices"}, "seal_again": {"from"}}.get(do, set())
        assert lacking.get("fields", {}).keys() | {"do"} == form.keys() - may_lack
        assert lacking["ok"] is (do == "seal_again")


@pytest.mark.parametrize("event", [[1], 7, {"do": "drop_table"}, {"do": ["failed_days"]}, {"workspace": "w1"}])
def test_what_is_nothing_it_does_is_answered(site, event):
    assert list(press(event)["fields"]) == ["do"]


def test_failed_days_are_listed_and_tried_again(site, owner):
    daybook = site.daybook
    connection = daybook.pair_shop(owner.workspace)
    days = [DAY, DAY - timedelta(days=3)]
    daybook.shop.failures = [errors.PermanentError("the shop is closed.")] * 2
    for day in days:
        daybook.ask_day(connection, day)
    assert daybook.work() == {"failed": 2}
    listed = press({"do": "failed_days", "workspace": owner.workspace})["days"]
    assert [(each["day"], each["name"]) for each in listed] == [(str(day), connection.name) for day in sorted(days)]
    assert "the shop is closed" in listed[0]["reason"]
    event = {"do": "retry_failed_days", "workspace": owner.workspace, "connection": connection.id, "reason": REASON}
    told = press(event)
    assert (told["ok"], told["days"]) == (True, 2)
    assert told["watch"].endswith(f"/syncs/{told['sync']}")
    assert daybook.work() == {"published": 2}
    assert press({"do": "failed_days", "workspace": owner.workspace})["days"] == []
    assert press(event) == {"ok": True, "days": 0, "sync": None, "watch": None}
    assert kept(site, owner) == [{"retried": f'"2 failed days tried again: {REASON}"'}]
    assert f"info: By an admin, 2 failed days tried again: {REASON}" in daybook.said(owner.workspace)


def test_a_failed_day_that_was_asked_for_its_events_only_is_tried_again_as_that(site, owner):
    """Tried again as a whole it would bring in, and bill, orders that are older than the history."""
    daybook = site.daybook
    connection = daybook.pair_shop(owner.workspace)
    key = DayKey(owner.workspace, connection.id, date(2026, 3, 5))
    daybook.shop.failures = [errors.PermanentError("the shop is closed.")]
    daybook.ask.ask([key], "sync", by_person=False, events_only=True)
    assert daybook.work() == {"failed": 1}
    event = {"do": "retry_failed_days", "workspace": owner.workspace, "connection": connection.id, "reason": REASON}
    assert press(event)["days"] == 1
    assert daybook.days.read(key).partial


def test_individual_sales_are_allowed_and_no_more(site, owner):
    daybook = site.daybook
    connection = daybook.pair_shop(owner.workspace)
    settings = f"/v1/connections/{connection.id}/settings"
    event = {"do": "allow_individual", "workspace": owner.workspace, "reason": REASON}
    for allowed in (False, True):
        assert press(event | {"allowed": allowed}) == {"ok": True, "allowed": allowed, "changed": True}
        assert press(event | {"allowed": allowed})["changed"] is False
        assert json_at(owner.get(settings))["individual_allowed"] is allowed
    assert len(kept(site, owner)) == 2
    assert "individual_allowed" in kept(site, owner)[0]
    assert json_at(owner.get("/v1/workspace/changes"))["items"][0]["actor"] == "admin"


def test_an_allotment_and_prices_of_its_own_show_in_usage_and_go_back(site, owner):
    daybook = site.daybook
    connection = daybook.pair_shop(owner.workspace)
    account = Account(owner.workspace, connection.kind, connection.account)
    daybook.shelves.count(account, "2026-07-03", map(str, range(50)), "2026-07-05")
    assert json_at(owner.get("/v1/usage"))["overage"] is None
    event = {"do": "set_allotment", "workspace": owner.workspace, "reason": REASON}
    prices = [{"orders": 24, "price": "0.10"}, {"price": "0.0505"}]
    assert press(event | {"allotment": 20, "prices": prices}) == {"ok": True, "allotment": 20, "changed": True}
    assert press(event | {"allotment": 20, "prices": prices})["changed"] is False
    usage = json_at(owner.get("/v1/usage"))
    assert (usage["allotment"], usage["used"]) == (20, 50)
    assert usage["overage"] == {"orders": 30, "amount": 270, "currency": "USD"}
    assert '"overage","USD","30"' in owner.get("/v1/usage", Accept="text/csv").body.decode()
    assert f"info: The allotment is 20 orders a year, by an admin: {REASON}" in daybook.said(owner.workspace)
    assert press(event | {"allotment": None})["changed"] is True
    assert (json_at(owner.get("/v1/usage"))["allotment"], len(kept(site, owner))) == (None, 2)


def test_usage_is_counted_anew_from_days_and_shelves(site, owner):
    daybook = site.daybook
    connection = daybook.pair_shop(owner.workspace)
    at = window_of(DAY, ZONE).start_at
    daybook.shop.orders[DAY] = [order(n, placed_at=at + timedelta(minutes=n)) for n in range(1, 5)]
    daybook.ask_day(connection, DAY)
    assert daybook.work() == {"published": 1}
    event = {"do": "recount_usage", "workspace": owner.workspace, "connection": connection.id}
    told = press(event)
    assert (told["ok"], told["agrees"], told["sold"], sum(told["counted"].values())) == (True, True, 4, 4)
    account = Account(owner.workspace, connection.kind, connection.account)
    daybook.shelves.count(account, str(DAY), ["gone"], daybook.plan_year(owner.workspace, daybook.clock))
    assert press(event) | {"agrees": True, "sold_no_more": 1} == press(event)
    daybook.shelves.void(account, str(DAY), ["1"])
    told = press(event)
    assert (told["agrees"], told["uncounted"], list(told["uncounted_ids"]), told["owed_days"]) == (False, 1, ["1"], ())
    assert not kept(site, owner)


def test_credentials_are_sealed_anew_by_their_workers(site, owner):
    daybook = site.daybook
    connection = daybook.pair_shop(owner.workspace)
    assert press({"do": "seal_again"}) == {"ok": True, "connections": 1, "next": None}
    (message,) = (each for each in daybook.held.others if isinstance(each, SealMessage))
    assert message.connection == connection.id
    assert press({"do": "seal_again", "from": 3})["next"] is None
    assert press({"do": "seal_again", "from": 4})["fields"] == {"from": "The last partition is 3."}
    assert list(press({"do": "seal_again", "from": -1})["fields"]) == ["from"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"allotment": -1}, "allotment"),
        ({"allotment": True}, "allotment"),
        ({"allotment": "many"}, "allotment"),
        ({"currency": "usd"}, "currency"),
        ({"currency": ""}, "currency"),
        ({"prices": [{"price": "0.10", "orders": 10}]}, "prices"),
        ({"prices": [{"price": "0.10"}, {"price": "0.05"}]}, "prices"),
        ({"prices": [{"price": "0.10", "orders": 0}, {"price": "0.05"}]}, "prices"),
        ({"prices": [{"price": "-0.10"}]}, "prices"),
        ({"prices": [{"price": "0.000001"}]}, "prices"),
        ({"prices": [{"price": "1e3"}]}, "prices"),
        ({"prices": [{"price": 0.1}]}, "prices"),
        ({"prices": [{"price": "0.10", "orders": n} for n in range(1, 12)] + [{"price": "1"}]}, "prices"),
    ],
)
def test_terms_that_cannot_be_are_named(site, owner, changes, field):
    event = {"do": "set_allotment", "workspace": owner.workspace, "allotment": 20, "reason": REASON}
    told = press(event | changes)
    assert (told["ok"], list(told["fields"])) == (False, [field])
    assert not kept(site, owner)


def test_a_customer_is_erased_and_what_was_sold_stays(site, owner):
    daybook = site.daybook
    connection = daybook.switch(daybook.pair_shop(owner.workspace), "individual")
    at = window_of(DAY, ZONE).start_at
    daybook.shop.orders[DAY] = [order(n, placed_at=at + timedelta(minutes=n)) for n in (1, 2)]
    daybook.shop.persons = {str(n): Person(f"Customer {n}", "US-NY") for n in (1, 2)}
    key = daybook.ask_day(connection, DAY)
    assert daybook.work() == {"published": 1}
    sold = daybook.documents.sheets(key)
    event = {
        "do": "erase_customer",
        "workspace": owner.workspace,
        "connection": connection.id,
        "orders": ["1"],
        "reason": REASON,
    }
    assert press(event | {"orders": ["#1", "3"]}) == {"ok": True, "orders": 2, "known": 0}
    assert press(event | {"orders": [" 1 ", "1"]}) == {"ok": True, "orders": 1, "known": 1}
    assert daybook.persons.names(DayKey(owner.workspace, connection.id, DAY)).keys() == {"2"}
    assert daybook.documents.sheets(key) == sold
    assert len(kept(site, owner)) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"workspace": "nobody's"}, "workspace"),
        ({"connection": "another"}, "connection"),
        ({"reason": "x"}, "reason"),
        ({"connection": 7}, "connection"),
        ({"dry_run": True}, "dry_run"),
    ],
)
def test_each_wrong_field_is_named_and_nothing_is_done(site, owner, changes, field):
    connection = site.daybook.pair_shop(owner.workspace)
    event = {"do": "retry_failed_days", "workspace": owner.workspace, "connection": connection.id, "reason": REASON}
    told = press(event | changes)
    assert told["ok"] is False
    assert list(told["fields"]) in ([field], ["connection"])
    assert not kept(site, owner)


@pytest.mark.parametrize("orders", [[], ["1"] * 501, [""], ["1\n2"], "1", [1]])
def test_orders_to_erase_are_a_few_ids(site, owner, orders):
    connection = site.daybook.pair_shop(owner.workspace)
    event = {"do": "erase_customer", "workspace": owner.workspace, "connection": connection.id, "reason": REASON}
    assert list(press(event | {"orders": orders})["fields"]) == ["orders"]
    assert not kept(site, owner)


def codes_on(site: Site, owner: Visitor) -> None:
    key = json_at(owner.post("/v1/codes"), 201)["key"]
    json_at(owner.post("/v1/codes/on", {"code": Phone(key, site.daybook.now).shows()}))


def each_fault(
    prepare: Callable[[Site, Visitor], object], event: dict[str, Any]
) -> Iterator[tuple[str, Site, Visitor, dict[str, Any]]]:
    """Press once with each fault at each write, then once more without: what went wrong, and where that leaves Daybook."""
    for fault in get_args(Fault):
        for at in count():
            engine = ShakyEngine()
            with open_site(Table(engine)) as site:
                owner = site.merchant()
                prepare(site, owner)
                asked = event | {"workspace": owner.workspace}
                engine.at, engine.fault, engine.writes = at, fault, 0
                with suppress(errors.StorageError, Death):
                    press(asked)
                met, engine.at = engine.writes > at, -1
                if met:
                    yield f"{fault} at write {at}", site, owner, press(asked)
            if not met:
                assert at > 1
                break


def test_codes_are_off_told_and_nobody_is_signed_in_whatever_write_went_wrong_before_a_repeat():
    event = {"do": "turn_off_codes", "email": EMAIL, "reason": REASON}
    for fault, site, owner, told in each_fault(codes_on, event):
        assert told["ok"] is True, fault
        assert owner.get("/v1/session").status_code == 401, fault
        assert site.visitor().post("/v1/session", {"email": EMAIL, "password": PASSWORD}).status_code == 201, fault
        assert any("were turned off" in line for line in site.daybook.said(owner.workspace)), fault
        assert any("codes" in row for row in kept(site, owner)), fault


def test_who_dies_between_the_sessions_and_the_codes_leaves_no_session():
    engine = ShakyEngine()
    with open_site(Table(engine)) as site:
        owner = site.merchant()
        codes_on(site, owner)
        drop = site.daybook.code_records.drop

        def die(_: object) -> bool:
            raise Death

        site.daybook.code_records.drop = die
        with pytest.raises(Death):
            press({"do": "turn_off_codes", "workspace": owner.workspace, "email": EMAIL, "reason": REASON})
        site.daybook.code_records.drop = drop
        assert owner.get("/v1/session").status_code == 401


def test_a_change_is_made_and_told_whatever_write_went_wrong_before_a_repeat():
    event = {"do": "allow_individual", "allowed": False, "reason": REASON}
    for fault, site, owner, told in each_fault(lambda site, owner: None, event):
        assert told["ok"] is True, fault
        assert site.daybook.accounts.workspace(owner.workspace).individual_allowed is False, fault
        line = f"info: Individual sales can be chosen no more, by an admin: {REASON}"
        assert line in site.daybook.said(owner.workspace), fault
        assert kept(site, owner), fault


def test_a_change_that_lost_a_try_to_another_is_kept_and_told_once(site, owner, monkeypatch):
    accounts = site.daybook.accounts
    change = accounts.change_workspace

    def lose(seen: Workspace, changed: Workspace) -> bool:
        monkeypatch.setattr(accounts, "change_workspace", change)
        assert change(seen, msgspec.structs.replace(seen, name="Northwind Supply", version=seen.version + 1))
        return change(seen, changed)

    monkeypatch.setattr(accounts, "change_workspace", lose)
    event = {"do": "allow_individual", "workspace": owner.workspace, "allowed": False, "reason": REASON}
    assert press(event)["changed"] is True
    assert accounts.workspace(owner.workspace).name == "Northwind Supply"
    assert len(kept(site, owner)) == 1
    assert len([line for line in site.daybook.said(owner.workspace) if "can be chosen no more" in line]) == 1


def test_codes_of_who_lost_them_are_turned_off_and_their_sessions_end(site, owner):
    event = {"do": "turn_off_codes", "workspace": owner.workspace, "email": EMAIL, "reason": REASON}
    assert press(event) == {"ok": True, "were_on": False}
    assert owner.get("/v1/session").status_code == 401
    site.daybook.pass_time(seconds=1)
    codes_on(site, owner.sign_in(EMAIL))
    asked = {"email": EMAIL, "password": PASSWORD}
    assert site.visitor().post("/v1/session", asked).status_code == 409
    assert press(event | {"email": f" {EMAIL.upper()}"}) == {"ok": True, "were_on": True}
    assert owner.get("/v1/session").status_code == 401
    assert site.visitor().post("/v1/session", asked).status_code == 201
    reason = {"reason": f'"{REASON}"'}
    assert kept(site, owner) == [{"codes": '"off"'} | reason, {"sessions": '"ended"'} | reason]
    assert f"warning: By an admin, {EMAIL} was signed out everywhere: {REASON}" in site.daybook.said(owner.workspace)
    told = f"warning: By an admin, one-time codes of {EMAIL} were turned off: {REASON}"
    assert told in site.daybook.said(owner.workspace)


def test_codes_are_turned_off_in_the_workspace_that_is_named_only(site, owner):
    other = site.merchant("other")
    event = {"do": "turn_off_codes", "workspace": other.workspace, "email": EMAIL, "reason": REASON}
    for email in (EMAIL, "nobody@northwind.example", "nobody"):
        assert list(press(event | {"email": email})["fields"]) == ["email"]
    assert list(press(event | {"workspace": "none"})["fields"]) == ["workspace"]
