"""S48: what `make audit` makes of its tools' answers, and that it looks at every version of every file."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.audit import __main__ as audit
from infra.audit.__main__ import Step


def answer(script: str) -> tuple[str, ...]:
    return (sys.executable, "-c", script)


@pytest.mark.parametrize(
    ("script", "outcome", "said"),
    [
        ("print('all is well')", "clean", ""),
        ("print('one is known'); raise SystemExit(1)", "found", "one is known"),
        ("import sys; sys.exit('one is known')", "found", "one is known"),
        ("import sys; sys.exit('the data were not reached')", "could not look", ""),
        ("print('the data were not reached')", "could not look", ""),
    ],
)
def test_s48_a_tool_that_saw_nothing_is_not_taken_for_one_that_found_nothing(
    script: str, outcome: str, said: str
) -> None:
    assert Step("it", answer(script), blind=("not reached",)).take() == (outcome, said)


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        (["clean", "clean"], 0),
        (["clean", "could not look"], 2),
        (["found", "could not look"], 1),
    ],
)
def test_s48_the_status_says_it(monkeypatch: pytest.MonkeyPatch, outcomes: list[str], status: int) -> None:
    words = {"clean": "", "found": "raise SystemExit(1)", "could not look": "print('not reached')"}
    steps = [Step(each, answer(words[each]), blind=("not reached",)) for each in outcomes]
    monkeypatch.setattr(audit, "steps", lambda: iter(steps))
    monkeypatch.setattr(audit, "secrets_in_history", lambda: ("clean", ""))
    assert audit.main() == status


def test_s48_every_version_of_every_file_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "ROOT", tmp_path)

    def git(*command: str) -> None:
        subprocess.run(
            ("git", "-c", "user.name=n", "-c", "user.email=e@example.com", *command), cwd=tmp_path, check=True
        )

    git("init", "-q")
    folder = tmp_path / "a folder"
    folder.mkdir()
    for text in ("the first\n\nline", "the second", ""):
        (folder / "file.txt").write_text(text)
        git("add", ".")
        git("commit", "-qm", "step")
    git("rm", "-q", "a folder/file.txt")
    git("commit", "-qm", "gone")
    found = list(audit.blobs())
    assert sorted(text for _, text in found) == [b"", b"the first\n\nline", b"the second"]
    assert all(name.endswith("a folder file.txt") for name, _ in found)


def test_s48_a_line_is_looked_at_once_under_its_number() -> None:
    versions = [("1 a.txt", b"x\ny\nz\n"), ("2 a.txt", b"x\nkey\nz\nkey"), ("3 a.txt", b"z\nx\n"), ("4 b.txt", b"x")]
    assert list(audit.unread(versions)) == [
        ("1 a.txt", b"x\ny\nz\n"),
        ("2 a.txt", b"\nkey\n\nkey"),
        ("4 b.txt", b"x"),
    ]
