"""Rosters, keys and invitations in the table, on each engine: what two who act at once may and may not do."""

from chalicelib.domain.accounts import User
from chalicelib.domain.people import Invitation, Place, Roster
from chalicelib.storage.accounts import Accounts
from chalicelib.storage.grants import Grants
from chalicelib.storage.people import People
from chalicelib.storage.table import Table
from tests.support.people import EMAIL, new_id

ALONE = Roster(version=0, places=(Place(user="u1", role="owner"),))


def people(table: Table) -> People:
    accounts = Accounts(table, new_id)
    accounts.add_user(User(id="u1", workspace="w1", email=EMAIL, role="owner", password="kept", epoch=0))
    return People(table, accounts)


def test_a_roster_is_replaced_only_as_it_was_read(table: Table) -> None:
    here = people(table)
    assert here.roster("w1") is None
    assert here.begin("w1", ALONE) == ALONE
    two, other = ALONE.joined_by("u2", "viewer"), ALONE.joined_by("u3", "viewer")
    assert here.begin("w1", two) == ALONE
    assert here.replace("w1", ALONE, two)
    assert not here.replace("w1", ALONE, other)
    assert here.roster("w1") == two
    assert here.roster("w2") is None


def test_a_role_is_written_in_the_order_of_its_changes_and_never_to_who_is_gone(table: Table) -> None:
    here = people(table)
    here.follow(Place(user="u1", role="member", change=2))
    here.follow(Place(user="u1", role="owner", change=1))
    here.follow(Place(user="u1", role="viewer", change=2))
    user, change = here.users(ALONE.places)["u1"]
    assert (user.role, user.epoch, change) == ("member", 1, 2)
    here.remove(user)
    here.remove(user)
    here.follow(Place(user="u1", role="owner", change=3))
    assert here.users(ALONE.places) == {}


def test_an_invitation_is_spent_once_and_listed_until_it_ends(table: Table) -> None:
    here = Grants(table, "INVITE", Invitation)
    given = Invitation(
        id="i1", workspace="w1", email=EMAIL, role="viewer", made_by="u1", made_at=1, ends_at=4_102_444_800
    )
    here.add(given, "hash")
    assert here.spend("hash", "u2")
    assert here.spend("hash", "u2")  # the echo of one's own
    assert not here.spend("hash", "u3")
    assert not here.spend("other", "u3")
    here.give_back("hash", "u3")  # nobody gives back what another has
    assert not here.spend("hash", "u3")
    here.give_back("hash", "u2")
    here.give_back("hash", "u2")
    assert here.spend("hash", "u3")
    here.give_back("hash", "u3")
    assert here.spend("hash", "u2")
    (found,) = here.list("w1")
    assert (found.grant, found.spent, found.used_at) == (given, "u2", None)
    here.note_used("hash", 86_400)
    found_again = here.by_id("w1", "i1")
    assert found_again is not None
    assert found_again.used_at == 86_400
    here.end(found)
    here.note_used("hash", 172_800)
    here.give_back("hash", "u2")
    assert here.find("hash") is None
    assert list(here.list("w1")) == []
    assert list(Grants(table, "KEY", Invitation).list("w1")) == []
