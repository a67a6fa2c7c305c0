"""The columns of each list and report as CSV."""

from typing import Any

from chalicelib.entrypoints.csv_out import Columns, money, pieces

SALES: Columns = (
    ("id", lambda row: row.id),
    ("type", lambda row: row.type),
    ("title", lambda row: row.title),
    ("from", lambda row: row.from_),
    ("to", lambda row: row.to),
    ("connection", lambda row: row.connection),
    ("store", lambda row: row.store),
    ("currency", lambda row: row.currency),
    ("orders", lambda row: row.orders),
    ("skus", lambda row: row.skus),
    ("quantity", lambda row: pieces(row.quantity)),
    ("gross", lambda row: _amount(row.gross)),
    ("net", lambda row: _amount(row.net)),
    ("total", lambda row: _amount(row.total)),
    ("state", lambda row: row.state),
    ("version", lambda row: row.version),
)

_ORDER: Columns = (
    ("id", lambda row: row.id),
    ("number", lambda row: row.number),
    ("placed_at", lambda row: row.placed_at),
    ("day", lambda row: row.day),
    ("connection", lambda row: row.connection),
    ("store", lambda row: row.store),
)
_ORDER_FIGURES: Columns = (
    ("status", lambda row: row.status),
    ("excluded", lambda row: row.excluded),
    ("currency", lambda row: row.net.currency),
    ("items", lambda row: pieces(row.items)),
    ("net", lambda row: _amount(row.net)),
    ("total", lambda row: _amount(row.total)),
)
_CUSTOMER: Columns = (("customer", lambda row: row.customer), ("region", lambda row: row.region))
ORDERS: Columns = (*_ORDER, *_ORDER_FIGURES)
ORDERS_WITH_PERSONS: Columns = (*_ORDER, *_CUSTOMER, *_ORDER_FIGURES)

ACTIVITY: Columns = (
    ("id", lambda row: row.id),
    ("at", lambda row: row.at),
    ("level", lambda row: row.level),
    ("connection_id", lambda row: row.connection_id),
    ("text", lambda row: row.text),
    ("day", lambda row: row.day),
    ("sync_id", lambda row: row.sync_id),
    ("sale_id", lambda row: row.sale_id),
)

SYNC_DAYS: Columns = (
    ("day", lambda row: row.day),
    ("state", lambda row: row.state),
    ("orders", lambda row: row.orders),
    ("new_orders", lambda row: row.new_orders),
    ("attempts", lambda row: row.attempts),
    ("reason", lambda row: row.reason),
    ("next_try_at", lambda row: row.next_try_at),
    ("sale_id", lambda row: row.sale_id),
)

# Rows of (kind, name, orders): counted by month, then by connection.
USAGE: Columns = (
    ("by", lambda row: row[0]),
    ("name", lambda row: row[1]),
    ("orders", lambda row: row[2]),
)

USAGE_ORDERS: Columns = (
    ("id", lambda row: row.id),
    ("number", lambda row: row.number),
    ("made_on", lambda row: row.made_on),
    ("connection", lambda row: row.connection),
    ("sale_id", lambda row: row.sale_id),
)


def lines_of(currency: str) -> Columns:
    """A sale's lines; their money is of one currency."""
    return (
        ("section", lambda row: row.section),
        ("kind", lambda row: row.kind),
        ("sku", lambda row: row.sku),
        ("name", lambda row: row.title),
        ("quantity", lambda row: pieces(row.quantity)),
        ("currency", lambda _: currency),
        ("gross", lambda row: money(row.gross, currency)),
        ("discount", lambda row: money(row.discount, currency)),
        ("net", lambda row: money(row.net, currency)),
        ("tax", lambda row: money(row.tax, currency)),
    )


def orders_of(currency: str) -> Columns:
    """A sale's order numbers."""
    return (
        ("number", lambda row: row.number),
        ("placed_at", lambda row: row.placed_at),
        ("day", lambda row: row.day),
        ("status", lambda row: row.status),
        ("excluded", lambda row: row.excluded),
        ("currency", lambda _: currency),
        ("total", lambda row: money(row.total, currency)),
        ("events_total", lambda row: money(row.events_total, currency)),
        ("sale_id", lambda row: row.sale_id),
    )


def versions_of(currency: str) -> Columns:
    """A sale's versions."""
    return (
        ("version", lambda row: row.version),
        ("published_at", lambda row: row.published_at),
        ("cause", lambda row: row.cause_text),
        ("actor", lambda row: row.actor),
        ("state", lambda row: row.state),
        ("currency", lambda _: currency),
        ("total", lambda row: money(row.total, currency)),
        ("total_delta", lambda row: money(row.total_delta, currency)),
        ("net_delta", lambda row: money(row.net_delta, currency)),
    )


# -- reports: rows of (currency, row), of sales (currency, period, store, sum)

SALES_REPORT: Columns = (
    ("currency", lambda row: row[0]),
    ("from", lambda row: row[1]),
    ("connection", lambda row: row[2].connection),
    ("store", lambda row: row[2].store),
    ("net", lambda row: money(row[3].net, row[0])),
    ("orders", lambda row: row[3].orders),
    ("quantity", lambda row: pieces(row[3].quantity)),
)

SKUS_REPORT: Columns = (
    ("currency", lambda row: row[0]),
    ("sku", lambda row: row[1].sku),
    ("name", lambda row: row[1].name),
    ("quantity", lambda row: pieces(row[1].quantity)),
    ("net", lambda row: money(row[1].net, row[0])),
    ("previous_quantity", lambda row: None if row[1].previous_quantity is None else pieces(row[1].previous_quantity)),
    ("previous_net", lambda row: _or_none(row[1].previous_net, row[0])),
)

CHANNELS_REPORT: Columns = (
    ("currency", lambda row: row[0]),
    ("connection", lambda row: row[1].connection),
    ("store", lambda row: row[1].store),
    ("net", lambda row: money(row[1].net, row[0])),
    ("orders", lambda row: row[1].orders),
    ("quantity", lambda row: pieces(row[1].quantity)),
    ("previous_net", lambda row: _or_none(row[1].previous_net, row[0])),
    ("previous_orders", lambda row: row[1].previous_orders),
)

# Rows of (currency, place, row): place is state, unknown or country.
STATES_REPORT: Columns = (
    ("currency", lambda row: row[0]),
    ("place", lambda row: row[1]),
    ("code", lambda row: row[2].state),
    ("net", lambda row: money(row[2].net, row[0])),
    ("orders", lambda row: row[2].orders),
    ("previous_net", lambda row: _or_none(row[2].previous_net, row[0])),
)

CUSTOMERS_REPORT: Columns = (
    ("currency", lambda row: row[0]),
    ("customer", lambda row: row[1].customer),
    ("region", lambda row: row[1].region),
    ("orders", lambda row: row[1].orders),
    ("net", lambda row: money(row[1].net, row[0])),
    ("first_day", lambda row: row[1].first_day),
    ("last_day", lambda row: row[1].last_day),
    ("new", lambda row: row[1].new),
)


def _amount(given: Any) -> str:
    return money(given.minor, given.currency)


def _or_none(minor: int | None, currency: str) -> str | None:
    return None if minor is None else money(minor, currency)
