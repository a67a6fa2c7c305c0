"""The launcher as a person meets it: a real process, started, interrupted, killed, and refused with one clear line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.local.children import ROOT, free_port, is_listening
from infra.local.data import MachineFailed, kept_ports, open_data
from tests.local.launcher import Launch, eventually

# A launcher in whose environment PyPI's Node was not installed.
BARE = "import sys; from pathlib import Path; from infra.local import node; node._WHEEL = Path('/nowhere'); {run}"
RUN = "from infra.local.__main__ import main; sys.exit(main())"


def refused(*options: str, env: Mapping[str, str] | None = None) -> str:
    """The one line that a launcher says which does not start."""
    command = (sys.executable, "-c", BARE.format(run=RUN), *options)
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("daybook: ")
    return line


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            status: int = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
        error.close()
    return status


def test_everything_starts_and_ctrl_c_ends_all_of_it_within_seconds(launch: Launch) -> None:
    launcher = launch()
    assert set(launcher.pids) == {
        "dynalite",
        "ministack",
        *("shopify", "shipstation", "woocommerce", "mailbox", "provider"),
        "web",
        "worker",
    }
    assert status_of(launcher.where["url"] + "/v1/openapi.json") == 200
    asked_at = time.monotonic()
    assert launcher.end(signal.SIGINT) == 0
    assert time.monotonic() - asked_at < 5
    assert not any(map(is_alive, launcher.pids.values()))


def test_nothing_is_left_when_the_launcher_is_killed_and_it_can_start_again_at_once(
    launch: Launch, tmp_path: Path
) -> None:
    launcher = launch()
    assert launcher.end(signal.SIGKILL) == -signal.SIGKILL
    again = launch()
    assert eventually(lambda: not any(map(is_alive, launcher.pids.values())))
    assert status_of(again.where["url"] + "/v1/openapi.json") == 200
    assert (tmp_path / "var/key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("part", ["dynalite", "ministack", "web"])
def test_a_part_that_is_killed_is_started_again_on_its_port(launch: Launch, part: str) -> None:
    launcher = launch()
    address = {"dynalite": "dynalite_url", "ministack": "sqs_url", "web": "url"}[part]
    port = int(launcher.where[address].rpartition(":")[2])
    os.kill(launcher.pids[part], signal.SIGKILL)
    launcher.heard(f"{part} ended (-9) and is started again")
    assert eventually(lambda: is_listening(port))


def test_the_night_comes_on_the_shifted_clock(launch: Launch) -> None:
    launcher = launch("--now", "2026-03-09T05:44:58Z")
    launcher.heard("it is 05:45 UTC on 2026-03-09: the night begins")


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refused("--port", str(port), "--data", str(tmp_path))
    assert line == f"daybook: port {port} is in use: stop what listens there, or choose another with PORT="


def test_each_part_has_the_port_that_it_had(tmp_path: Path) -> None:
    ports = kept_ports(tmp_path, ("a", "b"))
    assert kept_ports(tmp_path, ("b",)) == {"b": ports["b"]}
    more = kept_ports(tmp_path, ("a", "c"))
    assert (more["a"], len({*ports.values(), more["c"]})) == (ports["a"], 3)
    with socket.create_server(("127.0.0.1", ports["a"])), pytest.raises(MachineFailed, match="where a was before"):
        kept_ports(tmp_path, ("a",))
    (tmp_path / "ports.json").write_text("[1]")
    with pytest.raises(MachineFailed, match="cannot be read"):
        kept_ports(tmp_path, ("a",))


def test_a_second_launcher_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with open_data(tmp_path):
        line = refused("--port", str(free_port()), "--data", str(tmp_path))
    assert line.startswith(f"daybook: another Daybook is running on {tmp_path}")


def test_without_node_it_says_what_to_install(tmp_path: Path) -> None:
    line = refused("--port", "0", "--data", str(tmp_path / "var"), env={"PATH": str(tmp_path)})
    assert "no Node on PATH: install Node.js 20 or newer" in line


def test_an_old_node_is_named(tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho v18.20.4\n")
    node.chmod(0o755)
    line = refused("--port", "0", "--data", str(tmp_path / "var"), env={"PATH": str(tmp_path)})
    assert line == f"daybook: {node} is Node 18.20.4: version 20 or newer is needed"


def test_a_data_folder_that_is_a_file_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("not a folder")
    assert "cannot be used: " in refused("--port", "0", "--data", str(tmp_path / "var"))


@pytest.mark.parametrize(
    ("name", "content"), [("CURRENT", b"not a manifest\n"), ("MANIFEST-000001", b"\x00damaged"), (None, b"a file")]
)
def test_a_broken_store_is_said_in_one_line(tmp_path: Path, name: str | None, content: bytes) -> None:
    store = tmp_path / "dynalite"
    open_data(tmp_path).close()
    if name is None:
        store.write_bytes(content)
    else:
        store.mkdir()
        (store / "CURRENT").write_text("MANIFEST-000001\n")
        (store / name).write_bytes(content)
    line = refused("--port", "0", "--data", str(tmp_path))
    assert f"the data folder {store} cannot be opened: " in line


def test_a_full_disk_is_said_in_one_line(tmp_path: Path) -> None:
    # /dev/full answers each write as a full disk does.
    (tmp_path / "probe").symlink_to("/dev/full")
    line = refused("--port", "0", "--data", str(tmp_path))
    assert line == f"daybook: the disk of the data folder {tmp_path} is full"


def test_a_key_is_made_once_and_never_replaced(tmp_path: Path) -> None:
    open_data(tmp_path).close()
    key = (tmp_path / "key").read_bytes()
    open_data(tmp_path).close()
    assert (tmp_path / "key").read_bytes() == key
    (tmp_path / "dynalite").mkdir()
    (tmp_path / "key").unlink()
    assert "is missing" in refused("--port", "0", "--data", str(tmp_path))
    (tmp_path / "key").write_bytes(b"short")
    assert "is not a key of 32 bytes" in refused("--port", "0", "--data", str(tmp_path))
