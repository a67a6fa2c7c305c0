"""Facts as bytes: nothing lost, nothing depends on the sequence, and small."""

import zlib
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.facts import (
    Bought,
    DayOrders,
    pack_ids,
    pack_orders,
    unpack_bought,
    unpack_id_set,
    unpack_ids,
    unpack_orders,
)
from tests.support.orders import line, order, orders


@given(orders())
def test_orders_come_back_as_they_went_in(day):
    assert unpack_orders(pack_orders(day)) == day


@given(orders(), st.randoms(use_true_random=False))
def test_gathered_orders_make_the_same_bytes_in_any_sequence_and_however_often(day, random):
    once, shuffled = DayOrders(), DayOrders()
    once.add(day)
    shuffled.add(random.sample(day, len(day)))
    shuffled.add(random.sample(day, len(day)))
    assert [pack_orders(chunk) for chunk in once.chunks()] == [pack_orders(chunk) for chunk in shuffled.chunks()]
    assert len(shuffled) == len(day)


@given(orders(), st.integers(0, 12))
def test_an_interrupted_fetch_goes_on_where_it_was(day, seen):
    whole, first, second = DayOrders(), DayOrders(), DayOrders()
    whole.add(day)
    first.add(day[:seen])
    second.add_rows(first.rows())
    second.add(day[seen:])
    assert list(whole.chunks()) == list(second.chunks())


def test_an_order_seen_twice_is_kept_as_seen_last():
    gathered = DayOrders()
    gathered.add([order(1, line(gross=100)), order(1, line(gross=200))])
    assert [kept.amounts.gross for chunk in gathered.chunks() for kept in chunk] == [200]


@given(orders())
def test_counting_reads_ids_creation_and_exclusion_only(day):
    states = {None: "counts", "entered_later": "counts", "mirror": "mirror"}
    expected = [(kept.root or kept.id, kept.created_at, states.get(kept.excluded, "")) for kept in day]
    assert unpack_ids(pack_orders(day)) == expected


@given(orders())
def test_what_was_bought_is_what_the_orders_come_to_with_all_that_happened_to_them(day):
    expected = []
    for kept in day:
        counts = kept.excluded is None
        lines = [line for event in kept.events for line in event.lines] + list(kept.lines if counts else ())
        net = sum(event.amounts.net for event in kept.events) + (kept.amounts.net if counts else 0)
        expected.append(Bought(kept.id, kept.currency, net, sum(line.quantity_milli for line in lines), int(counts)))
    assert unpack_bought(pack_orders(day)) == expected


@given(st.sets(st.text(min_size=1, max_size=6) | st.integers(0, 10**14).map(str)))
def test_id_sets_round_trip_and_do_not_depend_on_sequence(ids):
    assert unpack_id_set(pack_ids(ids)) == ids
    assert pack_ids(sorted(ids)) == pack_ids(sorted(ids, reverse=True))


def test_a_thousand_orders_fit_in_twenty_kilobytes():
    random = Random(1)
    prices = [random.randrange(500, 9000) for _ in range(200)]
    day = [
        order(
            n * 32768 + random.randrange(30000),
            *(line(f"SKU-{k:03}", 1, prices[k]) for k in random.sample(range(200), 2)),
        )
        for n in range(1000)
    ]
    assert len(zlib.compress(pack_orders(day), 9)) < 20_000
