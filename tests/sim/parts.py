"""What a world is made of. A deliberate breakage is a subclass of `Parts` that replaces some of it."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, ClassVar
from zoneinfo import available_timezones

from chalicelib.storage import days
from chalicelib.storage.agenda import Agenda
from chalicelib.storage.days import Days
from chalicelib.storage.documents import Documents
from chalicelib.storage.models import Item
from chalicelib.storage.revisions import Revisions
from chalicelib.storage.shelves import Shelves
from chalicelib.storage.table import Table
from chalicelib.workflows.clean import Clean
from chalicelib.workflows.fetch_day import FetchDay
from chalicelib.workflows.make_revision import MakeRevision
from chalicelib.workflows.order_settings import ChangeOrderSettings
from chalicelib.workflows.part import Part
from chalicelib.workflows.settle import Settle
from chalicelib.workflows.sync_day import SyncDay
from tests.sim.engine import decoded, read_head


class Parts:
    """What a world is made of.

    `bounds` are module constants made small, so that a few orders fill chunks and shelves; `rates` are fixed, not drawn.
    """

    Table: type[Table] = Table
    Days: type[Days] = Days
    Revisions: type[Revisions] = Revisions
    Documents: type[Documents] = Documents
    Shelves: type[Shelves] = Shelves
    Settle: type[Settle] = Settle
    Clean: type[Clean] = Clean
    Agenda: type[Agenda] = Agenda
    FetchDay: type[FetchDay] = FetchDay
    MakeRevision: type[MakeRevision] = MakeRevision
    ChangeOrderSettings: type[ChangeOrderSettings] = ChangeOrderSettings
    SyncDay: type[SyncDay] = SyncDay
    Part: type[Part] = Part
    stale = False
    sweeps = True
    walks = True
    follows_up = True
    bounds: ClassVar[dict[str, Any]] = {}
    rates: ClassVar[dict[str, float]] = {}


BOUNDS: dict[str, Any] = {
    "shelves.PARTS_MAX": 2,
    "facts.ORDERS_PER_CHUNK": 2,
    "days.BACKFILL_DAYS": 3,
    # This only saves time: names of zones are few.
    "order_settings.available_timezones": lru_cache(available_timezones),
}
CHUNKED: dict[str, Any] = {"revisions.INLINE_BYTES_MAX": 0, "flip.PART_BYTES_MAX": 150}


@contextmanager
def bounded(bounds: dict[str, Any]) -> Iterator[None]:
    """Set module constants for the time of a run."""
    modules = {
        "shelves": "storage",
        "revisions": "storage",
        "flip": "storage",
        "facts": "domain",
        "days": "domain",
    }
    was: list[tuple[Any, str, Any]] = []
    for name, value in bounds.items():
        module_name, _, constant = name.partition(".")
        module = importlib.import_module(f"chalicelib.{modules.get(module_name, 'workflows')}.{module_name}")
        was.append((module, constant, getattr(module, constant)))
        setattr(module, constant, value)
    was += [(Item, "from_raw_data", Item.__dict__["from_raw_data"]), (days, "_head", days._head)]
    Item.from_raw_data = classmethod(decoded)  # type: ignore[assignment, method-assign]
    days._head = read_head
    try:
        yield
    finally:
        for module, constant, value in was:
            setattr(module, constant, value)
