"""S32: each secret of our own can be replaced with two valid at once, and what is sealed is sealed anew while all goes on."""

import os
import threading
from datetime import date
from pathlib import Path

import pytest

from chalicelib import errors
from chalicelib.domain.connections import Credentials
from chalicelib.domain.cursors import Cursors
from chalicelib.domain.secret import Secret
from chalicelib.domain.work import SealMessage
from chalicelib.storage.connections import ConnectionItem, Connections
from chalicelib.storage.models import key
from chalicelib.storage.sealing import LocalSealer
from chalicelib.storage.table import Table
from chalicelib.workflows.seal_again import Asked
from tests.support.memory import MemoryEngine
from tests.support.pairing import connection
from tests.support.people import new_id
from tests.support.system import Daybook

WORKSPACE, DAY = "w1", date(2026, 7, 3)


def key_file(path: Path) -> Path:
    path.touch(0o600)
    path.write_bytes(os.urandom(32))
    return path


def of(n: int) -> Credentials:
    return Credentials(
        access=Secret(f"access-{n}"), refresh=None, expires_at=None, refresh_expires_at=None, scopes=("read_orders",)
    )


def sealed(table: Table, id_: str) -> bytes:
    item = table.get(ConnectionItem, key("WS", WORKSPACE), key("CONNECTION", id_))
    assert item is not None
    return bytes(item.sealed)


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    return key_file(tmp_path / "before"), key_file(tmp_path / "after")


def test_s32_what_the_old_key_sealed_opens_until_all_is_sealed_anew(keys: tuple[Path, Path]) -> None:
    before, after = keys
    table = Table(MemoryEngine())
    here = connection(WORKSPACE)
    assert Connections(table, LocalSealer(before), new_id).pair(None, here, of(1))
    both = Connections(table, LocalSealer(after, old=before), new_id)
    with pytest.raises(errors.StorageError):
        Connections(table, LocalSealer(after), new_id).open(WORKSPACE, here.id)
    assert both.open(WORKSPACE, here.id) is not None
    assert both.seal_again(WORKSPACE, here.id)
    opened = Connections(table, LocalSealer(after), new_id).open(WORKSPACE, here.id)
    assert opened is not None
    assert (opened[0], opened[1].access.reveal()) == (here, "access-1")
    with pytest.raises(errors.StorageError):
        Connections(table, LocalSealer(before), new_id).open(WORKSPACE, here.id)


def test_s32_tokens_that_are_renewed_meanwhile_are_kept(keys: tuple[Path, Path]) -> None:
    """Whoever seals anew read the old tokens; the new ones win."""
    before, after = keys
    table = Table(MemoryEngine())
    here = connection(WORKSPACE)
    assert Connections(table, LocalSealer(before), new_id).pair(None, here, of(1))

    class Late(LocalSealer):
        def open(self, blob: bytes, context: dict[str, str]) -> bytes:
            plain = super().open(blob, context)
            others = Connections(table, LocalSealer(after), new_id)
            assert others.claim_renewal(here, "r", until=100, at=0)
            assert others.store_credentials(here, "r", of(2))
            return plain

    assert not Connections(table, Late(after, old=before), new_id).seal_again(WORKSPACE, here.id)
    opened = Connections(table, LocalSealer(after), new_id).open(WORKSPACE, here.id)
    assert opened is not None
    assert opened[1].access.reveal() == "access-2"


def test_s32_nobody_who_reads_meanwhile_fails(keys: tuple[Path, Path]) -> None:
    before, after = keys
    table = Table(MemoryEngine())
    shops = [connection(WORKSPACE, str(n)) for n in range(20)]
    for n, each in enumerate(shops):
        assert Connections(table, LocalSealer(before), new_id).pair(None, each, of(n))
    both = Connections(table, LocalSealer(after, old=before), new_id)
    over, wrong, read = threading.Event(), [], []

    def work() -> None:
        while not over.is_set():
            for n, each in enumerate(shops):
                opened = both.open(WORKSPACE, each.id)
                read.append(n)
                if opened is None or opened[1].access.reveal() != f"access-{n}":
                    wrong.append(n)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for _ in range(5):
        assert all(both.seal_again(WORKSPACE, each.id) for each in shops)
    over.set()
    for worker in workers:
        worker.join()
    assert not wrong
    assert len(read) > len(shops)
    assert all(LocalSealer(after).open(sealed(table, each.id), _context(each.id)) for each in shops)


def _context(id_: str) -> dict[str, str]:
    return {"workspace": WORKSPACE, "connection": id_, "purpose": "channel credentials"}


def test_s32_every_paired_connection_is_asked_for_and_a_command_that_ends_early_says_where_it_goes_on() -> None:
    daybook = Daybook(Table(MemoryEngine()))
    paired = [daybook.pair_shop(WORKSPACE, str(90 + n)) for n in range(5)]
    half, ticks = daybook.agenda.partitions // 2, iter(range(10**6))
    asked = daybook.seal_again.ask(0, out_of_time=lambda: next(ticks) >= half)
    assert asked.next == half
    rest = daybook.seal_again.ask(asked.next, out_of_time=lambda: False)
    assert (asked.connections + rest.connections, rest.next) == (5, None)
    messages = [message for message in daybook.held.others if isinstance(message, SealMessage)]
    assert sorted(message.connection for message in messages) == sorted(each.id for each in paired)
    for message in (*messages, *messages):
        assert daybook.seal_again.run(message) == "sealed"
    assert daybook.seal_again.run(SealMessage("w2", paired[0].id)) == "nothing to seal"


def test_s32_what_a_queue_does_not_take_is_asked_for_again() -> None:
    daybook = Daybook(Table(MemoryEngine()))
    daybook.pair_shop(WORKSPACE)
    partition = next(n for n in range(daybook.agenda.partitions) if daybook.agenda.read_partition(n)[0])
    daybook.seal_again._send = lambda queue, messages: [message for message, _ in messages]
    assert daybook.seal_again.ask(0, out_of_time=lambda: False) == Asked(0, partition)


def test_s32_cursors_of_the_old_key_open_and_new_ones_are_of_the_new() -> None:
    old, new, both = Cursors(b"old"), Cursors(b"new"), Cursors(b"new", b"old")
    assert both.open(old.seal("here", "w1"), "w1") == "here"
    assert new.open(both.seal("here", "w1"), "w1") == "here"
    for cursor, bound in ((old.seal("here", "w1"), "w2"), (Cursors(b"other").seal("here", "w1"), "w1")):
        with pytest.raises(errors.RequestError):
            both.open(cursor, bound)
