"""ShipStation's payloads as orders: sums, what counts, the wall clock, and kin."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import errors
from chalicelib.channels.shipstation import KIND
from chalicelib.channels.shipstation_orders import STATUSES, Clock, Kin, OrderPayload, SlimOrder, parse_order
from chalicelib.domain.orders import Tender
from tests.support.shipstation import PACIFIC, item, order, parsed

DATA = Path(__file__).parent / "data" / "shipstation"
SAMPLE = (DATA / "v1_create_order_sample.json").read_text()


def discount(price: float):
    return item("DISCOUNT CODE", price, adjustment=True)


# --- sums


def test_the_documented_sample_sums_up_with_its_discount_as_no_piece():
    sample = json.loads(SAMPLE.replace("{}", "null"))
    listed = {"orderId": 9, "createDate": sample["orderDate"], "modifyDate": sample["orderDate"], "orderTotal": 194.43}
    read = parsed(sample | listed)
    assert read.amounts.gross == 19998
    assert read.amounts.discount == 2055
    assert read.amounts.shipping == 1000
    assert read.amounts.tax == 500
    assert read.amounts.total == 19443
    assert read.amounts.residual == 0
    assert [(line.sku, line.quantity_milli, line.discount, line.tax) for line in read.lines] == [
        ("ABC123", 2000, 2055, 250)
    ]
    assert read.tenders == (Tender("Credit Card", 21873),)
    assert (read.region, read.store, read.flags) == ("US-DC", "12345", ())


def test_an_empty_object_for_null_is_not_read():
    with pytest.raises(msgspec.ValidationError):
        parsed(json.loads(SAMPLE) | {"orderId": 9, "createDate": "", "modifyDate": "", "orderTotal": 1})


def test_positive_adjustments_are_fees_and_no_pieces():
    read = parsed(order(1, 53.5, [item("A", 50), item("RUSH", 3.5, adjustment=True)]))
    assert (read.amounts.fees, read.amounts.gross, read.amounts.residual) == (350, 5000, 0)
    assert sum(line.quantity_milli for line in read.lines) == 1000


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("10.799999999999999", 1080),
        ("1e-3", 0),
        ("5e-3", 1),
        ("1E2", 10000),
        ("0.1000000000000000055511151231257827", 10),
    ],
)
def test_amounts_are_read_from_their_raw_text(text, minor):
    payload = json.dumps(order(1, 0, [item("A", 777)])).replace("777", text)
    read = msgspec.json.decode(payload, type=OrderPayload)
    assert parse_order(read, clock=Clock(PACIFIC), currency="USD").lines[0].gross == minor


def test_nulls_of_money_are_nothing():
    read = parsed(order(1, 0, [item("A", None)], taxAmount=None, shippingAmount=None, amountPaid=None))
    assert read.amounts.total == 0
    assert read.tenders == ()
    assert read.flags == ("total_zero",)


@pytest.mark.parametrize(
    ("total", "flags"), [(50.03, ("rounding",)), (50.04, ("unexplained",)), (49.96, ("unexplained",))]
)
def test_what_does_not_add_up_is_kept_and_named(total, flags):
    read = parsed(order(1, total, [item("A", 50)]))
    assert read.flags == flags
    assert read.amounts.total == round(total * 100)


@given(
    st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 9)), max_size=6),
    st.lists(st.integers(-100_000, 100_000), max_size=3),
)
def test_lines_add_up_to_the_net_whatever_the_discounts(goods, adjustments):
    items = [item(f"S{n}", price / 100, quantity) for n, (price, quantity) in enumerate(goods)]
    items += [discount(price / 100) for price in adjustments]
    read = parsed(order(1, 1, items))
    assert read.amounts.total == 100
    if read.lines:
        assert sum(line.net for line in read.lines) == read.amounts.net


def test_the_sequence_of_lines_changes_nothing():
    items = [item("B", 3), item("A", 5), item(None, 5), discount(-1.01)]
    assert parsed(order(1, 12, items)) == parsed(order(1, 12, items[::-1]))


def test_skus_are_trimmed_and_blank_ones_are_none():
    lines = parsed(order(1, 15, [item(" A ", 5), item("  ", 5, productId=None, fulfillmentSku="F"), item("", 5)])).lines
    assert {(line.sku, line.item) for line in lines} == {("A", "123456"), (None, "F"), (None, "123456")}


def test_broken_quantities_are_kept_to_the_thousandth():
    (line,) = parsed(order(1, 15, [item("A", 10, 1.5)])).lines
    assert (line.quantity_milli, line.gross) == (1500, 1500)


def test_a_currency_without_cents_has_none():
    assert parsed(order(1, 1000), currency="JPY").amounts.total == 1000
    assert parsed(order(1, 1.5), currency="KWD").amounts.total == 1500


# --- what counts


@pytest.mark.parametrize("status", STATUSES)
def test_what_counts_by_default_is_what_the_kind_says(status):
    default = {each.value: each.default for each in KIND.statuses}
    read = parsed(order(1, orderStatus=status))
    assert read.status == status
    assert read.excluded == (None if default[status] else status)


def test_a_status_that_is_not_documented_is_an_error_that_names_the_field_and_not_the_word():
    with pytest.raises(errors.UnreadablePayload, match="orderStatus") as caught:
        parsed(order(1, orderStatus="teleported"))
    assert "teleported" not in str(caught.value)


def test_an_order_that_does_not_count_has_no_flags():
    assert parsed(order(1, 0, [], orderStatus="cancelled")).flags == ()


# --- the clock


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-07-03T08:46:27.0000000", "2026-07-03T15:46:27"),
        ("2026-12-03T08:46:27", "2026-12-03T16:46:27"),
        ("2026-12-03 08:46:27.5", "2026-12-03T16:46:27.500000"),
        ("2026-07-03T08:46:27.1234567Z", "2026-07-03T08:46:27.123456"),
        ("2026-07-03T08:46:27+02:00", "2026-07-03T06:46:27"),
        ("2026-11-01T01:30:00", "2026-11-01T08:30:00"),  # twice: the first
        ("2026-03-08T02:30:00", "2026-03-08T10:30:00"),  # never: by the offset before
    ],
)
def test_wall_clock_times_are_one_instant(text, at):
    assert Clock(PACIFIC).instant(text, "orderDate") == datetime.fromisoformat(at).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "6/28/2015 5:46:27 PM", "2026-07-03", "2026-13-03T08:46:27", "2026-07-03T25:00:00", "9999-12-31T23:59:59", "٢٠٢٦-07-03T08:46:27", "2026-07-03T08:46:27 PST"]
)  # fmt: skip
def test_what_is_no_time_is_an_error_that_names_the_field(text):
    with pytest.raises(errors.UnreadablePayload, match="orderDate"):
        Clock(PACIFIC).instant(text, "orderDate")


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001
    st.sampled_from([PACIFIC, "UTC", "Europe/Berlin", "Australia/Lord_Howe"]),
)
def test_what_the_clock_shows_reads_back_as_itself_or_within_the_repeated_hour(at, zone):
    clock, instant = Clock(zone), at.replace(tzinfo=UTC)
    first, second = clock.readings(clock.wall(instant).isoformat(), "orderDate")
    assert instant in (first, second)
    assert second - first <= timedelta(hours=1)
    assert clock.is_odd(clock.wall(instant)) == (first != second)
    assert first.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == clock.wall(instant)


# --- kin


def slim(id_: int, *merged: int, parent: int | None = None) -> SlimOrder:
    advanced = {"mergedOrSplit": True, "mergedIds": list(merged), "parentId": parent}
    return msgspec.convert(order(id_ - 1000, advanced=advanced), SlimOrder)


@given(st.permutations([slim(1, 2, 3), slim(2), slim(3, parent=4), slim(4, parent=5), slim(5), slim(6)]))
def test_kin_are_known_whatever_the_sequence(orders):
    kin = Kin()
    for each in orders:
        kin.learn([each])
    assert [n for n in range(1, 7) if kin.is_merged(n)] == [2, 3]
    assert [kin.root(n) for n in range(1, 7)] == ["", "", "5", "5", "", ""]
    assert [kin.explains(slim(n)) for n in range(1, 7)] == [True] * 5 + [False]


def test_of_two_orders_that_name_each_other_one_still_counts():
    kin = Kin()
    kin.learn([slim(1, 2, 3), slim(2, 1), slim(3, 1)])
    assert [n for n in (1, 2, 3) if not kin.is_merged(n)] == [1]


def test_a_circle_of_parents_ends():
    kin = Kin()
    kin.learn([slim(1, parent=2), slim(2, parent=1), slim(3, parent=3)])
    assert kin.root(3) == ""
    assert {kin.root(1), kin.root(2)} == {"1", "2"}
