"""The console's Test button: what an admin may ask for, what is answered by field, and what is left behind."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from chalice.test import Client

from app import app
from chalicelib import bootstrap
from chalicelib.storage.table import Table
from tests.support.orders import line, order
from tests.support.shaky import every_fault
from tests.support.system import Daybook

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def daybook(memory_table, monkeypatch) -> Daybook:
    made = Daybook(memory_table)
    monkeypatch.setattr(bootstrap, "system", lambda: made)
    return made


@pytest.fixture
def call(daybook) -> Call:
    """Press the button on a good event with these changes; None takes a field out."""
    connection = daybook.pair_shop()
    last = daybook.clock.date() - timedelta(days=2)
    good = {
        "workspace": "w1",
        "connection": connection.id,
        "from": str(last - timedelta(days=6)),
        "to": str(last),
        "reason": "asked for by telephone",
    }

    def press(**changes: Any) -> dict[str, Any]:
        event = {name.rstrip("_"): value for name, value in {**good, **changes}.items() if value is not None}
        with Client(app, project_dir=".") as client:
            answer: dict[str, Any] = client.lambda_.invoke("backfill", event).payload
        return answer

    return press


def test_an_empty_event_explains_itself_and_begins_nothing(daybook):
    with Client(app, project_dir=".") as client:
        told = client.lambda_.invoke("backfill", {}).payload
    assert told["event"].keys() >= {"workspace", "connection", "from", "to", "reason", "dry_run", "override"}
    assert not daybook.said()


@pytest.mark.parametrize("event", [[1], "backfill", 7, True])
def test_what_is_no_object_is_answered(daybook, event):
    with Client(app, project_dir=".") as client:
        told = client.lambda_.invoke("backfill", event).payload
    assert (told["ok"], list(told["fields"])) == (False, ["event"])


def test_a_dry_run_is_the_default_and_begins_nothing(daybook, call):
    told = call()
    assert told == {
        "ok": True,
        "dry_run": True,
        "connection": "Northwind Supply",
        "days": 7,
        "known_days": 0,
        "estimated_orders": 0,
        "batches": 1,
    }
    assert not daybook.held.messages
    assert not daybook.said()
    assert not list(daybook.audit.list("w1", before="9", limit=9))


def test_the_estimate_takes_days_that_are_here_and_the_mean_of_the_last_ones(daybook, call):
    day = daybook.clock.date() - timedelta(days=3)
    daybook.shop.orders[day] = [
        order(number, line(), placed_at=daybook.clock - timedelta(days=3)) for number in range(1, 5)
    ]
    (connection,) = daybook.connections.list("w1")
    for asked in (day, day - timedelta(days=1)):
        daybook.ask_day(connection, asked)
    daybook.work()
    told = call()
    assert (told["known_days"], told["estimated_orders"]) == (2, 4 + 5 * 2)


def test_it_begins_tells_the_merchant_and_is_kept(daybook, call):
    told = call(dry_run=False)
    assert told["ok"] is True
    assert told["watch"].endswith(f"/syncs/{told['sync']}")
    assert len(daybook.held.messages) == 7
    (said,) = [text for text in daybook.said() if "admin" in text]
    assert said.startswith("info: Backfill by an admin: ")
    assert said.endswith(": asked for by telephone")
    (row,) = daybook.audit.list("w1", before="9", limit=9)
    assert row.actor == "admin"
    assert "asked for by telephone" in row.after["backfill"]
    assert daybook.work() == {"published": 7}


def test_a_repeat_with_the_same_request_id_begins_nothing_again(daybook, call):
    first, again = call(dry_run=False, request_id="r1"), call(dry_run=False, request_id="r1")
    assert first["sync"] == again["sync"]
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert len(list(daybook.audit.list("w1", before="9", limit=9))) == 1
    other = call(dry_run=False, request_id="r1", reason="another reason")
    assert other["ok"] is False
    assert call(dry_run=False, request_id="r2")["sync"] != first["sync"]


def test_a_repeat_of_what_died_at_any_write_finds_the_sync_it_left(monkeypatch):
    def prepare(table: Table) -> tuple[Daybook, dict[str, Any]]:
        daybook = Daybook(table)
        connection = daybook.pair_shop()
        event = {"workspace": "w1", "connection": connection.id, "from": "2026-07-01", "to": "2026-07-01"}
        return daybook, event | {"reason": "asked for by telephone", "dry_run": False, "request_id": "r1"}

    def act(_: Table, prepared: tuple[Daybook, dict[str, Any]]) -> dict[str, Any]:
        daybook, event = prepared
        monkeypatch.setattr(bootstrap, "system", lambda: daybook)
        with Client(app, project_dir=".") as client:
            answer: dict[str, Any] = client.lambda_.invoke("backfill", event).payload
        return answer

    for fault, table, (daybook, event), _ in every_fault(prepare, act, deaths=True):
        daybook.pass_time(seconds=61)
        told = act(table, (daybook, event))
        assert [each.id for each in daybook.sync_records.list("w1", limit=9)] == [told["sync"]], fault
        daybook.pass_time(minutes=20)
        daybook.sweep()
        assert daybook.work()["published"] == 1, fault
        assert daybook.said().count("info: Backfill by an admin: Jul 1, 2026: asked for by telephone"), fault
        assert list(daybook.audit.list("w1", before="9", limit=9)), fault


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"workspace": None, "reason": None}, {"workspace", "reason"}),
        ({"from_": "2026-02-30", "to": 7}, {"from", "to"}),
        ({"form": "2026-01-01"}, {"form"}),
        ({"dry_run": "yes"}, {"dry_run"}),
        ({"override": "everything"}, {"override"}),
        ({"reason": "  "}, {"reason"}),
        ({"reason": "two\nlines"}, {"reason"}),
        ({"reason": "r" * 201}, {"reason"}),
        ({"workspace": ""}, {"workspace"}),
        ({"request_id": "i" * 65}, {"request_id"}),
        ({"connection": "another"}, {"connection"}),
        ({"workspace": "w2"}, {"connection"}),
        ({"from_": "2026-07-07", "to": "2026-07-01"}, {"to"}),
        ({"to": "2099-01-01"}, {"to"}),
        ({"from_": "0001-01-01", "to": "0001-01-02"}, {"from", "to"}),
        ({"from_": "0206-07-01"}, {"from"}),
        ({"from_": "1999-12-31", "to": "2000-01-01"}, {"from"}),
        ({"from_": "2026-07-01", "to": "2101-01-01"}, {"to"}),
    ],
)
def test_each_wrong_field_is_named_and_nothing_begins(daybook, call, changes, fields):
    told = call(dry_run=changes.pop("dry_run", False), **changes)
    assert told["ok"] is False
    assert set(told["fields"]) == fields
    assert not daybook.held.messages
    assert not list(daybook.audit.list("w1", before="9", limit=9))


def test_more_than_four_months_need_the_override(daybook, call):
    first = date(daybook.clock.year - 1, 1, 1)
    told = call(from_=str(first))
    assert (told["ok"], list(told["fields"])) == (False, ["to"])
    assert "four_months" in told["fields"]["to"]
    assert call(from_=str(first), override="four_months")["batches"] > 1


def test_a_disconnected_shop_is_not_backfilled(daybook, call):
    (connection,) = daybook.connections.list("w1")
    daybook.part.part("w1", connection.id)
    told = call(dry_run=False)
    assert told["fields"] == {"connection": "It is parted."}
