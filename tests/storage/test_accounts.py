"""Users, workspaces, sessions and tries in the table."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import msgspec

from chalicelib.domain.accounts import Session, User, Workspace
from chalicelib.storage.accounts import Accounts, EmailClaim, PlaceKnown
from chalicelib.storage.table import Table
from tests.support.people import EMAIL, new_id
from tests.support.shaky import every_fault

AT = datetime(2026, 7, 5, 12, tzinfo=UTC)
NOW = int(AT.timestamp())


def workspace(name: str = "w1") -> Workspace:
    return Workspace(
        id=name,
        name="Northwind",
        time_zone="UTC",
        currency="USD",
        week_start="monday",
        individual_allowed=False,
        signed_up_at=AT,
    )


def user(name: str = "u1", in_workspace: str = "w1") -> User:
    return User(id=name, workspace=in_workspace, email=EMAIL, role="owner", password="kept", epoch=0)


def session(name: str = "s1") -> Session:
    return Session(id=name, user="u1", epoch=0, signed_in_at=NOW, seen_at=NOW, ends_at=NOW + 100)


def accounts(table: Table) -> Accounts:
    return Accounts(table, new_id)


def test_what_was_added_is_found_again(table: Table) -> None:
    here = accounts(table)
    assert here.add(workspace(), user())
    assert here.user_of(EMAIL) == user()
    assert here.user("u1") == user()
    assert here.workspace("w1") == workspace()
    assert here.user_of("nobody@northwind.example") is None
    assert here.workspace("w2") is None


def test_an_email_has_one_user_and_the_loser_leaves_nothing_behind(table: Table) -> None:
    here = accounts(table)
    assert here.add(workspace(), user())
    assert not here.add(workspace("w2"), user("u2", "w2"))
    assert here.user_of(EMAIL) == user()
    assert here.user("u2") is None
    assert here.workspace("w2") is None


def test_of_many_who_want_one_email_at_once_one_gets_it(table: Table) -> None:
    here = accounts(table)
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda n: here.add(workspace(f"w{n}"), user(f"u{n}", f"w{n}")), range(8)))
    assert got.count(True) == 1
    assert here.user_of(EMAIL) == user(f"u{got.index(True)}", f"w{got.index(True)}")


def test_however_a_write_of_a_sign_up_goes_wrong_it_is_whole_or_not_there() -> None:
    for wrong, table, _, result in every_fault(
        lambda table: None, lambda table, _: accounts(table).add(workspace(), user()), deaths=True
    ):
        here = accounts(table)
        if result is True:
            assert here.user_of(EMAIL) == user(), wrong
        if here.user_of(EMAIL) is not None:
            assert here.workspace("w1") == workspace(), wrong
        else:
            assert here.add(workspace("w2"), user("u2", "w2")), wrong


def test_a_workspace_changes_only_as_it_was_read(table: Table) -> None:
    here = accounts(table)
    here.add(workspace(), user())
    changed = msgspec.structs.replace(workspace(), time_zone="Asia/Tokyo", locked_through=date(2026, 7, 31), version=1)
    assert here.change_workspace(workspace(), changed)
    assert here.workspace("w1") == changed
    other = msgspec.structs.replace(workspace(), name="Another", version=1)
    assert not here.change_workspace(workspace(), other)
    assert here.workspace("w1") == changed
    assert here.change_workspace(changed, msgspec.structs.replace(changed, locked_through=None, version=2))
    assert here.workspace("w2") is None


def test_a_session_is_there_until_it_is_ended_and_use_does_not_bring_it_back(table: Table) -> None:
    here = accounts(table)
    here.begin_session(session(), expires_at=NOW + 100)
    here.note_seen("s1", NOW + 5)
    seen = here.session("s1")
    assert seen is not None
    assert seen.seen_at == NOW + 5
    here.end_session("s1")
    here.end_session("s1")
    here.note_seen("s1", NOW + 6)
    assert here.session("s1") is None


def test_ending_a_users_sessions_raises_the_epoch_however_the_write_goes(table: Table) -> None:
    here = accounts(table)
    here.add(workspace(), user())
    here.end_sessions_of("u1")
    ended = here.user("u1")
    assert ended is not None
    assert ended.epoch == 1
    for wrong, shaky, _, result in every_fault(
        lambda table: accounts(table).add(workspace(), user()), lambda table, _: accounts(table).end_sessions_of("u1")
    ):
        again = accounts(shaky).user("u1")
        assert again is not None
        assert result is not None or again.epoch > 0, wrong


def test_a_password_is_kept_anew_only_over_the_one_that_was_read(table: Table) -> None:
    here = accounts(table)
    here.add(workspace(), user())
    here.keep_password(user(), "kept anew")
    here.keep_password(user(), "kept too late")
    kept = here.user("u1")
    assert kept is not None
    assert kept.password == "kept anew"


def test_tries_wait_as_they_are_told_and_a_try_that_has_to_wait_is_not_counted(table: Table) -> None:
    here = accounts(table)

    def take(at: int) -> int:
        return here.take_try("account", EMAIL, at=at, wait_after=lambda n: 10 * (n - 2) if n > 2 else 0)

    assert [take(NOW) for _ in range(3)] == [0, 0, 0]
    assert [take(NOW + 4) for _ in range(3)] == [6, 6, 6]
    assert take(NOW + 10) == 0
    assert take(NOW + 11) == 19
    here.forget_tries("account", EMAIL)
    assert [take(NOW + 12) for _ in range(3)] == [0, 0, 0]
    assert take(NOW + 13) == 9
    assert [take(NOW + 13 + 86_400) for _ in range(3)] == [0, 0, 0]


def test_a_try_given_back_does_not_count(table: Table) -> None:
    here = accounts(table)
    for _ in range(20):
        assert here.take_try("address", "a", at=NOW, wait_after=lambda n: 60 if n > 2 else 0) == 0
        here.give_try_back("address", "a")


def test_many_tries_at_once_are_counted_one_by_one(table: Table) -> None:
    here = accounts(table)
    with ThreadPoolExecutor(8) as pool:
        waits = list(
            pool.map(
                lambda _: here.take_try("account", EMAIL, at=NOW, wait_after=lambda n: 60 if n > 2 else 0), range(24)
            )
        )
    assert waits.count(0) <= 3


def test_a_try_whose_write_goes_wrong_is_counted_or_refused() -> None:
    for wrong, table, _, result in every_fault(
        lambda table: None,
        lambda table, _: accounts(table).take_try("account", EMAIL, at=NOW, wait_after=lambda n: 60),
    ):
        assert result == 0, wrong
        assert accounts(table).take_try("account", EMAIL, at=NOW, wait_after=lambda n: 60) == 60, wrong


def test_a_place_is_known_for_ninety_days(table: Table) -> None:
    here = accounts(table)
    here.note_place(EMAIL, "198.51.100.7", at=NOW)
    assert here.known_place(EMAIL, "198.51.100.7", at=NOW + 89 * 86_400) == "signed in"
    assert here.known_place(EMAIL, "198.51.100.7", at=NOW + 91 * 86_400) is None
    assert here.known_place(EMAIL, "198.51.100.8", at=NOW) is None
    assert here.known_place("other@northwind.example", "198.51.100.7", at=NOW) is None


def test_a_link_makes_a_place_known_for_less_than_a_sign_in_does(table: Table) -> None:
    here = accounts(table)
    ways: tuple[PlaceKnown, ...] = ("by mail", "signed in", "by mail")
    known = []
    for how in ways:
        here.note_place(EMAIL, "198.51.100.7", at=NOW, how=how)
        known.append(here.known_place(EMAIL, "198.51.100.7", at=NOW))
    assert known == ["by mail", "signed in", "signed in"]
    later = NOW + 91 * 86_400
    here.note_place(EMAIL, "198.51.100.7", at=later, how="by mail")
    assert here.known_place(EMAIL, "198.51.100.7", at=later) == "by mail"


def test_no_email_and_no_address_stands_in_a_key(memory_table: Table) -> None:
    here = accounts(memory_table)
    here.add(workspace(), user())
    here.take_try("account", EMAIL, at=NOW, wait_after=lambda n: 0)
    here.note_place(EMAIL, "198.51.100.7", at=NOW)
    keys = " ".join(f"{pk} {sk}" for pk, sk, _ in memory_table._engine.items())  # type: ignore[attr-defined]
    assert EMAIL not in keys
    assert "198.51" not in keys
    assert memory_table.get(EmailClaim, EMAIL, "EMAIL") is None
