"""Granules, what is posted of them, and documents that take something more."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.corrections import (
    Corrected,
    Correction,
    Lock,
    Moved,
    Posted,
    Posting,
    added,
    adjusted,
    closed_readings,
    corrected,
    correction_of,
    home,
    homes,
    negated,
    sale_of,
    shown_reading,
)
from chalicelib.domain.orders import Amounts
from chalicelib.domain.summaries import document_of, fold, summarise
from tests.support.orders import later, line, order, orders, refund

JUL_3, JUL_5, AUG_1, AUG_2 = date(2026, 7, 3), date(2026, 7, 5), date(2026, 8, 1), date(2026, 8, 2)
LOCK = Lock(number=1, through=date(2026, 7, 31))
BOTH = ("event_day", "order_day")


def test_a_sale_is_at_home_on_its_day_and_an_event_on_either():
    assert [home(JUL_3, None, reading) for reading in BOTH] == [JUL_3, JUL_3]
    assert [home(JUL_3, AUG_2, reading) for reading in BOTH] == [AUG_2, JUL_3]
    assert closed_readings(LOCK, JUL_3, AUG_2) == ("order_day",)
    assert closed_readings(LOCK, AUG_2, JUL_3) == ("event_day",)
    assert closed_readings(LOCK, AUG_2, AUG_2) == ()


def test_the_first_open_day_comes_after_the_lock_and_is_none_without_one():
    assert LOCK.first_open == AUG_1
    assert Lock().first_open is None
    assert not Lock().closes(date.min)


def test_a_lock_moves_back_if_it_closes_less_than_before():
    assert Lock(before=AUG_1).moves_back
    assert Lock(before=AUG_1, through=JUL_5).moves_back
    assert not Lock(before=JUL_5, through=AUG_1).moves_back
    assert not Lock(through=AUG_1).moves_back


def test_the_last_document_that_posted_a_granule_says_what_is_posted():
    posted = Posted().plus([Posting(JUL_3, JUL_3, None, "a"), Posting(JUL_3, JUL_3, JUL_5, "a")])
    posted = posted.plus([Posting(AUG_1, JUL_3, JUL_5, "b"), Posting(AUG_1, JUL_3, None, None)])
    assert posted.attempts() == {JUL_5: "b"}
    assert posted.named() == {"a", "b"}
    assert posted.through(JUL_5).attempts() == {None: "a", JUL_5: "a"}
    assert posted.through(None).attempts() == {}
    assert [granule for granule, _ in posted.through(None).granules] == [None, JUL_5], "none is forgotten"


def test_posting_twice_is_posting_once():
    postings = [Posting(JUL_3, JUL_3, None, "a")]
    assert Posted().plus(postings).plus(postings) == Posted().plus(postings)


def test_what_is_owed_stands_under_the_readings_whose_home_is_frozen():
    back = summarise([order(1, events=(refund(later(30), line("A", gross=1000)),))], JUL_3, "UTC").events_by_day()
    correction = correction_of([(Moved(AUG_2, None, "b", ("order_day",), ()), added(back[AUG_2]))])
    assert correction.sections("event_day") == {}
    assert correction.sections("order_day")["", "USD"].amounts == Amounts(gross=-1000)
    assert homes({JUL_3: correction}) == {JUL_3}
    assert corrected({JUL_3: correction}, {JUL_3: 2}) == (Corrected(JUL_3, 2, "", "USD", 0, -1000),)


def test_what_comes_to_nothing_is_not_told():
    nothing = Correction((Moved(None, "a", "b", BOTH, (("", "USD", 0),)),))
    assert corrected({JUL_3: nothing}, {}) == ()


def test_a_frozen_document_keeps_its_reading():
    assert shown_reading("order_day", "event_day") == "order_day"
    assert shown_reading(None, "event_day") == "event_day"


@given(orders())
def test_a_sale_less_itself_is_nothing(day):
    sale = sale_of(summarise(day, JUL_3, "UTC").sheets())
    assert added(sale, negated(sale)) == {}


@given(orders(), orders(), st.sampled_from(BOTH))
def test_an_adjusted_document_comes_to_its_own_and_what_is_added(day, more, reading):
    sheets = document_of(summarise(day, JUL_3, "UTC").sheets(), [])
    delta = sale_of(summarise(more, JUL_5, "UTC").sheets())
    taken = adjusted(sheets, [delta] if reading == "event_day" else [], [delta] if reading == "order_day" else [])
    own = {(sheet.store, sheet.currency): sheet for sheet in sheets}
    for sheet in taken:
        key = sheet.store, sheet.currency
        parts = [own[key].events(reading)] if key in own else []
        expected = fold([*parts, delta[key]] if key in delta else parts)
        assert sheet.events(reading).amounts == expected.amounts
        assert sheet.events(reading).quantity_milli == expected.quantity_milli
        assert {sku for sku in expected.lines if sku.gross} <= set(sheet.events(reading).lines)
    assert {(sheet.store, sheet.currency) for sheet in taken} >= own.keys()
