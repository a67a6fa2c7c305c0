"""The one move: lost answers are read up, parts are never overwritten."""

import pytest

from chalicelib import errors
from chalicelib.storage.flip import PART_BYTES_MAX, TRIES_MAX, put_part, slices, write_surely
from chalicelib.storage.models import Part
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine


class Unsteady(Table):
    """A table whose writes lose their answers: each `lost` entry says whether that write was done all the same."""

    def __init__(self, *lost: bool) -> None:
        super().__init__(MemoryEngine())
        self.lost = list(lost)

    def insert(self, item) -> None:
        if not self.lost:
            return super().insert(item)
        if self.lost.pop(0):
            super().insert(item)
        raise errors.Unanswered("no answer")


@pytest.mark.parametrize("lost", [(), (False,), (True,), (False, True), (True, True, True)])
def test_a_part_stands_whatever_answers_were_lost(lost):
    table = Unsteady(*lost)
    put_part(table, "p", "s", b"content")
    assert table.get(Part, "p", "s").body == b"content"


def test_a_part_is_never_overwritten(table):
    put_part(table, "p", "s", b"one")
    put_part(table, "p", "s", b"one")
    with pytest.raises(errors.PublishConflict):
        put_part(table, "p", "s", b"another")
    assert table.get(Part, "p", "s").body == b"one"


def test_a_table_that_never_answers_is_said_to():
    with pytest.raises(errors.Unanswered):
        put_part(Unsteady(*[False] * TRIES_MAX), "p", "s", b"x")


def refusing() -> None:
    raise errors.Refused("refused")


def test_a_refusal_that_is_our_own_echo_counts_as_done():
    assert write_surely(refusing, lambda: Part("p", "s"), landed=lambda item: True, open_still=lambda item: False)


def test_a_refusal_because_of_another_is_a_loss():
    assert not write_surely(refusing, lambda: Part("p", "s"), landed=lambda item: False, open_still=lambda item: False)


def test_trying_ends():
    with pytest.raises(errors.Unanswered):
        write_surely(refusing, lambda: None, landed=lambda item: False, open_still=lambda item: True)


def test_content_is_cut_into_parts_and_comes_back():
    body = bytes(range(256)) * 3000
    parts = list(slices(body))
    assert b"".join(parts) == body
    assert max(map(len, parts)) == PART_BYTES_MAX
    assert list(slices(b"")) == [b""]
