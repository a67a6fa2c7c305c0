"""Signing up, in and out."""

import pytest

from chalicelib import errors
from chalicelib.domain.passwords import Cost, Passwords
from chalicelib.storage.accounts import Accounts, SessionItem
from chalicelib.storage.table import Table
from chalicelib.workflows.sign_in import SignIn
from tests.support.people import CHEAP, EMAIL, HOME, PASSWORD, Clock, new_id, sign_in_on
from tests.support.shaky import Death, every_fault


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def people(memory_table: Table, clock: Clock) -> SignIn:
    return sign_in_on(memory_table, clock)


def up(people: SignIn, email: str = EMAIL) -> str:
    return people.sign_up(email, PASSWORD, "Northwind", address=HOME).cookie.reveal()


def test_who_signs_up_is_signed_in_as_owner_of_a_workspace_of_their_own(people: SignIn) -> None:
    one, other = people.read(up(people)), people.read(up(people, "owner@contoso.example"))
    assert (one.email, one.role) == (EMAIL, "owner")
    assert one.workspace != other.workspace
    assert one.token != other.token


def test_the_same_email_in_other_letters_is_the_same_person(people: SignIn) -> None:
    up(people)
    opened = people.sign_in(" Owner@Northwind.Example ", PASSWORD, address=HOME)
    assert people.read(opened.cookie.reveal()).email == EMAIL
    with pytest.raises(errors.RequestError) as caught:
        people.sign_up("OWNER@northwind.example", PASSWORD, "Another", address=HOME)
    assert set(caught.value.fields) == {"email"}


@pytest.mark.parametrize(
    ("told", "kept"),
    [("Europe/Lisbon", "Europe/Lisbon"), ("Asia/Calcutta", "Asia/Calcutta"), ("Mars/Olympus", "UTC"), ("", "UTC")],
)
def test_a_new_workspace_has_the_time_zone_of_the_browser_if_we_know_it(
    people: SignIn, memory_table: Table, told: str, kept: str
) -> None:
    opened = people.sign_up(EMAIL, PASSWORD, "Northwind", address=HOME, time_zone=told)
    workspace = Accounts(memory_table, new_id).workspace(opened.signed_in.workspace)
    assert workspace is not None
    assert workspace.time_zone == kept


@pytest.mark.parametrize(
    ("email", "password", "workspace", "fields"),
    [
        ("nobody", PASSWORD, "Northwind", {"email"}),
        ("a@b", PASSWORD, "Northwind", {"email"}),
        ("a b@c.example", PASSWORD, "Northwind", {"email"}),
        ("a@b@c.example", PASSWORD, "Northwind", {"email"}),
        ("@c.example", PASSWORD, "Northwind", {"email"}),
        ("a" * 250 + "@c.example", PASSWORD, "Northwind", {"email"}),
        (EMAIL, "too short", "Northwind", {"password"}),
        (EMAIL, PASSWORD, "  ", {"workspace"}),
        (EMAIL, PASSWORD, "North\nwind", {"workspace"}),
        (EMAIL, PASSWORD, "N" * 81, {"workspace"}),
        ("", "", "", {"email", "password", "workspace"}),
    ],
)
def test_every_field_that_is_wrong_is_named(
    people: SignIn, email: str, password: str, workspace: str, fields: set[str]
) -> None:
    with pytest.raises(errors.RequestError) as caught:
        people.sign_up(email, password, workspace, address=HOME)
    assert set(caught.value.fields) == fields


def test_a_wrong_pair_does_not_say_what_is_wrong(people: SignIn) -> None:
    up(people)
    said = set()
    for email, password in ((EMAIL, "another password"), ("nobody@northwind.example", PASSWORD), ("", "")):
        with pytest.raises(errors.NotSignedIn) as caught:
            people.sign_in(email, password, address=HOME)
        said.add((str(caught.value), str(caught.value.fields)))
    assert said == {("Email or password is not right.", "{}")}


def test_a_sign_in_ends_the_session_whose_cookie_came_with_it(people: SignIn) -> None:
    old = up(people)
    new = people.sign_in(EMAIL, PASSWORD, address=HOME, old=old).cookie.reveal()
    with pytest.raises(errors.NotSignedIn):
        people.read(old)
    assert people.read(new).email == EMAIL


def test_signing_out_ends_this_session_and_no_other(people: SignIn) -> None:
    here = up(people)
    there = people.sign_in(EMAIL, PASSWORD, address=HOME).cookie.reveal()
    people.sign_out(people.read(here))
    with pytest.raises(errors.NotSignedIn):
        people.read(here)
    assert people.read(there).email == EMAIL


def test_use_is_noted_every_few_minutes_only(people: SignIn, clock: Clock, memory_table: Table) -> None:
    cookie = up(people)
    session = people.read(cookie).session

    def seen_at() -> float:
        found = memory_table.get(SessionItem, f"SESSION#{session}", "SESSION")
        assert found is not None
        return found.seen_at

    began = seen_at()
    clock.move(seconds=299)
    people.read(cookie)
    assert seen_at() == began
    clock.move(seconds=1)
    people.read(cookie)
    assert seen_at() == began + 300


def test_a_password_is_kept_anew_when_the_cost_has_risen(memory_table: Table, clock: Clock) -> None:
    up(sign_in_on(memory_table, clock))
    dearer = Passwords(Cost(log_n=CHEAP.log_n + 1))
    sign_in_on(memory_table, clock, dearer).sign_in(EMAIL, PASSWORD, address=HOME)
    kept = Accounts(memory_table, new_id).user_of(EMAIL)
    assert kept is not None
    assert not dearer.is_outdated(kept.password)
    sign_in_on(memory_table, clock, dearer).sign_in(EMAIL, PASSWORD, address=HOME)


def test_wherever_a_sign_up_dies_one_can_sign_in_or_sign_up(clock: Clock) -> None:
    for wrong, table, _, result in every_fault(
        lambda table: None, lambda table, _: up(sign_in_on(table, clock)), deaths=True
    ):
        people = sign_in_on(table, clock)
        if not isinstance(result, Death):
            assert people.read(result).email == EMAIL, wrong
        try:
            opened = people.sign_in(EMAIL, PASSWORD, address=HOME)
        except errors.NotSignedIn:
            opened = people.sign_up(EMAIL, PASSWORD, "Northwind", address=HOME)
        assert people.read(opened.cookie.reveal()).email == EMAIL, wrong


def test_however_a_write_of_a_sign_in_goes_wrong_the_session_counts(clock: Clock) -> None:
    for wrong, table, _, result in every_fault(
        lambda table: up(sign_in_on(table, clock)),
        lambda table, _: sign_in_on(table, clock).sign_in(EMAIL, PASSWORD, address=HOME).cookie.reveal(),
    ):
        assert sign_in_on(table, clock).read(result).email == EMAIL, wrong
