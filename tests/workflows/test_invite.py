"""Invitations: for one address and one use, for seven days, by a link whose host no request chooses (S13)."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from chalicelib import errors
from chalicelib.domain import people as domain
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.people import Roster, secret_hash
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.people import HOME, PASSWORD
from tests.support.shaky import every_fault
from tests.support.team import Team

CLERK = "clerk@northwind.example"


@pytest.fixture
def team(memory_table: Table) -> Team:
    return Team(memory_table)


def test_who_joins_is_in_the_workspace_with_the_role_they_were_given(team: Team) -> None:
    owner = team.owner()
    for name, role in (("clerk", "viewer"), ("buyer", "member"), ("partner", "owner")):
        opened = team.invite.join(team.secret(owner, f"{name}@northwind.example", role), PASSWORD, address=HOME)
        who = team.sign_in.read(opened.cookie.reveal())
        assert (who.role, who.workspace) == (role, owner.workspace)
    assert team.roles(owner) == {"owner": "owner", "clerk": "viewer", "buyer": "member", "partner": "owner"}
    assert "partner@northwind.example joined as an owner." in team.said(owner.workspace)


def test_the_link_is_ours_and_carries_its_secret_behind_the_hash(team: Team) -> None:
    link = team.invite.invite(team.owner(), CLERK, "viewer").link.reveal()
    assert link.startswith("https://daybook.example/live/join#daybook_invitation_")


def test_it_says_what_it_is_for_before_it_is_used(team: Team) -> None:
    owner = team.owner()
    shown = team.invite.look(team.secret(owner, CLERK, "member"))
    assert (shown.workspace, shown.invitation.email, shown.invitation.role) == ("Northwind", CLERK, "member")
    assert shown.maker == owner.email


def test_it_is_used_once(team: Team) -> None:
    owner = team.owner()
    secret = team.secret(owner, CLERK)
    team.invite.join(secret, PASSWORD, address=HOME)
    for act in (lambda: team.invite.join(secret, PASSWORD, address=HOME), lambda: team.invite.look(secret)):
        with pytest.raises(errors.NotFound):
            act()
    assert team.invite.list(owner.workspace) == ()


def test_of_many_who_use_it_at_once_one_joins(team: Team) -> None:
    owner = team.owner()
    secret = team.secret(owner, CLERK)

    def join(_: int) -> bool:
        try:
            team.invite.join(secret, PASSWORD, address=HOME)
        except errors.RequestError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(join, range(8))).count(True) == 1
    assert team.roles(owner) == {"owner": "owner", "clerk": "viewer"}


def test_one_that_was_spent_is_used_even_where_its_joining_died(team: Team) -> None:
    owner = team.owner()
    secret = team.secret(owner, CLERK)
    assert team.invitations.spend(secret_hash(secret), "somebody")
    with pytest.raises(errors.NotFound):
        team.invite.look(secret)
    assert team.invite.list(owner.workspace) == ()


def test_it_ends_after_seven_days(team: Team) -> None:
    secret = team.secret(team.owner(), CLERK)
    team.clock.move(days=7, seconds=-1)
    team.invite.look(secret)
    team.clock.move(seconds=1)
    with pytest.raises(errors.NotFound):
        team.invite.join(secret, PASSWORD, address=HOME)


def test_it_ends_when_it_is_withdrawn_when_another_is_made_and_when_its_maker_is_no_owner(team: Team) -> None:
    owner = team.owner()
    first, second = team.secret(owner, CLERK), team.secret(owner, CLERK)
    with pytest.raises(errors.NotFound):
        team.invite.look(first)
    (shown,) = team.invite.list(owner.workspace)
    team.invite.withdraw(owner, shown.invitation.id)
    with pytest.raises(errors.NotFound):
        team.invite.look(second)
    with pytest.raises(errors.NotFound):
        team.invite.withdraw(owner, shown.invitation.id)
    partner = team.joined(owner, "partner@northwind.example", "owner")
    third = team.secret(partner, CLERK, "owner")
    team.people.change_role(owner, partner.user, "member")
    with pytest.raises(errors.NotFound):
        team.invite.join(third, PASSWORD, address=HOME)


@pytest.mark.parametrize("secret", ["", "daybook_invitation_", "daybook_invitation_x", "daybook_key_x", "ä\ud800"])
def test_what_is_no_invitation_opens_nothing(team: Team, secret: str) -> None:
    with pytest.raises(errors.NotFound):
        team.invite.look(secret)
    with pytest.raises(errors.NotFound):
        team.invite.join(secret, PASSWORD, address=HOME)


def test_an_address_with_an_account_elsewhere_cannot_join(team: Team) -> None:
    owner, other = team.owner(), team.owner("other@northwind.example")
    secret = team.secret(owner, other.email)
    with pytest.raises(errors.Conflict, match="one workspace"):
        team.invite.join(secret, PASSWORD, address=HOME)
    assert team.roles(owner) == {"owner": "owner"}
    assert team.enter(other.email).workspace == other.workspace


def test_who_is_here_is_not_invited_and_no_address_is_no_address(team: Team) -> None:
    owner = team.owner()
    for email in (owner.email.upper(), "nobody"):
        with pytest.raises(errors.RequestError) as caught:
            team.invite.invite(owner, email, "viewer")
        assert list(caught.value.fields) == ["email"]


def test_a_weak_password_is_refused_and_the_invitation_stays(team: Team) -> None:
    secret = team.secret(team.owner(), CLERK)
    with pytest.raises(errors.RequestError) as caught:
        team.invite.join(secret, "clerk", address=HOME)
    assert list(caught.value.fields) == ["password"]
    team.invite.join(secret, PASSWORD, address=HOME)


def test_a_full_workspace_uses_up_no_invitation_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "PEOPLE_MAX", 2)
    engine = MemoryEngine()
    team = Team(Table(engine))
    owner = team.owner()
    buyer = team.joined(owner, "buyer@northwind.example")
    secret = team.secret(owner, CLERK)
    before = list(engine.items())
    with pytest.raises(errors.Conflict, match="at most 2 people"):
        team.invite.join(secret, PASSWORD, address=HOME)
    assert list(engine.items()) == before
    team.people.remove(owner, buyer.user)
    team.invite.join(secret, PASSWORD, address=HOME)
    assert team.roles(owner) == {"owner": "owner", "clerk": "viewer"}


def test_an_invitation_stands_where_others_were_always_faster_to_join(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = MemoryEngine()
    team = Team(Table(engine))
    owner = team.owner()
    secret = team.secret(owner, CLERK)
    replace = team.records.replace

    def too_late(workspace: str, seen: Roster, changed: Roster) -> bool:
        faster = msgspec.structs.replace(seen, version=seen.version + 1)
        assert replace(workspace, seen, faster)
        return replace(workspace, seen, changed)

    with monkeypatch.context() as racing:
        racing.setattr(team.records, "replace", too_late)
        with pytest.raises(errors.Conflict, match="Try again"):
            team.invite.join(secret, PASSWORD, address=HOME)
    users = [pk for pk, sk, _ in engine.items() if (pk.startswith("USER#"), sk) == (True, "USER")]
    assert len(users) == 1
    team.invite.join(secret, PASSWORD, address=HOME)
    assert team.roles(owner) == {"owner": "owner", "clerk": "viewer"}


def test_who_joins_is_known_where_they_joined_from_and_ends_the_session_they_came_with(team: Team) -> None:
    owner = team.owner()
    other = team.sign_in.sign_up("other@northwind.example", PASSWORD, "Other", address=HOME).cookie.reveal()
    secret = team.secret(owner, CLERK)
    with pytest.raises(errors.RequestError):
        team.invite.join(secret, "clerk", address=HOME, old=other)
    assert team.sign_in.read(other)
    team.invite.join(secret, PASSWORD, address=HOME, old=other)
    with pytest.raises(errors.NotSignedIn):
        team.sign_in.read(other)
    at = int(team.clock().timestamp())
    assert team.accounts.known_place(CLERK, HOME, at=at) == "signed in"
    assert team.accounts.known_place(CLERK, "203.0.113.9", at=at) is None


def test_another_workspaces_invitation_is_not_there(team: Team) -> None:
    owner, stranger = team.owner(), team.owner("stranger@northwind.example")
    made = team.invite.invite(owner, CLERK, "viewer")
    with pytest.raises(errors.NotFound):
        team.invite.withdraw(stranger, made.invitation.id)
    assert team.invite.list(stranger.workspace) == ()
    assert len(team.invite.list(owner.workspace)) == 1


def test_however_a_write_of_joining_goes_wrong_nobody_is_an_owner_unseen() -> None:
    def prepare(table: Table) -> tuple[SignedIn, str]:
        team = Team(table)
        owner = team.owner()
        return owner, team.secret(owner, CLERK, "owner")

    def join(table: Table, given: tuple[SignedIn, str]) -> bool:
        Team(table).invite.join(given[1], PASSWORD, address=HOME)
        return True

    for wrong, table, (owner, _), result in every_fault(prepare, join, deaths=True):
        team = Team(table)
        roster = team.records.roster(owner.workspace)
        assert roster is not None
        entered = team.accounts.user_of(CLERK)
        if result is True:
            assert team.roles(owner) == {"owner": "owner", "clerk": "owner"}, wrong
        if entered is not None:
            assert roster.find(entered.id), wrong
        owners = [place.user for place in roster.places if place.role == "owner" and place.user != owner.user]
        assert owners in ([], [entered.id if entered else None]), wrong


def test_no_secret_of_an_invitation_stands_in_the_table_or_in_a_list() -> None:
    engine = MemoryEngine()
    team = Team(Table(engine))
    owner = team.owner()
    made = team.invite.invite(owner, CLERK, "viewer")
    secret = made.link.reveal().partition("#")[2]
    said = [
        repr(list(engine.items())),
        repr(made),
        repr(team.invite.list(owner.workspace)),
        *team.said(owner.workspace),
    ]
    team.invite.join(secret, PASSWORD, address=HOME)
    said.append(repr(list(engine.items())))
    assert not any(secret in text or PASSWORD in text for text in said)
