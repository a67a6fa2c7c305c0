"""Order settings saved: another zone, another mode, another interval."""

from datetime import date, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import errors
from chalicelib.domain.accounts import SignedIn, User, Workspace
from chalicelib.domain.allotment import Account
from chalicelib.domain.days import window_of
from chalicelib.domain.order_settings import Recut
from chalicelib.domain.persons import Person
from chalicelib.domain.secret import Secret
from chalicelib.domain.work import DayKey
from chalicelib.storage.persons import PersonParts
from chalicelib.storage.table import Table
from chalicelib.workflows.order_settings import Wanted
from chalicelib.workflows.persons import AGAIN_S
from tests.support.memory import MemoryEngine
from tests.support.orders import line, order, refund
from tests.support.system import ZONE, Daybook

LAST = date(2026, 7, 4)
SHOP = Account("w1", "shopify", "99")
ZONES = ("America/New_York", "Pacific/Honolulu", "Pacific/Auckland", "Pacific/Kiritimati", "Asia/Kolkata", "Etc/GMT+12")


class Merchant:
    """A merchant whose shop has an order every three hours of some days, all of them synced."""

    def __init__(self, days: int = 5) -> None:
        self.daybook = Daybook(Table(MemoryEngine()))
        self.daybook.accounts.add(
            Workspace(
                id="w1",
                name="Northwind",
                time_zone="UTC",
                currency="USD",
                week_start="monday",
                individual_allowed=True,
                signed_up_at=self.daybook.clock,
            ),
            User(id="u1", workspace="w1", email="owner@northwind.example", role="owner", password="", epoch=0),
        )
        self.who = SignedIn(
            session="s1",
            user="u1",
            email="owner@northwind.example",
            role="owner",
            workspace="w1",
            signed_in_at=self.daybook.clock,
            token=Secret("token"),
        )
        self.id = self.daybook.pair_shop().id
        self.first = LAST - timedelta(days=days - 1)
        begin, end = window_of(self.first, ZONE).start_at, window_of(LAST + timedelta(days=1), ZONE).end_at
        hours = int((end - begin) / timedelta(hours=3))
        placed = [begin + n * timedelta(hours=3) for n in range(hours)]
        self.daybook.shop.orders[LAST] = [order(n, placed_at=at) for n, at in enumerate(placed)]
        self.sync(self.first, LAST)

    @property
    def connection(self):
        return self.daybook.connections.get("w1", self.id)

    def sync(self, first: date, last: date) -> None:
        self.daybook.run_syncs.manual(self.connection, first, last, actor="owner")
        self.rest()

    def rest(self) -> None:
        for _ in range(4):
            self.daybook.sweep()
            self.daybook.work()

    def save(self, *, version: int | None = None, sync=None, **fields):
        in_force = self.connection.settings
        asked = {
            "summary": in_force.summary,
            "time_zone": self.connection.calendar.latest,
            "counting": in_force.counting,
            "statuses": in_force.statuses,
            "interval_min": in_force.interval_min,
        } | fields
        version = in_force.version if version is None else version
        return self.daybook.order_settings.change(
            self.who, self.connection, Wanted(**asked), version=version, sync=sync
        )

    def days_of_orders(self) -> dict[str, list[date]]:
        """The days on which each order stands."""
        found: dict[str, list[date]] = {}
        for head in self.daybook.days.list("w1", date.min, date.max):
            revision = self.daybook.revisions.read(head.key, head.live)
            for each in self.daybook.revisions.orders(head.key, revision):
                found.setdefault(each.id, []).append(head.key.day)
        return found

    def returned_on(self, day: date) -> int:
        found = self.daybook.documents.sheets(DayKey("w1", self.id, day))
        return sum(sheet.event_day.amounts.total for sheet in found[1]) if found else 0

    def usage(self) -> int:
        return sum(self.daybook.shelves.usage(SHOP).values())


@pytest.fixture
def merchant() -> Merchant:
    return Merchant()


def test_another_zone_holds_from_the_first_day_that_is_not_summarised(merchant):
    before = merchant.days_of_orders()
    saved = merchant.save(time_zone="Pacific/Honolulu")
    assert saved.syncs == ()
    assert saved.said == ("Days are cut by Pacific/Honolulu from Jul 5 on.",)
    assert merchant.connection.calendar.zone_of(LAST) == ZONE
    assert window_of(LAST + timedelta(days=1), merchant.connection.calendar).end_at == datetime.fromisoformat(
        "2026-07-06T10:00Z"
    )
    merchant.rest()
    assert merchant.days_of_orders() == before


