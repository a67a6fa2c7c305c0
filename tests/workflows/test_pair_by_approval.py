"""Pairing by approval: sent to the site, approved there, keys posted, and how the page hears of it."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib import errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.pairing import Choice, Outcome
from chalicelib.storage.table import Table
from tests.support.desk import BACK, Desk
from tests.support.pairing import OTHER_SITE, SITE
from tests.support.shaky import every_fault


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def owner(desk: Desk) -> SignedIn:
    return desk.person()


def test_the_merchant_is_sent_to_their_site_and_led_back_to_a_page_that_knows_the_pairing(
    desk: Desk, owner: SignedIn
) -> None:
    sent = desk.send(owner, f" {SITE}/ ")
    assert sent.url.startswith(f"{SITE}/approve?")
    assert parse_qs(urlsplit(sent.url).query)["return_url"] == [f"{BACK}/woocommerce?pairing={sent.pairing}"]
    assert desk.by_approval.outcome(owner, sent.pairing) == Outcome(state="waiting")


def test_posted_keys_pair_the_shop_and_the_page_hears_of_it(desk: Desk, owner: SignedIn) -> None:
    desk.sites.warnings = ("This shop runs an old version.",)
    sent = desk.send(owner, choice=Choice(name="Our tools"))
    made = desk.by_approval.finish("woocommerce", desk.sites.approve(sent.url)).connection
    assert (made.account, made.domain, made.name) == ("northwind.example", "northwind.example", "Our tools")
    assert (made.zone, made.currency, made.workspace) == ("Europe/Berlin", "EUR", "w1")
    assert desk.started == [made]
    opened = desk.connections.open("w1", made.id)
    assert opened is not None
    assert opened[1].access.reveal() == "ck_1"
    assert desk.by_approval.outcome(owner, sent.pairing) == Outcome(state="paired", connection=made.id)
    assert desk.lines == [
        ("w1", "info", "Our tools is connected. The last 90 days are on their way."),
        ("w1", "warning", "This shop runs an old version."),
    ]


def test_the_merchant_need_not_have_come_back_when_the_keys_come(desk: Desk, owner: SignedIn) -> None:
    posted = desk.sites.approve(desk.send(owner).url)
    desk.clock.move(seconds=599)
    assert desk.by_approval.finish("woocommerce", posted).connection.state == "paired"


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (errors.RetryableError("The shop did not answer in time."), "No shop answered there"),
        (errors.RateLimited("Later.", 60), "No shop answered there"),
        (errors.PermanentError("The keys may do other things than read."), "The keys may do other things than read."),
        (errors.UnreadablePayload("The answer is torn."), "The answer is torn."),
        (errors.AuthExpired("401"), "These keys are not accepted."),
    ],
)
def test_keys_that_come_to_nothing_leave_nothing_and_the_page_hears_why(
    desk: Desk, owner: SignedIn, failure: errors.ChannelError, said: str
) -> None:
    sent = desk.send(owner)
    desk.sites.failures = [failure]
    desk.turned_away(desk.sites.approve(sent.url))
    outcome = desk.by_approval.outcome(owner, sent.pairing)
    assert outcome is not None
    assert (outcome.state, outcome.connection) == ("refused", None)
    assert outcome.reason.startswith(said)
    assert list(desk.connections.list("w1")) == []
    assert desk.approve(owner).state == "paired"


def test_a_choice_that_the_shop_does_not_allow_is_told_in_the_end(desk: Desk, owner: SignedIn) -> None:
    sent = desk.send(owner, choice=Choice(stores=("2",)))
    desk.turned_away(desk.sites.approve(sent.url))
    outcome = desk.by_approval.outcome(owner, sent.pairing)
    assert outcome is not None
    assert outcome.reason == "These stores are not this shop's."


def test_a_pairing_that_nobody_answers_is_over_in_time(desk: Desk, owner: SignedIn) -> None:
    sent = desk.send(owner)
    desk.clock.move(seconds=659)
    assert desk.by_approval.outcome(owner, sent.pairing) == Outcome(state="waiting")
    desk.clock.move(seconds=1)
    assert desk.by_approval.outcome(owner, sent.pairing) is None


def test_a_pairing_that_ended_is_told_later_too(desk: Desk, owner: SignedIn) -> None:
    sent = desk.send(owner)
    made = desk.by_approval.finish("woocommerce", desk.sites.approve(sent.url)).connection
    desk.clock.move(hours=2)
    assert desk.by_approval.outcome(owner, sent.pairing) == Outcome(state="paired", connection=made.id)


def test_what_is_no_site_is_named(desk: Desk, owner: SignedIn) -> None:
    for fields in ({"site": "nowhere.example"}, {}):
        with pytest.raises(errors.RequestError) as caught:
            desk.by_approval.begin(owner, "woocommerce", fields)
        assert set(caught.value.fields) == {"site"}
    for kind in ("shipstation", "shopify", "fax"):
        with pytest.raises(errors.RequestError) as caught:
            desk.by_approval.begin(owner, kind, {"site": SITE})
        assert set(caught.value.fields) == {"kind"}


def test_another_site_is_not_the_same_shop(desk: Desk, owner: SignedIn) -> None:
    first = desk.approve(owner)
    step = desk.connect.reconnect(owner, first, {"site": OTHER_SITE})
    assert step.authorize_url is not None
    assert step.pairing is not None
    desk.turned_away(desk.sites.approve(step.authorize_url))
    outcome = desk.by_approval.outcome(owner, step.pairing)
    assert outcome is not None
    assert outcome.reason.startswith("This opens another shop")
    assert list(desk.connections.list("w1")) == [first]


def test_a_table_that_fails_is_no_refusal_of_the_shop_and_the_page_does_not_wait_for_it(
    desk: Desk, owner: SignedIn
) -> None:
    sent = desk.send(owner)
    desk.start_fails = [errors.Unanswered("lost")]
    with pytest.raises(errors.Unanswered):
        desk.by_approval.finish("woocommerce", desk.sites.approve(sent.url))
    outcome = desk.by_approval.outcome(owner, sent.pairing)
    assert outcome is not None
    assert outcome.state == "refused"
    assert desk.started == [desk.approve(owner)]


def test_however_a_post_goes_wrong_what_was_acknowledged_is_there_and_the_rest_can_be_done_again(
    tmp_path: Path,
) -> None:
    def prepare(table: Table) -> tuple[Desk, SignedIn, bytes, str]:
        desk = Desk(tmp_path, table)
        owner = desk.person()
        sent = desk.send(owner)
        return desk, owner, desk.sites.approve(sent.url), sent.pairing

    def act(_: Table, prepared: tuple[Desk, SignedIn, bytes, str]) -> object:
        return prepared[0].by_approval.finish("woocommerce", prepared[2]).connection

    for wrong, _, (desk, owner, posted, pairing), result in every_fault(prepare, act, deaths=True):
        if isinstance(result, BaseException):
            ended = desk.by_approval.outcome(owner, pairing)
            assert ended is not None, wrong
            assert ended.state != "refused", wrong
            result = desk.approve(owner)
        else:
            assert desk.by_approval.outcome(owner, pairing) == Outcome(state="paired", connection=result.id), wrong
            desk.turned_away(posted)
        assert desk.started[-1] == result, wrong
        assert list(desk.connections.list("w1")) == [result], wrong
        assert desk.connections.open("w1", result.id) is not None, wrong
