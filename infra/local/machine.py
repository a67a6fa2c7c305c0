"""Daybook whole, on one machine: what is started, in which order, and what happens when a part of it ends.

    with Machine(Plan(data=Path("var"), port=8080)) as machine:
        print(machine.url)

Whatever ends by itself is started again on the same port. What cannot be put right raises MachineFailed with one line for
the person.
"""

from __future__ import annotations

import json
import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Self

import msgspec

from infra.local.children import HOST, Child, Hear, free_port, ignore, is_free, is_listening, python
from infra.local.data import PREDECESSOR_S, MachineFailed, kept_ports, open_data, trouble_of
from infra.local.engines import (
    CREDENTIALS,
    Engine,
    EngineFailed,
    create_queues,
    create_table,
    start_dynalite,
    start_ministack,
)
from infra.local.node import NoNode
from infra.sandbox.openid import CLIENT_ID, CLIENT_SECRET

SHOP = "northwind-supply.myshopify.com"
# Shops that are paired by keys, with those keys: of sandboxes, which have nothing to hide.
KEYS = {"shipstation": ("sandbox-key", "sandbox-secret")}
SHOPIFY_SECRET = "sandbox-secret"  # noqa: S105 - of the sandbox shop, which has nothing to hide
TABLE = "daybook"
SANDBOXES = {
    "shopify": "infra.sandbox",
    "shipstation": "infra.sandbox.shipstation",
    "woocommerce": "infra.sandbox.woocommerce",
}
MAILBOX = "infra.sandbox.mailbox"
MAIL_FROM = "daybook@northwind.example"
PROVIDER = "infra.sandbox.openid"
READY_S = 60.0
TICK_S = 0.05
# A part that ended this often within a minute will not get better by being started again.
ENDS_MAX = 8
ENDS_WITHIN_S = 60.0
# Shorter than on AWS, so that what a kill left behind is taken up while somebody watches (no promise rests on time), and
# an agenda of few partitions, because one machine has few connections. The environment has the last word.
SETTINGS = {
    "DAYBOOK_LEASE_S": "30",
    "DAYBOOK_BUDGET_S": "20",
    "DAYBOOK_BACKOFF_S": "5",
    "DAYBOOK_RESEND_S": "300",
    "DAYBOOK_AGENDA_PARTITIONS": "8",
    "DAYBOOK_PLAN_MESSAGES": "1",
}
# A little over the lease: a killed worker holds its connection back no longer.
VISIBILITY_BEYOND_LEASE_S = 5


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to start. Port 0 is any free one; `now` shifts every clock; orders and seed are the sandbox shops'.

    `rate` is how many requests a minute ShipStation's sandbox answers, 0 for any; `sandbox` are further options of Shopify's.
    """

    data: Path
    port: int = 0
    now: datetime | None = None
    orders_per_day: int = 100
    seed: int = 1
    sweep_s: float = 20.0
    rate: int = 40
    sandbox: tuple[str, ...] = ()


class Machine:
    """A running Daybook; leaving the `with` block stops all of it."""

    def __init__(self, plan: Plan, *, hear: Hear = ignore) -> None:
        self.plan = plan
        self.began_at = datetime.now(UTC)
        self.shift_s = (plan.now - self.began_at).total_seconds() if plan.now else 0.0
        self.failure: str | None = None
        self._hear = hear
        self._engines: list[Engine] = []
        self._children: list[Child] = []
        self._wake: Child | None = None
        self._ends: dict[str, list[float]] = {}
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._keep_running, name="watch", daemon=True)
        self._lock: IO[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except (EngineFailed, NoNode) as error:
            self.stop()
            raise MachineFailed(str(error)) from error
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def sandbox_url(self) -> str:
        """Where Shopify's sandbox is."""
        return self.sandboxes["shopify"]

    @property
    def pids(self) -> dict[str, int]:
        """The process of each part, by its name."""
        return {child.name: child.pid for child in self._parts()}

    def stop(self) -> None:
        """End every part, the engines last; harmless when repeated."""
        self._stopping.set()
        if self._watch.is_alive():
            self._watch.join()
        if self._wake is not None:
            self._wake.stop()
        for child in reversed(self._parts()):
            child.stop()
        if self._lock is not None:
            self._lock.close()

    def _start(self) -> None:
        self.port = self.plan.port or free_port()
        if not is_free(self.port):
            raise MachineFailed(f"port {self.port} is in use: stop what listens there, or choose another with PORT=")
        self._lock = open_data(self.plan.data)
        ports = kept_ports(self.plan.data, (*SANDBOXES, "mailbox", "provider"))
        self.dynalite = self._start_dynalite()
        self._engines.append(self.dynalite)
        self.ministack = start_ministack("sqs", hear=self._hear)
        self._engines.append(self.ministack)
        create_table(self.dynalite.url, TABLE)
        queues = create_queues(self.ministack.url, visibility_s=self._visibility_s())
        self.sandboxes = {kind: f"http://{HOST}:{ports[kind]}" for kind in SANDBOXES}
        self.mailbox_url = f"http://{HOST}:{ports['mailbox']}"
        self.provider_url = f"http://{HOST}:{ports['provider']}"
        env = self._environment(queues)
        when = ("--shift-s", str(self.shift_s), "--since", self.began_at.isoformat())
        self._children = [
            *(Child(kind, self._sandbox(kind, ports[kind]), hear=self._hear) for kind in SANDBOXES),
            Child("mailbox", python(MAILBOX, "--port", str(ports["mailbox"])), hear=self._hear),
            Child("provider", self._provider(ports["provider"]), hear=self._hear),
            Child("web", python("infra.local.web", "--port", str(self.port)), env=env, hear=self._hear),
            Child(
                "worker",
                python("infra.local.workers", *when, "--sweep-s", str(self.plan.sweep_s)),
                env=env,
                hear=self._hear,
            ),
        ]
        self._wake = Child("wake", python("infra.local.wake"), env=env | {"DAYBOOK_RESEND_S": "0"}, hear=self._hear)
        for child in (*self._children, self._wake):
            child.start()
        for name, port in (*ports.items(), ("web", self.port)):
            self._wait_for(name, port)
        self._watch.start()

    def _start_dynalite(self) -> Engine:
        """Start it on the data folder; a store that is still locked belongs to a predecessor about to end."""
        path = self.plan.data / "dynalite"
        deadline = time.monotonic() + PREDECESSOR_S
        while True:
            try:
                return start_dynalite(path.resolve(), hear=self._hear)
            except EngineFailed as error:
                if "/LOCK:" not in str(error) or time.monotonic() > deadline:
                    raise MachineFailed(f"the data folder {path} cannot be opened: {error}") from error
                time.sleep(0.2)

    def _visibility_s(self) -> int:
        lease_s = os.environ.get("DAYBOOK_LEASE_S", SETTINGS["DAYBOOK_LEASE_S"])
        return int(lease_s) + VISIBILITY_BEYOND_LEASE_S

    def _environment(self, queues: dict[str, str]) -> dict[str, str]:
        """What `chalicelib/settings.py` reads; times may be given from outside, addresses may not."""
        return {
            **{name: os.environ.get(name, value) for name, value in SETTINGS.items()},
            **CREDENTIALS,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_DYNAMODB": self.dynalite.url,
            "AWS_ENDPOINT_URL_SQS": self.ministack.url,
            "AWS_ENDPOINT_URL_SESV2": self.mailbox_url,
            "DAYBOOK_MAIL_FROM": MAIL_FROM,
            "DAYBOOK_TABLE": TABLE,
            "DAYBOOK_PLAN_QUEUE_URL": queues["PlanQueue"],
            "DAYBOOK_SYNC_QUEUE_URL": queues["SyncQueue"],
            "DAYBOOK_BACKFILL_QUEUE_URL": queues["BackfillQueue"],
            "DAYBOOK_BASE_URL": self.url,
            "DAYBOOK_KEY_FILE": str((self.plan.data / "key").resolve()),
            "DAYBOOK_CHANNEL_URLS": json.dumps(
                {"shopify": f"{self.sandbox_url}/{{shop}}", "shipstation": self.sandboxes["shipstation"]}
            ),
            "DAYBOOK_PLAIN_SITES": json.dumps([self.sandboxes["woocommerce"], self.provider_url]),
            "DAYBOOK_OIDC_ISSUER": f"{self.provider_url}/pool",
            "DAYBOOK_OIDC_CLIENT_ID": CLIENT_ID,
            "DAYBOOK_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "DAYBOOK_OIDC_LABEL": "Continue with the sandbox's sign-in",
            "DAYBOOK_SHOPIFY_CLIENT_ID": "daybook-sandbox",
            "DAYBOOK_SHOPIFY_CLIENT_SECRET": SHOPIFY_SECRET,
            "DAYBOOK_CLOCK_SHIFT_S": str(self.shift_s),
        }

    def _sandbox(self, kind: str, port: int) -> tuple[str, ...]:
        options: dict[str, object] = {
            "--port": port,
            "--orders-per-day": self.plan.orders_per_day,
            "--seed": self.plan.seed,
            "--clock-shift-s": self.shift_s,
        }
        if kind == "shopify":
            options |= {
                "--shop": SHOP,
                "--hooks-url": f"{self.url}/v1/webhooks/shopify",
                "--hooks-secret": SHOPIFY_SECRET,
                "--state": (self.plan.data / "sandbox.json").resolve(),
            }
        elif kind == "shipstation":
            options["--rate"] = self.plan.rate
        flags = [str(word) for pair in options.items() for word in pair]
        return python(SANDBOXES[kind], *flags, *(self.plan.sandbox if kind == "shopify" else ()))

    def _provider(self, port: int) -> tuple[str, ...]:
        callback = f"{self.url}/v1/callback/provider"
        options = ("--port", str(port), "--callback", callback, "--clock-shift-s", str(self.shift_s))
        return python(PROVIDER, *options)

    def _wait_for(self, name: str, port: int) -> None:
        (child,) = (each for each in self._children if each.name == name)
        deadline = time.monotonic() + READY_S
        while not is_listening(port):
            if not child.is_running or time.monotonic() > deadline:
                raise MachineFailed(f"the {name} process did not start; what it said stands above")
            time.sleep(TICK_S)

    def _parts(self) -> list[Child]:
        return [*(engine.child for engine in self._engines), *self._children]

    def _keep_running(self) -> None:
        while not self._stopping.wait(TICK_S) and self.failure is None:
            for child in self._parts():
                if not child.is_running and not self._stopping.is_set():
                    self._start_again(child)

    def _start_again(self, child: Child) -> None:
        now = time.monotonic()
        ends = [at for at in self._ends.get(child.name, []) if at > now - ENDS_WITHIN_S] + [now]
        self._ends[child.name] = ends
        # A full disk is the one trouble that ends dynalite for a reason a person can remove.
        self.failure = trouble_of(self.plan.data) if child is self.dynalite.child else None
        if self.failure is None and len(ends) >= ENDS_MAX:
            self.failure = f"{child.name} ended {len(ends)} times within a minute; what it said stands above"
        if self.failure is not None:
            return
        self._hear("launcher", f"{child.name} ended ({child.exit_status}) and is started again")
        engine = next((each for each in self._engines if each.child is child), None)
        try:
            if engine is None:
                child.start()
            else:
                engine.start()
            if engine is self.ministack and self._wake is not None:
                create_queues(engine.url, visibility_s=self._visibility_s())
                self._wake.stop()
                self._wake.start()
        except EngineFailed:
            # It has ended once more, which the next round sees and counts.
            return
