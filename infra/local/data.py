"""The data folder of a Daybook on one machine: one launcher at a time, its key, and the ports that are kept.

In it: `key` (seals credentials), `ports.json` (where each part listens), `dynalite/` (the table), `sandbox.json` (the tokens
of Shopify's sandbox), `lock`.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import msgspec

from infra.local.children import free_port, is_free

KEY_BYTES = 32
PROBE_BYTES = 4_000_000
# So long may a predecessor that was killed take to end.
PREDECESSOR_S = 5.0


class MachineFailed(Exception):
    """Daybook cannot run here; the message is one line for the person at the terminal."""


def open_data(data: Path) -> IO[bytes]:
    """Make the data folder ready and take its lock, which lasts until the file is closed. Raises MachineFailed."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "lock").open("ab")
    except OSError as error:
        raise MachineFailed(f"the data folder {data} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise MachineFailed(
            f"another Daybook is running on {data}: stop it, or choose another folder with DATA="
        ) from error
    if trouble := trouble_of(data):
        raise MachineFailed(trouble)
    _make_key(data)
    return lock


def trouble_of(data: Path) -> str | None:
    """Why nothing can be written to the data folder, in one line, or None when it can."""
    probe = data / "probe"
    try:
        with probe.open("wb") as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return f"the disk of the data folder {data} is full"
        return f"the data folder {data} cannot be written: {error.strerror}"
    finally:
        probe.unlink(missing_ok=True)
    return None


def _make_key(data: Path) -> None:
    """Create the application key once; a key that is lost or damaged beside a table is said, not replaced."""
    key = data / "key"
    if key.exists():
        if key.stat().st_size != KEY_BYTES:
            raise MachineFailed(f"{key} is not a key of {KEY_BYTES} bytes: put the right file back")
        return
    if (data / "dynalite").exists():
        raise MachineFailed(f"{key} is missing, without which {data / 'dynalite'} cannot be read: put it back")
    unfinished = data / "key.new"
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(key)


def kept_ports(data: Path, names: Iterable[str]) -> dict[str, int]:
    """A port for each name, which is the same every time: shops are known by their address. Raises MachineFailed."""
    file = data / "ports.json"
    try:
        known = msgspec.json.decode(file.read_bytes(), type=dict[str, int]) if file.exists() else {}
    except msgspec.DecodeError as error:
        raise MachineFailed(f"{file} cannot be read: put the right file back, or remove it for new ports") from error
    ports = {name: known.get(name) or free_port() for name in names}
    deadline = time.monotonic() + PREDECESSOR_S
    for name, port in ports.items():
        while not is_free(port):
            if time.monotonic() > deadline:
                raise MachineFailed(
                    f"port {port} is in use, where {name} was before: stop what listens there, or remove {file} for other "
                    "ports and connect anew what was known by this one"
                )
            time.sleep(0.05)
    fresh = file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode({**known, **ports})))
    fresh.replace(file)
    return ports
