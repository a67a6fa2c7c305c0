"""The agenda: finding what is wanted, and never losing an ask or an announcement of litter. On every engine."""

from datetime import date
from itertools import count

import pytest

from chalicelib.domain.work import DayKey, Due, Erasure, PendingSync
from chalicelib.storage.agenda import Agenda

DAY = DayKey("w1", "c1", date(2026, 7, 3))
DUE = Due(workspace="w1", connection="c1", next_at=100, asked_through=date(2026, 7, 2))


@pytest.fixture
def agenda(table) -> Agenda:
    names = count()
    return Agenda(table, 4, lambda: f"s{next(names)}")


def on_partition(agenda: Agenda):
    return agenda.read_partition(agenda.partition_of("c1"))


def test_what_is_wanted_is_found_on_its_partition(agenda):
    wanted = agenda.want(DAY, 7, "backfill", sent_at=50)
    agenda.put_connection(DUE)
    agenda.put_sync(PendingSync("w1", "c1", "sync1"))
    assert on_partition(agenda) == ([DUE], [wanted], [PendingSync("w1", "c1", "sync1")])


def test_a_day_is_not_dropped_once_it_was_asked_for_again(agenda):
    seen = agenda.want(DAY, 1, "sync", sent_at=50)
    again = agenda.want(DAY, 2, "sync", sent_at=60)
    agenda.drop(seen)
    assert agenda.wanted(DAY) == again
    agenda.drop(again)
    assert agenda.wanted(DAY) is None


def test_announced_litter_keeps_the_day_through_asks_and_drops(agenda):
    agenda.want(DAY, 1, "sync", sent_at=50)
    agenda.want_cleaning(DAY, 70)
    again = agenda.want(DAY, 2, "sync", sent_at=60)
    agenda.drop(again)
    seen = agenda.wanted(DAY)
    assert seen.clean_at == 70
    agenda.want_cleaning(DAY, 80)
    agenda.cleaned(seen)
    assert agenda.wanted(DAY).clean_at == 80
    agenda.cleaned(agenda.wanted(DAY))
    agenda.drop(agenda.wanted(DAY))
    assert agenda.wanted(DAY) is None


def test_litter_of_a_day_that_is_not_on_the_agenda_puts_it_there(agenda):
    agenda.want_cleaning(DAY, 70)
    assert agenda.wanted(DAY).clean_at == 70


def test_of_two_sweeps_one_sends(agenda):
    seen = agenda.want(DAY, 1, "sync", sent_at=50)
    assert agenda.mark_sent(seen, 1000)
    assert not agenda.mark_sent(seen, 1000)
    assert (agenda.wanted(DAY).sends, agenda.wanted(DAY).sent_at) == (2, 1000)


def test_the_night_moves_on_once(agenda):
    agenda.put_connection(DUE)
    agenda.asked(DUE, date(2026, 7, 3), 200)
    agenda.asked(DUE, date(2026, 7, 9), 900)
    moved = agenda.connection("c1")
    assert (moved.asked_through, moved.next_at) == (date(2026, 7, 3), 200)


def test_a_block_is_only_lengthened(agenda):
    agenda.put_connection(DUE)
    agenda.block("c1", 500)
    agenda.block("c1", 300)
    assert agenda.connection("c1").blocked_until == 500


def test_a_late_put_off_brings_no_dropped_day_back(agenda):
    agenda.put_off(DAY, 100)
    assert agenda.wanted(DAY) is None


def test_an_erasing_is_dropped_only_as_it_was_seen(agenda):
    seen = agenda.want_erasing("w1", "c1", 100)
    again = agenda.want_erasing("w1", "c1", 200)
    agenda.drop_erasing(seen)
    assert list(agenda.erasures(agenda.partition_of("c1"))) == [again] == [Erasure("w1", "c1", "s1", 200)]
    agenda.drop_erasing(again)
    assert list(agenda.erasures(agenda.partition_of("c1"))) == []


# -- looking for changes


def test_a_look_is_moved_only_as_it_was_read(agenda):
    agenda.put_connection(DUE)
    assert agenda.look_by(DUE, 500)
    assert not agenda.look_by(DUE, 700)
    assert agenda.connection("c1").look_at == 500


def test_of_two_planners_one_sends(agenda):
    agenda.put_connection(DUE)
    agenda.look_by(DUE, 500)
    seen = agenda.connection("c1")
    assert agenda.mark_look_sent(seen, 510)
    assert not agenda.mark_look_sent(seen, 511)


def test_a_look_is_noted_once_and_a_sooner_one_stays_wanted(agenda):
    agenda.put_connection(DUE)
    agenda.look_by(DUE, 500)
    seen = agenda.connection("c1")
    agenda.look_by(seen, 530)
    assert agenda.looked(seen, looked_at=505, look_at=90_000)
    item = agenda.connection("c1")
    assert (item.looked_at, item.look_at) == (505, 530)
    assert not agenda.looked(seen, looked_at=490, look_at=90_000)
    assert agenda.connection("c1") == item


def test_a_look_that_is_put_off_has_answered_its_message(agenda):
    agenda.put_connection(DUE)
    agenda.look_by(DUE, 500)
    agenda.mark_look_sent(agenda.connection("c1"), 510)
    assert agenda.look_off(agenda.connection("c1"), 900)
    item = agenda.connection("c1")
    assert (item.look_at, item.look_sent_at) == (900, 0)


def test_re_reads_move_on_once(agenda):
    agenda.put_connection(DUE)
    assert agenda.reread(DUE, 800)
    assert not agenda.reread(DUE, 900)
    assert agenda.connection("c1").reread_at == 800


def test_what_is_not_on_the_agenda_is_not_put_there_by_a_look(agenda):
    assert not agenda.look_by(DUE, 500)
    assert not agenda.looked(DUE, looked_at=1, look_at=2)
    assert agenda.connection("c1") is None
