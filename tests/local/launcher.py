"""A real launcher as a fixture: started, listened to, ended."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.children import ROOT

WITHIN_S = 60.0


class Launcher:
    """One `python -m infra.local`, and where it said that everything is."""

    def __init__(self, data: Path, *options: str) -> None:
        command = (sys.executable, "-m", "infra.local", "--json", "--port", "0", "--data", str(data), *options)
        self.popen = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.where = self._read_where()

    @property
    def pids(self) -> dict[str, int]:
        pids: dict[str, int] = self.where["pids"]
        return pids

    def end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit status."""
        self.popen.send_signal(number)
        return self.popen.wait(WITHIN_S)

    def heard(self, text: str) -> str:
        """The next line that contains this text; a launcher that does not say it for long is killed."""
        assert self.popen.stdout is not None
        patience = threading.Timer(WITHIN_S, self.popen.kill)
        patience.start()
        try:
            return next(line for line in self.popen.stdout if text in line)
        finally:
            patience.cancel()

    def _read_where(self) -> dict[str, Any]:
        where: dict[str, Any] = json.loads(self.heard('{"url"'))
        return where


Launch = Callable[..., Launcher]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Start launchers, by default on one data folder; what still runs at the end is stopped."""
    launchers: list[Launcher] = []

    def start(*options: str, data: Path = tmp_path / "var") -> Launcher:
        launchers.append(Launcher(data, *options))
        return launchers[-1]

    yield start
    for launcher in launchers:
        launcher.popen.terminate()
        launcher.popen.wait(WITHIN_S)
        assert launcher.popen.stdout is not None
        launcher.popen.stdout.close()


def eventually(fact: Callable[[], bool]) -> bool:
    """Whether it comes true within a while."""
    deadline = time.monotonic() + WITHIN_S
    while not fact():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
