"""Reports as the wire shapes that programs and the page read."""

from typing import Any

from chalicelib.domain.ranges import Range
from chalicelib.entrypoints import show_sales
from chalicelib.entrypoints import wire_reports as wire
from chalicelib.workflows.read_customers import CurrencyCustomers, CustomerRow
from chalicelib.workflows.read_reports import Frame
from chalicelib.workflows.report_rows import (
    CurrencyRegions,
    CurrencySales,
    CurrencySkus,
    RegionRow,
    SkuRow,
    StoreSales,
    Sum,
    added,
)

MILLI = 1_000


def frame(given: Frame) -> dict[str, Any]:
    """The fields that every report begins with."""
    return {
        "range": days(given.whole),
        "previous": days(given.before) if given.before else None,
        "by": given.periods.by,
        "periods": given.periods.firsts,
        "through_day": given.through,
    }


def days(given: Range) -> wire.DaysOut:
    return wire.DaysOut(from_=given.first, to=given.last)


def sum_(given: Sum) -> wire.SumOut:
    return wire.SumOut(given.net, given.orders, given.quantity_milli / MILLI)


def sales(given: CurrencySales) -> wire.SalesByPeriodOut:
    by_connection: dict[str, list[StoreSales]] = {}
    for store in given.stores:
        by_connection.setdefault(store.connection.id, []).append(store)
    return wire.SalesByPeriodOut(
        currency=given.currency,
        series=tuple(
            wire.SeriesOut(
                id_,
                stores[0].connection.name,
                stores[0].connection.colour,
                tuple(sum(each.net for each in place) for place in zip(*(s.periods for s in stores), strict=True)),
            )
            for id_, stores in by_connection.items()
        ),
        rows=tuple(map(sum_, given.periods)),
        previous=None if given.before_periods is None else tuple(each.net for each in given.before_periods),
        total=sum_(given.total),
        previous_total=sum_(given.before) if given.before else None,
        figures=show_sales.figures(given.figures),
    )


def skus(given: CurrencySkus) -> wire.SkusOut:
    others = wire.SkuOthersOut(
        skus=given.others_count,
        quantity=given.others.quantity_milli / MILLI,
        net=given.others.net,
        previous_net=given.others_before.net if given.others_before else None,
    )
    return wire.SkusOut(given.currency, tuple(map(sku, given.rows)), others)


def sku(given: SkuRow) -> wire.SkuRowOut:
    return wire.SkuRowOut(
        sku=given.sku,
        name=given.title,
        quantity=given.now.quantity_milli / MILLI,
        net=given.now.net,
        previous_quantity=given.before.quantity_milli / MILLI if given.before else None,
        previous_net=given.before.net if given.before else None,
    )


def channels(given: CurrencySales) -> wire.ChannelsOut:
    stores = sorted(given.stores, key=lambda each: (-each.total.net, each.connection.name, each.store))
    return wire.ChannelsOut(
        given.currency,
        tuple(channel(each, compared=given.before is not None) for each in stores),
        sum_(given.total),
        sum_(given.before) if given.before else None,
    )


def channel(given: StoreSales, *, compared: bool) -> wire.ChannelRowOut:
    return wire.ChannelRowOut(
        connection_id=given.connection.id,
        connection=given.connection.name,
        colour=given.connection.colour,
        store=show_sales.store_name(given.connection, given.store),
        net=given.total.net,
        orders=given.total.orders,
        quantity=given.total.quantity_milli / MILLI,
        values=tuple(each.net for each in given.periods),
        previous_net=given.before.net if compared else None,
        previous_orders=given.before.orders if compared else None,
    )


def states(given: CurrencyRegions) -> wire.StatesOut:
    before = [each.before for each in given.outside if each.before]
    compared = given.unknown.before is not None
    outside = RegionRow("", added(each.now for each in given.outside), added(before) if compared else None)
    return wire.StatesOut(
        currency=given.currency,
        rows=tuple(map(state, given.states)),
        unknown=state(given.unknown),
        outside=state(outside),
        countries=tuple(map(state, given.outside)),
    )


def state(given: RegionRow) -> wire.StateRowOut:
    return wire.StateRowOut(given.region, given.now.net, given.now.orders, given.before.net if given.before else None)


def customers(given: CurrencyCustomers) -> wire.CustomersOut:
    return wire.CustomersOut(
        currency=given.currency,
        rows=tuple(map(customer, given.rows)),
        customers=given.customers,
        new_customers=given.new_customers,
        named=sum_(given.named),
        unnamed=sum_(given.unnamed),
    )


def customer(given: CustomerRow) -> wire.CustomerRowOut:
    return wire.CustomerRowOut(
        customer=given.person.name,
        region=given.person.region,
        orders=given.sum.orders,
        net=given.sum.net,
        first_day=given.first_day,
        last_day=given.last_day,
        new=given.new,
    )