def test_the_days_that_are_here_are_cut_again_on_request_and_nothing_is_counted_twice(merchant):
    before, counted = merchant.days_of_orders(), merchant.usage()
    saved = merchant.save(time_zone="Asia/Tokyo", recut=True)
    assert len(saved.syncs) == 1
    merchant.rest()
    after = merchant.days_of_orders()
    assert after.keys() >= before.keys()
    assert all(len(days) == 1 for days in after.values())
    assert after != before
    key = DayKey("w1", merchant.id, LAST)
    assert merchant.daybook.documents.read(key).cause == "timezone_changed"
    assert merchant.daybook.revisions.read(key, merchant.daybook.days.read(key).live).actor == merchant.who.email
    assert merchant.usage() == len(after) >= counted
    merchant.daybook.pass_time(days=2)
    merchant.rest()
    assert all(len(days) == 1 for days in merchant.days_of_orders().values())


def test_a_cut_that_died_after_it_was_saved_is_made_by_the_sweep(merchant):
    def dying(*args, **more):
        raise errors.Unanswered("the table is away")

    of_days = merchant.daybook.run_syncs.of_days
    merchant.daybook.run_syncs.of_days = dying
    with pytest.raises(errors.Unanswered):
        merchant.save(time_zone="Asia/Tokyo", recut=True)
    merchant.daybook.run_syncs.of_days = of_days
    merchant.rest()
    key = DayKey("w1", merchant.id, LAST)
    assert merchant.daybook.documents.read(key).cause == "timezone_changed"
    assert merchant.daybook.connections.recut("w1", merchant.id) is None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(ZONES), st.booleans(), st.integers(0, 30)), min_size=1, max_size=4))
def test_through_any_changes_of_zone_each_order_stands_on_one_day_and_is_counted_once(changes):
    merchant = Merchant(days=3)
    for zone, recut, hours in changes:
        merchant.daybook.pass_time(hours=hours)
        merchant.save(time_zone=zone, recut=recut)
        merchant.rest()
    merchant.daybook.pass_time(days=3)
    merchant.rest()
    stands = merchant.days_of_orders()
    assert {id_: days for id_, days in stands.items() if len(days) != 1} == {}
    assert stands.keys() == {each.id for orders in merchant.daybook.shop.orders.values() for each in orders}
    assert merchant.usage() == len(stands)


def test_switching_modes_downloads_nothing_and_counts_nothing(merchant):
    fetches, counted = merchant.daybook.shop.fetches, merchant.usage()
    for summary in ("month", "individual", "store", "month", "store"):
        merchant.save(summary=summary)
        merchant.rest()
    assert (merchant.daybook.shop.fetches, merchant.usage()) == (fetches, counted)


def _individual(merchant) -> None:
    orders = [each for orders in merchant.daybook.shop.orders.values() for each in orders]
    merchant.daybook.shop.persons = {each.id: Person(f"Customer {each.id}", "US-NY") for each in orders}
    merchant.save(summary="individual", sync=(merchant.first, LAST))


def _named(merchant) -> int:
    heads = merchant.daybook.days.list("w1", date.min, date.max)
    return sum(len(PersonParts(merchant.daybook.outside.table).names(head)) for head in heads)


def test_individual_mode_names_the_days_that_are_synced_and_leaving_it_erases_the_names(merchant):
    _individual(merchant)
    assert merchant.daybook.order_settings.read(merchant.connection).days_without_names == 5
    merchant.rest()
    assert merchant.daybook.order_settings.read(merchant.connection).days_without_names == 0
    assert _named(merchant) == len(merchant.days_of_orders())
    assert merchant.save(summary="month").said == ("The names of customers are erased.",)
    assert _named(merchant) == 0


def test_names_are_erased_even_if_the_process_dies_as_soon_as_the_settings_are_saved(merchant, monkeypatch):
    _individual(merchant)
    merchant.rest()

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(merchant.daybook.order_settings, "_settle", die)
    with pytest.raises(KeyboardInterrupt):
        merchant.save(summary="store")
    assert _named(merchant) > 0
    merchant.daybook.pass_time(seconds=AGAIN_S)
    merchant.rest()
    assert _named(merchant) == 0


def test_settings_that_were_changed_since_they_were_read_are_not_saved_and_it_is_said_by_whom(merchant):
    merchant.save(summary="month")
    with pytest.raises(errors.OutOfDate, match=r"owner@northwind.example saved other settings at 12:00 UTC: summary."):
        merchant.save(version=0, interval_min=60)
    assert merchant.connection.settings.interval_min == 1_440


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"time_zone": "Mars/Olympus"}, {"time_zone"}),
        ({"interval_min": 7}, {"interval_min"}),
        ({"counting": "custom", "statuses": ()}, {"statuses"}),
        ({"counting": "custom", "statuses": ("paid", "teleported")}, {"statuses"}),
        ({"sync": (date(2026, 7, 2), date(2026, 7, 1))}, {"to"}),
        ({"sync": (date(2026, 7, 2), date(2027, 7, 1))}, {"to"}),
    ],
)
def test_what_cannot_be_saved_is_said_at_its_field_and_nothing_is_changed(merchant, fields, wrong):
    with pytest.raises(errors.RequestError) as refused:
        merchant.save(**fields)
    assert refused.value.fields.keys() == wrong
    assert merchant.connection.settings.version == 0
    assert merchant.daybook.held.messages == []


