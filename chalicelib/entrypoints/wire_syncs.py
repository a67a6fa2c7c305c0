"""The shapes of ranges before they are synced. Conventions as in wire.py; every range has both ends inside."""

from datetime import date
from typing import Literal

import msgspec

from chalicelib.entrypoints.wire import BatchOut, Preset


class RangeOut(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """A preset as the two days it means today."""

    preset: Preset
    label: str
    from_: date
    to: date


class RangesOut(msgspec.Struct, frozen=True):
    """`GET /v1/connections/{id}/ranges`. The channel shows nothing before `first_day`; null if it shows everything."""

    today: date
    first_day: date | None
    items: tuple[RangeOut, ...]


class PreviewQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Without a range only the sample is shown. `summary` is another than the one that is set."""

    from_: date | None = None
    to: date | None = None
    summary: Literal["individual", "store", "month"] | None = None


class SampleLineOut(msgspec.Struct, frozen=True):
    """One SKU of the sample; `net` is in minor units."""

    sku: str | None
    title: str
    quantity: float
    net: int


class SampleOut(msgspec.Struct, frozen=True):
    """What was sold on the newest day that has sales, today only if no other has: the five lines that sold most, and its first
    three order numbers."""

    sale_id: str
    day: date
    orders: int
    skus: int
    quantity: float
    currency: str
    net: int
    lines: tuple[SampleLineOut, ...]
    numbers: tuple[str, ...]


class PreviewOut(msgspec.Struct, frozen=True):
    """`GET /v1/connections/{id}/preview?from=&to=&summary=`: what a sync of the range would bring.

    `known_days` are here already. `sales` are those that will stand there; of individual sales only those here are known.
    """

    days: int
    known_days: int
    sales: int
    sentence: str
    note: str
    batches: tuple[BatchOut, ...]
    sample: SampleOut | None
