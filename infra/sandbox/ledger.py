"""What the shop's days come to, straight from its book and by no path that the product takes: the proof of the journey."""

from __future__ import annotations

from datetime import date, timedelta

from infra.sandbox.book import Happening, Order, Sale, placed_sales
from infra.sandbox.shop import SandboxShop

# Nothing happens to an order after that.
SETTLED_AFTER = timedelta(days=60)


class Totals:
    """Counting orders, pieces and net sales by currency, over a range of days."""

    def __init__(self) -> None:
        self.orders = 0
        self.units = 0
        self.net: dict[str, int] = {}

    def add(self, order: Order, sales: tuple[Sale, ...]) -> None:
        for sale in sales:
            if sale.type == "PRODUCT":
                self.net[order.currency] = self.net.get(order.currency, 0) + sale.amount - sale.tax
                if sale.action != "UPDATE":
                    self.units += sale.quantity or 0

    def shown(self) -> dict[str, object]:
        return {
            "orders": self.orders,
            "units": self.units,
            "net_minor": sum(self.net.values()),
            "net_by_currency": dict(sorted(self.net.items())),
        }


def totals(shop: SandboxShop, first: date, last: date, *, older: timedelta = timedelta(0)) -> dict[str, object]:
    """Sales on the day of the order, what happened later on the day it happened; both days inside.

    What happened to orders `older` than that is among it, but not their sales.
    """
    sums = Totals()
    now = int(shop.now_s())
    day = first - older
    while day <= last:
        for order in shop.orders_of(day):
            happened = order.until(now)
            if not counts(shop, order, happened):
                continue
            if day >= first:
                sums.orders += 1
                sums.add(order, placed_sales(order))
            for each in happened:
                if first <= shop.day_of(each.at_s) <= last:
                    sums.add(order, _effect(order, each, happened))
        day += timedelta(days=1)
    return sums.shown()


def counts(shop: SandboxShop, order: Order, happened: tuple[Happening, ...]) -> bool:
    """Whether the order is a sale: no test, not voided or expired, not called off unpaid on its own day."""
    kinds = {each.kind for each in happened}
    if order.test or kinds & {"void", "expire"}:
        return False
    cancel = next((each for each in happened if each.kind == "cancel"), None)
    paid = order.paid or "capture" in kinds
    return not (cancel and not paid and shop.day_of(cancel.at_s) == shop.day_of(order.placed_s))


def _effect(order: Order, each: Happening, happened: tuple[Happening, ...]) -> tuple[Sale, ...]:
    """What it changes in the sums. A cancellation takes back what nothing else has taken back."""
    if each.kind != "cancel":
        return each.sales
    all_sales = (*placed_sales(order), *(sale for other in happened for sale in other.sales))
    goods = [sale for sale in all_sales if sale.type == "PRODUCT"]
    net = sum(sale.amount - sale.tax for sale in goods)
    units = sum(sale.quantity or 0 for sale in goods if sale.action != "UPDATE")
    return (Sale(type="PRODUCT", action="RETURN", amount=-net, quantity=-units),) if net or units else ()
