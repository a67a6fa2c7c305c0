"""Keeping a connection's tokens fresh while several workers want them (I15)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chalicelib import errors
from chalicelib.domain.connections import Connection, Credentials
from chalicelib.storage.connections import Connections
from chalicelib.storage.sealing import LocalSealer
from chalicelib.storage.table import Table
from chalicelib.workflows.tokens import CLAIM_S, FreshTokens
from tests.support.memory import MemoryEngine
from tests.support.pairing import Rotation, connection, credentials, local_sealer
from tests.support.people import Clock, new_id
from tests.support.shaky import Death, every_fault


class Bench:
    """One paired connection, its rotating pair at the channel, and the workflow."""

    def __init__(self, sealer: LocalSealer, table: Table | None = None) -> None:
        self.clock = Clock()
        self.rotation = Rotation(self.clock)
        self.connections = Connections(table or Table(MemoryEngine()), sealer, new_id)
        self.tokens = FreshTokens(
            connections=self.connections, refresh=self.rotation.refresh, now=self.clock, new_id=new_id
        )
        self.connections.pair(None, connection(), self.rotation.issue())

    @property
    def stored(self) -> tuple[Connection, Credentials]:
        found = self.connections.open("w1", connection().id)
        assert found is not None
        return found

    def access(self, *, force: bool = False, seen: Connection | None = None) -> str:
        fresh = self.tokens.fresh(seen or self.stored[0], force=force)
        self.rotation.use(fresh)
        return fresh.access.reveal()


@pytest.fixture
def sealer(tmp_path: Path) -> LocalSealer:
    return local_sealer(tmp_path)


@pytest.fixture
def bench(sealer: LocalSealer) -> Bench:
    return Bench(sealer)


def test_tokens_that_last_are_used_as_they_are(bench: Bench) -> None:
    bench.clock.move(minutes=54)
    assert bench.access() == "access-1"
    assert bench.rotation.exchanges == 0


def test_tokens_that_end_soon_are_renewed_and_kept_together(bench: Bench) -> None:
    bench.clock.move(minutes=55)
    assert bench.access() == "access-2"
    kept, pair = bench.stored
    assert (pair.access.reveal(), pair.refresh.reveal() if pair.refresh else "") == ("access-2", "refresh-2")
    assert kept.credentials_version == 2
    assert bench.access() == "access-2"
    assert bench.rotation.exchanges == 1


def test_tokens_are_renewed_through_many_rotations(bench: Bench) -> None:
    for n in range(2, 30):
        bench.clock.move(hours=1)
        assert bench.access() == f"access-{n}"


def test_refused_tokens_are_renewed_once_however_many_saw_them_refused(bench: Bench) -> None:
    seen = bench.stored[0]
    assert bench.access(force=True, seen=seen) == "access-2"
    assert bench.access(force=True, seen=seen) == "access-2"
    assert bench.rotation.exchanges == 1


def test_while_one_renews_the_others_wait_shortly(bench: Bench) -> None:
    bench.clock.move(hours=1)
    waits: list[float] = []

    def another_comes_by() -> None:
        with pytest.raises(errors.RateLimited) as caught:
            bench.tokens.fresh(bench.stored[0])
        waits.append(caught.value.retry_after_s)

    bench.rotation.meanwhile = another_comes_by
    assert bench.access() == "access-2"
    assert waits == [5]


def test_of_eight_workers_one_renews(sealer: LocalSealer) -> None:
    for _ in range(20):
        bench = Bench(sealer)
        bench.clock.move(hours=1)
        seen = bench.stored[0]
        together = threading.Barrier(8)

        def come(bench: Bench = bench, seen: Connection = seen, together: threading.Barrier = together) -> str | None:
            together.wait()
            try:
                return bench.tokens.fresh(seen).access.reveal()
            except errors.RateLimited:
                return None

        with ThreadPoolExecutor(8) as pool:
            got = {future.result() for future in [pool.submit(come) for _ in range(8)]}
        assert got <= {"access-2", None}
        assert bench.rotation.exchanges == 1
        assert not bench.stored[0].sign_in_needed
        assert bench.access() == "access-2"


def test_an_answer_that_is_lost_is_fetched_again_with_the_token_that_is_stored(bench: Bench) -> None:
    bench.clock.move(hours=1)
    bench.rotation.failures_after = [errors.RetryableError("lost on the way")]
    with pytest.raises(errors.RetryableError):
        bench.access()
    with pytest.raises(errors.RateLimited):
        bench.access()
    bench.clock.move(seconds=CLAIM_S)
    assert bench.access() == "access-3"
    bench.clock.move(hours=1)
    assert bench.access() == "access-4"


def test_a_worker_that_was_overtaken_does_not_use_what_it_brought(bench: Bench) -> None:
    bench.clock.move(hours=1)
    seen = bench.stored[0]
    others: list[str] = []

    def overtaken() -> None:
        bench.rotation.meanwhile = lambda: None
        bench.clock.move(seconds=CLAIM_S)
        others.append(bench.access(seen=seen))

    bench.rotation.meanwhile = overtaken
    assert bench.access(seen=seen) == "access-3"
    assert others == ["access-3"]
    bench.clock.move(hours=1)
    assert bench.access() == "access-4"


def test_a_refused_renewal_asks_the_merchant_to_sign_in(bench: Bench) -> None:
    bench.clock.move(hours=1)
    bench.rotation.revoke()
    with pytest.raises(errors.AuthExpired):
        bench.access()
    assert bench.stored[0].sign_in_needed


def test_a_refusal_that_comes_after_the_shop_was_paired_again_asks_for_nothing(bench: Bench) -> None:
    bench.clock.move(hours=1)
    seen = bench.stored[0]
    bench.rotation.revoke()

    def paired_again(connection_: Connection, refresh: object) -> object:
        assert bench.connections.pair(seen, connection(version=2), credentials("new"))
        raise errors.AuthExpired("refused")

    tokens = FreshTokens(
        connections=bench.connections,
        refresh=paired_again,  # type: ignore[arg-type]
        now=bench.clock,
        new_id=new_id,
    )
    assert tokens.fresh(seen).access.reveal() == "access-new"
    assert not bench.stored[0].sign_in_needed


def test_a_pair_without_a_refresh_token_is_used_until_it_is_refused(bench: Bench) -> None:
    seen = bench.stored[0]
    lasting = Credentials(
        access=credentials("lasting").access, refresh=None, expires_at=None, refresh_expires_at=None, scopes=()
    )
    assert bench.connections.pair(seen, connection(version=2), lasting)
    bench.clock.move(days=400)
    assert bench.access() == "access-lasting"
    with pytest.raises(errors.AuthExpired):
        bench.access(force=True)
    assert bench.stored[0].sign_in_needed


def test_a_connection_that_parts_gives_no_credentials(bench: Bench) -> None:
    seen = bench.stored[0]
    bench.connections.begin_parting(seen)
    with pytest.raises(errors.RetryableError):
        bench.tokens.fresh(seen)


def test_wherever_a_renewal_dies_the_merchant_has_nothing_to_do(sealer: LocalSealer) -> None:
    benches: list[Bench] = []

    def prepare(table: Table) -> Bench:
        benches.append(Bench(sealer, table))
        benches[-1].clock.move(hours=1)
        return benches[-1]

    for wrong, _, bench, result in every_fault(prepare, lambda table, bench: bench.access(), deaths=True):
        if isinstance(result, Death):
            bench.clock.move(seconds=CLAIM_S)
        assert bench.access() in ("access-2", "access-3"), wrong
        bench.clock.move(hours=1)
        assert bench.access() in ("access-3", "access-4"), wrong
        assert not bench.stored[0].sign_in_needed, wrong
