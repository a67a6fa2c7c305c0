"""Cold starts: the CPU time in which a fresh interpreter imports what is packaged, against boto3 with one client."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from infra.aws import package

# DESIGN 8: 0.6 s each where boto3 with one client takes 0.43 s.
MOST_OF_FLOOR = 0.6 / 0.43
HANDLERS = ("app", "chalicelib.entrypoints.worker", "chalicelib.entrypoints.schedule", "chalicelib.entrypoints.console")
RUNS = 5
_TIMED = "import time; began = time.process_time(); {}; print(time.process_time() - began)"
_FLOOR = "import boto3; boto3.client('dynamodb')"


def environment(unpacked: Path) -> dict[str, str]:
    """What a function finds in its environment, with nothing of this machine's."""
    queues = {f"DAYBOOK_{name}_QUEUE_URL": "https://sqs.invalid/" for name in ("PLAN", "SYNC", "BACKFILL")}
    return {
        "PYTHONPATH": str(unpacked),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "DAYBOOK_BASE_URL": "https://daybook.example",
        "DAYBOOK_KMS_KEY_ID": "key",
        **queues,
    }


def times(unpacked: Path) -> tuple[float, dict[str, float]]:
    """The floor, and each handler's, in CPU seconds: the least of some runs taken in turn."""
    found: dict[str, list[float]] = {name: [] for name in HANDLERS}
    floor = []
    for _ in range(RUNS):
        floor.append(_time(_FLOOR, {"AWS_DEFAULT_REGION": "us-east-1"}))
        for name in HANDLERS:
            found[name].append(_time(f"import {name}", environment(unpacked), "-S"))
    return min(floor), {name: min(taken) for name, taken in found.items()}


def _time(statement: str, given: dict[str, str], *flags: str) -> float:
    command = [sys.executable, *flags, "-c", _TIMED.format(statement)]
    return float(subprocess.run(command, env=given, check=True, capture_output=True, text=True).stdout)


def measure() -> list[str]:
    """Lines of a report on the package as it is built now."""
    with tempfile.TemporaryDirectory() as folder:
        built, unpacked = Path(folder, "package"), Path(folder, "unpacked")
        package.package(built)
        with zipfile.ZipFile(built / package.CODE) as archive:
            archive.extractall(unpacked)
        floor, found = times(unpacked)
        size = (built / package.CODE).stat().st_size / 1e6
    lines = [f"  boto3 with one client: {floor:.2f} CPU s; code {size:.1f} MB (at most 12)"]
    return lines + [
        f"  {name:<32} {took:.2f} CPU s; ratio {took / floor:.2f} (at most {MOST_OF_FLOOR:.2f})"
        for name, took in found.items()
    ]
