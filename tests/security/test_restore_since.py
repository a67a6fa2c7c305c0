"""S45: workspaces that signed up and shops that were paired after the instant that a table was put back to."""

from collections.abc import Callable
from datetime import date, timedelta

import msgspec
import pytest

from chalicelib.domain.connections import Connection, Credentials
from chalicelib.domain.secret import Secret
from chalicelib.domain.work import Attempt, DayKey, Due
from chalicelib.storage.table import Raw, Table
from tests.support.memory import MemoryEngine
from tests.support.people import EMAIL, HOME, PASSWORD
from tests.support.restoring import DAYS, TOLD, Merchant, in_memory, keys_of

SHOP = "77"
REACH = 60

Do = Callable[[Merchant], object]


def sign_up(merchant: Merchant) -> None:
    merchant.sign_in.sign_up(EMAIL, PASSWORD, "Northwind", address=HOME)


def nothing(merchant: Merchant) -> None:
    """Nothing was there yet."""


def put_back(before: Do, since: Do) -> tuple[Merchant, Table]:
    """The table as it was between the two, hours later, carried over to twice; and the one left behind."""
    left = Table(MemoryEngine())
    merchant = Merchant(left)
    before(merchant)
    snapshot: list[Raw] = in_memory(left)
    merchant.pass_time(minutes=5)
    since(merchant)
    table = Table(MemoryEngine())
    for item in snapshot:
        table.put_raw(item)
    restored = Merchant(table)
    restored.clock = merchant.clock + timedelta(hours=3)
    once: list[Raw] = []
    for _ in range(2):
        restored.carry_over(left).run(TOLD, keys_of(in_memory(table)), keys_of(in_memory(left)))
        once = once or in_memory(table)
    assert in_memory(table) == once
    return restored, left


def paired(merchant: Merchant, *, reach_days: int | None = REACH) -> Connection:
    """A shop that shows so many days, paired, or paired again after a disconnecting."""
    known = [each for each in merchant.connections.list(merchant.workspace) if each.account == SHOP]
    seen = known[0] if known else merchant.pair_shop(merchant.workspace, SHOP)
    again = msgspec.structs.replace(
        seen,
        state="paired",
        reach_days=reach_days,
        epoch=seen.epoch + 1,
        credentials_version=seen.credentials_version + 1,
    )
    assert merchant.connections.pair(seen, again, Credentials(access=Secret("another")))
    return again


def asked(merchant: Merchant) -> list[date]:
    """Which days the next sweep asks for."""
    merchant.sweep()
    return sorted(message.day for message in merchant.held.messages)


def test_s45_a_lock_does_not_close_the_days_of_who_signed_up_since() -> None:
    """Their books are gone, so the days would be closed as empty ones, and what comes in would be corrections."""

    def since(merchant: Merchant) -> None:
        who = merchant.sign_in.sign_up(EMAIL, PASSWORD, "Northwind", address=HOME).signed_in
        merchant.bring_in(merchant.pair_shop(merchant.workspace, SHOP), *DAYS)
        merchant.change.workspace(who, {"locked_through": DAYS[0]}, version=None)
        merchant.lock.catch_up_all(merchant.workspace)

    restored, left = put_back(nothing, since)
    workspace, now = (each.accounts.workspace(restored.workspace) for each in (restored, Merchant(left)))
    assert workspace is not None
    assert now is not None
    assert (now.locked_through, workspace.locked_through) == (DAYS[0], None)
    assert workspace.version == now.version + 1
    restored.bring_in(restored.connection(SHOP), DAYS[0])
    ((_, version),) = restored.documents.list(restored.workspace, DAYS[0], DAYS[0])
    assert (version.state, version.frozen) == ("final", None)


@pytest.mark.parametrize("reach_days", [REACH, None])
def test_s45_a_shop_paired_since_is_asked_for_what_it_shows(reach_days: int | None) -> None:
    restored, _ = put_back(sign_up, lambda merchant: paired(merchant, reach_days=reach_days))
    today = restored.clock.date()
    first = today - timedelta(days=90 if reach_days is None else REACH - 1)
    assert asked(restored)[0] == first


def test_s45_nor_is_one_that_was_disconnected_long_before_and_paired_again_since() -> None:
    def before(merchant: Merchant) -> None:
        sign_up(merchant)
        connection = paired(merchant)
        merchant.agenda.put_connection(
            Due(
                workspace=merchant.workspace,
                connection=connection.id,
                next_at=0,
                asked_through=merchant.clock.date() - timedelta(days=100),
            )
        )
        merchant.part.part(merchant.workspace, connection.id)

    restored, _ = put_back(before, paired)
    assert asked(restored)[0] == restored.clock.date() - timedelta(days=REACH - 1)


def test_s45_an_attempt_of_before_a_disconnecting_ends_although_it_was_paired_again() -> None:
    day = date(2026, 7, 2)

    def key(merchant: Merchant) -> DayKey:
        return DayKey(merchant.workspace, merchant.connection(SHOP).id, day)

    def before(merchant: Merchant) -> None:
        sign_up(merchant)
        paired(merchant)
        merchant.days.ask(key(merchant), by_person=True)
        head = merchant.days.read(key(merchant))
        assert head is not None
        at = int(merchant.clock.timestamp())
        attempt = Attempt(id="old", serving=1, until=at + 310, began_at=at, cursor="50", parts=())
        assert merchant.days.claim(head, attempt)

    def attempt(merchant: Merchant) -> Attempt | None:
        head = merchant.days.read(key(merchant))
        assert head is not None
        return head.attempt

    def again(merchant: Merchant) -> None:
        merchant.part.part(merchant.workspace, merchant.connection(SHOP).id)
        paired(merchant)

    restored, _ = put_back(before, again)
    assert restored.connection(SHOP).state == "paired"
    assert attempt(restored) is None
    # One that was not disconnected goes on.
    still, _ = put_back(before, nothing)
    assert attempt(still) is not None
