"""Months through the real work: they are the sum of their live documents, whoever reads them and whenever."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from random import Random
from uuid import uuid4

import msgspec
import pytest

from chalicelib import errors
from chalicelib.domain.days import window_of
from chalicelib.domain.months import MonthKey, roll_up
from chalicelib.domain.work import DayKey
from chalicelib.storage.models import Part, key
from chalicelib.storage.table import dynamo
from chalicelib.workflows.months import READS_MAX
from infra.local.engines import CREDENTIALS, create_table
from tests.support.orders import line, order, refund
from tests.support.system import ZONE, Daybook

JULY, JUNE = date(2026, 7, 1), date(2026, 6, 1)
TODAY = date(2026, 7, 5)


@pytest.fixture
def daybook(memory_table) -> Daybook:
    return Daybook(memory_table)


def fill(daybook: Daybook, day: date, *numbers: int, back_after: int | None = None) -> None:
    at = window_of(day, ZONE).start_at
    back = () if back_after is None else (refund(at + timedelta(days=back_after, hours=2), line("A", gross=1000)),)
    daybook.shop.orders[day] = [
        order(n, line(sku), placed_at=at + timedelta(minutes=n % 60), events=back)
        for n, sku in zip(numbers, "ABAB" * 99, strict=False)
    ]


def sync(daybook: Daybook, connection, *days: date) -> None:
    for day in days:
        daybook.ask_day(connection, day)
    daybook.work()


def parts_of(daybook: Daybook, connection, month: date = JULY) -> list[str]:
    pk = key("ROLLUP", connection.id, f"{month:%Y-%m}")
    return [item.sk.partition("#")[0] for item in daybook.outside.table.query(Part, pk)]


def by_hand(daybook: Daybook, connection, month: date):
    """The month from its documents, without its head."""
    days = (month + timedelta(days=n) for n in range(31))
    keys = [DayKey(connection.workspace, connection.id, day) for day in days if day.month == month.month]
    return roll_up([opened[1] for each in keys if (opened := daybook.documents.sheets(each))])


def check(daybook: Daybook, connection, month: date) -> None:
    opened = daybook.months.sheets(MonthKey(connection.workspace, connection.id, month))
    assert (opened[1] if opened else ()) == by_hand(daybook, connection, month)


def test_a_month_is_built_when_it_is_read_and_not_again_before_something_was_settled(daybook):
    paired = daybook.pair_shop()
    fill(daybook, date(2026, 7, 3), 1, 2)
    sync(daybook, paired, date(2026, 7, 3), date(2026, 7, 2))
    month_key = MonthKey("w1", paired.id, JULY)
    assert daybook.month_records.read(month_key).touched == 2
    version = daybook.months.read(paired, JULY)
    assert (version.number, version.state, version.cause, version.here) == (1, "open", "first", 2)
    assert (version.through, version.of_state("empty")) == (date(2026, 7, 3), (date(2026, 7, 2),))
    before = list(daybook.outside.table._engine.items())
    assert daybook.months.read(paired, JULY) == version
    assert list(daybook.outside.table._engine.items()) == before
    assert daybook.months.read(paired, JUNE) is None


def test_the_same_again_is_no_new_version(daybook):
    paired = daybook.pair_shop()
    fill(daybook, date(2026, 7, 3), 1, 2)
    sync(daybook, paired, date(2026, 7, 3))
    version = daybook.months.read(paired, JULY)
    daybook.settle.document(DayKey("w1", paired.id, date(2026, 7, 3)), "sync", None)
    daybook.months.touch(DayKey("w1", paired.id, date(2026, 7, 3)))
    assert daybook.months.read(paired, JULY) == version
    assert not daybook.month_records.read(MonthKey("w1", paired.id, JULY)).behind


def test_versions_of_an_open_month_replace_each_other_and_final_ones_stay(daybook):
    paired = daybook.pair_shop()
    for n in range(1, 6):
        fill(daybook, date(2026, 6, 25 + n), 10 * n)
        sync(daybook, paired, date(2026, 6, 25 + n))
        version = daybook.months.read(paired, JUNE)
        assert version.number == n
        assert parts_of(daybook, paired, JUNE) == ["LINES", "MONTH"]
    assert (version.state, version.cause) == ("final", "closed")
    fill(daybook, date(2026, 6, 26), 10, 11)
    sync(daybook, paired, date(2026, 6, 26))
    changed = daybook.months.read(paired, JUNE)
    assert (changed.number, changed.cause, changed.predecessor) == (6, "changed", version.attempt)
    assert [each.number for each in daybook.months.versions(MonthKey("w1", paired.id, JUNE))] == [6, 5]
    assert parts_of(daybook, paired, JUNE) == ["LINES", "LINES", "MONTH", "MONTH"]
    check(daybook, paired, JUNE)


def test_today_so_far_counts_in_and_is_marked(daybook):
    paired = daybook.pair_shop()
    fill(daybook, date(2026, 7, 4), 1)
    fill(daybook, TODAY, 2, 3)
    sync(daybook, paired, date(2026, 7, 4), TODAY)
    version = daybook.months.read(paired, JULY)
    assert (version.of_state("provisional"), version.through, version.sheets[0].sales.count) == ((TODAY,), TODAY, 3)
    fill(daybook, TODAY, 2, 3, 4)
    sync(daybook, paired, TODAY)
    assert daybook.months.read(paired, JULY).sheets[0].sales.count == 4
    assert parts_of(daybook, paired) == ["LINES", "MONTH"]


def test_a_refund_in_the_next_month_touches_both(daybook):
    paired = daybook.pair_shop()
    fill(daybook, date(2026, 6, 30), 1)
    sync(daybook, paired, date(2026, 6, 30))
    june = daybook.months.read(paired, JUNE)
    fill(daybook, date(2026, 6, 30), 1, back_after=3)
    sync(daybook, paired, date(2026, 6, 30))
    (sold,), (returned,) = (daybook.months.read(paired, month).sheets for month in (JUNE, JULY))
    assert (sold.event_day.amounts.net, sold.order_day.amounts.net) == (0, -1000)
    assert (returned.event_day.amounts.net, returned.order_day.amounts.net) == (-1000, 0)
    assert (june.sheets[0].order_day.amounts.net, sold.sales) == (0, june.sheets[0].sales)
    version = daybook.months.read(paired, JULY)
    assert (version.through, version.here, version.state) == (None, 0, "open")


def test_who_dies_after_the_flip_is_settled_by_the_next_and_the_month_is_touched(daybook):
    paired = daybook.pair_shop()
    day = date(2026, 7, 3)
    fill(daybook, day, 1, 2)
    touch = daybook.month_records.touch
    daybook.month_records.touch = lambda month: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]
    daybook.ask_day(paired, day)
    with pytest.raises(KeyboardInterrupt):
        daybook.work()
    daybook.month_records.touch = touch  # type: ignore[method-assign]
    daybook.months.read(paired, JULY)
    assert daybook.days.read(DayKey("w1", paired.id, day)).due is not None
    daybook.settle.settle(DayKey("w1", paired.id, day))
    assert daybook.month_records.read(MonthKey("w1", paired.id, JULY)).behind
    check(daybook, paired, JULY)


def test_lines_that_never_can_be_read_are_a_torn_read(daybook):
    paired = daybook.pair_shop()
    fill(daybook, date(2026, 7, 3), 1)
    sync(daybook, paired, date(2026, 7, 3))
    version = daybook.months.read(paired, JULY)
    daybook.outside.table.delete(key("ROLLUP", paired.id, "2026-07"), key("LINES", version.attempt, "00000"))
    with pytest.raises(errors.TornRead):
        daybook.months.sheets(MonthKey("w1", paired.id, JULY))


def test_a_month_that_is_touched_all_the_time_is_read_as_it_was_when_the_reading_began(daybook, monkeypatch):
    paired = daybook.pair_shop()
    fill(daybook, date(2026, 7, 3), 1)
    sync(daybook, paired, date(2026, 7, 3))
    fold = daybook.documents.fold_many

    def touching(asked):
        for day, _ in asked:
            daybook.months.touch(day)
        return fold(asked)

    monkeypatch.setattr(daybook.documents, "fold_many", touching)
    assert daybook.months.read(paired, JULY).sheets[0].sales.count == 1
    assert daybook.month_records.read(MonthKey("w1", paired.id, JULY)).behind


def test_a_flip_that_never_succeeds_is_a_torn_read(daybook, monkeypatch):
    paired = daybook.pair_shop()
    fill(daybook, date(2026, 7, 3), 1)
    sync(daybook, paired, date(2026, 7, 3))
    tries = []
    monkeypatch.setattr(daybook.month_records, "publish", lambda *given: tries.append(given) and False)
    with pytest.raises(errors.TornRead):
        daybook.months.read(paired, JULY)
    assert len(tries) == READS_MAX


def test_on_dynalite_months_are_the_sum_of_their_days_while_days_change(dynalite):
    """Eight workers and four readers at once over two months, with refunds that reach from one into the other."""
    name = f"t{uuid4().hex}"
    create_table(dynalite.url, name)
    daybook = Daybook(dynamo(name, dynalite.url, CREDENTIALS["AWS_DEFAULT_REGION"]))
    paired, random = daybook.pair_shop(), Random(7)
    days = [date(2026, 6, 20) + timedelta(days=n) for n in range(15)]
    for round_ in range(3):
        for n, day in enumerate(days):
            fill(daybook, day, *range(100 * n, 100 * n + random.randint(0, 5)), back_after=random.choice([None, 1, 9]))
            daybook.ask_day(paired, day)
        messages = list(daybook.held.messages)
        daybook.held.messages.clear()
        with ThreadPoolExecutor(12) as pool:
            reads = [pool.submit(daybook.months.read, paired, month) for month in (JUNE, JULY) * 2]
            list(pool.map(daybook.sync_day.run, messages))
            for read in reads:
                assert (version := read.result()) is None or version.number <= 99
        for month in (JUNE, JULY):
            check(daybook, paired, month)
        daybook.pass_time(minutes=1 + round_)
    live = daybook.months.read(paired, JUNE)
    assert live.state == "final"
    totals = [sheet.sales.amounts.total + sheet.order_day.amounts.total for sheet in live.sheets]
    shop = [
        each.amounts.total + sum(event.amounts.total for event in each.events)
        for day in days
        if day.month == 6
        for each in daybook.shop.orders[day]
    ]
    assert totals == [sum(shop)]
    assert msgspec.structs.asdict(live)["predecessor"] != live.attempt
