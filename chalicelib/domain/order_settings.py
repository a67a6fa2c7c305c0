"""Order settings: how a connection's orders become sales, which of them count, and how often today is looked at."""

from datetime import date
from typing import Literal, get_args

import msgspec

from chalicelib.domain.days import Calendar

Summary = Literal["individual", "store", "month"]
Counting = Literal["channel", "paid", "custom"]
SUMMARIES: tuple[Summary, ...] = get_args(Summary)
A_DAY_MIN = 1_440
INTERVALS_MIN = (A_DAY_MIN, 720, 360, 240, 60, 15)


class Recut(msgspec.Struct, frozen=True):
    """What another calendar has to be followed up with: days from `first` on are cut otherwise.

    `actor` is who wants those that are here to be cut again; "" if nobody does, and only those that are open are.
    """

    first: date
    actor: str = ""


class Mirror(msgspec.Struct, frozen=True, order=True):
    """A store whose orders also come through another connection, and count there only."""

    store: str
    connection: str


class OrderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one connection. `version` rises with every change.

    `summary` says which documents are shown; what is stored is the same in every mode, but for personal fields, which only
    `individual` keeps. `counting` is which orders count: as the channel has it, those paid, or those whose status is one of
    `statuses`. `interval_min` is how often today is summarised so far; once a day is not at all. `calendar` None is the zone
    that the shop named when it was paired. `mirrors` are the stores that the merchant linked to other connections.
    """

    version: int = 0
    summary: Summary = "store"
    counting: Counting = "channel"
    statuses: tuple[str, ...] = ()
    interval_min: int = A_DAY_MIN
    calendar: Calendar | None = None
    mirrors: tuple[Mirror, ...] = ()
