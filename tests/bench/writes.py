"""DynamoDB write units of a day, as ministack's ConsumedCapacity counts them: published, counted, documented, and synced again."""

from uuid import uuid4

from pynamodb.connection import TableConnection

from chalicelib.storage.table import Table, described
from infra.local.engines import CREDENTIALS, create_table, start_ministack
from tests.bench.days import DAY, lifelike_day
from tests.support.system import Daybook


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
