"""Pairings under way, their ends, and claims on shops, in the table."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from chalicelib.domain.pairing import Begun, Choice, Outcome
from chalicelib.storage.pairings import Pairings
from chalicelib.storage.table import Table
from tests.support.pairing import DOMAIN
from tests.support.people import new_id
from tests.support.shaky import every_fault

NOW = 1_783_000_000
BEGUN = Begun(session="s1", workspace="w1", kind="shopify", shop=DOMAIN, until=NOW + 600)
POSTED = msgspec.structs.replace(
    BEGUN, kind="woocommerce", outcome="p", account="a", choice=Choice(name="Tea", stores=("1",), currency="EUR")
)


def on(table: Table) -> Pairings:
    return Pairings(table, new_id)


@pytest.fixture
def here(table: Table) -> Pairings:
    return on(table)


def test_a_state_is_spent_once(here: Pairings) -> None:
    here.begin("h", BEGUN)
    with ThreadPoolExecutor(8) as pool:
        spent = list(
            pool.map(lambda _: here.spend("h", session="s1", workspace="w1", kind="shopify", at=NOW), range(8))
        )
    assert [begun for begun in spent if begun is not None] == [BEGUN]


def test_a_state_is_only_good_for_who_began_and_in_time(here: Pairings) -> None:
    here.begin("h", BEGUN)
    assert here.spend("g", session="s1", workspace="w1", kind="shopify", at=NOW) is None
    assert here.spend("h", session="s2", workspace="w1", kind="shopify", at=NOW) is None
    assert here.spend("h", session="s1", workspace="w2", kind="shopify", at=NOW) is None
    assert here.spend("h", session="s1", workspace="w1", kind="etsy", at=NOW) is None
    assert here.spend("h", session="s1", workspace="w1", kind="shopify", at=NOW + 600) is None
    assert here.spend("h", session="s1", workspace="w1", kind="shopify", at=NOW + 599) == BEGUN


def test_a_state_that_a_shop_brings_is_spent_once_in_time_and_for_its_kind(here: Pairings) -> None:
    here.begin("h", POSTED)
    assert here.spend_posted("g", kind="woocommerce", at=NOW) is None
    assert here.spend_posted("h", kind="shopify", at=NOW) is None
    assert here.spend_posted("h", kind="woocommerce", at=NOW + 600) is None
    with ThreadPoolExecutor(8) as pool:
        spent = list(pool.map(lambda _: here.spend_posted("h", kind="woocommerce", at=NOW + 599), range(8)))
    assert [begun for begun in spent if begun is not None] == [POSTED]


def test_a_state_is_spent_by_whom_it_says_however_the_write_goes_wrong() -> None:
    def spend(table: Table) -> Begun | None:
        return on(table).spend("h", session="s1", workspace="w1", kind="shopify", at=NOW)

    for wrong, table, _, result in every_fault(
        lambda table: on(table).begin("h", BEGUN), lambda table, _: spend(table)
    ):
        assert result == BEGUN, wrong
        assert spend(table) is None, wrong


def test_a_state_that_was_begun_however_the_writes_go_wrong_is_good_and_waited_for() -> None:
    for wrong, table, _, _ in every_fault(lambda table: None, lambda table, _: on(table).begin("h", POSTED)):
        assert on(table).outcome("w1", "p") == (Outcome(state="waiting"), NOW + 600), wrong
        assert on(table).spend_posted("h", kind="woocommerce", at=NOW) == POSTED, wrong


def test_a_beginning_that_arrives_late_undoes_nothing(here: Pairings) -> None:
    here.begin("h", POSTED)
    assert here.spend_posted("h", kind="woocommerce", at=NOW) == POSTED
    here.end(POSTED, Outcome(state="paired", connection="c"))
    here.begin("h", POSTED)
    assert here.spend_posted("h", kind="woocommerce", at=NOW) is None
    assert here.outcome("w1", "p") == (Outcome(state="paired", connection="c"), NOW + 600)


def test_an_end_is_told_to_its_own_workspace(here: Pairings) -> None:
    here.begin("h", POSTED)
    here.end(POSTED, Outcome(state="refused", reason="Because."))
    assert here.outcome("w1", "p") == (Outcome(state="refused", reason="Because."), NOW + 600)
    assert here.outcome("w2", "p") is None
    assert here.outcome("w1", "h") is None


def test_nobody_waits_for_what_comes_back_by_itself(here: Pairings) -> None:
    here.begin("h", BEGUN)
    here.end(BEGUN, Outcome(state="paired", connection="c"))
    assert here.outcome("w1", "") is None


def test_a_shop_belongs_to_the_first_workspace_that_claims_it(here: Pairings) -> None:
    assert here.claim_shops("w1", "shopify", ["99"])
    assert here.claim_shops("w1", "shopify", ["99", "99"])
    assert not here.claim_shops("w2", "shopify", ["99"])
    assert here.claim_shops("w2", "woocommerce", ["99"])
    assert here.claim_shops("w2", "shopify", ["98"])


def test_a_shop_with_a_store_of_another_workspace_is_not_claimed_at_all(here: Pairings) -> None:
    assert here.claim_shops("w1", "parcels", ["1", "2"])
    assert not here.claim_shops("w2", "parcels", ["7", "2"])
    assert here.claim_shops("w3", "parcels", ["7"])


def test_of_many_workspaces_that_claim_a_shop_at_once_one_gets_it(here: Pairings) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda n: here.claim_shops(f"w{n}", "shopify", ["99"]), range(8))) == 1


def test_however_the_write_of_a_claim_goes_wrong_the_answer_is_true() -> None:
    for wrong, table, _, result in every_fault(
        lambda table: None, lambda table, _: on(table).claim_shops("w1", "shopify", ["99", "98"])
    ):
        assert result is True, wrong
        assert not on(table).claim_shops("w2", "shopify", ["98"]), wrong
