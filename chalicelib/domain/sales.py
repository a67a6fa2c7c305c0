"""The names of sales. Each says where its document is, so it needs no look-up.

2026-07-03~<connection>~USD~<store>     a day's sale of one store and currency
2026-07~<connection>~USD~<store>        a month's
2026-07-03~<connection>~o~<order id>    one order's
"""

import re
from datetime import date
from urllib.parse import quote, unquote

import msgspec

from chalicelib import errors
from chalicelib.domain.months import MonthKey
from chalicelib.domain.work import DayKey

_NAME = re.compile(r"(\d{4}-\d\d(?:-\d\d)?)~([^~]*)~(o|[A-Z]{3})~(.*)", re.ASCII)
_ORDER = "o"


class DaySale(msgspec.Struct, frozen=True):
    key: DayKey
    store: str
    currency: str


class MonthSale(msgspec.Struct, frozen=True):
    key: MonthKey
    store: str
    currency: str


class OrderSale(msgspec.Struct, frozen=True):
    key: DayKey
    order: str


SaleName = DaySale | MonthSale | OrderSale


def sale_id(day: DayKey, store: str, currency: str) -> str:
    """The id of a day's sale."""
    return _joined(day.day.isoformat(), day.connection, currency, store)


def month_sale_id(month: MonthKey, store: str, currency: str) -> str:
    return _joined(f"{month.month:%Y-%m}", month.connection, currency, store)


def order_sale_id(day: DayKey, order: str) -> str:
    return _joined(day.day.isoformat(), day.connection, _ORDER, order)


def parse_sale_id(workspace: str, text: str) -> SaleName:
    """What a sale's id names in the asking workspace. Raises NotFound for all that we would not have written ourselves."""
    parts = _NAME.fullmatch(text)
    try:
        if parts is None or quote(unquote(parts[4]), safe="") != parts[4]:
            raise ValueError(text)
        when, connection, currency, rest = parts[1], parts[2], parts[3], unquote(parts[4])
        if len(when) == len("2026-07"):
            if currency == _ORDER:
                raise ValueError(text)
            return MonthSale(MonthKey(workspace, connection, date.fromisoformat(f"{when}-01")), rest, currency)
        day = DayKey(workspace, connection, date.fromisoformat(when))
        return OrderSale(day, rest) if currency == _ORDER else DaySale(day, rest, currency)
    except ValueError as exc:
        raise errors.NotFound("There is no such sale.") from exc


def _joined(when: str, connection: str, kind: str, rest: str) -> str:
    return "~".join((when, connection, kind, quote(rest, safe="")))
