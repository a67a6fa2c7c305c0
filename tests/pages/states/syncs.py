"""One sync, in every state."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.entrypoints import wire
from tests.pages import shops
from tests.pages.figures import DAY, NOW, THROUGH
from tests.pages.shops import LONG, of_sync
from tests.pages.states import NEVER, State

WAREHOUSE = shops.connection()
ENDED = {"eta_s": None, "ended_at": NOW}
BATCHES = (wire.BatchOut(THROUGH - 150 * DAY, THROUGH - 31 * DAY), wire.BatchOut(THROUGH - 30 * DAY, THROUGH))


def shown(name: str, sync: wire.SyncOut, of: wire.ConnectionOut = WAREHOUSE, **other: object) -> State:
    moving = (sync,) if sync.ended_at is None else ()
    return State(name=f"sync-{name}", path="/syncs/y1", answers=of_sync(sync, of), syncs=moving, **other)  # type: ignore[arg-type]


ONE_ORDER = {"order_number": "48211", "reason": "order", "days_total": 0, "batches": ()}

STATES = (
    shown("queued", shops.sync("w" * 90, state="queued", orders=0, eta_s=None)),
    shown("running", shops.sync("d" * 31 + "t" + "d" * 26 + "r" + "w" * 31)),
    shown("slowed", shops.sync("d" * 57 + "w" * 33, state="slowed", resume_at=NOW + timedelta(minutes=21))),
    shown("lost", shops.sync("d" * 57 + "w" * 33, state="sign_in_needed"), shops.connection(state="sign_in_needed")),
    shown("cancelled", shops.sync("d" * 57 + "x" * 33, state="cancelled", **ENDED)),
    shown("failed", shops.sync("d" * 40 + "f" + "d" * 49, state="failed_days", **ENDED)),
    shown("done", shops.sync("d" * 90, state="done", **ENDED)),
    shown("reach", shops.sync("d" * 60 + "n" * 30, state="done", **ENDED)),
    shown("batches", shops.sync("w" * 20 + "r" + "d" * 130, reason="manual", batches=BATCHES, batch=2)),
    shown("one-day", shops.sync("d", state="done", reason="manual", orders=131, new_orders=2, **ENDED)),
    shown("order", shops.sync("", from_=THROUGH, to=THROUGH, **ONE_ORDER)),
    shown("order-none", shops.sync("", from_=THROUGH, to=THROUGH, state="done", **ONE_ORDER, **ENDED)),
    shown("long", shops.sync("d" * 31 + "r" + "w" * 58), shops.connection(("c1", "shopify", LONG, 1))),
    shown("viewer", shops.sync("d" * 31 + "r" + "w" * 58), session=shops.role("viewer")),
    State(name="sync-loading", path="/syncs/y1", answers={"/syncs/y1": NEVER}, settled=False),
    State(name="sync-error", path="/syncs/y1", answers={}),
)
