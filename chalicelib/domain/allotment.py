"""What a plan includes and what more costs, and its years: anniversaries of sign-up at 00:00 in the workspace's zone."""

from datetime import date, datetime, timedelta

import msgspec

from chalicelib.domain.days import day_of
from chalicelib.domain.money import divide_half_away

MILLI = 1000


class Account(msgspec.Struct, frozen=True):
    """Whose orders a shelf counts: a shop of a workspace, through every pairing."""

    workspace: str
    kind: str
    account: str


class Price(msgspec.Struct, frozen=True):
    """What each of so many orders beyond the allotment costs, in thousandths of a minor unit; None is all that come after."""

    orders: int | None
    milli: int


class Terms(msgspec.Struct, frozen=True):
    """How many orders a plan year includes, 0 without limit, and what more of them cost: the first `prices` first."""

    allotment: int = 0
    currency: str = "USD"
    prices: tuple[Price, ...] = ()

    def overage(self, used: int) -> int:
        """What the orders beyond the allotment come to, in minor units, rounded once."""
        left = max(used - self.allotment, 0) if self.allotment else 0
        milli = 0
        for price in self.prices:
            here = left if price.orders is None else min(left, price.orders)
            milli += here * price.milli
            left -= here
        return divide_half_away(milli, MILLI)


class PlanYear(msgspec.Struct, frozen=True):
    """From `first` to `last`, both inside; its `name` is its first day."""

    first: date
    last: date

    @property
    def name(self) -> str:
        return self.first.isoformat()


def plan_year(signed_up_at: datetime, at: datetime, zone: str) -> PlanYear:
    """The plan year that `at` belongs to. Somebody who signed up on 29 February renews on the 28th in other years."""
    signed_up, today = day_of(signed_up_at, zone), day_of(at, zone)
    year = today.year
    if today < _anniversary(signed_up, year):
        year -= 1
    return PlanYear(_anniversary(signed_up, year), _anniversary(signed_up, year + 1) - timedelta(days=1))


def _anniversary(signed_up: date, year: int) -> date:
    try:
        return signed_up.replace(year=year)
    except ValueError:
        return date(year, 2, 28)
