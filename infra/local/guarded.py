"""Runs a Python module as a child of the launcher: `python -m infra.local.guarded infra.local.web --port 8080`.

The child ends when its standard input ends. The launcher holds the other end, so closing it is the polite way to stop a
child, and a launcher that dies without a word, by kill -9 too, takes its children with it. This needs no signal and no
process group, and works alike on Linux and macOS.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading


def end_with_parent() -> None:
    """End this process at once when its standard input ends."""
    threading.Thread(target=_wait_for_the_end, name="parent", daemon=True).start()


def _wait_for_the_end() -> None:
    while os.read(0, 1024):
        pass
    # No clean-up: every write is safe at every point, so an abrupt end is the ordinary one.
    os._exit(0)


if __name__ == "__main__":
    end_with_parent()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
