"""Child processes of the launcher: started, heard, stopped, and free ports for them to listen on.

A child is given a pipe as its standard input and ends when that ends (`guarded.py` for Python, `dynalite_server.js` for
Node). It has its own session, so Ctrl-C in a terminal reaches the launcher alone and the launcher stops its children in
the right order. Each line a child prints is handed to `hear`.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[2]
# Below the range from which Linux and macOS take the ports of outgoing connections: a child that is started again finds
# its port free, and no client can connect to itself while the port has no listener.
PORTS = range(20_000, 32_000)
STOP_S = 3.0

Hear = Callable[[str, str], None]


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of this machine now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port on which nothing listens, drawn at random so that two launchers seldom draw the same."""
    for port in random.sample(PORTS, 100):
        if is_free(port):
            return port
    raise OSError(f"no free port between {PORTS.start} and {PORTS.stop}")


def is_listening(port: int) -> bool:
    """Whether something accepts connections on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def ignore(name: str, line: str) -> None:
    """Hear nothing."""


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs one of our modules as a guarded child."""
    return (sys.executable, "-m", "infra.local.guarded", module, *arguments)


class Child:
    """One child process, by name; `start` after an end starts it anew with the same command."""

    def __init__(
        self, name: str, command: Sequence[str], *, env: Mapping[str, str] | None = None, hear: Hear = ignore
    ) -> None:
        self.name = name
        self._command = tuple(command)
        self._env = {**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}
        self.last_line = ""
        self._hear = hear
        self._popen: subprocess.Popen[str] | None = None
        self._ears: threading.Thread | None = None

    @property
    def pid(self) -> int:
        assert self._popen is not None, f"{self.name} was never started"
        return self._popen.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._popen.poll() if self._popen else None

    @property
    def is_running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def start(self) -> None:
        assert not self.is_running, f"{self.name} already runs"
        self._popen = subprocess.Popen(
            self._command,
            env=self._env,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._ears = threading.Thread(target=self._listen, args=(self._popen,), name=self.name, daemon=True)
        self._ears.start()

    def stop(self) -> None:
        """Ask it to end, wait for `STOP_S`, then end it."""
        if self._popen is None:
            return
        assert self._popen.stdin is not None
        self._popen.stdin.close()
        try:
            self._popen.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        if self._ears is not None:
            self._ears.join(STOP_S)

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would."""
        if self._popen is not None:
            self._popen.kill()
            self.stop()

    def _listen(self, popen: subprocess.Popen[str]) -> None:
        assert popen.stdout is not None
        with popen.stdout:
            for line in popen.stdout:
                self.last_line = line.strip() or self.last_line
                self._hear(self.name, line.rstrip("\n"))
