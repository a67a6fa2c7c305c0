"""What a restore decides without AWS: what can be asked for, what it does when others act and when it is stopped, and what the
operator reads. The rest is in test_stack.py."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import boto3
import pytest

from chalicelib.domain.restoring import Restored
from chalicelib.workflows.carry_over import Carried
from infra.aws import deploy, restore
from infra.aws.tables import LEFT_AT, MOVED_AT, TableFailed, Tables, is_of
from tests.support.engines import CREDENTIALS, Engine, create_table, start_dynalite

AT = datetime(2026, 1, 1, 3, tzinfo=UTC)
TARGET = "daybook-dev-20260101T030000Z"
NOTHING = Carried(brought={}, taken_back={}, persons=0, parted=0, workspaces=0)
DECLARED: dict[str, Any] = {"Parameters": {}, "Resources": {"Table": {"Properties": {}}}}


def nothing() -> None:
    """Nothing happens meanwhile."""


class SomeTables:
    """Tables with their tags; those that are frozen refuse writes."""

    def __init__(self) -> None:
        self.tags: dict[str, dict[str, datetime]] = {"daybook-dev": {}}
        self.frozen: set[str] = set()
        self.meanwhile = nothing

    def described(self, name: str) -> object:
        return self.tags.get(name)

    def restore(self, source: str, target: str, at: datetime) -> None:
        self.tags.setdefault(target, {})
        self.meanwhile()

    def note(self, name: str, tag: str, at: datetime) -> datetime:
        return self.tags[name].setdefault(tag, at)

    def freeze(self, name: str, declared: object, *, at: datetime, policy_s: float) -> datetime:
        self.frozen.add(name)
        return self.note(name, LEFT_AT, at)

    def left_at(self, name: str) -> datetime | None:
        return self.tags.get(name, {}).get(LEFT_AT)

    def take_up(self, name: str) -> None:
        self.tags[name].clear()


class SomeStack:
    """A stack that is moved. While it is, it tells of what was before, as CloudFormation does."""

    name, stage, region = "daybook-dev", "dev", "us-east-1"

    def __init__(self) -> None:
        self.tables = SomeTables()
        self.table, self.artifact, self.state = "daybook-dev", "first", "UPDATE_COMPLETE"
        self.moves: list[tuple[str, str]] = []
        self.during = nothing
        self.told: list[Restored] = []

    def alone(self, what: str, *, anew: bool) -> AbstractContextManager[None]:
        return nullcontext()

    def status(self) -> str:
        return self.state

    def outputs(self) -> dict[str, str]:
        return {"TableName": self.table, "Artifact": self.artifact}

    def serving(self) -> deploy.Serving:
        return deploy.Serving(self.table, self.artifact)

    def template(self, artifact: str) -> dict[str, Any]:
        return DECLARED

    def given(self) -> dict[str, str]:
        return {}

    def settle(self, table: str, template: object, given: object) -> None:
        self.tables.frozen.discard(table)

    def deploy(self, artifact: str, parameters: object, folder: None, *, table: str | None = None) -> str:
        self.moves.append((artifact, table or self.table))
        self.state = "UPDATE_IN_PROGRESS"
        self.during()
        self.end(table or self.table)
        self.settle(self.table, None, None)
        self.tables.take_up(self.table)
        return "https://daybook.example"

    def end(self, table: str) -> None:
        """The update comes to an end, on that table."""
        self.table, self.state = table, "UPDATE_COMPLETE"

    def written_to(self, table: str) -> bool:
        return table not in self.tables.frozen

    def put_back(self, at: datetime | None = AT, table: str = "") -> restore.Outcome:
        return restore.restore(cast("deploy.Stack", self), restore.Wish(at, table, "a defect"), policy_s=0)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> SomeStack:
    made = SomeStack()
    monkeypatch.setattr(restore, "REST_S", 0)
    carries(monkeypatch, made, nothing)
    return made


def carries(monkeypatch: pytest.MonkeyPatch, stack: SomeStack, meanwhile: Callable[[], None]) -> None:
    """What happens while it is carried over."""

    def carry_over(_: object, target: str, left: str | None, told: Restored) -> Carried:
        assert left is None or not stack.written_to(left)
        assert stack.state == "UPDATE_COMPLETE"
        assert stack.table != target, "nothing is carried over onto what is served"
        stack.told.append(told)
        meanwhile()
        return NOTHING

    monkeypatch.setattr(restore, "carry_over", carry_over)


def stops() -> None:
    raise KeyboardInterrupt


def fails() -> None:
    raise TableFailed("away")


# -- what can be asked for


def asked(**words: str) -> restore.Wish:
    return restore._wish(argparse.Namespace(**{"at": "", "table": "", "reason": "", "left": "", "anew": "", **words}))


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


# -- stopped, and others at work


def test_stopped_while_the_stack_moves_what_is_left_goes_on_refusing_writes(stack: SomeStack) -> None:
    stack.during = stops
    with pytest.raises(KeyboardInterrupt):
        stack.put_back()
    assert not stack.written_to("daybook-dev")
    assert stack.tables.left_at("daybook-dev") is not None
    stack.end(TARGET)
    stack.during = nothing
    assert stack.put_back().carried is None
    assert not stack.written_to("daybook-dev")
    assert stack.tables.left_at("daybook-dev") is not None


def test_run_again_it_waits_for_the_end_of_a_move(stack: SomeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.state = "UPDATE_IN_PROGRESS"
    monkeypatch.setattr(restore.time, "sleep", lambda _: stack.end(TARGET))
    stack.tables.tags[TARGET] = {}
    assert stack.put_back().carried is None
    stack.state = "UPDATE_IN_PROGRESS"
    monkeypatch.setattr(restore.time, "sleep", lambda _: None)
    with pytest.raises(TableFailed, match="still UPDATE_IN_PROGRESS"):
        stack.put_back()


def test_a_stack_between_two_tables_is_not_moved_and_no_table_of_it_dropped(stack: SomeStack) -> None:
    stack.state = "UPDATE_ROLLBACK_FAILED"
    stack.tables.tags[TARGET] = {}
    with pytest.raises(TableFailed, match="two tables"):
        stack.put_back()
    with pytest.raises(TableFailed, match="two tables"):
        restore.drop(cast("deploy.Stack", stack), TARGET)
    assert stack.moves == []


def test_a_move_that_was_rolled_back_lets_what_is_served_be_written_to(
    stack: SomeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    def rolls_back() -> None:
        stack.state = "UPDATE_ROLLBACK_COMPLETE"
        raise deploy.DeployFailed("it does not start")

    stack.during = rolls_back
    with pytest.raises(deploy.DeployFailed):
        stack.put_back()
    assert stack.written_to("daybook-dev")
    assert stack.tables.left_at("daybook-dev") is None
    assert f"make drop STAGE=dev TABLE={TARGET}" in capsys.readouterr().out


def test_what_is_deployed_while_the_table_is_made_is_what_is_moved(stack: SomeStack) -> None:
    stack.tables.meanwhile = lambda: setattr(stack, "artifact", "mended")
    stack.put_back()
    assert stack.moves == [("mended", TARGET)]


def test_moved_by_somebody_else_meanwhile_it_is_not_moved_again(
    stack: SomeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.tables.meanwhile = lambda: stack.end("daybook-dev-20260102T030000Z")
    with pytest.raises(TableFailed, match="meanwhile"):
        stack.put_back()
    stack.tables.meanwhile = nothing
    stack.end("daybook-dev")
    carries(monkeypatch, stack, lambda: stack.end(TARGET))
    with pytest.raises(TableFailed, match="meanwhile"):
        stack.put_back()
    assert stack.moves == []
    assert not stack.written_to("daybook-dev")


def test_deployed_while_it_is_carried_over_it_is_not_moved(stack: SomeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deployment has let the table be written to, and what was written then is not carried over."""
    carries(monkeypatch, stack, lambda: stack.tables.take_up("daybook-dev"))
    with pytest.raises(TableFailed, match="deployed meanwhile"):
        stack.put_back()
    assert stack.moves == []
    assert stack.written_to("daybook-dev")


