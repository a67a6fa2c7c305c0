"""`make run`: start Daybook on this machine and keep it running until Ctrl-C.

The settings are make's variables (PORT, DATA, NOW, ORDERS_PER_DAY, SEED, SWEEP_S), taken from the environment or as
options. With --json one line on standard output is an object that says where everything is.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from infra.local.data import MachineFailed
from infra.local.lines import teller
from infra.local.machine import KEYS, SHOP, Machine, Plan


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        with Machine(_plan(options), hear=teller(raw=options.verbose)) as machine:
            _greet(machine, as_json=options.json)
            while machine.failure is None and options.parent in (None, os.getppid()) and not stop.wait(0.2):
                pass
            if machine.failure is not None:
                raise MachineFailed(machine.failure)
            print("stopping")
    except MachineFailed as failure:
        print(f"daybook: {failure}", file=sys.stderr)
        return 1
    return 0


def _greet(machine: Machine, *, as_json: bool) -> None:
    if as_json:
        where = {"url": machine.url, "sandbox_url": machine.sandbox_url, "shop": SHOP, "pids": machine.pids}
        where["sandboxes"] = machine.sandboxes
        where["mailbox_url"] = machine.mailbox_url
        print(json.dumps(where | {"dynalite_url": machine.dynalite.url, "sqs_url": machine.ministack.url}))
        return
    key, secret = KEYS["shipstation"]
    print(
        f"\n  Daybook      {machine.url}\n  mailbox      {machine.mailbox_url}\n  data         {machine.plan.data}\n\n  Sandbox shops to connect:"
    )
    print(f"  Shopify      {SHOP}")
    print(f"  ShipStation  API key {key}, secret {secret}")
    print(f"  WooCommerce  {machine.sandboxes['woocommerce']}")
    print(f"\n  Sign up, open Connections, pair {SHOP}. Ctrl-C stops.\n")


def _plan(options: argparse.Namespace) -> Plan:
    return Plan(
        data=options.data,
        port=options.port,
        now=options.now,
        orders_per_day=options.orders_per_day,
        seed=options.seed,
        sweep_s=options.sweep_s,
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    def default(name: str, value: str) -> str:
        return os.environ.get(name) or value

    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("--port", type=int, default=default("PORT", "8080"), help="0 takes any free one")
    parser.add_argument("--data", type=Path, default=default("DATA", "var"))
    parser.add_argument("--now", type=_instant, default=os.environ.get("NOW") or None, help="2026-03-09T05:44:50Z")
    parser.add_argument("--orders-per-day", type=int, default=default("ORDERS_PER_DAY", "100"))
    parser.add_argument("--seed", type=int, default=default("SEED", "1"))
    parser.add_argument("--sweep-s", type=float, default=default("SWEEP_S", "20"))
    parser.add_argument("--parent", type=int, help="stop when this process, which started it, is gone")
    parser.add_argument("--json", action="store_true", help="say where everything is in one JSON line")
    parser.add_argument("-v", "--verbose", action="store_true", help="show log lines as they are")
    return parser.parse_args(arguments)


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
