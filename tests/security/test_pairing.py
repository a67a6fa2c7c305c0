"""S17, S18, S19, S21, S22: pairing a shop, against whoever forges, replays or swaps what comes back."""

import hashlib
import hmac
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from chalicelib import errors
from chalicelib.channels import Means
from chalicelib.channels.shopify_app import ShopifyApp
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.secret import Secret
from chalicelib.storage.connections import Connections
from chalicelib.storage.pairings import Pairings, StateItem
from chalicelib.storage.table import Table
from chalicelib.workflows.pair import Pair, PairingError
from chalicelib.workflows.pair_by_consent import PairByConsent
from tests.support.memory import MemoryEngine
from tests.support.pairing import DOMAIN, OTHER_DOMAIN, GrantingChannel, local_sealer
from tests.support.people import Clock, new_id, somebody

SECRET = "the app's secret"
BACK = "https://daybook.example/v1/callback/shopify"


class NoNetwork:
    """Stands where the outbound client is and counts what would have gone out."""

    def __init__(self) -> None:
        self.requests: list[str] = []

    def post(self, url: str, body: bytes, headers: object) -> bytes:
        self.requests.append(url)
        raise errors.RetryableError("there is no network here")


class Desk:
    """Pairing with the sandbox channel or with the real signature and pattern of Shopify."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.engine = MemoryEngine()
        self.channel = GrantingChannel(self.clock)
        self.network = NoNetwork()
        self.shopify = ShopifyApp(
            Means(
                http=lambda: self.network,  # type: ignore[arg-type, return-value]
                client_id="client",
                client_secret=Secret(SECRET),
                callback=BACK,
                sleep=lambda seconds: None,
                now=self.clock,
            )
        )
        self.connections = Connections(Table(self.engine), local_sealer(folder), new_id)
        pairings = Pairings(Table(self.engine), new_id)
        self.pair = PairByConsent(
            pair=Pair(
                connections=self.connections,
                pairings=pairings,
                workspace_of=lambda workspace: None,
                finish_parting=lambda connection: None,
                start_backfill=lambda connection, actor: "sync",
                note=lambda workspace, level, text, *, connection_id: None,
                now=self.clock,
            ),
            pairings=pairings,
            grants={"sandbox": self.channel, "shopify": self.shopify},
            limit=lambda workspace: None,
            now=self.clock,
            random=os.urandom,
        )
        self.owner = somebody(self.clock)

    def begin(self, who: SignedIn | None = None) -> dict[str, str]:
        """A genuine callback for a pairing that has just begun."""
        url = self.pair.begin(who or self.owner, "sandbox", {"shop": DOMAIN})
        return self.channel.callback(url)

    def refusal(self, params: dict[str, str], who: SignedIn | None = None, kind: str = "sandbox") -> str:
        with pytest.raises(PairingError) as caught:
            self.pair.finish(who or self.owner, kind, params)
        return caught.value.code

    def genuine(self, **changed: str) -> dict[str, str]:
        """What Shopify sends back for a pairing that has just begun, signed as it signs."""
        url = self.pair.begin(self.owner, "shopify", {"shop": DOMAIN})
        (state,) = parse_qs(urlsplit(url).query)["state"]
        told = {"code": "c0de", "host": "YWRtaW4", "shop": DOMAIN, "state": state, "timestamp": "1783252800"}
        return signed({**told, **changed})


def signed(params: dict[str, str], secret: str = SECRET) -> dict[str, str]:
    others = {name: value for name, value in params.items() if name != "hmac"}
    text = "&".join(f"{name}={others[name]}" for name in sorted(others))
    return {**others, "hmac": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# -- S17: the state


def test_s17_a_state_is_256_random_bits_of_which_only_the_hash_is_stored(desk: Desk) -> None:
    states = {desk.begin()["state"] for _ in range(20)}
    assert len(states) == 20
    assert all(len(state) == 43 for state in states)
    assert not any(state in repr(list(desk.engine.items())) for state in states)


def test_s17_a_state_is_good_once(desk: Desk) -> None:
    params = desk.begin()
    desk.pair.finish(desk.owner, "sandbox", params)
    asked = len([question for question in desk.channel.asked if question == "exchange"])
    assert desk.refusal(params) == "expired"
    assert desk.channel.asked.count("exchange") == asked == 1


def test_s17_of_two_who_bring_it_at_once_one_gets_through(desk: Desk) -> None:
    for _ in range(20):
        params = desk.begin()
        before = desk.channel.asked.count("exchange")

        def bring(_: int, params: dict[str, str] = params) -> bool:
            try:
                desk.pair.finish(desk.owner, "sandbox", params)
            except PairingError:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(bring, range(2))) == [False, True]
        assert desk.channel.asked.count("exchange") == before + 1


def test_s17_a_state_is_good_for_ten_minutes(desk: Desk) -> None:
    params = desk.begin()
    desk.clock.move(seconds=599)
    desk.pair.finish(desk.owner, "sandbox", params)
    params = desk.begin(somebody(desk.clock))
    desk.clock.move(seconds=600)
    assert desk.refusal(params) == "expired"


@pytest.mark.parametrize(("workspace", "session"), [("w1", "s2"), ("w2", "s2"), ("w2", "s1")])
def test_s17_a_state_is_of_no_use_to_another_session_and_not_used_up_by_it(
    desk: Desk, workspace: str, session: str
) -> None:
    params = desk.begin()
    assert desk.refusal(params, somebody(desk.clock, workspace, session)) == "expired"
    assert list(desk.connections.list(workspace)) == []
    desk.pair.finish(desk.owner, "sandbox", params)


@pytest.mark.parametrize("state", [None, "", "x", "A" * 43, "#", "é", "\udc80"])
def test_s17_no_other_text_is_a_state(desk: Desk, state: str | None) -> None:
    url = desk.pair.begin(desk.owner, "sandbox", {"shop": DOMAIN})
    assert desk.refusal(desk.channel.callback(url, state=state)) == "expired"
    assert "exchange" not in desk.channel.asked


def test_s17_the_stored_hash_is_no_state(desk: Desk) -> None:
    url = desk.pair.begin(desk.owner, "sandbox", {"shop": DOMAIN})
    ((pk, _, item),) = desk.engine.items()
    assert StateItem.session.attr_name in item
    assert desk.refusal(desk.channel.callback(url, state=pk.partition("#")[2])) == "expired"


def test_s17_a_state_of_one_kind_is_of_no_use_to_another(desk: Desk) -> None:
    params = desk.begin()
    assert desk.refusal(signed(params), kind="shopify") == "expired"
    assert desk.network.requests == []


def test_s17_a_state_is_used_up_by_another_shop_that_comes_back(desk: Desk) -> None:
    url = desk.pair.begin(desk.owner, "sandbox", {"shop": DOMAIN})
    assert desk.refusal(desk.channel.callback(url, shop=OTHER_DOMAIN)) == "other_shop"
    assert desk.refusal(desk.channel.callback(url)) == "expired"
    assert "exchange" not in desk.channel.asked


# -- S18: where the shop sends people back to


@pytest.mark.parametrize(
    "fields",
    [
        {"shop": DOMAIN},
        {"shop": DOMAIN, "redirect_uri": "https://evil.example/"},
        {"shop": DOMAIN, "next": "//evil.example"},
        {"shop": f"https://{DOMAIN}/?redirect_uri=https://evil.example/"},
    ],
)
def test_s18_the_way_back_is_ours_whatever_was_sent(desk: Desk, fields: dict[str, str]) -> None:
    url = urlsplit(desk.pair.begin(desk.owner, "shopify", fields))
    assert (url.scheme, url.netloc, url.path) == ("https", DOMAIN, "/admin/oauth/authorize")
    asked = parse_qs(url.query)
    assert asked["redirect_uri"] == [BACK]
    assert set(asked) == {"client_id", "scope", "redirect_uri", "state"}


# -- S19: the signature, the shop, and only then the code


def test_s19_what_shopify_signed_gets_as_far_as_the_exchange(desk: Desk) -> None:
    assert desk.refusal(desk.genuine(), kind="shopify") == "unreachable"
    assert desk.network.requests == [f"https://{DOMAIN}/admin/oauth/access_token"]


FORGERIES: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "no signature": lambda params: {name: value for name, value in params.items() if name != "hmac"},
    "empty signature": lambda params: {**params, "hmac": ""},
    "another signature": lambda params: {**params, "hmac": "0" * 64},
    "signature of another length": lambda params: {**params, "hmac": params["hmac"][:-1]},
    "signature that is no text of ours": lambda params: {**params, "hmac": "é" * 32},
    "signed with another secret": lambda params: signed(params, "another secret"),
    "signed with no secret": lambda params: signed(params, ""),
    "another code": lambda params: {**params, "code": "another"},
    "another shop": lambda params: {**params, "shop": OTHER_DOMAIN},
    "another state": lambda params: {**params, "state": params["state"][::-1]},
    "another time": lambda params: {**params, "timestamp": "1783252801"},
    "one parameter more": lambda params: {**params, "extra": "1"},
    "one parameter less": lambda params: {name: value for name, value in params.items() if name != "host"},
    "parameters joined": lambda params: {
        **{name: value for name, value in params.items() if name != "timestamp"},
        "state": f"{params['state']}&timestamp={params['timestamp']}x",
    },
    "nothing at all": lambda params: {},
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_s19_what_is_not_signed_as_it_stands_reaches_nothing(
    desk: Desk, forge: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    params = desk.genuine()
    before = repr(list(desk.engine.items()))
    assert desk.refusal(forge(params), kind="shopify") == "not_genuine"
    assert desk.network.requests == []
    assert repr(list(desk.engine.items())) == before


@pytest.mark.parametrize(
    "shop",
    [
        "",
        "evil.example",
        "evil.example/.myshopify.com",
        "evil.example#.myshopify.com",
        "evil.example?.myshopify.com",
        "northwind-supply.myshopify.com.evil.example",
        "northwind-supply.myshopify.com@evil.example",
        "northwind-supply.myshopify.com\n",
        "northwind-supply.myshopify.com/",
        "northwind-supply.myshopify.com:8443",
        "https://northwind-supply.myshopify.com",
        "NORTHWIND-SUPPLY.myshopify.com",
        " northwind-supply.myshopify.com",
        "-supply.myshopify.com",
        ".myshopify.com",
        "myshopify.com",
        "a.b.myshopify.com",
        "northwind-supplyXmyshopify.com",
        "north%2Ewind.myshopify.com",
        "nörthwind.myshopify.com",
        "127.0.0.1",
        "northwind-supply",
    ],
)
def test_s19_a_signed_callback_of_what_is_no_shop_reaches_nothing(desk: Desk, shop: str) -> None:
    assert desk.refusal(desk.genuine(shop=shop), kind="shopify") == "not_genuine"
    assert desk.network.requests == []


def test_s19_another_shop_than_the_one_begun_with_gets_no_code_exchanged(desk: Desk) -> None:
    assert desk.refusal(desk.genuine(shop=OTHER_DOMAIN), kind="shopify") == "other_shop"
    assert desk.network.requests == []


def test_s19_a_shop_cannot_send_our_secrets_elsewhere(desk: Desk) -> None:
    desk.channel.shops[DOMAIN] = msgspec.structs.replace(desk.channel.shops[DOMAIN], domain="evil.example")
    assert desk.pair.finish(desk.owner, "sandbox", desk.begin()).connection.domain == DOMAIN


def test_s19_the_checks_come_in_their_order(desk: Desk) -> None:
    params = desk.begin()
    desk.channel.asked.clear()
    desk.pair.finish(desk.owner, "sandbox", params)
    assert desk.channel.asked == ["callback_is_genuine", "shop_domain", "exchange", "read_shop"]


# -- S21: scopes


@pytest.mark.parametrize(
    ("granted", "reach"), [({"read_orders", "read_all_orders"}, None), ({"read_orders"}, 60)], ids=["all", "less"]
)
def test_s21_less_than_asked_is_shown(desk: Desk, granted: set[str], reach: int | None) -> None:
    desk.channel.granted = frozenset(granted)
    assert desk.pair.finish(desk.owner, "sandbox", desk.begin()).connection.reach_days == reach


@pytest.mark.parametrize(
    "granted",
    [{"read_orders", "write_orders"}, {"read_orders", "read_all_orders", "read_customers"}, {"read_all_orders"}, set()],
    ids=["writing", "customers", "not what is needed", "nothing"],
)
def test_s21_more_than_asked_or_too_little_is_refused(desk: Desk, granted: set[str]) -> None:
    desk.channel.granted = frozenset(granted)
    assert desk.refusal(desk.begin()) == "scopes"
    assert list(desk.connections.list("w1")) == []
    assert "read_shop" not in desk.channel.asked


def test_s21_only_reading_is_asked_for(desk: Desk) -> None:
    assert all(scope.startswith("read_") for scope in desk.shopify.wanted)


# -- S22: one shop, one merchant


def test_s22_a_second_claim_is_refused_and_tells_neither_about_the_other(desk: Desk) -> None:
    first = desk.pair.finish(desk.owner, "sandbox", desk.begin()).connection
    items = [item for pk, _, item in desk.engine.items() if pk == "WS#w1"]
    stranger = somebody(desk.clock, "w2", "s2")
    with pytest.raises(PairingError) as caught:
        desk.pair.finish(stranger, "sandbox", desk.begin(stranger))
    assert caught.value.code == "taken"
    assert not any(word in str(caught.value) for word in ("Northwind", "another", "already", "w1"))
    assert list(desk.connections.list("w2")) == []
    assert [item for pk, _, item in desk.engine.items() if pk == "WS#w1"] == items
    assert desk.connections.get("w1", first.id) == first


def test_s22_a_shop_stays_with_its_merchant_after_it_was_disconnected(desk: Desk) -> None:
    first = desk.pair.finish(desk.owner, "sandbox", desk.begin()).connection
    desk.connections.begin_parting(first)
    stranger = somebody(desk.clock, "w2", "s2")
    assert desk.refusal(desk.begin(stranger), stranger) == "taken"


# -- S16


def test_s16_pairing_needs_a_sign_in_of_the_last_ten_minutes(desk: Desk) -> None:
    desk.clock.move(minutes=10, seconds=1)
    with pytest.raises(errors.Forbidden):
        desk.pair.begin(desk.owner, "shopify", {"shop": DOMAIN})
    assert list(desk.engine.items()) == []
