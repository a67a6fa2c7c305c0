"""S45: after a restore by point in time nobody comes back who was erased or shut out since, and the books are those of the
instant. Proved on the engine in memory, where it is killed at every write, and on dynalite, whose items are found by the
command's own scan."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

import boto3
import pytest

from chalicelib import errors
from chalicelib.domain.restoring import RULES, Key, rule_of, unknown_in
from chalicelib.domain.work import DayKey
from chalicelib.storage.models import Part
from chalicelib.storage.table import Raw, Table, dynamo
from infra.aws.tables import Tables
from tests.support.engines import CREDENTIALS, Engine, create_table
from tests.support.memory import MemoryEngine
from tests.support.people import EMAIL, HOME, PASSWORD
from tests.support.restoring import (
    ACCOUNTS,
    CUSTOMER,
    DAYS,
    INVITED,
    LATE,
    LEAVES,
    LEFT,
    LOWERED,
    MEMBER,
    NEW_PASSWORD,
    NOTED,
    PARTS,
    RETURNS,
    SECOND,
    SHOP,
    SINCE,
    STAYS,
    TOLD,
    TOLD_NO_MORE,
    WHO,
    Merchant,
    Scene,
    canary,
    identities,
    in_memory,
    items_of,
    keys_of,
    text_of,
)
from tests.support.shaky import Death, Fault, ShakyEngine


class Stage:
    """A scene, and an engine on which restored tables are made."""

    def __init__(self, scene: Scene, table: Callable[[], Table]) -> None:
        self.scene = scene
        self.table = table

    def carried(self) -> Merchant:
        merchant = self.scene.restored(self.table())
        self.scene.carry(merchant)
        return merchant


@pytest.fixture(scope="module")
def memory() -> Stage:
    return Stage(Scene(Table(MemoryEngine()), in_memory), lambda: Table(MemoryEngine()))


@pytest.fixture(scope="module")
def on_dynalite(dynalite: Engine) -> Stage:
    region = CREDENTIALS["AWS_DEFAULT_REGION"]
    client = boto3.client("dynamodb", endpoint_url=dynalite.url, region_name=region)
    names: dict[int, str] = {}

    def table() -> Table:
        name = f"t{uuid4().hex}"
        create_table(dynalite.url, name)
        made = dynamo(name, dynalite.url, region)
        names[id(made)] = name
        kept.append(made)
        return made

    def read(table: Table) -> list[Raw]:
        pages = client.get_paginator("scan").paginate(TableName=names[id(table)], ConsistentRead=True)
        return [item for page in pages for item in page["Items"]]

    kept: list[Table] = []
    return Stage(Scene(table(), read), table)


@pytest.fixture(params=["memory", "on_dynalite"])
def stage(request: pytest.FixtureRequest) -> Stage:
    found: Stage = request.getfixturevalue(request.param)
    return found


def everything(stage: Stage, merchant: Merchant) -> dict[Key, Raw]:
    return items_of(stage.scene.read(merchant.outside.table))


# -- what does not come back


def test_s45_who_was_erased_stands_nowhere_after_a_restore(stage: Stage) -> None:
    merchant = stage.carried()
    text = "".join(map(text_of, everything(stage, merchant).values()))
    gone = [canary(CUSTOMER, 2), canary(CUSTOMER, 5), canary(NOTED, 1), canary(TOLD_NO_MORE, 6)]
    gone += [canary(account, n) for account in (SHOP, LEAVES, LEFT) for n in range(1, 7)]
    gone += [canary(RETURNS, n) for n in range(1, 4)]
    before = "".join(map(text_of, stage.scene.snapshot))
    assert [who for who in gone if who not in before] == []
    assert [who for who in gone if who in text] == []
    assert merchant.names(CUSTOMER) == {canary(CUSTOMER, n) for n in (1, 3, 4, 6)}
    assert merchant.names(STAYS) == {canary(STAYS, n) for n in range(1, 7)}
    assert merchant.names(RETURNS) == {canary(RETURNS, n) for n in range(4, 7)}
    assert merchant.names(LEAVES) == merchant.names(SHOP) == set()
    assert not merchant.connection(LEAVES).keeps_persons
    # Where names are missing the merchant reads that they are.
    lacking = {
        day.key.day for day in merchant.days.here(merchant.workspace, merchant.connection(RETURNS).id) if day.nameless
    }
    assert lacking == {DAYS[0]}


def test_s45_nor_do_they_come_back_when_their_days_are_brought_in_again(stage: Stage) -> None:
    merchant = stage.carried()
    for account in (CUSTOMER, SHOP, LEAVES):
        merchant.bring_in(merchant.connection(account), *DAYS)
    assert merchant.names(CUSTOMER) == {canary(CUSTOMER, n) for n in (1, 3, 4, 6)}
    assert merchant.names(LEAVES) == merchant.names(SHOP) == set()


def test_s45_nobody_comes_in_by_what_was_taken_back_or_begun_before(stage: Stage) -> None:
    secrets, merchant = stage.scene.secrets, stage.carried()
    with pytest.raises(errors.NotSignedIn):
        merchant.sign_in.read(secrets.cookie)
    for email, password in ((EMAIL, PASSWORD), (MEMBER, PASSWORD)):
        with pytest.raises(errors.NotSignedIn):
            merchant.sign_in.sign_in(email, password, address=HOME)
    with pytest.raises(errors.NotSignedIn):
        merchant.api_keys.read(secrets.revoked_key)
    with pytest.raises(errors.NotFound):
        merchant.invite.join(secrets.used_invitation, PASSWORD, address=HOME)
    assert identities(merchant).user_of(WHO) is None
    kinds = {pk.partition("#")[0] for pk, _ in everything(stage, merchant)}
    assert not kinds & {"SESSION", "RESET", "TRIP", "PAIRING", "ONCE"}


def test_s45_who_may_come_in_still_does_and_is_what_they_are_now(stage: Stage) -> None:
    secrets, merchant = stage.scene.secrets, stage.carried()
    owner = merchant.sign_in.sign_in(EMAIL, NEW_PASSWORD, address=HOME).signed_in
    roles = {person.email: person.role for person in merchant.people.list(owner)}
    assert roles == {EMAIL: "owner", LOWERED: "viewer", INVITED: "viewer", LATE: "member"}
    for email in (LOWERED, INVITED, LATE):
        assert merchant.sign_in.sign_in(email, PASSWORD, address=HOME).signed_in.role == roles[email]
    assert merchant.api_keys.read(secrets.kept_key).workspace == owner.workspace
    assert merchant.invite.join(secrets.open_invitation, PASSWORD, address=HOME).signed_in.email == SECOND


def test_s45_what_was_disconnected_stays_so_and_its_attempts_end(stage: Stage) -> None:
    merchant = stage.carried()
    parted = merchant.connection(PARTS)
    now = stage.scene.merchant.connection(PARTS)
    assert (parted.state, parted.epoch) == ("parted", now.epoch)
    assert merchant.connections.open(merchant.workspace, parted.id) is None
    (item,) = [raw for (_, sk), raw in everything(stage, merchant).items() if sk == f"CONNECTION#{parted.id}"]
    assert "sealed" not in item
    head = merchant.days.read(DayKey(merchant.workspace, parted.id, date(2026, 7, 2)))
    assert head is not None
    assert head.attempt is None


# -- what does


def books(items: dict[Key, Raw]) -> dict[Key, Raw]:
    """The items of the books, but for what says who has a day, whose persons are kept, and when to ask next."""
    kept = {
        at: item
        for at, item in items.items()
        if (rule := rule_of(*at)) is not None and rule.wins == "restored" and rule.kind != "AGENDA"
    }
    aside = {"named", "attempt", "serving", "until", "began_at"}
    return {at: {name: value for name, value in item.items() if name not in aside} for at, item in kept.items()}


def test_s45_totals_ledger_and_usage_are_those_of_the_instant(stage: Stage) -> None:
    merchant = stage.carried()
    snapshot = books(items_of(stage.scene.snapshot))
    assert Counter(pk.partition("#")[0] for pk, _ in snapshot).keys() >= {"DAYS", "DOCS", "PARTS", "MONTHS", "SHELVES"}
    assert books(everything(stage, merchant)) == snapshot
    usage = merchant.usage()
    assert {sum(years.values()) for years in usage.values()} == {6}
    assert stage.scene.merchant.usage() != usage


def test_s45_the_sweep_asks_for_what_came_in_since(stage: Stage) -> None:
    merchant = stage.carried()
    merchant.pass_time(days=1)
    merchant.sweep()
    asked = {(message.connection, message.day) for message in merchant.held.messages}
    assert (merchant.connection(STAYS).id, date(2026, 7, 5)) in asked
    since = {day for connection, day in asked if connection == merchant.connection(SINCE).id}
    assert min(since) == date(2026, 7, 5) - timedelta(days=90)
    assert max(since) == date(2026, 7, 5)
    assert merchant.connection(PARTS).id not in {connection for connection, _ in asked}


def test_s45_settings_are_as_now_but_the_lock_and_what_cuts_the_books(stage: Stage) -> None:
    merchant = stage.carried()
    workspace = merchant.accounts.workspace(merchant.workspace)
    now = stage.scene.merchant.accounts.workspace(merchant.workspace)
    assert workspace is not None
    assert now is not None
    assert (workspace.name, workspace.locked_through) == ("Northwind & Daughters", None)
    assert workspace.version > now.version


def test_s45_it_is_told_once_with_its_reason(stage: Stage) -> None:
    merchant = stage.carried()
    merchant.pass_time(hours=1)
    stage.scene.carry(merchant)
    lines = [line for line in merchant.said(merchant.workspace) if "put back" in line]
    assert len(lines) == 1
    assert "Jul 5, 12:00 UTC: a defect wrote wrong days." in lines[0]
    rows = [row for row in merchant.audit.list(merchant.workspace, before="~", limit=100) if row.about == "books"]
    assert [row.after for row in rows] == [{"put_back_to": '"2026-07-05T12:00:00Z"', "reason": f'"{TOLD.reason}"'}]
    texts = {line.partition(": ")[2] for line in merchant.said(merchant.workspace)}
    assert any("disconnected" in text for text in texts)


# -- killed, and done twice


def test_s45_done_twice_it_is_done_once(stage: Stage) -> None:
    merchant = stage.scene.restored(stage.table())
    first = stage.scene.carry(merchant)
    once = everything(stage, merchant)
    again = stage.scene.carry(merchant)
    assert everything(stage, merchant) == once
    assert (first.persons, first.parted, first.workspaces) == (2 + 6 + 6 + 3 + 1 + 6 + 1, 1, 1)
    assert first.taken_back.keys() >= {"SESSION", "USER USER", "EMAIL", "KEY", "WS KEY", "INVITE"}
    assert (again.brought, again.taken_back, again.persons, again.parted) == ({}, {}, 0, 0)


@pytest.mark.parametrize(
    "fault", ["not done, no answer", "done, no answer", "done twice, second answer", "death before", "death after"]
)
def test_s45_killed_at_any_write_it_is_finished_by_being_run_again(memory: Stage, fault: Fault) -> None:
    def tried(at: int) -> tuple[ShakyEngine, Merchant]:
        engine = ShakyEngine()
        merchant = memory.scene.restored(Table(engine))
        engine.at, engine.fault, engine.writes = at, fault, 0
        try:
            memory.scene.carry(merchant)
        except (errors.StorageError, Death):
            engine.at = -1
            memory.scene.carry(merchant)
        return engine, merchant

    clean, merchant = tried(-1)
    wanted = _lasting(everything(memory, merchant))
    assert clean.writes > 50
    for at in range(clean.writes):
        _, merchant = tried(at)
        assert _lasting(everything(memory, merchant)) == wanted, f"{fault} at write {at}"
    assert memory.scene.left_items == items_of(memory.scene.read(memory.scene.left)), "nothing is written there"


def _lasting(items: dict[Key, Raw]) -> dict[Key, Raw]:
    """All but the line of who is disconnected, which has a name of its own each time and may be lost."""
    told = "is disconnected"
    return {at: item for at, item in items.items() if not at[0].startswith("ACT#") or told not in text_of(item)}


def test_s45_it_refuses_a_table_left_behind_that_says_nothing(memory: Stage) -> None:
    merchant = memory.scene.restored(memory.table())
    before = everything(memory, merchant)
    with pytest.raises(errors.NotCarriedOver, match="no workspace"):
        memory.scene.carry(merchant, left=memory.table())
    assert everything(memory, merchant) == before


def test_s45_it_refuses_what_no_rule_is_about(memory: Stage) -> None:
    table = memory.table()
    merchant = memory.scene.restored(table)
    table.insert(Part("NOVEL#1", "X", body=b""))
    before = everything(memory, merchant)
    with pytest.raises(errors.NotCarriedOver, match="NOVEL X"):
        memory.scene.carry(merchant)
    assert everything(memory, merchant) == before


def test_s45_who_was_lost_and_not_removed_is_brought_back(memory: Stage) -> None:
    """Accounts that a defect deleted, a restore is to mend: only the roster's word removes people."""
    left = memory.table()
    for item in memory.scene.read(memory.scene.left):
        if not item["pk"]["S"].startswith(("USER#", "EMAIL#")):
            left.put_raw(item)
    merchant = memory.scene.restored(memory.table())
    memory.scene.carry(merchant, left=left)
    assert merchant.sign_in.sign_in(EMAIL, PASSWORD, address=HOME).signed_in.role == "owner"
    assert merchant.accounts.user_of(LOWERED) is not None
    assert identities(merchant).user_of(WHO) is not None
    assert merchant.accounts.user_of(MEMBER) is None


