"""Log lines as a person at the terminal sees them."""

import json
from datetime import UTC, datetime

import pytest

from infra.local.lines import render, say, teller

AT = datetime(2026, 3, 9, 5, 45, tzinfo=UTC)


def test_a_structured_line_becomes_one_readable_line() -> None:
    line = json.dumps(
        {
            "level": "INFO",
            "message": "131 orders, all known",
            "location": "worker:12",
            "day": "2026-03-08",
            "orders": 131,
        }
    )
    text = render("worker", line, at=AT)
    assert text is not None
    assert text.endswith("worker    131 orders, all known  [day=2026-03-08 orders=131]")


def test_errors_are_marked_and_keep_their_traceback() -> None:
    text = render("web", json.dumps({"level": "ERROR", "message": "broken", "exception": "Traceback\n  here"}), at=AT)
    assert text is not None
    assert "!! broken" in text
    assert text.endswith("Traceback\n  here")


@pytest.mark.parametrize("line", ["", "   ", '{"_aws": {"Timestamp": 1}, "days": 1}'])
def test_metrics_and_empty_lines_are_not_shown(line: str) -> None:
    assert render("worker", line, at=AT) is None


@pytest.mark.parametrize("line", ["Traceback (most recent call last):", '{"torn', "{}x"])
def test_what_is_not_a_structured_line_is_shown_as_it_is(line: str) -> None:
    text = render("web", line, at=AT)
    assert text is not None
    assert text.endswith(line)


def test_what_a_child_says_is_rendered_by_the_launcher(capsys: pytest.CaptureFixture[str]) -> None:
    say("the night begins", day="2026-03-09")
    heard: list[str] = []
    teller(raw=False, out=heard.append)("worker", capsys.readouterr().out.rstrip())
    teller(raw=True, out=heard.append)("worker", "{}")
    assert heard[0].endswith("the night begins  [day=2026-03-09]")
    assert heard[1] == "worker {}"
