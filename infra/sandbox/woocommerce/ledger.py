"""What the shop's days come to, straight from its book and by no path that the product takes."""

from __future__ import annotations

from datetime import date

from infra.sandbox.woocommerce.book import COUNTING
from infra.sandbox.woocommerce.shop import Shop


def totals(shop: Shop, first: date, last: date) -> dict[str, object]:
    """Sales on the day of the order, refunds on the day they happened, of orders that count now; both days inside."""
    now = shop.now_s()
    orders = units = 0
    net: dict[str, int] = {}
    total: dict[str, int] = {}
    for order in shop.orders():
        if order.status_at(now) not in COUNTING:
            continue
        currency = order.currency
        if first <= shop.day_of(order.placed_s) <= last:
            orders += 1
            items = order.items_at(now)
            units += sum(item.quantity_milli for item in items)
            net[currency] = net.get(currency, 0) + sum(item.total for item in items)
            total[currency] = total.get(currency, 0) + order.total_at(now) + order.gift_card
        for refund in order.refunds_at(now):
            if first <= shop.day_of(refund.at_s) <= last:
                units += sum(quantity for _, quantity, _, _ in refund.items)
                net[currency] = net.get(currency, 0) + sum(amount for _, _, amount, _ in refund.items)
                total[currency] = total.get(currency, 0) - refund.amount
    return {
        "orders": orders,
        "units_milli": units,
        "units": units / 1000,
        "net_minor": sum(net.values()),
        "net_by_currency": dict(sorted(net.items())),
        "total_by_currency": dict(sorted(total.items())),
    }
