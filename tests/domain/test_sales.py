"""The names of sales: what we write is read back, and nothing else is."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import errors
from chalicelib.domain.months import MonthKey
from chalicelib.domain.sales import (
    DaySale,
    MonthSale,
    OrderSale,
    month_sale_id,
    order_sale_id,
    parse_sale_id,
    sale_id,
)
from chalicelib.domain.work import DayKey

DAY = DayKey("w1", "c1", date(2026, 7, 3))
MONTH = MonthKey("w1", "c1", date(2026, 7, 1))
_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(_text, st.dates(date(2000, 1, 1), date(2100, 12, 31)))
def test_every_name_is_read_back(text, day):
    day_key = DayKey("w1", "c1", day)
    month = MonthKey("w1", "c1", day.replace(day=1))
    assert parse_sale_id("w1", sale_id(day_key, text, "USD")) == DaySale(day_key, text, "USD")
    assert parse_sale_id("w1", month_sale_id(month, text, "USD")) == MonthSale(month, text, "USD")
    assert parse_sale_id("w1", order_sale_id(day_key, text)) == OrderSale(day_key, text)


def test_the_forms():
    assert sale_id(DAY, "", "USD") == "2026-07-03~c1~USD~"
    assert month_sale_id(MONTH, "a/b", "USD") == "2026-07~c1~USD~a%2Fb"
    assert order_sale_id(DAY, "5001") == "2026-07-03~c1~o~5001"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "2026-07-03",
        "2026-07-03~c1~USD",
        "2026-07-03~c1~usd~",
        "2026-07-03~c1~USDT~",
        "2026-07-03~c1~O~5001",
        "2026-07~c1~o~5001",
        "2026-13-01~c1~USD~",
        "2026-13~c1~USD~",
        "2026-7-3~c1~USD~",
        "20260703~c1~USD~",
        "2026-07-03~c1~USD~a b",
        "2026-07-03~c1~USD~%61",
        "2026-07-03~c1~USD~%ff",
        "2026-07-03~c1~USD~ ",
        " 2026-07-03~c1~USD~",
        "2026-07-03~c1~USD~\n",
        "٢٠٢٦-07-03~c1~USD~",
    ],
)
def test_whatever_we_would_not_have_written_is_not_there(text):
    with pytest.raises(errors.NotFound):
        parse_sale_id("w1", text)