def test_a_table_that_was_served_from_is_not_taken_for_that_of_an_instant(stack: SomeStack) -> None:
    stack.put_back()
    stack.put_back(None, "daybook-dev")
    for table in ("", TARGET):
        with pytest.raises(TableFailed, match="drop it first"):
            stack.put_back(AT, table)
    assert stack.written_to("daybook-dev")
    assert stack.put_back(None, TARGET).table == TARGET


def test_tried_again_it_tells_of_the_same_instant(stack: SomeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    carries(monkeypatch, stack, fails)
    with pytest.raises(TableFailed):
        stack.put_back()
    first = stack.tables.tags[TARGET][MOVED_AT]
    stack.tables.tags[TARGET][MOVED_AT] = first - timedelta(hours=1)
    carries(monkeypatch, stack, nothing)
    stack.put_back()
    assert [told.at for told in stack.told] == [first, first - timedelta(hours=1)]
    assert MOVED_AT not in stack.tables.tags[TARGET]


def test_every_table_of_a_stage_but_the_one_served_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given up, a restore leaves a table without a tag, with everybody of the instant."""
    engine: Engine = start_dynalite(None)
    try:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", engine.url)
        by_hand, foreign, another = "daybook-dev-by-hand", "daybook-dev-notes", "daybook-dev-eu"
        for name in ("daybook-dev", TARGET, by_hand, foreign, another, "daybook-prod"):
            create_table(engine.url, name)
        client = boto3.client("dynamodb", region_name=CREDENTIALS["AWS_DEFAULT_REGION"])
        for name, stage in ((by_hand, "dev"), (another, "dev-eu")):
            arn = client.describe_table(TableName=name)["Table"]["TableArn"]
            tags = [{"Key": "app", "Value": "daybook"}, {"Key": "stage", "Value": stage}]
            client.tag_resource(ResourceArn=arn, Tags=tags)
        tables = Tables(CREDENTIALS["AWS_DEFAULT_REGION"])
        assert tables.note("daybook-dev", LEFT_AT, AT) == AT
        assert tables.note("daybook-dev", LEFT_AT, AT + timedelta(hours=1)) == AT
        found = tables.left_behind("daybook-dev", "daybook-dev-20260102T030000Z")
        assert found == {"daybook-dev": AT, TARGET: None, by_hand: None}
        tables.take_up("daybook-dev")
        assert tables.left_behind("daybook-dev", TARGET) == {"daybook-dev": None, by_hand: None}
    finally:
        engine.stop()


# -- what the operator reads


def test_the_operator_reads_what_happened_and_how_to_go_back() -> None:
    carried = Carried(brought={"USER USER": 2}, taken_back={}, persons=3, parted=1, workspaces=4)
    text = restore.told(restore.Outcome("https://daybook.example", "daybook-dev-x", "daybook-dev", carried), "dev")
    assert "carried over: USER USER 2" in text
    assert "taken back: nothing" in text
    assert "persons erased: 3; connections disconnected: 1" in text
    assert "make restore STAGE=dev TABLE=daybook-dev REASON=" in text
    assert "make drop STAGE=dev TABLE=daybook-dev" in text