def test_s45_one_time_codes_are_as_they_are_now(memory: Stage) -> None:
    """Turned off they stay so, a code that was used stays used; who was lost has them still."""
    left = memory.table()
    items = memory.scene.read(memory.scene.left)
    owner, lowered, late = (memory.scene.merchant.accounts.user_of(email) for email in (EMAIL, LOWERED, LATE))
    assert owner is not None
    assert lowered is not None
    assert late is not None
    for item in items:
        if item["pk"]["S"] != f"USER#{lowered.id}":
            left.put_raw(item)
    left.put_raw(_codes(owner.id, "used"))
    merchant = memory.scene.restored(memory.table())
    for user in (owner.id, lowered.id, late.id, "a person who was removed"):
        merchant.outside.table.put_raw(_codes(user, "unused"))
    memory.scene.carry(merchant, left=left)
    found = {at[0]: item["mark"]["S"] for at, item in everything(memory, merchant).items() if at[1] == "CODES"}
    assert found == {f"USER#{owner.id}": "used", f"USER#{lowered.id}": "unused"}


def _codes(user: str, mark: str) -> Raw:
    return {"pk": {"S": f"USER#{user}"}, "sk": {"S": "CODES"}, "mark": {"S": mark}, "body": {"B": b"packed"}}


# -- not known what happened since


