"""Minor units: exact, rounded once, halves away from zero."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.money import Money, divide_half_away, exponent, parse_minor


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("19.99", "USD", 1999),
        ("1000.0", "JPY", 1000),
        ("1.2345", "KWD", 1235),
        ("-0.005", "USD", -1),
        ("0.005", "USD", 1),
        ("12", "USD", 1200),
        ("1e2", "USD", 10000),
        ("-5.00", "EUR", -500),
        ("-0.00", "USD", 0),
    ],
)
def test_text_becomes_minor_units(text, currency, minor):
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1,000.00", "1e99", "--5", "5-", "1.2.3", "٣.٠٠", "."])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="not an amount"):
        parse_minor(text, 2)


@given(st.decimals(-(10**9), 10**9, places=4), st.sampled_from(["USD", "JPY", "KWD"]))
def test_the_negative_text_is_the_negative_amount(value: Decimal, currency: str):
    assert parse_minor(str(-value), exponent(currency)) == -parse_minor(str(value), exponent(currency))


@given(st.integers(-(10**12), 10**12), st.sampled_from([0, 2, 3]))
def test_minor_units_survive_the_way_through_text(minor: int, places: int):
    assert parse_minor(str(Decimal(minor).scaleb(-places)), places) == minor


@given(st.integers(-(10**9), 10**9), st.integers(-(10**6), 10**6).filter(bool))
def test_halves_divide_away_from_zero(numerator: int, denominator: int):
    exact = Decimal(numerator) / Decimal(denominator)
    assert abs(Decimal(divide_half_away(numerator, denominator)) - exact) <= Decimal("0.5")
    assert divide_half_away(-numerator, denominator) == -divide_half_away(numerator, denominator)
    assert (divide_half_away(5, 2), divide_half_away(-5, 2)) == (3, -3)


def test_two_currencies_do_not_add():
    with pytest.raises(AssertionError):
        Money(1, "USD") + Money(1, "EUR")
