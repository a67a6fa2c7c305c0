"""Connections, and one of them: its overview and its access."""

from __future__ import annotations

from chalicelib.entrypoints import wire, wire_settings
from tests.pages import figures, shops
from tests.pages.figures import BOOKS, DAY, IMPORTED, OUTLET, THROUGH, plain
from tests.pages.shops import LONG, connection, connections
from tests.pages.states import NEVER, State

KINDS = {"/kinds": shops.kinds(), "/reports/channels": figures.channels_report()}
CALM = connection()
RUNNING = shops.sync("d" * 31 + "t" + "d" * 26 + "r" + "w" * 31, connection_id="c4")
DONE = shops.sync("d" * 90, state="done", eta_s=None, ended_at=shops.NOW, reason="pairing")
LOST = "The shop no longer accepts our access. Sign in again and we catch up by ourselves."


def one(of: wire.ConnectionOut, sync: wire.SyncOut = DONE, **other: object) -> dict[str, object]:
    at = f"/connections/{of.id}"
    given = {at: plain(of), f"{at}/ranges": shops.ranges(), f"{at}/preview": shops.preview(), "/syncs/y1": plain(sync)}
    return KINDS | given | {f"{at}{path}": answer for path, answer in other.items()}


def many(count: int) -> tuple[wire.StoreOut, ...]:
    return tuple(wire.StoreOut(str(at), f"Northwind Store {at + 1}") for at in range(count))


MIRRORS = plain(
    wire_settings.MirrorsOut(
        items=(
            wire_settings.MirrorOut(
                "1", "Retail", "c1", "Northwind Shopify", 38, 40, THROUGH - 50 * DAY, THROUGH, False
            ),
            wire_settings.MirrorOut(
                "2", "Wholesale", "c3", "Northwind Outlet", 40, 40, THROUGH - 50 * DAY, THROUGH, True
            ),
        )
    )
)
WAREHOUSE = connection(BOOKS[1], stores=(wire.StoreOut("1", "Retail"), wire.StoreOut("2", "Wholesale")))
BIG = connection(("c2", "shipstation", LONG, 2), stores=many(200))
NO_ACCESS = {"state": "sign_in_needed", "state_detail": LOST}

STATES = (
    State(
        name="connections", path="/connections", answers=KINDS | {"/connections": connections(*shops.in_every_state())}
    ),
    State(name="connections-empty", path="/connections", answers=KINDS | {"/connections": connections()}),
    State(
        name="connections-loading", path="/connections", answers={"/kinds": NEVER, "/connections": NEVER}, settled=False
    ),
    State(name="connections-error", path="/connections", answers=KINDS),
    State(
        name="connections-viewer",
        path="/connections",
        answers=KINDS | {"/connections": connections(CALM)},
        session=shops.role("viewer"),
    ),
    State(
        name="connections-currencies",
        path="/connections",
        answers=KINDS
        | {
            "/connections": connections(CALM, WAREHOUSE),
            "/reports/channels": figures.channels_report("CAD", "EUR", "JPY"),
        },
    ),
    State(name="connection", path="/connections/c1", answers=one(CALM)),
    State(
        name="connection-paired",
        path="/connections/c4?paired=1",
        answers=one(connection(IMPORTED, state="importing", last_synced_at=None), RUNNING),
        syncs=(RUNNING,),
    ),
    State(name="connection-lost", path="/connections/c3", answers=one(connection(OUTLET, **NO_ACCESS))),
    State(name="connection-lost-key", path="/connections/c2", answers=one(connection(BOOKS[1], **NO_ACCESS))),
    State(
        name="connection-failing",
        path="/connections/c1",
        answers=one(
            connection(
                state="failing", state_detail="Nov 19 could not be read: the shop answered with an error each time."
            ),
            shops.sync("dddfddddfd", state="failed_days", ended_at=shops.NOW),
        ),
    ),
    State(name="connection-stores", path="/connections/c2", answers=one(WAREHOUSE, **{"/mirrors": MIRRORS})),
    State(
        name="connection-200",
        path="/connections/c2",
        answers=one(BIG, **{"/mirrors": plain(wire_settings.MirrorsOut(items=()))}),
    ),
    State(name="connection-viewer", path="/connections/c1", answers=one(CALM), session=shops.role("viewer")),
    State(name="connection-removed", path="/connections/c7", answers=one(shops.in_every_state()[6])),
    State(name="connection-loading", path="/connections/c1", answers={"/connections/c1": NEVER}, settled=False),
    State(name="connection-error", path="/connections/c1", answers={}),
    State(name="access", path="/connections/c1/access", answers=one(CALM)),
    State(name="access-key", path="/connections/c2/access", answers=one(WAREHOUSE)),
    State(name="access-approve", path="/connections/c4/access", answers=one(connection(IMPORTED))),
    State(name="access-viewer", path="/connections/c1/access", answers=one(CALM), session=shops.role("viewer")),
    State(
        name="access-sure",
        path="/connections/c1/access",
        answers=one(CALM),
        then=lambda page: page.get_by_label("Type “Northwind Shopify”").fill("Northwind Shopify"),
    ),
)
