"""Month heads: what was settled is built, once, and what nobody names is deleted. On every engine."""

from datetime import date

import msgspec
import pytest

from chalicelib.domain.months import MonthDay, MonthKey, MonthVersion
from chalicelib.domain.summaries import document_of, summarise, without_lines
from chalicelib.storage.models import Part, key
from chalicelib.storage.months import MonthCounts, MonthRecords
from chalicelib.storage.table import Table
from tests.support.orders import line, order
from tests.support.shaky import Death, every_fault

JULY = MonthKey("w1", "c1", date(2026, 7, 1))


def sheets_of(*numbers: int):
    return document_of(summarise([order(n, line("A")) for n in numbers], JULY.month, "UTC").sheets(), ())


def version_of(name: str, *numbers: int, number: int = 1, before: str | None = None, state="open") -> MonthVersion:
    return MonthVersion(
        attempt=name,
        number=number,
        predecessor=before,
        cause="first",
        state=state,
        digest=name,
        published_at=0,
        days=(MonthDay(JULY.month, "final", "d", "b"),),
        sheets=tuple(map(without_lines, sheets_of(*numbers))),
        chunks=0,
    )


def parts_of(table: Table) -> list[str]:
    return [item.sk for item in table.query(Part, key("ROLLUP", "c1", "2026-07"))]


def test_a_month_is_behind_until_what_was_settled_is_built(table):
    records = MonthRecords(table)
    assert records.read(JULY).behind, "documents may be older than the counting"
    records.touch(JULY)
    records.touch(JULY)
    seen = records.read(JULY)
    assert (seen.touched, seen.built, seen.live) == (2, None, None)
    assert records.publish(seen, version_of("a", 1, 2), sheets_of(1, 2))
    built = records.read(JULY)
    assert (built.touched, built.built, built.behind) == (2, 2, False)
    assert built.live == msgspec.structs.replace(version_of("a", 1, 2), chunks=1)
    assert records.sheets(JULY, built.live) == sheets_of(1, 2)
    records.touch(JULY)
    assert records.read(JULY).behind
    assert records.confirm(records.read(JULY))
    assert not records.read(JULY).behind
    assert [each.attempt for each in records.versions(JULY)] == ["a"]


def test_who_comes_second_is_refused(table):
    records = MonthRecords(table)
    records.touch(JULY)
    seen = records.read(JULY)
    records.touch(JULY)
    later = records.read(JULY)
    assert records.publish(later, version_of("b", 1, 2), sheets_of(1, 2))
    assert not records.publish(seen, version_of("a", 1), sheets_of(1))
    assert records.read(JULY).live.attempt == "b"
    records.clean(JULY)
    assert parts_of(table) == ["LINES#b#00000", "MONTH#b"]


def test_a_month_that_was_touched_while_it_was_built_stays_behind(table):
    records = MonthRecords(table)
    records.touch(JULY)
    seen = records.read(JULY)
    records.touch(JULY)
    assert records.publish(seen, version_of("a", 1), sheets_of(1))
    assert records.read(JULY).behind


def test_cleaning_keeps_the_chain_and_what_may_still_be_flipped_in(table):
    records = MonthRecords(table)
    for number, name, before in ((1, "a", None), (2, "b", "a"), (3, "c", "a")):
        records.touch(JULY)
        assert records.publish(records.read(JULY), version_of(name, 1, number=number, before=before), sheets_of(1))
    seen = records.read(JULY)
    records.touch(JULY)
    stray = msgspec.msgpack.encode(version_of("next", 1, number=4, before="c"))
    table.insert(Part(key("ROLLUP", "c1", "2026-07"), "MONTH#next", body=stray))
    records.clean(JULY)
    assert [each.attempt for each in records.versions(JULY)] == ["c", "a"]
    assert parts_of(table) == ["LINES#a#00000", "LINES#c#00000", "MONTH#a", "MONTH#c", "MONTH#next"]
    assert seen.live.number == 3


def test_months_are_listed_by_their_first_day_with_all_connections(table):
    records = MonthRecords(table)
    keys = [MonthKey("w1", name, date(2026, month, 1)) for month in (5, 6, 7) for name in ("c1", "c2")]
    for each in [*keys, MonthKey("w2", "c1", JULY.month)]:
        records.touch(each)
    assert [each.key for each in records.list("w1", date(2026, 6, 1), date(2026, 7, 1))] == keys[2:]


def test_lines_that_are_gone_are_told(memory_table):
    records = MonthRecords(memory_table)
    records.touch(JULY)
    records.publish(records.read(JULY), version_of("a", 1), sheets_of(1))
    live = records.read(JULY).live
    memory_table.delete(key("ROLLUP", "c1", "2026-07"), "LINES#a#00000")
    assert records.sheets(JULY, live) is None


def test_whatever_goes_wrong_with_a_write_a_month_is_whole():
    def prepare(table):
        MonthRecords(table).touch(JULY)
        return MonthRecords(table).read(JULY)

    def act(table, seen):
        return MonthRecords(table).publish(seen, version_of("a", 1), sheets_of(1))

    for fault, table, _, result in every_fault(prepare, act, deaths=True):
        records = MonthRecords(table)
        live = records.read(JULY).live
        assert (live is not None) == (result is True) or isinstance(result, Death), fault
        if live is not None:
            assert records.sheets(JULY, live) == sheets_of(1), fault
            assert not records.read(JULY).behind


def test_a_touch_is_never_lost():
    def act(table, _):
        MonthRecords(table).touch(JULY)

    for fault, table, _, result in every_fault(lambda table: None, act):
        assert result is None, fault
        assert MonthRecords(table).read(JULY).touched >= 1, fault


@pytest.mark.parametrize("other", [MonthKey("w2", "c1", JULY.month), MonthKey("w1", "c2", JULY.month)])
def test_months_of_others_are_others(memory_table, other):
    records = MonthRecords(memory_table)
    records.touch(JULY)
    records.publish(records.read(JULY), version_of("a", 1), sheets_of(1))
    assert records.read(other).live is None


def test_what_moves_in_a_month_is_counted_apart(table):
    records = MonthRecords(table)
    records.touch(JULY)
    records.touch_persons(JULY)
    records.touch_persons(JULY)
    assert list(records.counts("w1", JULY.month, JULY.month)) == [(JULY, MonthCounts(1, 2))]
    other = msgspec.structs.replace(JULY, connection="c2")
    records.touch_persons(other)
    assert list(records.counts("w1", JULY.month, JULY.month)) == [(JULY, MonthCounts(1, 2)), (other, MonthCounts(0, 1))]
    assert records.read(other).behind