def test_s45_without_the_table_left_behind_nobody_stays_who_may_have_gone(stage: Stage) -> None:
    merchant = stage.scene.restored(stage.table())
    carried = stage.scene.carry(merchant, known=False)
    once = everything(stage, merchant)
    text = "".join(map(text_of, once.values()))
    assert "canary" not in text
    assert carried.persons == 6 * len(ACCOUNTS)
    for connection in merchant.connections.list(merchant.workspace):
        assert connection.sign_in_needed
        assert not connection.keeps_persons
    for secret in (stage.scene.secrets.kept_key, stage.scene.secrets.revoked_key):
        with pytest.raises(errors.NotSignedIn):
            merchant.api_keys.read(secret)
    with pytest.raises(errors.NotFound):
        merchant.invite.join(stage.scene.secrets.open_invitation, PASSWORD, address=HOME)
    with pytest.raises(errors.NotSignedIn):
        merchant.sign_in.read(stage.scene.secrets.cookie)
    assert merchant.sign_in.sign_in(EMAIL, PASSWORD, address=HOME).signed_in.role == "owner"
    assert books(once) == books(items_of(stage.scene.snapshot))
    stage.scene.carry(merchant, known=False)
    assert {at for at in everything(stage, merchant) if not at[0].startswith(("SESSION#", "KNOWN#", "TRIES#"))} == {
        at for at in once if not at[0].startswith(("SESSION#", "KNOWN#", "TRIES#"))
    }
    # The merchant signs in to the shop again, and chooses individual sales again.
    signed_in = merchant.reconnect(merchant.connection(STAYS))
    merchant.bring_in(merchant.switch(signed_in, "individual"), *DAYS, date(2026, 7, 2))
    assert merchant.names(STAYS) == set()
    fresh = DayKey(merchant.workspace, signed_in.id, date(2026, 7, 2))
    assert len(merchant.persons.names(fresh)) == 3


