"""Lifelike days of any size, the same each time."""

from datetime import date, timedelta
from random import Random

from chalicelib.domain.days import window_of
from chalicelib.domain.orders import Amounts, Order, OrderLine, Tender
from tests.support.system import ZONE

DAY = date(2026, 7, 3)
SKUS = 200


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
