"""Roles and removal: what is decided holds at once, there is an owner at all times, and what died is finished."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib import errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.people import Place, Roster
from chalicelib.storage.table import Table
from tests.support.people import HOME, PASSWORD
from tests.support.shaky import every_fault
from tests.support.team import Team

CLERK = "clerk@northwind.example"
PARTNER = "partner@northwind.example"


@pytest.fixture
def team(memory_table: Table) -> Team:
    return Team(memory_table)


def test_whoever_made_a_workspace_is_its_first_owner(team: Team) -> None:
    owner = team.owner()
    assert team.roles(owner) == {"owner": "owner"}


def test_a_new_role_holds_at_once_and_ends_that_persons_sessions(team: Team) -> None:
    owner = team.owner()
    opened = team.invite.join(team.secret(owner, CLERK), PASSWORD, address=HOME)
    team.clock.move(seconds=1)
    team.people.change_role(owner, opened.signed_in.user, "member")
    with pytest.raises(errors.NotSignedIn):
        team.sign_in.read(opened.cookie.reveal())
    assert team.enter(CLERK).role == "member"
    told = "owner@northwind.example made clerk@northwind.example a member; before, viewer."
    assert told in team.said(owner.workspace)
    (change, *_) = team.audit.list(owner.workspace, before="~", limit=1)
    assert (change.about, change.actor) == ("access", owner.email)


def test_the_same_role_again_changes_nothing(team: Team) -> None:
    owner = team.owner()
    opened = team.invite.join(team.secret(owner, CLERK), PASSWORD, address=HOME)
    team.people.change_role(owner, opened.signed_in.user, "viewer")
    assert team.sign_in.read(opened.cookie.reveal()).role == "viewer"
    assert not any("before" in line for line in team.said(owner.workspace))


def test_the_last_owner_is_neither_made_smaller_nor_removed(team: Team) -> None:
    owner = team.owner()
    clerk = team.joined(owner, CLERK, "member")
    for act in (
        lambda: team.people.change_role(owner, owner.user, "viewer"),
        lambda: team.people.remove(owner, owner.user),
    ):
        with pytest.raises(errors.Conflict, match="an owner at all times"):
            act()
    assert team.roles(owner) == {"owner": "owner", "clerk": "member"}
    team.people.change_role(owner, clerk.user, "owner")
    team.people.change_role(owner, owner.user, "viewer")
    assert team.roles(owner) == {"owner": "viewer", "clerk": "owner"}


def test_two_owners_who_let_each_other_go_at_once_leave_one(memory_table: Table) -> None:
    for _ in range(5):
        team = Team(Table(type(memory_table._engine)()))
        owner = team.owner()
        partner = team.joined(owner, PARTNER, "owner")

        def demote(pair: tuple[SignedIn, SignedIn], team: Team = team) -> bool:
            try:
                team.people.change_role(pair[0], pair[1].user, "viewer")
            except errors.Conflict:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(demote, [(owner, partner), (partner, owner)]))
        assert sorted(team.roles(owner).values()) == ["owner", "viewer"]


def test_who_is_removed_is_out_at_once_and_their_address_is_free(team: Team) -> None:
    owner = team.owner()
    opened = team.invite.join(team.secret(owner, CLERK, "member"), PASSWORD, address=HOME)
    team.people.remove(owner, opened.signed_in.user)
    with pytest.raises(errors.NotSignedIn):
        team.sign_in.read(opened.cookie.reveal())
    with pytest.raises(errors.NotSignedIn):
        team.enter(CLERK)
    assert team.roles(owner) == {"owner": "owner"}
    assert team.joined(owner, CLERK).role == "viewer"
    assert team.owner(PARTNER).workspace != owner.workspace


def test_an_unknown_person_is_not_there(team: Team) -> None:
    owner, stranger = team.owner(), team.owner("stranger@northwind.example")
    for user in (stranger.user, "nobody"):
        with pytest.raises(errors.NotFound):
            team.people.change_role(owner, user, "viewer")
        with pytest.raises(errors.NotFound):
            team.people.remove(owner, user)
    assert team.roles(stranger) == {"stranger": "owner"}


def test_s16_changes_of_people_need_a_recent_sign_in(team: Team) -> None:
    owner = team.owner()
    clerk = team.joined(owner, CLERK)
    team.clock.move(minutes=11)
    for act in (
        lambda: team.people.change_role(owner, clerk.user, "member"),
        lambda: team.people.remove(owner, clerk.user),
        lambda: team.invite.invite(owner, PARTNER, "viewer"),
        lambda: team.api_keys.make(owner, "Nightly", "read", days=1),
    ):
        with pytest.raises(errors.Forbidden) as caught:
            act()
        assert list(caught.value.fields) == ["password"]


@pytest.mark.parametrize("role", ["owner", None])
def test_however_a_write_goes_wrong_the_next_try_ends_in_the_same_place(role: str | None) -> None:
    def prepare(table: Table) -> tuple[SignedIn, str]:
        team = Team(table)
        owner = team.owner()
        return owner, team.joined(owner, CLERK, "member").user

    def act(table: Table, given: tuple[SignedIn, str]) -> bool:
        team, (owner, clerk) = Team(table), given
        if role is None:
            team.people.remove(owner, clerk)
        else:
            team.people.change_role(owner, clerk, role)  # type: ignore[arg-type]
        return True

    for wrong, table, given, result in every_fault(prepare, act, deaths=True):
        team = Team(table)
        if result is not True:
            try:
                act(table, given)
            except errors.NotFound:
                assert role is None, wrong
        wanted = {"owner": "owner", "clerk": "owner"} if role else {"owner": "owner"}
        assert team.roles(given[0]) == wanted, wrong
        roster = team.records.roster(given[0].workspace)
        assert roster is not None
        assert [place.role for place in roster.places] == ["owner"] * len(wanted), wrong


def test_a_change_that_is_late_does_not_turn_a_newer_one_back(team: Team) -> None:
    owner = team.owner()
    clerk = team.joined(owner, CLERK)
    team.people.change_role(owner, clerk.user, "member")
    late = team.records.roster(owner.workspace)
    assert late is not None
    place = late.find(clerk.user)
    assert place is not None
    team.people.change_role(owner, clerk.user, "viewer")
    team.records.follow(place)
    assert team.roles(owner)["clerk"] == "viewer"


def test_a_roster_has_a_bound() -> None:
    full = Roster(version=1, places=tuple(Place(user=str(n), role="owner") for n in range(100)))
    with pytest.raises(errors.Conflict, match="at most 100"):
        full.joined_by("one more", "viewer")
    assert full.joined_by("7", "viewer") == full
