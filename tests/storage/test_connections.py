"""Connections and their sealed tokens in the table."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from chalicelib import errors
from chalicelib.domain.connections import Connection, StoreName
from chalicelib.storage.connections import ConnectionItem, Connections
from chalicelib.storage.models import key
from chalicelib.storage.sealing import LocalSealer
from chalicelib.storage.table import Table
from tests.support.pairing import connection, credentials, local_sealer
from tests.support.people import new_id
from tests.support.shaky import every_fault

NOW = 1_783_000_000


@pytest.fixture
def sealer(tmp_path: Path) -> LocalSealer:
    return local_sealer(tmp_path)


@pytest.fixture
def here(table: Table, sealer: LocalSealer) -> Connections:
    return Connections(table, sealer, new_id)


@pytest.fixture
def paired(here: Connections) -> Connection:
    assert here.pair(None, connection(), credentials("1"))
    return connection()


@pytest.fixture
def on(sealer: LocalSealer) -> Callable[[Table], Connections]:
    return lambda table: Connections(table, sealer, new_id)


def opened(here: Connections) -> str | None:
    found = here.open("w1", connection().id)
    return found[1].access.reveal() if found else None


def test_a_paired_connection_is_found_with_its_tokens(here: Connections, paired: Connection) -> None:
    assert here.get("w1", paired.id) == paired
    assert list(here.list("w1")) == [paired]
    assert here.open("w1", paired.id) == (paired, credentials("1"))


def test_another_workspace_finds_nothing(here: Connections, paired: Connection) -> None:
    assert here.get("w2", paired.id) is None
    assert list(here.list("w2")) == []
    assert here.open("w2", paired.id) is None
    with pytest.raises(errors.NotFound):
        here.rename("w2", paired.id, "Mine")
    assert not here.mark_sign_in_needed("w2", paired.id)
    assert list(here.list("w2")) == []


def test_pairing_writes_only_over_what_was_seen(here: Connections, paired: Connection) -> None:
    assert not here.pair(None, paired, credentials("x"))
    again = msgspec.structs.replace(paired, epoch=2, credentials_version=2)
    assert here.pair(paired, again, credentials("2"))
    assert not here.pair(paired, again, credentials("3"))
    assert here.open("w1", paired.id) == (again, credentials("2"))
    here.rename("w1", paired.id, "Northwind, the shop")
    assert not here.pair(again, connection(version=3), credentials("3"))


def test_however_the_write_of_a_pairing_goes_wrong_tokens_and_connection_are_there_together(
    on: Callable[[Table], Connections],
) -> None:
    for wrong, table, _, result in every_fault(
        lambda table: None, lambda table, _: on(table).pair(None, connection(), credentials("1")), deaths=True
    ):
        here = on(table)
        assert result is True or here.get("w1", connection().id) is None or opened(here) == "access-1", wrong
        assert (opened(here) == "access-1") or here.get("w1", connection().id) is None, wrong


def test_a_new_name_stays(here: Connections, paired: Connection) -> None:
    here.rename("w1", paired.id, "Northwind, the shop")
    found = here.get("w1", paired.id)
    assert found == msgspec.structs.replace(paired, name="Northwind, the shop")


def test_stores_are_renamed_by_their_ids(here: Connections, paired: Connection) -> None:
    renamed = (StoreName("99", "Northwind Traders"), StoreName("100", "not one of it"))
    assert here.follow(paired, renamed, {})
    now = here.get("w1", paired.id)
    assert now == msgspec.structs.replace(paired, stores=(StoreName("99", "Northwind Traders"),))
    assert now is not None
    assert not here.follow(now, renamed, {})
    assert not here.follow(now, (), {})
    assert here.open("w1", paired.id) == (now, credentials("1"))
    assert here.follow(now, (), {"bounds": "exclusive"})
    assert here.get("w1", paired.id) == msgspec.structs.replace(now, traits={"bounds": "exclusive"})


def test_stores_of_what_was_paired_again_or_parted_since_are_not_renamed(here: Connections, paired: Connection) -> None:
    renamed = (StoreName("99", "Northwind Traders"),)
    again = msgspec.structs.replace(paired, epoch=2, credentials_version=2)
    assert here.pair(paired, again, credentials("2"))
    assert not here.follow(paired, renamed, {})
    assert here.begin_parting(again)
    assert not here.follow(again, renamed, {})
    found = here.get("w1", paired.id)
    assert found is not None
    assert found.stores == paired.stores


def test_stores_are_renamed_however_the_write_goes_wrong(on: Callable[[Table], Connections]) -> None:
    renamed = (StoreName("99", "Northwind Traders"),)
    for wrong, table, _, result in every_fault(
        lambda table: on(table).pair(None, connection(), credentials("1")),
        lambda table, _: on(table).follow(connection(), renamed, {}),
    ):
        found = on(table).get("w1", connection().id)
        assert found is not None
        assert (result, found.stores) == (True, renamed), wrong


def test_one_at_a_time_renews_the_tokens(here: Connections, paired: Connection) -> None:
    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda n: here.claim_renewal(paired, f"r{n}", until=NOW + 75, at=NOW), range(8)))
    assert claimed.count(True) == 1
    assert not here.claim_renewal(paired, "later", until=NOW + 149, at=NOW + 74)
    assert here.claim_renewal(paired, "next", until=NOW + 150, at=NOW + 75)
    mine = f"r{claimed.index(True)}"
    assert not here.store_credentials(paired, mine, credentials("2"))
    assert here.store_credentials(paired, "next", credentials("3"))
    assert not here.store_credentials(paired, "next", credentials("4"))
    assert opened(here) == "access-3"
    assert not here.claim_renewal(paired, "of an old version", until=NOW + 999, at=NOW + 900)


def test_however_the_write_of_a_new_pair_goes_wrong_the_answer_is_true(on: Callable[[Table], Connections]) -> None:
    def prepare(table: Table) -> Connection:
        on(table).pair(None, connection(), credentials("1"))
        return connection()

    def renew(table: Table, seen: Connection) -> bool:
        claimed = on(table).claim_renewal(seen, "r", until=NOW + 75, at=NOW)
        return claimed and on(table).store_credentials(seen, "r", credentials("2"))

    for wrong, table, _, result in every_fault(prepare, renew):
        assert result is True, wrong
        found = on(table).open("w1", connection().id)
        assert found is not None
        assert (found[0].credentials_version, found[1]) == (2, credentials("2")), wrong


def test_a_new_sign_in_is_only_asked_for_while_what_was_refused_is_still_there(
    here: Connections, paired: Connection
) -> None:
    assert not here.mark_sign_in_needed("w1", paired.id, epoch=0)
    assert not here.mark_sign_in_needed("w1", paired.id, version=0)
    assert not here.mark_sign_in_needed("w1", "elsewhere")
    found = here.get("w1", paired.id)
    assert found is not None
    assert not found.sign_in_needed
    assert here.mark_sign_in_needed("w1", paired.id, epoch=1, version=1)
    found = here.get("w1", paired.id)
    assert found is not None
    assert found.sign_in_needed


def test_parting_wipes_the_secret_and_ends_only_itself(here: Connections, table: Table, paired: Connection) -> None:
    assert here.claim_renewal(paired, "r", until=NOW + 75, at=NOW)
    assert here.begin_parting(paired)
    assert here.open("w1", paired.id) is None
    assert not here.store_credentials(paired, "r", credentials("2"))
    item = table.get(ConnectionItem, key("WS", "w1"), key("CONNECTION", paired.id))
    assert item is not None
    assert item.sealed is None
    assert item.renewal is None
    parting = here.get("w1", paired.id)
    assert parting is not None
    assert (parting.state, parting.epoch) == ("parting", 2)
    assert here.end_parting(parting)
    parted = here.get("w1", paired.id)
    assert parted is not None
    assert parted.state == "parted"
    again = msgspec.structs.replace(parted, state="paired", epoch=3, credentials_version=3)
    assert here.pair(parted, again, credentials("3"))
    assert not here.begin_parting(paired)
    assert not here.end_parting(parting)
    assert here.begin_parting(again)
    assert not here.end_parting(parting)
    assert not here.mark_sign_in_needed("w1", paired.id)


def test_however_the_writes_of_parting_go_wrong_it_parts_once(on: Callable[[Table], Connections]) -> None:
    def prepare(table: Table) -> None:
        on(table).pair(None, connection(), credentials("1"))

    def part(table: Table, _: None) -> bool:
        begun = on(table).begin_parting(connection())
        parting = on(table).get("w1", connection().id)
        return begun and parting is not None and on(table).end_parting(parting)

    for wrong, table, _, result in every_fault(prepare, part):
        assert result is True, wrong
        parted = on(table).get("w1", connection().id)
        assert parted is not None
        assert (parted.state, parted.epoch) == ("parted", 2), wrong
