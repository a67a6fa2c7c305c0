"""What a restore decides without AWS: what can be asked for, and what the operator reads. The rest is in test_stack.py."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

import pytest

from chalicelib.workflows.carry_over import Carried
from infra.aws import restore
from infra.aws.tables import is_of


def asked(**words: str) -> restore.Wish:
    return restore._wish(argparse.Namespace(**{"at": "", "table": "", "reason": "", "left": "", **words}))


def test_an_instant_is_read_in_its_zone() -> None:
    wish = asked(at="2026-01-01T05:00:00+02:00", reason=" a defect wrote wrong days ")
    assert wish == restore.Wish(datetime(2026, 1, 1, 3, tzinfo=UTC), "", "a defect wrote wrong days")


def test_a_table_that_is_there_needs_no_instant() -> None:
    assert asked(table="daybook-dev", reason="back again", left="lost") == restore.Wish(
        None, "daybook-dev", "back again", True
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"reason": "why"}, "AT="),
        ({"at": "yesterday", "reason": "why"}, "no instant"),
        ({"at": "2026-01-01T03:00:00", "reason": "why"}, "time zone"),
        ({"at": "2999-01-01T03:00:00Z", "reason": "why"}, "is over"),
        ({"at": "2026-01-01T03:00:00Z"}, "REASON"),
        ({"at": "2026-01-01T03:00:00Z", "reason": "x" * 201}, "REASON"),
        ({"at": "2026-01-01T03:00:00Z", "reason": "two\nlines"}, "REASON"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_done(words: dict[str, str], said: str) -> None:
    with pytest.raises(SystemExit, match=said):
        asked(**words)


@pytest.mark.parametrize(
    ("table", "theirs"),
    [("daybook-dev", True), ("daybook-dev-20260101T030000Z", True), ("daybook-devel", False), ("daybook-prod", False)],
)
def test_a_stage_has_tables_of_its_own_only(table: str, theirs: bool) -> None:
    assert is_of("daybook-dev", table) is theirs


def test_the_operator_reads_what_happened_and_how_to_go_back() -> None:
    carried = Carried(brought={"USER USER": 2}, taken_back={}, persons=3, parted=1, workspaces=4)
    text = restore.told(restore.Outcome("https://daybook.example", "daybook-dev-x", "daybook-dev", carried), "dev")
    assert "carried over: USER USER 2" in text
    assert "taken back: nothing" in text
    assert "persons erased: 3; connections disconnected: 1" in text
    assert "make restore STAGE=dev TABLE=daybook-dev REASON=" in text
    assert "make drop STAGE=dev TABLE=daybook-dev" in text
