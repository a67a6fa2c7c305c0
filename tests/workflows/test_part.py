"""Disconnecting a shop (I17)."""

from pathlib import Path

import pytest

from chalicelib import errors
from chalicelib.domain.connections import Connection
from chalicelib.storage.connections import Connections
from chalicelib.storage.sealing import LocalSealer
from chalicelib.storage.table import Table
from chalicelib.workflows.part import Part
from tests.support.memory import MemoryEngine
from tests.support.pairing import connection, credentials, local_sealer
from tests.support.people import new_id
from tests.support.shaky import every_fault

HERE = "w1", connection().id


class Exit:
    """A paired connection and the workflow. `steps` are what it was seen to do, each with the state at that moment."""

    def __init__(self, sealer: LocalSealer, table: Table | None = None) -> None:
        self.connections = Connections(table or Table(MemoryEngine()), sealer, new_id)
        self.steps: list[tuple[str, str]] = []
        self.revoke_fails: list[Exception] = []
        self.part = Part(connections=self.connections, remove_attempts=self._walk, revoke=self._revoke, note=self._note)
        self.connections.pair(None, connection(), credentials("1"))

    @property
    def now(self) -> Connection:
        found = self.connections.get(*HERE)
        assert found is not None
        return found

    def _walk(self, workspace: str, connection: str) -> None:
        assert (workspace, connection) == HERE
        self.steps.append(("walk", self.now.state))

    def _revoke(self, connection: Connection) -> None:
        assert self.connections.open(*HERE) is not None, "revoking needs the secret"
        self.steps.append(("revoke", self.now.state))
        if self.revoke_fails:
            raise self.revoke_fails.pop(0)

    def _note(self, workspace: str, level: str, text: str, *, connection_id: str | None) -> None:
        self.steps.append(("note", self.now.state))


@pytest.fixture
def sealer(tmp_path: Path) -> LocalSealer:
    return local_sealer(tmp_path)


@pytest.fixture
def leaving(sealer: LocalSealer) -> Exit:
    return Exit(sealer)


def test_s23_the_channel_is_told_first_and_attempts_go_before_it_is_called_done(leaving: Exit) -> None:
    leaving.part.part(*HERE)
    assert leaving.steps == [("revoke", "paired"), ("walk", "parting"), ("note", "parted")]
    assert leaving.connections.open(*HERE) is None
    assert leaving.now.epoch == 2


@pytest.mark.parametrize("failure", [errors.RetryableError("down"), errors.AuthExpired("gone"), errors.Unanswered("?")])
def test_a_channel_that_cannot_be_told_holds_nothing_up(leaving: Exit, failure: Exception) -> None:
    leaving.revoke_fails = [failure]
    leaving.part.part(*HERE)
    assert leaving.now.state == "parted"


def test_parting_twice_is_parting_once(leaving: Exit) -> None:
    leaving.part.part(*HERE)
    steps = list(leaving.steps)
    leaving.part.part(*HERE)
    assert leaving.steps == steps


def test_what_is_not_there_cannot_part(leaving: Exit) -> None:
    for name in (("w2", HERE[1]), ("w1", "elsewhere")):
        with pytest.raises(errors.NotFound):
            leaving.part.part(*name)
    assert leaving.now.state == "paired"


def test_a_walk_that_died_is_finished_by_whoever_comes_next(leaving: Exit) -> None:
    leaving.connections.begin_parting(leaving.now)
    leaving.part.part(*HERE)
    assert leaving.steps == [("walk", "parting"), ("note", "parted")]


def test_a_slow_walk_does_not_end_a_later_parting(leaving: Exit) -> None:
    leaving.connections.begin_parting(leaving.now)
    slow = leaving.now
    leaving.part.part(*HERE)
    assert leaving.connections.pair(leaving.now, connection(version=3), credentials("3"))
    leaving.part.finish(slow)
    assert leaving.now.state == "paired"
    leaving.connections.begin_parting(leaving.now)
    leaving.part.finish(slow)
    assert leaving.now.state == "parting"


def test_wherever_it_dies_the_walk_comes_before_the_end(sealer: LocalSealer) -> None:
    for wrong, _, leaving, _ in every_fault(
        lambda table: Exit(sealer, table), lambda table, leaving: leaving.part.part(*HERE), deaths=True
    ):
        leaving.part.part(*HERE)
        assert leaving.now.state == "parted", wrong
        assert ("walk", "parting") in leaving.steps, wrong
        assert leaving.connections.open(*HERE) is None, wrong
