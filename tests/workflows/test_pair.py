"""Pairing a shop by consent, from the merchant's first click to the first download; and what every way ends in."""

from pathlib import Path

import msgspec
import pytest

from chalicelib import errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.workflows.pair import PairingError
from tests.support.desk import Desk
from tests.support.pairing import DOMAIN, OTHER_DOMAIN
from tests.support.people import somebody


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def owner(desk: Desk) -> SignedIn:
    return somebody(desk.clock)


def test_a_paired_shop_is_what_it_says_of_itself_and_its_download_begins(desk: Desk, owner: SignedIn) -> None:
    url = desk.by_consent.begin(owner, "shopify", {"shop": f"https://{DOMAIN}/"})
    paired = desk.by_consent.finish(owner, "shopify", desk.channel.callback(url))
    made = paired.connection
    assert (made.account, made.name, made.domain, made.zone) == ("99", "Northwind Supply", DOMAIN, "America/New_York")
    assert (made.state, made.epoch, made.reach_days, made.colour) == ("paired", 1, None, 1)
    assert paired.sync == "sync 1"
    assert desk.started == [made]
    opened = desk.connections.open("w1", made.id)
    assert opened is not None
    assert opened[1].access.reveal() == "access-1"
    assert desk.lines == [("w1", "info", "Northwind Supply is connected. The last 90 days are on their way.")]


def test_a_shop_that_hides_its_older_orders_is_paired_and_says_so(desk: Desk, owner: SignedIn) -> None:
    desk.channel.granted = frozenset({"read_orders"})
    assert desk.go(owner).reach_days == 60


def test_a_shop_without_a_time_zone_is_cut_by_utc_and_that_is_said(desk: Desk, owner: SignedIn) -> None:
    desk.channel.shops[DOMAIN] = msgspec.structs.replace(desk.channel.shops[DOMAIN], zone=None)
    made = desk.go(owner)
    assert made.calendar.latest == "UTC"
    level, text = desk.lines[-1][1:]
    assert level == "warning"
    assert "cut by UTC until you choose" in text


def test_a_shop_paired_again_is_the_same_connection_and_keeps_what_was_settled(desk: Desk, owner: SignedIn) -> None:
    desk.go(owner, OTHER_DOMAIN)
    first = desk.go(owner)
    desk.connections.rename("w1", first.id, "Our shop")
    desk.connections.mark_sign_in_needed("w1", first.id)
    again = desk.go(owner)
    assert again.id == first.id
    assert (again.name, again.colour, again.epoch, again.sign_in_needed) == ("Our shop", 2, 2, False)
    opened = desk.connections.open("w1", first.id)
    assert opened is not None
    assert opened[1].access.reveal() == "access-3"
    assert [made.id for made in desk.started].count(first.id) == 2


def test_a_parted_shop_is_paired_again_after_its_parting_is_finished(desk: Desk, owner: SignedIn) -> None:
    first = desk.go(owner)
    assert desk.connections.begin_parting(first)
    again = desk.go(owner)
    assert desk.walks == 1
    assert (again.id, again.state, again.epoch) == (first.id, "paired", 3)


def test_who_declines_is_told_so_signed_or_not(desk: Desk, owner: SignedIn) -> None:
    url = desk.by_consent.begin(owner, "shopify", {"shop": DOMAIN})
    signed = desk.channel.callback(url, error="access_denied", code=None)
    for each in ({"error": "access_denied"}, signed):
        with pytest.raises(PairingError) as caught:
            desk.by_consent.finish(owner, "shopify", each)
        assert caught.value.code == "declined"
    assert "exchange" not in desk.channel.asked


def test_another_shop_that_came_back_is_named(desk: Desk, owner: SignedIn) -> None:
    url = desk.by_consent.begin(owner, "shopify", {"shop": DOMAIN})
    with pytest.raises(PairingError) as caught:
        desk.by_consent.finish(owner, "shopify", desk.channel.callback(url, shop=OTHER_DOMAIN))
    assert (caught.value.code, caught.value.shop) == ("other_shop", OTHER_DOMAIN)
    assert "exchange" not in desk.channel.asked


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (errors.RetryableError("down"), "unreachable"),
        (errors.RateLimited("later", 60), "unreachable"),
        (errors.UnreadablePayload("odd"), "unreachable"),
        (errors.AuthExpired("the code is used"), "refused"),
    ],
)
def test_a_shop_that_fails_leaves_nothing_and_can_be_tried_again(
    desk: Desk, owner: SignedIn, failure: Exception, code: str
) -> None:
    desk.channel.failures = [failure]
    assert desk.refusal(owner).code == code
    assert list(desk.connections.list("w1")) == []
    assert desk.started == []
    assert desk.go(owner).state == "paired"


def test_a_download_that_could_not_begin_begins_when_the_merchant_pairs_again(desk: Desk, owner: SignedIn) -> None:
    desk.start_fails = [errors.Unanswered("lost")]
    with pytest.raises(errors.Unanswered):
        desk.go(owner)
    again = desk.go(owner)
    assert desk.started == [again]
    assert len(list(desk.connections.list("w1"))) == 1


def test_what_cannot_be_a_shop_is_named(desk: Desk, owner: SignedIn) -> None:
    for fields in ({"shop": "example.com"}, {"shop": ""}, {}):
        with pytest.raises(errors.RequestError) as caught:
            desk.by_consent.begin(owner, "shopify", fields)
        assert set(caught.value.fields) == {"shop"}
    with pytest.raises(errors.RequestError) as caught:
        desk.by_consent.begin(owner, "fax", {"shop": DOMAIN})
    assert set(caught.value.fields) == {"kind"}
    with pytest.raises(errors.NotFound):
        desk.by_consent.finish(owner, "fax", {})
