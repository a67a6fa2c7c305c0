"""Lighthouse, which only the tests need: a folder of npm packages of its own, and the newer Node that it asks for.

`python -m tests.support.lighthouse` installs both; make calls it before the tests, and never before `make run`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from infra.local.children import ROOT
from infra.local.node import NoNode, find_node, install
from tests.support.chromium import FLAGS, find

FOLDER = ROOT / "tests" / "pages" / "lighthouse"
CLI = FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"
OLDEST = (22, 19)
TIMEOUT_S = 180.0


class VisitFailed(Exception):
    """Chromium gave Lighthouse nothing that it could judge."""


class Scores(msgspec.Struct, frozen=True):
    """Percent by category, and which audits took some of them."""

    percent: dict[str, int]
    wanting: tuple[str, ...]


def scores(url: str, folder: Path, *, categories: tuple[str, ...], desktop: bool, cookie: str = "") -> Scores:
    """What Lighthouse says after one visit; its whole report stays in the folder. Raises VisitFailed."""
    report = folder / "report.json"
    options = [f"--only-categories={','.join(categories)}", "--output=json", f"--output-path={report}", "--quiet"]
    options += [f"--chrome-path={find()}", f"--chrome-flags={' '.join((*FLAGS, '--headless=new'))}"]
    options += ["--preset=desktop"] if desktop else []
    options += [f"--extra-headers={json.dumps({'Cookie': cookie})}"] if cookie else []
    command = (find_node(OLDEST), str(CLI), url, *options, "--no-enable-error-reporting")
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as late:
        raise VisitFailed(f"{url} took longer than {TIMEOUT_S:.0f} s") from late
    if ran.returncode:
        raise VisitFailed(ran.stderr[-1000:])
    said = json.loads(report.read_text())
    weighty = {ref["id"] for each in said["categories"].values() for ref in each["auditRefs"] if ref["weight"]}
    audits = {name: said["audits"][name] for name in sorted(weighty)}
    return Scores(
        {name: round(100 * (each["score"] or 0)) for name, each in said["categories"].items()},
        tuple(
            f"{name} {each.get('displayValue', '')}"
            for name, each in audits.items()
            if (each["score"] or 1) < 1 or each["score"] == 0
        ),
    )


def provide() -> None:
    """Install what lacks. Raises NoNode."""
    try:
        find_node(OLDEST)
    except NoNode:
        install()
    npm = shutil.which("npm")
    if npm is None or subprocess.run((npm, "ci", "--silent"), cwd=FOLDER, check=False).returncode:
        raise NoNode("Lighthouse could not be installed from npm's registry")


if __name__ == "__main__":
    try:
        provide()
    except NoNode as missing:
        sys.exit(f"daybook: {missing}")
