"""S16, S17, S20, S22, S28: pairing by keys that a site posts or a merchant pastes, against forgers, replayers and the curious."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from chalicelib import errors
from chalicelib.domain.accounts import Role, SignedIn
from chalicelib.domain.pairing import Choice, Outcome
from chalicelib.storage.pairings import StateItem
from chalicelib.workflows.pair import PairingError
from tests.support.desk import Desk
from tests.support.pairing import DOMAIN, KEYS, OTHER_SITE, SITE

CANARY = "canary-5b1f"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def owner(desk: Desk) -> SignedIn:
    return desk.person()


def state_of(url: str) -> str:
    (state,) = parse_qs(urlsplit(url).query)["user_id"]
    return state


def stored(desk: Desk) -> str:
    return repr(sorted((pk, sk, sorted(item.items())) for pk, sk, item in desk.engine.items()))


# -- S17, S20: the state


def test_s20_neither_the_state_nor_what_the_page_knows_is_stored_or_tells_the_other(
    desk: Desk, owner: SignedIn
) -> None:
    sents = [desk.send(owner) for _ in range(10)]
    secrets = [secret for sent in sents for secret in (state_of(sent.url), sent.pairing)]
    assert len(set(secrets)) == 20
    assert all(len(secret) == 43 for secret in secrets)
    assert not any(secret in stored(desk) for secret in secrets)
    for sent in sents:
        assert desk.turned_away(desk.sites.approve(sent.url, user_id=sent.pairing))
        with pytest.raises(errors.NotFound):
            desk.by_approval.outcome(owner, state_of(sent.url))
    assert desk.sites.tried == []


def test_s20_a_post_is_good_once(desk: Desk, owner: SignedIn) -> None:
    posted = desk.sites.approve(desk.send(owner).url)
    first = desk.by_approval.finish("woocommerce", posted).connection
    before = stored(desk)
    desk.turned_away(posted)
    assert stored(desk) == before
    assert desk.sites.tried == [SITE]
    assert list(desk.connections.list("w1")) == [first]


def test_s20_a_state_is_used_up_by_keys_that_are_wrong(desk: Desk, owner: SignedIn) -> None:
    url = desk.send(owner).url
    desk.turned_away(desk.sites.approve(url, consumer_key="guessed"))
    desk.turned_away(desk.sites.approve(url))
    assert desk.sites.tried == [SITE]


def test_s20_of_two_posts_at_once_one_gets_through(desk: Desk, owner: SignedIn) -> None:
    for _ in range(20):
        posted = desk.sites.approve(desk.send(owner).url)
        before = len(desk.sites.tried)

        def bring(_: int, posted: bytes = posted) -> bool:
            try:
                desk.by_approval.finish("woocommerce", posted)
            except errors.RequestError:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(bring, range(2))) == [False, True]
        assert len(desk.sites.tried) == before + 1


def test_s20_a_state_is_good_for_ten_minutes(desk: Desk, owner: SignedIn) -> None:
    posted = desk.sites.approve(desk.send(owner).url)
    desk.clock.move(seconds=600)
    desk.turned_away(posted)
    assert desk.sites.tried == []
    assert list(desk.connections.list("w1")) == []


FORGERIES: dict[str, Callable[[dict[str, object]], object]] = {
    "no state": lambda told: {name: value for name, value in told.items() if name != "user_id"},
    "an empty state": lambda told: told | {"user_id": ""},
    "no text": lambda told: told | {"user_id": None},
    "a number": lambda told: told | {"user_id": 1},
    "true": lambda told: told | {"user_id": True},
    "a list of it": lambda told: told | {"user_id": [told["user_id"]]},
    "an object": lambda told: told | {"user_id": {"$ne": ""}},
    "another state": lambda told: told | {"user_id": "A" * 43},
    "a shorter one": lambda told: told | {"user_id": str(told["user_id"])[:-1]},
    "a longer one": lambda told: told | {"user_id": str(told["user_id"]) + "A"},
    "blanks around it": lambda told: told | {"user_id": f" {told['user_id']} "},
    "other letters": lambda told: told | {"user_id": str(told["user_id"]).swapcase()},
    "back to front": lambda told: told | {"user_id": str(told["user_id"])[::-1]},
    "the separator of keys": lambda told: told | {"user_id": "#"},
    "a part of a key": lambda told: told | {"user_id": "x#STATE"},
    "a character that is half of one": lambda told: told | {"user_id": "\udc80"},
    "a zero byte": lambda told: told | {"user_id": f"{told['user_id']}\0"},
    "another language": lambda told: told | {"user_id": "é" * 43},
    "nothing": lambda told: {},
    "a list": lambda told: [told],
    "a text": lambda told: str(told["user_id"]),
    "null": lambda told: None,
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_s20_what_holds_no_state_of_ours_reaches_nothing(
    desk: Desk, owner: SignedIn, forge: Callable[[dict[str, object]], object]
) -> None:
    posted = desk.sites.approve(desk.send(owner).url)
    before = stored(desk)
    desk.turned_away(json.dumps(forge(json.loads(posted))).encode())
    assert desk.sites.tried == []
    assert stored(desk) == before
    assert desk.by_approval.finish("woocommerce", posted)


@pytest.mark.parametrize("posted", [b"", b"{", b"\xff\xfe", b"user_id=1&consumer_key=ck", b"[" * 5_000, b"null", b"0"])
def test_s20_what_is_no_post_reaches_nothing(desk: Desk, owner: SignedIn, posted: bytes) -> None:
    desk.send(owner)
    before = stored(desk)
    desk.turned_away(posted)
    assert stored(desk) == before


def test_s20_the_stored_hash_is_no_state(desk: Desk, owner: SignedIn) -> None:
    url = desk.send(owner).url
    (hashed,) = [pk.partition("#")[2] for pk, _, item in desk.engine.items() if StateItem.session.attr_name in item]
    desk.turned_away(desk.sites.approve(url, user_id=hashed))
    assert desk.sites.tried == []


def test_s20_a_state_of_one_kind_is_of_no_use_to_another(desk: Desk, owner: SignedIn) -> None:
    url = desk.by_consent.begin(owner, "shopify", {"shop": DOMAIN})
    posted = desk.sites.approve(desk.send(owner).url, user_id=url.partition("state=")[2])
    desk.turned_away(posted)
    assert desk.by_consent.finish(owner, "shopify", desk.channel.callback(url))
    sent = desk.send(owner)
    crossed = desk.channel.callback(f"https://{DOMAIN}/?state={state_of(sent.url)}")
    with pytest.raises(PairingError):
        desk.by_consent.finish(owner, "shopify", crossed)
    assert desk.by_approval.finish("woocommerce", desk.sites.approve(sent.url))
    for kind in ("shopify", "shipstation", "fax", ""):
        desk.turned_away(desk.sites.approve(desk.send(owner).url), kind)


# -- S20: nothing else posted is believed


def test_s20_keys_are_tried_at_the_site_that_was_begun_with_whoever_posts_them(desk: Desk, owner: SignedIn) -> None:
    mine, theirs = desk.send(owner, SITE), desk.send(desk.person("w2", "s2"), OTHER_SITE)
    crossed = desk.sites.approve(theirs.url, user_id=state_of(mine.url))
    desk.turned_away(crossed)
    assert desk.sites.tried == [SITE]
    assert list(desk.connections.list("w1")) == list(desk.connections.list("w2")) == []


@pytest.mark.parametrize(
    "said",
    [
        {"site": OTHER_SITE},
        {"store_url": OTHER_SITE, "url": OTHER_SITE, "domain": "contoso.example"},
        {"workspace": "w2", "workspace_id": "w2"},
        {"session": "s2", "role": "owner"},
        {"account": "contoso.example/tea", "name": "Contoso"},
        {"kind": "shopify"},
        {"key_permissions": "read_write"},
        {"stores": ["2"], "currency": "XXX", "time_zone": "Mars/Olympus"},
        {"key_id": "x" * 5_000},
        {"connection": "another", "until": 9_999_999_999, "outcome": "x"},
    ],
)
def test_s20_nothing_else_that_is_posted_is_believed(desk: Desk, owner: SignedIn, said: dict[str, object]) -> None:
    plain = desk.approve(owner)
    made = desk.by_approval.finish("woocommerce", desk.sites.approve(desk.send(owner).url, **said)).connection
    told = msgspec.structs.replace(made, epoch=1, credentials_version=1)
    assert told == plain
    assert set(desk.sites.tried) == {SITE}
    assert list(desk.connections.list("w2")) == []


def test_s20_the_one_who_began_gets_the_shop_wherever_the_post_comes_from(desk: Desk, owner: SignedIn) -> None:
    other = desk.person("w2", "s2")
    desk.send(other, SITE)
    assert desk.approve(owner).workspace == "w1"


# -- S1, S4, S11: who began is looked at again


def _signed_out(desk: Desk) -> None:
    del desk.users["s1"]


def _made(role: Role) -> Callable[[Desk], None]:
    def change(desk: Desk) -> None:
        desk.users["s1"] = msgspec.structs.replace(desk.users["s1"], role=role)

    return change


def _moved(desk: Desk) -> None:
    desk.users["s1"] = msgspec.structs.replace(desk.users["s1"], workspace="w2")


@pytest.mark.parametrize(
    "change",
    [_signed_out, _made("viewer"), _made("member"), _moved],
    ids=["signed out or removed", "made a viewer", "made a member", "moved to another workspace"],
)
def test_s20_who_may_no_longer_connect_shops_does_not_finish(
    desk: Desk, owner: SignedIn, change: Callable[[Desk], None]
) -> None:
    sent = desk.send(owner)
    change(desk)
    desk.turned_away(desk.sites.approve(sent.url))
    assert desk.sites.tried == []
    assert list(desk.connections.list("w1")) == list(desk.connections.list("w2")) == []
    outcome = desk.by_approval.outcome(owner, sent.pairing)
    assert outcome is not None
    assert outcome.state == "refused"


# -- S2, S22, S28: refusals tell nothing


def test_s28_every_post_that_comes_to_nothing_is_refused_alike(desk: Desk, owner: SignedIn) -> None:
    desk.approve(desk.person("w2", "s2"), OTHER_SITE)
    used = desk.sites.approve(desk.send(owner).url)
    desk.by_approval.finish("woocommerce", used)
    over = desk.sites.approve(desk.send(owner).url)
    desk.clock.move(minutes=10)
    owner = desk.person()
    refusals = [
        desk.turned_away(posted)
        for posted in (
            b"{",
            used,
            over,
            desk.sites.approve(desk.send(owner).url, user_id="A" * 43),
            desk.sites.approve(desk.send(owner).url, consumer_key="wrong"),
            desk.sites.approve(desk.send(owner, OTHER_SITE).url),
        )
    ]
    desk.sites.failures = [errors.RetryableError(CANARY)]
    refusals.append(desk.turned_away(desk.sites.approve(desk.send(owner).url)))
    posted = desk.sites.approve(desk.send(owner).url)
    desk.users.clear()
    refusals.append(desk.turned_away(posted))
    assert {(type(each), each.status, str(each), str(each.fields)) for each in refusals} == {
        (errors.RequestError, 400, "This does not belong to a pairing that was begun here.", "{}")
    }


def test_s22_a_site_of_another_workspace_is_refused_without_a_word_about_it(desk: Desk, owner: SignedIn) -> None:
    desk.approve(owner)
    items = [item for pk, _, item in desk.engine.items() if pk == "WS#w1"]
    stranger = desk.person("w2", "s2")
    sent = desk.send(stranger)
    desk.turned_away(desk.sites.approve(sent.url))
    outcome = desk.by_approval.outcome(stranger, sent.pairing)
    assert outcome == Outcome(state="refused", reason=str(PairingError("taken")))
    assert not any(word in outcome.reason for word in ("Northwind", "another", "already", "w1"))
    assert list(desk.connections.list("w2")) == []
    assert [item for pk, _, item in desk.engine.items() if pk == "WS#w1"] == items


def test_s22_neither_an_account_nor_a_store_of_it_has_two_merchants(desk: Desk, owner: SignedIn) -> None:
    desk.paste(owner, Choice(stores=("20",)))
    stranger = desk.person("w2", "s2")
    accounts = desk.keyed.accounts
    accounts["same account"] = accounts["key-1"]
    accounts["same store"] = msgspec.structs.replace(accounts["key-3"], stores=accounts["key-1"].stores[1:])
    for key in ("same account", "same store"):
        with pytest.raises(PairingError) as caught:
            desk.paste(stranger, api_key=key)
        assert caught.value.code == "taken"
        assert str(caught.value) == str(PairingError("taken"))
    assert list(desk.connections.list("w2")) == []
    # What was not chosen is free, and so is all that was refused together with it.
    assert desk.paste(stranger, Choice(stores=("30",)), api_key="same store").stores[0].id == "30"
    assert desk.paste(stranger, api_key="key-3").account == "40"


def test_s2_a_pairing_of_another_workspace_is_not_there(desk: Desk, owner: SignedIn) -> None:
    sent = desk.send(owner)
    stranger = desk.person("w2", "s2")
    said = set()
    for pairing in (sent.pairing, "A" * 43, "", "#", "x" * 500):
        with pytest.raises(errors.NotFound) as caught:
            desk.by_approval.outcome(stranger, pairing)
        said.add(str(caught.value))
    assert len(said) == 1
    assert desk.by_approval.outcome(desk.person("w1", "s3"), sent.pairing) == Outcome(state="waiting")


SILENCES = [
    errors.RetryableError("The shop did not answer in time."),
    errors.RetryableError("The shop could not be reached, or dropped the connection."),
    errors.RetryableError("No secure connection to the shop could be made."),
    errors.RetryableError("The shop answered with status 502."),
    errors.RateLimited("The shop answered with status 429: too many requests.", 60),
    errors.RetryableError(CANARY),
]


def test_s28_what_is_open_at_a_site_is_not_told(desk: Desk, owner: SignedIn) -> None:
    fields = {"site": SITE, "consumer_key": "ck", "consumer_secret": "cs"}
    said = set()
    for silence in SILENCES:
        for ask in (desk.by_keys.check, desk.by_keys.pair):
            desk.sites.failures = [silence]
            with pytest.raises(errors.RetryableError) as caught:
                ask(owner, "woocommerce", fields)
            said.add((type(caught.value), str(caught.value)))
    assert len(said) == 1
    assert CANARY not in str(said)


# -- S16, S40: when and how often


def test_s16_every_way_of_pairing_needs_a_sign_in_of_the_last_ten_minutes(desk: Desk, owner: SignedIn) -> None:
    connection = desk.paste(owner)
    before = stored(desk)
    desk.keyed.asked.clear()
    desk.clock.move(minutes=10, seconds=1)
    for ask in (
        lambda: desk.by_keys.check(owner, "shipstation", KEYS),
        lambda: desk.by_keys.pair(owner, "shipstation", KEYS),
        lambda: desk.send(owner),
        lambda: desk.by_consent.begin(owner, "shopify", {"shop": DOMAIN}),
        lambda: desk.connect.reconnect(owner, connection, KEYS),
    ):
        with pytest.raises(errors.Forbidden) as caught:
            ask()
        assert set(caught.value.fields) == {"password"}
    assert stored(desk) == before
    assert desk.keyed.asked == desk.sites.asked == []


def test_s40_thirty_tries_an_hour_by_whatever_way_and_the_next_hour_again(desk: Desk, owner: SignedIn) -> None:
    desk.clock.move(minutes=20)
    owner = desk.person()
    for _ in range(10):
        desk.by_keys.check(owner, "shipstation", KEYS)
        desk.send(owner)
        desk.by_consent.begin(owner, "shopify", {"shop": DOMAIN})
    asked = len(desk.keyed.asked), len(desk.sites.asked)
    for ask in (
        lambda: desk.by_keys.check(owner, "shipstation", KEYS),
        lambda: desk.by_keys.pair(owner, "shipstation", KEYS),
        lambda: desk.send(owner),
        lambda: desk.by_consent.begin(owner, "shopify", {"shop": DOMAIN}),
    ):
        with pytest.raises(errors.TooManyTries) as caught:
            ask()
        assert caught.value.retry_after_s == 60 * 60
    assert (len(desk.keyed.asked), len(desk.sites.asked)) == asked
    assert desk.paste(desk.person("w2", "s2"), api_key="key-3")
    desk.clock.move(minutes=60, seconds=-1)
    with pytest.raises(errors.TooManyTries):
        desk.paste(desk.person())
    desk.clock.move(seconds=1)
    assert desk.paste(desk.person())


def test_s40_tries_at_once_are_all_counted(desk: Desk, owner: SignedIn) -> None:
    def check(_: int) -> bool:
        try:
            desk.by_keys.check(owner, "shipstation", KEYS)
        except errors.TooManyTries:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(check, range(45))) <= 30


# -- S31: no secret is left behind


def test_s31_keys_that_were_posted_or_pasted_stand_nowhere_in_the_table(
    desk: Desk, owner: SignedIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    desk.keyed.accounts[CANARY] = desk.keyed.accounts["key-1"]
    desk.paste(owner, api_key=CANARY, api_secret=f"{CANARY}-secret")
    said = []
    posted = desk.sites.approve(desk.send(owner).url, consumer_key=CANARY, consumer_secret=CANARY)
    said.append(repr(desk.turned_away(posted)))
    desk.sites.keys[CANARY] = SITE
    desk.by_approval.finish(
        "woocommerce", desk.sites.approve(desk.send(owner).url, consumer_key=CANARY, consumer_secret=CANARY)
    )
    with pytest.raises(errors.RequestError) as caught:
        desk.by_keys.check(owner, "shipstation", KEYS | {"api_key": f"{CANARY}-wrong"})
    said += [repr(caught.value), str(caught.value.fields), stored(desk), repr(desk.lines), caplog.text]
    assert not any(CANARY in text for text in said)