def test_dates_that_are_saved_with_the_settings_are_synced(merchant):
    saved = merchant.save(interval_min=60, sync=(LAST, LAST))
    assert len(saved.syncs) == 1
    merchant.rest()
    assert merchant.daybook.agenda.connection(merchant.id).refresh_at > 0
    assert merchant.daybook.said()[0].startswith("info: ")


def test_the_last_30_days_are_counted_by_status(merchant):
    in_force = merchant.daybook.order_settings.read(merchant.connection)
    assert in_force.orders == {"paid": sum(len(days) for days in merchant.days_of_orders().values())}
    assert in_force.seam_day == LAST + timedelta(days=1)
    assert in_force.days_here == 5


def test_a_cut_that_died_is_made_before_another_zone_follows_it(merchant):
    def dying(*args, **more):
        raise errors.Unanswered("the table is away")

    of_days = merchant.daybook.run_syncs.of_days
    merchant.daybook.run_syncs.of_days = dying
    with pytest.raises(errors.Unanswered):
        merchant.save(time_zone="Asia/Tokyo", recut=True)
    merchant.daybook.run_syncs.of_days = of_days
    merchant.save(time_zone="Europe/Berlin")
    merchant.rest()
    key = DayKey("w1", merchant.id, merchant.first)
    assert merchant.daybook.documents.read(key).cause == "timezone_changed"


def test_events_go_to_the_day_that_another_zone_gives_them_though_no_order_moves(merchant):
    noon = window_of(LAST, ZONE).start_at + timedelta(hours=12)
    after_midnight = window_of(LAST, ZONE).end_at + timedelta(minutes=30)
    merchant.daybook.shop.orders[LAST] = [order(1, placed_at=noon, events=(refund(after_midnight, line()),))]
    merchant.sync(LAST, LAST)
    assert merchant.returned_on(LAST + timedelta(days=1)) == -5000
    merchant.save(time_zone="America/Chicago", recut=True)
    merchant.rest()
    assert merchant.returned_on(LAST + timedelta(days=1)) == 0
    assert merchant.returned_on(LAST) == -5000


def test_a_night_planned_by_the_old_calendar_does_not_move_on_once_another_zone_is_saved(merchant):
    planned = merchant.daybook.agenda.connection(merchant.id)
    merchant.save(time_zone="Pacific/Honolulu")
    in_force = merchant.daybook.agenda.connection(merchant.id)
    by_the_old = msgspec.structs.replace(planned, next_at=in_force.next_at)
    merchant.daybook.agenda.asked(by_the_old, LAST + timedelta(days=1), 9)
    assert merchant.daybook.agenda.connection(merchant.id).asked_through == planned.asked_through


def test_pairing_again_keeps_the_interval_and_what_another_zone_has_to_be_followed_up_with(merchant):
    merchant.save(interval_min=60)
    seen = merchant.connection
    zoned = msgspec.structs.replace(seen.settings, version=2, calendar=seen.calendar.changed("Asia/Tokyo", LAST))
    assert merchant.daybook.connections.change_settings(seen, zoned, recut=Recut(LAST, "owner"))
    seen, credentials = merchant.daybook.connections.open("w1", merchant.id)
    again = msgspec.structs.replace(seen, epoch=seen.epoch + 1, credentials_version=seen.credentials_version + 1)
    assert merchant.daybook.connections.pair(seen, again, credentials)
    merchant.daybook.start_backfill(again, "owner")
    assert merchant.daybook.agenda.connection(merchant.id).refresh_at > 0
    merchant.rest()
    assert merchant.daybook.connections.recut("w1", merchant.id) is None
    key = DayKey("w1", merchant.id, LAST)
    assert merchant.daybook.documents.read(key).cause == "timezone_changed"


def test_a_closed_day_that_another_zone_opens_again_keeps_what_it_was(merchant):
    merchant.daybook.clock = datetime.fromisoformat("2026-07-05T12:00Z")
    merchant.save(time_zone="Etc/GMT+12", recut=True)
    merchant.daybook.clock = datetime.fromisoformat("2026-07-05T11:00Z")
    key = DayKey("w1", merchant.id, LAST)
    merchant.daybook.ask.ask([key], "sync", by_person=False)
    merchant.rest()
    assert merchant.daybook.documents.read(key).state == "provisional"
    merchant.daybook.pass_time(days=1)
    merchant.daybook.ask.ask([key], "sync", by_person=False)
    merchant.rest()
    assert merchant.daybook.documents.read(key).state == "final"
    states = [each.state for each in merchant.daybook.revisions.chain(key, merchant.daybook.days.read(key).live)]
    assert states[-1] == "final"
    assert merchant.daybook.days.read(key).keep_from == 0
