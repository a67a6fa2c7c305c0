"""What orders beyond the allotment cost, and plan years by their anniversaries."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.allotment import PlanYear, Price, Terms, plan_year

TIERS = (Price(24_000, 10_000), Price(None, 5_000))


@pytest.mark.parametrize(
    ("allotment", "used", "amount"),
    [(36_000, 70_000, 290_000), (12_000, 14_000, 20_000), (36_000, 36_000, 0), (36_000, 0, 0), (0, 70_000, 0)],
)
def test_orders_beyond_the_allotment_cost_the_first_prices_first(allotment, used, amount):
    assert Terms(allotment, "USD", TIERS).overage(used) == amount


def test_without_prices_more_orders_cost_nothing():
    assert Terms(10).overage(1_000) == 0


def test_a_price_below_a_cent_is_rounded_once_for_all_orders():
    terms = Terms(100, "USD", (Price(None, 333),))
    assert (terms.overage(101), terms.overage(102), terms.overage(400)) == (0, 1, 100)


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_one_more_order_never_costs_less(allotment, used, more):
    terms = Terms(allotment, "USD", TIERS)
    assert 0 <= terms.overage(used) <= terms.overage(used + more)


@pytest.mark.parametrize(
    ("signed_up", "at", "first", "last"),
    [
        (date(2024, 2, 29), date(2025, 2, 27), date(2024, 2, 29), date(2025, 2, 27)),
        (date(2024, 2, 29), date(2025, 2, 28), date(2025, 2, 28), date(2026, 2, 27)),
        (date(2024, 2, 29), date(2028, 2, 29), date(2028, 2, 29), date(2029, 2, 27)),
        (date(2026, 7, 5), date(2026, 7, 5), date(2026, 7, 5), date(2027, 7, 4)),
    ],
)
def test_a_plan_year_begins_on_the_day_of_sign_up(signed_up, at, first, last):
    instants = (datetime(each.year, each.month, each.day, 12, tzinfo=UTC) for each in (signed_up, at))
    assert plan_year(*instants, "America/New_York") == PlanYear(first, last)
