"""Links of forgotten passwords in the table, on each engine."""

from concurrent.futures import ThreadPoolExecutor

from chalicelib.domain.accounts import User
from chalicelib.storage.accounts import Accounts
from chalicelib.storage.resets import Resets
from chalicelib.storage.table import Table
from tests.support.people import EMAIL, new_id

USER = User(id="u1", workspace="w1", email=EMAIL, role="owner", password="kept", epoch=0)


def resets(table: Table) -> tuple[Resets, Accounts]:
    accounts = Accounts(table, new_id)
    accounts.add_user(USER)
    return Resets(table), accounts


def test_the_newest_link_holds_and_is_used_once(table: Table) -> None:
    here, accounts = resets(table)
    assert here.find("h1") is None
    here.begin(USER, "h1", ends_at=100)
    here.begin(USER, "h2", ends_at=200)
    older, newer = here.find("h1"), here.find("h2")
    assert older is not None
    assert newer is not None
    assert (older.holds, older.ends_at, older.user) == (False, 100, USER)
    assert (newer.holds, newer.ends_at, newer.user) == (True, 200, USER)
    assert not here.use(older, "late")
    assert here.use(newer, "anew")
    assert here.use(newer, "anew")  # the echo of one's own
    assert not here.use(newer, "again")
    there = accounts.user("u1")
    assert there is not None
    assert (there.password, there.epoch) == ("anew", 1)
    used = here.find("h2")
    assert used is not None
    assert not used.holds


def test_of_many_at_once_one_uses_it(table: Table) -> None:
    here, accounts = resets(table)
    here.begin(USER, "h1", ends_at=100)
    link = here.find("h1")
    assert link is not None
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: here.use(link, f"password {n}"), range(8)))
    assert won.count(True) == 1
    there = accounts.user("u1")
    assert there is not None
    assert (there.password, there.epoch) == (f"password {won.index(True)}", 1)


def test_a_link_makes_nobody_who_is_gone(table: Table) -> None:
    here, accounts = resets(table)
    here.begin(USER, "h1", ends_at=100)
    link = here.find("h1")
    assert link is not None
    accounts.remove(USER)
    assert here.find("h1") is None
    assert not here.use(link, "anew")
    assert accounts.user("u1") is None
