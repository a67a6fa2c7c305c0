"""The names of sales: one for each store, day and currency of a connection."""

from datetime import date
from urllib.parse import quote, unquote

from chalicelib import errors
from chalicelib.domain.work import DayKey


def sale_id(day: DayKey, store: str, currency: str) -> str:
    """The sale's id: it says where its document is, so it needs no look-up."""
    return "~".join((day.day.isoformat(), day.connection, currency, quote(store, safe="")))


def parse_sale_id(workspace: str, text: str) -> tuple[DayKey, str, str]:
    """The day, store and currency that a sale's id names, in the asking workspace. Raises NotFound."""
    try:
        day, connection, currency, store = text.split("~", 3)
        return DayKey(workspace, connection, date.fromisoformat(day)), unquote(store), currency
    except ValueError as exc:
        raise errors.NotFound("There is no such sale.") from exc