def test_s45_every_item_that_a_merchant_leaves_has_a_rule(memory: Stage) -> None:
    keys = keys_of(memory.scene.read(memory.scene.left))
    assert unknown_in(keys) == set()
    met = {rule for at in [*keys, *keys_of(memory.scene.snapshot)] if (rule := rule_of(*at))}
    # Big fetches, period locks, events and codes have tests of their own.
    elsewhere = {"PARTS SET", "LOCK", "POSTED", "CORR", "EVENTS", "WS SYNC", "ROLLUP", "USER CODES", "USER IDENTITY"}
    assert {rule.name for rule in RULES} - {rule.name for rule in met} <= elsewhere


def test_s45_the_scan_finds_all_but_the_books(
    on_dynalite: Stage, dynalite: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynalite.url)
    merchant = on_dynalite.scene.restored(on_dynalite.table())
    name = merchant.outside.table._engine.table_name  # type: ignore[attr-defined]
    found = list(Tables(CREDENTIALS["AWS_DEFAULT_REGION"]).keys(name))
    wanted = [at for at in everything(on_dynalite, merchant) if (rule := rule_of(*at)) and rule.wins != "restored"]
    assert sorted(found) == sorted(wanted)
    left = on_dynalite.scene.left._engine.table_name  # type: ignore[attr-defined]
    behind = list(Tables(CREDENTIALS["AWS_DEFAULT_REGION"]).keys(left))
    merchant.carry_over(on_dynalite.scene.left).run(TOLD, found, behind)
    assert merchant.names(SHOP) == set()
    assert merchant.connection(PARTS).state == "parted"
