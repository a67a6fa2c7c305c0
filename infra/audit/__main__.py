"""`make audit`: what others have found out about our packages, what a scanner finds in our code, and keys in any version of it.

Each part says what it found, or that it could not look, as where the net is closed. The status is 1 if something was found,
2 if nothing was found and a part could not look. A bill of materials is left in build/sbom.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent
SBOM = ROOT / "build" / "sbom.json"
LOCKS = ("requirements.txt", "infra/local/requirements.txt", "tests/requirements.txt", "infra/audit/requirements.txt")
# Words and noise in tests look like secrets; what has the form of somebody's key does not.
NOT_FORMS = (
    "KeywordDetector",
    "Base64HighEntropyString",
    "HexHighEntropyString",
    "IPPublicDetector",
    "BasicAuthDetector",
)
BLOB_BYTES_MAX = 2_000_000

Outcome = Literal["clean", "found", "could not look"]


class Step(NamedTuple):
    """A command that fails when it finds something. `blind` are words that it says when it could not look."""

    what: str
    command: tuple[str, ...]
    folder: Path = ROOT
    blind: tuple[str, ...] = ()

    def take(self) -> tuple[Outcome, str]:
        ran = subprocess.run(self.command, cwd=self.folder, capture_output=True, text=True, check=False)
        said = (ran.stdout + ran.stderr).strip()
        if any(word in said for word in self.blind):
            return "could not look", ""
        return ("found", said) if ran.returncode else ("clean", "")


def steps() -> Iterator[Step]:
    for lock in LOCKS:
        command = (str(TOOLS / "pip-audit"), "--strict", "--disable-pip", "--require-hashes", "-r", lock)
        yield Step(f"vulnerabilities of {lock}", command, blind=("not found on PyPI", "ConnectionError", "HTTPError"))
    for folder in ("infra/web", "infra/local"):
        yield Step(
            f"vulnerabilities of {folder}", ("npm", "audit"), ROOT / folder, ("audit endpoint returned an error",)
        )
    scanned = ("app.py", "chalicelib", "infra")
    yield Step("our code", (str(TOOLS / "bandit"), "-q", "-r", "-ll", "-c", "pyproject.toml", *scanned))
    SBOM.parent.mkdir(exist_ok=True)
    listing = (str(TOOLS / "cyclonedx-py"), "requirements", "requirements.txt", "--output-file", str(SBOM))
    yield Step(f"a bill of materials in {SBOM.relative_to(ROOT)}", listing)


def secrets_in_history() -> tuple[Outcome, str]:
    """Whether any version of any file holds what has the form of a key: which one, in which object of the repository."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in unread(blobs()):
            (Path(folder) / name).write_bytes(text)
        options = [option for name in NOT_FORMS for option in ("--disable-plugin", name)]
        command = (str(TOOLS / "detect-secrets"), "-C", folder, "scan", "--all-files", *options)
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(ran.stdout)["results"]
    lines = [f"{each['type']} in {name}, line {each['line_number']}" for name, many in found.items() for each in many]
    return ("found", "\n".join(lines)) if lines else ("clean", "")


def unread(versions: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """The versions without the lines that another one of the same file had: empty, so that the others keep their numbers."""
    known: dict[str, set[bytes]] = {}
    for name, text in versions:
        seen = known.setdefault(name.partition(" ")[2], set())
        lines = text.split(b"\n")
        if new := set(lines) - seen:
            seen |= new
            yield name, b"\n".join(line if line in new else b"" for line in lines)


def blobs() -> Iterator[tuple[str, bytes]]:
    """Every version of every file, by a name that `git show` finds it under: object and path."""
    listed = _git("rev-list", "--objects", "--all").decode().splitlines()
    named = dict(line.split(" ", 1) for line in listed if " " in line)
    kinds = _git("cat-file", "--batch-check", stdin="\n".join(named).encode()).decode().splitlines()
    wanted = [id_ for id_, kind, size in map(str.split, kinds) if kind == "blob" and int(size) <= BLOB_BYTES_MAX]
    answer = memoryview(_git("cat-file", "--batch", stdin="\n".join(wanted).encode()))
    place = 0
    for id_ in wanted:
        head = bytes(answer[place : place + 100]).split(b"\n", 1)[0]
        begin = place + len(head) + 1
        place = begin + int(head.split()[2]) + 1
        yield f"{id_[:12]} {named[id_].replace('/', ' ')}", bytes(answer[begin : place - 1])


def _git(*command: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(("git", *command), cwd=ROOT, input=stdin, capture_output=True, check=True).stdout


def main() -> int:
    os.chdir(ROOT)
    outcomes = []
    for what, take in (
        *((step.what, step.take) for step in steps()),
        ("keys in any version of a file", secrets_in_history),
    ):
        outcome, said = take()
        print(f"{outcome:<15} {what}", flush=True)
        if said:
            print(said, flush=True)
        outcomes.append(outcome)
    return 1 if "found" in outcomes else 2 if "could not look" in outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
