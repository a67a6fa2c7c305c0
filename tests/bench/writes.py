"""DynamoDB write units of a day, as ministack's ConsumedCapacity counts them: published, counted, documented, and synced again."""

from datetime import date, timedelta
from random import Random
from uuid import uuid4

from pynamodb.connection import TableConnection

from chalicelib.domain.days import window_of
from chalicelib.domain.orders import Amounts, Order, OrderLine, Tender
from chalicelib.storage.table import Table, described
from infra.local.engines import CREDENTIALS, create_table, start_ministack
from tests.support.system import ZONE, Daybook

DAY = date(2026, 7, 3)
SKUS = 200


class Metered(TableConnection):
    """Adds up the write units that the table says each write took."""

    units = 0.0

    def put_item(self, *args, **kwargs):
        return self._meter(super().put_item(*args, **kwargs, return_consumed_capacity="TOTAL"))

    def update_item(self, *args, **kwargs):
        return self._meter(super().update_item(*args, **kwargs, return_consumed_capacity="TOTAL"))

    def delete_item(self, *args, **kwargs):
        return self._meter(super().delete_item(*args, **kwargs, return_consumed_capacity="TOTAL"))

    def _meter(self, answer):
        self.units += answer["ConsumedCapacity"]["CapacityUnits"]
        return answer


def lifelike_day(day: date, orders: int, seed: int = 1) -> list[Order]:
    """So many orders over 200 SKUs, with discounts, shipping and taxes as shops have them."""
    random = Random(seed)
    prices = [random.randrange(500, 9_000) for _ in range(SKUS)]
    start = window_of(day, ZONE).start_at
    step = timedelta(seconds=86_000 / orders)
    made = []
    for n in range(orders):
        lines = []
        for sku in random.choices(
            range(SKUS), weights=[1 / (rank + 5) for rank in range(SKUS)], k=random.choice((1, 1, 2, 3))
        ):
            quantity = random.choice((1, 1, 1, 2))
            gross = prices[sku] * quantity
            discount = gross // 10 if random.random() < 0.15 else 0
            tax = (gross - discount) * 8875 // 100_000
            lines.append(
                OrderLine(
                    f"SKU-{sku:03}",
                    str(4 * 10**13 + sku * 7919),
                    f"Product {sku}",
                    quantity * 1000,
                    gross,
                    discount,
                    tax,
                )
            )
        amounts = Amounts(
            gross=sum(line.gross for line in lines),
            discount=sum(line.discount for line in lines),
            tax=sum(line.tax for line in lines),
            shipping=random.choice((0, 0, 500, 800)),
        )
        at = start + n * step
        made.append(
            Order(
                id=str(6 * 10**12 + n * 32_768 + random.randrange(30_000)),
                number=f"#{1001 + n}",
                store="",
                currency="USD",
                placed_at=at.replace(microsecond=0),
                created_at=at.replace(microsecond=0),
                status="PAID",
                amounts=amounts,
                lines=tuple(lines),
                tenders=(Tender("card", amounts.total),),
            )
        )
    return made


def measure() -> list[str]:
    """Lines of a report: for each size of a day, the units of its night and of syncing it again unchanged."""
    lines = []
    engine = start_ministack("dynamodb")
    try:
        for orders in (100, 1_000, 10_000):
            first, again = measure_day(engine.url, orders)
            goal = {1_000: "at most 40"}.get(orders, "no goal")
            lines.append(
                f"  {orders:>6} orders a day: {first:6.0f} write units ({goal}); unchanged again {again:3.0f} (at most 8)"
            )
    finally:
        engine.stop()
    return lines


def measure_day(url: str, orders: int) -> tuple[float, float]:
    name = f"bench{uuid4().hex[:8]}"
    create_table(url, name)
    meter = Metered(name, region=CREDENTIALS["AWS_DEFAULT_REGION"], host=url, meta_table=described(name))
    daybook = Daybook(Table(meter))
    daybook.shop.orders[DAY] = lifelike_day(DAY, orders)
    paired = daybook.pair_shop()
    units = []
    for _ in ("first", "again"):
        meter.units = 0.0
        daybook.ask_day(paired, DAY)
        daybook.work()
        units.append(meter.units)
        daybook.pass_time(hours=1)
    return units[0], units[1]
