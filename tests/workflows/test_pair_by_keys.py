"""Pairing by keys: what they open, what the merchant chooses of it, and every refusal."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from chalicelib import errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.connections import StoreName
from chalicelib.domain.pairing import Choice
from chalicelib.storage.table import Table
from chalicelib.workflows.pair import PairingError
from tests.support.desk import Desk
from tests.support.pairing import KEYS, SITE
from tests.support.shaky import every_fault

ONE_DAY = timedelta(days=1)
STORES = (StoreName("10", "Store 10"), StoreName("20", "Store 20"), StoreName("30", "Store 30"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def owner(desk: Desk) -> SignedIn:
    return desk.person()


def test_keys_are_tried_without_pairing_what_they_open(desk: Desk, owner: SignedIn) -> None:
    desk.keyed.warnings = ("The newest order lies in the future.",)
    checked = desk.by_keys.check(owner, "shipstation", KEYS)
    assert [store.id for store in checked.shop.stores] == ["10", "20", "30"]
    assert (checked.shop.zone, checked.expected_orders) == (None, 1_204)
    assert checked.warnings == desk.keyed.warnings
    assert list(desk.connections.list("w1")) == []
    assert (desk.started, desk.lines) == ([], [])
    assert desk.pairings.claim_shops("w2", "shipstation", ["10"])


def test_what_was_chosen_is_paired_and_its_download_begins(desk: Desk, owner: SignedIn) -> None:
    choice = Choice(name=" Our parcels ", stores=("30", "10"), time_zone="America/Denver", currency="usd")
    made = desk.paste(owner, choice, clock="America/Los_Angeles")
    assert (made.kind, made.account, made.domain, made.name) == ("shipstation", "10", "parcels.example", "Our parcels")
    assert made.stores == (STORES[0], STORES[2])
    assert (made.zone, made.currency, made.traits) == ("America/Denver", "USD", {"clock": "America/Los_Angeles"})
    assert desk.started == [made]
    opened = desk.connections.open("w1", made.id)
    assert opened is not None
    assert opened[0] == made
    assert opened[1].secret is not None
    assert (opened[1].access.reveal(), opened[1].secret.reveal()) == ("key-1", "secret-1")
    assert desk.lines == [("w1", "info", "Our parcels is connected. The last 90 days are on their way.")]


def test_without_a_choice_it_is_every_store_by_utc_in_the_workspace_s_currency_and_that_is_said(
    desk: Desk, owner: SignedIn
) -> None:
    desk.keyed.warnings = ("The newest order lies in the future.",)
    made = desk.paste(owner)
    assert (made.stores, made.name) == (STORES, "Parcels")
    assert (made.zone, made.currency, made.traits) == ("UTC", "CHF", {"clock": "UTC"})
    warnings = [text for _, level, text in desk.lines if level == "warning"]
    assert warnings[0] == "The newest order lies in the future."
    assert "cut by UTC until you choose" in warnings[1]
    assert len(warnings) == 2


def test_what_the_shop_tells_is_not_chosen(desk: Desk, owner: SignedIn) -> None:
    shop = desk.keyed.accounts["key-1"]
    desk.keyed.accounts["key-1"] = msgspec.structs.replace(shop, zone="Asia/Tokyo", currency="JPY")
    made = desk.paste(owner, Choice(time_zone="America/Denver", currency="USD"))
    assert (made.zone, made.currency) == ("Asia/Tokyo", "JPY")
    assert [level for _, level, _ in desk.lines] == ["info"]


def test_paired_again_it_is_the_same_connection_with_what_was_chosen_now(desk: Desk, owner: SignedIn) -> None:
    first = desk.paste(owner, Choice(stores=("10", "20"), time_zone="America/Denver", currency="USD"))
    desk.connections.rename("w1", first.id, "Our parcels")
    desk.connections.mark_sign_in_needed("w1", first.id)
    choice = Choice(stores=("30",), time_zone="Asia/Tokyo", currency="JPY", name="Another name")
    again = desk.paste(owner, choice, api_key="key-2", clock="Asia/Tokyo")
    assert (again.id, again.epoch, again.sign_in_needed) == (first.id, 2, False)
    assert (again.stores, again.traits) == ((STORES[2],), {"clock": "Asia/Tokyo"})
    assert (again.name, again.zone, again.currency) == ("Our parcels", "America/Denver", "USD")
    opened = desk.connections.open("w1", first.id)
    assert opened is not None
    assert opened[1].access.reveal() == "key-2"


@pytest.mark.parametrize(
    ("choice", "field"),
    [
        (Choice(stores=()), "stores"),
        (Choice(stores=("10", "40")), "stores"),
        (Choice(stores=("",)), "stores"),
        (Choice(time_zone="Mars/Olympus"), "time_zone"),
        (Choice(time_zone="../../etc/passwd"), "time_zone"),
        (Choice(currency="DOLLARS"), "currency"),
        (Choice(currency="U$D"), "currency"),
        (Choice(currency=""), "currency"),
        (Choice(name="x" * 81), "name"),
        (Choice(name="a\u202eb"), "name"),
    ],
)
def test_a_choice_that_cannot_be_is_named_and_nothing_is_paired(
    desk: Desk, owner: SignedIn, choice: Choice, field: str
) -> None:
    with pytest.raises(errors.RequestError) as caught:
        desk.paste(owner, choice)
    assert set(caught.value.fields) == {field}
    assert list(desk.connections.list("w1")) == []
    assert desk.pairings.claim_shops("w2", "shipstation", ["10", "20"])


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"api_key", "api_secret"}),
        ({"api_key": "key-1"}, {"api_secret"}),
        ({"api_key": " ", "api_secret": "s"}, {"api_key"}),
        (KEYS | {"url": "https://elsewhere.example"}, {"url"}),
        (KEYS | {"api_key": "another"}, {"api_key"}),
    ],
)
def test_what_is_filled_in_wrongly_is_named(
    desk: Desk, owner: SignedIn, fields: dict[str, str], wrong: set[str]
) -> None:
    for ask in (desk.by_keys.check, desk.by_keys.pair):
        with pytest.raises(errors.RequestError) as caught:
            ask(owner, "shipstation", fields)
        assert set(caught.value.fields) == wrong
    assert list(desk.connections.list("w1")) == []


def test_keys_that_the_channel_refuses_are_named(desk: Desk, owner: SignedIn) -> None:
    desk.keyed.failures = [errors.AuthExpired("401")]
    with pytest.raises(errors.RequestError) as caught:
        desk.paste(owner)
    assert set(caught.value.fields) == {"api_key", "api_secret"}


@pytest.mark.parametrize("failure", [errors.RateLimited("Too many requests.", 60), errors.UnreadablePayload("Odd.")])
def test_a_channel_that_fails_says_so_itself(desk: Desk, owner: SignedIn, failure: errors.ChannelError) -> None:
    for ask in (desk.by_keys.check, desk.by_keys.pair):
        desk.keyed.failures = [failure]
        with pytest.raises(type(failure)) as caught:
            ask(owner, "shipstation", KEYS)
        assert str(caught.value) == str(failure)
    assert list(desk.connections.list("w1")) == []
    assert desk.paste(owner).state == "paired"


def test_kinds_that_take_no_keys_are_no_channels_here(desk: Desk, owner: SignedIn) -> None:
    for kind in ("shopify", "fax"):
        with pytest.raises(errors.NotFound):
            desk.by_keys.check(owner, kind, KEYS)
        with pytest.raises(errors.RequestError) as caught:
            desk.by_keys.pair(owner, kind, KEYS)
        assert set(caught.value.fields) == {"kind"}
    assert desk.keyed.asked == []


def test_a_kind_that_is_approved_takes_keys_too(desk: Desk, owner: SignedIn) -> None:
    desk.sites.keys["ck_9"] = SITE
    made = desk.by_keys.pair(
        owner, "woocommerce", {"site": SITE, "consumer_key": "ck_9", "consumer_secret": "cs"}
    ).connection
    assert (made.name, made.zone, made.currency) == ("Northwind Tools", "Europe/Berlin", "EUR")


# -- the same shop again


def test_other_keys_of_the_same_account_renew_a_connection_with_the_stores_it_has(desk: Desk, owner: SignedIn) -> None:
    first = desk.paste(owner, Choice(stores=("20", "30")))
    desk.keyed.accounts["key-2"] = msgspec.structs.replace(
        desk.keyed.accounts["key-2"], stores=desk.keyed.accounts["key-2"].stores[:2]
    )
    step = desk.connect.reconnect(owner, first, KEYS | {"api_key": "key-2"})
    assert step.paired is not None
    assert (step.paired.connection.id, step.paired.connection.stores) == (first.id, (STORES[1],))


def test_keys_of_another_account_change_nothing(desk: Desk, owner: SignedIn) -> None:
    first = desk.paste(owner)
    with pytest.raises(PairingError) as caught:
        desk.connect.reconnect(owner, first, KEYS | {"api_key": "key-3"})
    assert caught.value.code == "other_account"
    assert list(desk.connections.list("w1")) == [first]
    assert desk.pairings.claim_shops("w2", "shipstation", ["40", "50"])


def test_a_connection_none_of_whose_stores_are_left_is_not_given_others(desk: Desk, owner: SignedIn) -> None:
    first = desk.paste(owner, Choice(stores=("30",)))
    desk.keyed.accounts["key-2"] = msgspec.structs.replace(
        desk.keyed.accounts["key-2"], stores=desk.keyed.accounts["key-2"].stores[:2]
    )
    with pytest.raises(PairingError) as caught:
        desk.connect.reconnect(owner, first, KEYS | {"api_key": "key-2"})
    assert caught.value.code == "no_stores"
    assert desk.connections.get("w1", first.id) == first


def test_an_account_without_stores_is_not_paired(desk: Desk, owner: SignedIn) -> None:
    desk.keyed.accounts["key-1"] = msgspec.structs.replace(desk.keyed.accounts["key-1"], stores=())
    with pytest.raises(PairingError) as caught:
        desk.paste(owner)
    assert caught.value.code == "no_stores"


def test_a_removed_connection_is_paired_again_after_its_parting_is_finished(desk: Desk, owner: SignedIn) -> None:
    first = desk.paste(owner)
    assert desk.connections.begin_parting(first)
    again = desk.paste(owner)
    assert desk.walks == 1
    assert (again.id, again.state, again.epoch) == (first.id, "paired", 3)


# -- by whichever way a kind goes


def test_each_kind_goes_its_way(desk: Desk, owner: SignedIn) -> None:
    consent = desk.connect.connect(owner, "shopify", {"shop": "northwind-supply.myshopify.com"})
    assert consent.authorize_url is not None
    assert (consent.pairing, consent.paired) == (None, None)
    approval = desk.connect.connect(owner, "woocommerce", {"site": SITE, "consumer_key": ""})
    assert approval.authorize_url is not None
    assert approval.pairing is not None
    assert approval.paired is None
    desk.sites.keys["ck_9"] = SITE
    for kind, fields in (
        ("shipstation", KEYS),
        ("woocommerce", {"site": SITE, "consumer_key": "ck_9", "consumer_secret": "cs"}),
    ):
        keys = desk.connect.connect(owner, kind, fields)
        assert (keys.authorize_url, keys.pairing) == (None, None)
        assert keys.paired is not None
    with pytest.raises(errors.RequestError) as caught:
        desk.connect.connect(owner, "fax", {})
    assert set(caught.value.fields) == {"kind"}


def test_a_shop_is_connected_again_without_its_address_being_filled_in(desk: Desk, owner: SignedIn) -> None:
    shop, site = desk.go(owner), desk.approve(owner)
    step = desk.connect.reconnect(owner, shop, {})
    assert step.authorize_url is not None
    assert desk.by_consent.finish(owner, "shopify", desk.channel.callback(step.authorize_url)).connection.epoch == 2
    step = desk.connect.reconnect(owner, site, {})
    assert step.authorize_url is not None
    assert desk.by_approval.finish("woocommerce", desk.sites.approve(step.authorize_url)).connection.epoch == 2
    desk.sites.keys["ck_9"] = SITE
    step = desk.connect.reconnect(owner, site, {"consumer_key": "ck_9", "consumer_secret": "cs"})
    assert step.paired is not None
    assert step.paired.connection.epoch == 3
    with pytest.raises(errors.RequestError) as caught:
        desk.connect.reconnect(owner, desk.paste(owner), {})
    assert set(caught.value.fields) == {"api_key", "api_secret"}


# -- crashes


def test_however_pairing_goes_wrong_what_was_acknowledged_is_there_and_the_rest_can_be_done_again(
    tmp_path: Path,
) -> None:
    def prepare(table: Table) -> tuple[Desk, SignedIn]:
        desk = Desk(tmp_path, table)
        return desk, desk.person()

    def act(_: Table, prepared: tuple[Desk, SignedIn]) -> object:
        desk, owner = prepared
        return desk.paste(owner, Choice(stores=("10", "20")))

    for wrong, _, (desk, owner), result in every_fault(prepare, act, deaths=True):
        if isinstance(result, BaseException):
            result = desk.paste(owner, Choice(stores=("10", "20")))
        assert desk.started[-1] == result, wrong
        (made,) = desk.connections.list("w1")
        assert made == result, wrong
        assert desk.connections.open("w1", made.id) is not None, wrong
        assert not desk.pairings.claim_shops("w2", "shipstation", ["20"]), wrong
