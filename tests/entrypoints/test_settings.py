"""Order settings and the workspace's over the API: guarded by their version, and kept with who changed them."""

from collections.abc import Iterator

import pytest

from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.site import Site, json_at, open_site

SETTINGS = {"summary": "store", "time_zone": "America/New_York", "counting": "channel", "interval_min": 1440}


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(Table(MemoryEngine())) as opened:
        yield opened


@pytest.fixture
def owner(site):
    owner = site.merchant()
    owner.settings = f"/v1/connections/{site.daybook.pair_shop(owner.workspace).id}/settings"
    return owner


def put(owner, version: str = "", **fields):
    return owner.ask("PUT", owner.settings, SETTINGS | fields, {"If-Match": version})


def test_settings_are_read_and_changed_with_their_version(owner):
    read = owner.get(owner.settings)
    assert read.headers["ETag"] == '"0"'
    assert read.json_body["summary"] == "store"
    assert [each["value"] for each in read.json_body["statuses"] if each["counts"]] == [
        "authorized",
        "paid",
        "partially_paid",
        "partially_refunded",
        "pending",
        "refunded",
    ]
    changed = put(owner, '"0"', summary="month", counting="paid")
    assert json_at(changed)["settings"]["summary"] == "month"
    assert changed.headers["ETag"] == '"1"'
    again = json_at(owner.get(owner.settings))
    assert [each["value"] for each in again["statuses"] if each["counts"]] == [
        "paid",
        "partially_refunded",
        "refunded",
    ]


def test_a_change_without_the_version_is_428_and_with_an_old_one_412(owner):
    assert put(owner).status_code == 428
    json_at(put(owner, '"0"', summary="month"))
    late = put(owner, '"0"', interval_min=60)
    assert late.status_code == 412
    assert late.json_body["detail"].startswith("owner@northwind.example saved other settings at ")
    assert put(owner, '"never"').status_code == 412


def test_what_was_changed_is_kept_with_who_did_it(site, owner):
    json_at(put(owner, '"0"', summary="month"))
    site.daybook.pass_time(seconds=1)
    json_at(put(owner, '"1"', interval_min=60))
    changes = json_at(owner.get(owner.settings + "/changes?limit=1"))
    (last,) = changes["items"]
    assert (last["actor"], last["before"]["summary"], last["after"]["summary"]) == (
        "owner@northwind.example",
        '"month"',
        '"store"',
    )
    more = json_at(owner.get(f"{owner.settings}/changes?limit=1&cursor={changes['next']}"))
    assert more["items"][0]["after"] == {"summary": '"month"'}
    assert more["next"] is None


def test_saving_what_is_in_force_already_changes_nothing(owner):
    assert json_at(put(owner, '"0"'))["settings"]["version"] == 0
    assert json_at(owner.get(owner.settings + "/changes"))["items"] == []


def test_the_workspaces_settings_are_guarded_and_kept_too(site, owner):
    read = owner.get("/v1/workspace")
    etag = read.headers["ETag"]
    changed = owner.ask("PATCH", "/v1/workspace", {"reading": "order_day"}, {"If-Match": etag})
    assert json_at(changed)["reading"] == "order_day"
    assert owner.ask("PATCH", "/v1/workspace", {"fiscal_start": 4}, {"If-Match": etag}).status_code == 412
    site.daybook.pass_time(seconds=1)
    json_at(owner.ask("PATCH", "/v1/workspace", {"locked_through": "2026-06-30"}))
    site.daybook.pass_time(seconds=1)
    assert json_at(owner.ask("PATCH", "/v1/workspace", {"locked_through": None}))["locked_through"] is None
    assert owner.ask("PATCH", "/v1/workspace", {"fiscal_start": 13}).status_code == 400
    future = owner.ask("PATCH", "/v1/workspace", {"locked_through": "2099-01-01"})
    assert future.json_body["fields"].keys() == {"locked_through"}
    items = json_at(owner.get("/v1/workspace/changes"))["items"]
    assert [item["after"] for item in items] == [
        {"locked_through": "null"},
        {"locked_through": '"2026-06-30"'},
        {"reading": '"order_day"'},
    ]
