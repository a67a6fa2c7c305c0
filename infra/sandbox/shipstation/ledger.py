"""What the account's days come to, straight from its book: no list, no JSON, no wall clock in between."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from infra.sandbox.shipstation.account import Account
from infra.sandbox.shipstation.book import Order


def totals(
    account: Account, first: date, last: date, *, store: int | None = None, zone: str = "America/New_York"
) -> dict[str, object]:
    """Orders, pieces and cents of the days `first` to `last` in `zone`, both inside, as they stand by now."""
    around = timedelta(days=2)
    now, tz = account.now_s(), ZoneInfo(zone)
    orders = [order for day in account.days(first - around, last + around) for order in account.orders_of(day)]
    # A child may have been placed some days from its parent.
    far = [order for day in account.days(first - 5 * around, last + 5 * around) for order in account.orders_of(day)]
    gone = {id_ for order in far if (state := order.at(now)) for id_ in state.merged_ids}
    count = units = net = total = listed = 0
    for order in orders:
        day = datetime.fromtimestamp(order.placed_s, UTC).astimezone(tz).date()
        if not first <= day <= last or store not in (None, order.store):
            continue
        listed += 1
        if order.id in gone or not _counts(order, now):
            continue
        pieces, worth, all_of_it = _figures(order, now)
        count, units, net, total = count + 1, units + pieces, net + worth, total + all_of_it
    return {
        "orders": count,
        "listed": listed,
        "units": units,
        "net_minor": net,
        "total_minor": total,
        "net_by_currency": {account.trade.currency: net} if count else {},
    }


def _counts(order: Order, now: float) -> bool:
    state = order.at(now)
    return state is not None and state.status not in ("cancelled", "awaiting_payment")


def _figures(order: Order, now: float) -> tuple[int, int, int]:
    """Pieces, goods less discounts, and everything. Fees are no goods."""
    state = order.at(now)
    assert state is not None, "it counts"
    pieces = sum(item.quantity for item in state.items if not item.adjustment)
    fees = sum(item.worth for item in state.items if item.adjustment and item.price > 0)
    return pieces, state.total - state.tax - state.shipping - fees, state.total
