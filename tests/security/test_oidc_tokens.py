"""S14: what an identity provider says, against whoever forges it, swaps it or breaks it.

The provider is the sandbox's, asked over real HTTP; each case goes the whole way but for the one thing that is wrong.
"""

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from infra.sandbox.openid import CLIENT_ID, CLIENT_SECRET, Provider, Reply
from tests.support.provider import WAY, Town, errors_in, is_refused, open_town
from tests.support.site import json_at

EMAIL = "owner@northwind.example"
OTHER_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
SHORT_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=1_024)
Claims = dict[str, Any]


@pytest.fixture
def town() -> Iterator[Town]:
    with open_town() as found:
        yield found


# -- the token


def part(content: object) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def pem(provider: Provider) -> bytes:
    (key,) = provider.keys.values()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    found: bytes = key.public_key().public_bytes(serialization.Encoding.PEM, form)
    return found


def signed(provider: Provider, claims: Claims, *, key: Any = None, algorithm: str = "RS256", **header: Any) -> str:
    (name, own), *_ = provider.keys.items()
    return jwt.encode(claims, key or own, algorithm=algorithm, headers={"kid": name, **header})


def by_hand(provider: Provider, claims: Claims, header: Claims, secret: bytes = b"") -> str:
    """A token whose library would not make it."""
    text = f"{part(header)}.{part(claims)}"
    if not secret:
        return f"{text}."
    import hashlib
    import hmac

    digest = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{urlsafe_b64encode(digest).decode().rstrip('=')}"


def without(claims: Claims, name: str) -> Claims:
    return {key: value for key, value in claims.items() if key != name}


def altered(p: Provider, c: Claims) -> str:
    """Signed for one, and then said of another."""
    header, _, signature = signed(p, c).split(".")
    return f"{header}.{part({**c, 'sub': 'u-2'})}.{signature}"


KID = {"kid": "k-1"}
FORGED: dict[str, Callable[[Provider, Claims], str]] = {
    "unsigned": lambda p, c: by_hand(p, c, {"alg": "none", **KID}),
    "unsigned, written otherwise": lambda p, c: by_hand(p, c, {"alg": "NoNe", **KID}),
    "without an algorithm": lambda p, c: by_hand(p, c, KID),
    "without its signature": lambda p, c: signed(p, c).rpartition(".")[0] + ".",
    "altered after it was signed": altered,
    "signed by another key under the known name": lambda p, c: signed(p, c, key=OTHER_KEY),
    "HS256 with the public key as its secret": lambda p, c: by_hand(p, c, {"alg": "HS256", **KID}, pem(p)),
    "HS256 with the client's secret": lambda p, c: by_hand(p, c, {"alg": "HS256", **KID}, CLIENT_SECRET.encode()),
    "another algorithm of the same key": lambda p, c: signed(p, c, algorithm="RS512"),
    "padding that is not the settings'": lambda p, c: signed(p, c, algorithm="PS256"),
    "a key that nobody knows": lambda p, c: signed(p, c, key=OTHER_KEY, kid="k-9"),
    "no name of a key": lambda p, c: jwt.encode(c, next(iter(p.keys.values())), algorithm="RS256"),
    "a name of a key that is none": lambda p, c: by_hand(p, c, {"alg": "RS256", "kid": ["k-1"]}, b"x"),
    "its own key in the header": lambda p, c: signed(
        p,
        c,
        key=OTHER_KEY,
        kid="k-9",
        jwk=jwt.get_algorithm_by_name("RS256").to_jwk(OTHER_KEY.public_key(), as_dict=True),
    ),
    "an extension that must be understood": lambda p, c: signed(p, c, crit=["exp2"], exp2=1),
    "another's audience": lambda p, c: signed(p, {**c, "aud": "another-client"}),
    "no audience": lambda p, c: signed(p, without(c, "aud")),
    "an audience of none": lambda p, c: signed(p, {**c, "aud": []}),
    "several audiences and nobody asked for it": lambda p, c: signed(p, {**c, "aud": [CLIENT_ID, "another"]}),
    "several audiences, asked for by another": lambda p, c: signed(
        p, {**c, "aud": [CLIENT_ID, "another"], "azp": "another"}
    ),
    "one audience, asked for by another": lambda p, c: signed(p, {**c, "azp": "another"}),
    "another issuer": lambda p, c: signed(p, {**c, "iss": "https://elsewhere.example"}),
    "an issuer with a slash more": lambda p, c: signed(p, {**c, "iss": f"{p.issuer}/"}),
    "no issuer": lambda p, c: signed(p, without(c, "iss")),
    "expired": lambda p, c: signed(p, {**c, "exp": c["iat"] - 61}),
    "without an end": lambda p, c: signed(p, without(c, "exp")),
    "an end that is text": lambda p, c: signed(p, {**c, "exp": str(c["exp"])}),
    "not yet valid": lambda p, c: signed(p, {**c, "nbf": c["iat"] + 120}),
    "issued in time to come": lambda p, c: signed(p, {**c, "iat": c["iat"] + 120}),
    "issued an hour ago": lambda p, c: signed(p, {**c, "iat": c["iat"] - 3_600}),
    "without an instant of issue": lambda p, c: signed(p, without(c, "iat")),
    "without a nonce": lambda p, c: signed(p, without(c, "nonce")),
    "with an empty nonce": lambda p, c: signed(p, {**c, "nonce": ""}),
    "with another's nonce": lambda p, c: signed(p, {**c, "nonce": "A" * 43}),
    "without a subject": lambda p, c: signed(p, without(c, "sub")),
    "with an empty subject": lambda p, c: signed(p, {**c, "sub": ""}),
    "with a subject that is no text": lambda p, c: by_hand(p, {**c, "sub": 7}, {"alg": "RS256", **KID}, b"x"),
    "claims that are no object": lambda p, c: jwt.PyJWS().encode(b"[1]", p.keys["k-1"], algorithm="RS256", headers=KID),
    "no token at all": lambda p, c: "",
    "two parts only": lambda p, c: "a.b",
    "an encrypted one": lambda p, c: "a.b.c.d.e",
    "one without measure": lambda p, c: signed(p, {**c, "more": "x" * 20_000}),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_s14_a_token_that_is_not_for_us_now_lets_nobody_in(town: Town, forge: Callable[..., str]) -> None:
    town.provider.forge = lambda claims: forge(town.provider, claims)
    browser = town.browser()
    assert is_refused(town, browser, browser.sign_in())
    town.provider.forge = None
    assert browser.sign_in() == "/"  # there was nothing else wrong
    assert browser.session()["user"]["email"] == EMAIL


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_s14_a_token_of_the_algorithm_in_the_settings_lets_its_person_in(algorithm: str) -> None:
    with open_town(algorithm) as town:
        browser = town.browser()
        assert browser.sign_in() == "/"
        assert browser.session()["user"]["email"] == EMAIL


@pytest.mark.parametrize("posted", [False, True])
def test_s14_the_secret_is_shown_in_the_way_that_the_provider_asks_for(town: Town, posted: bool) -> None:
    town.provider.secret_posted = posted
    assert town.browser().sign_in() == "/"


def test_s14_a_provider_that_does_not_know_our_secret_gives_nothing() -> None:
    with open_town(oidc_client_secret="another") as town:
        browser = town.browser()
        assert is_refused(town, browser, browser.sign_in())


def test_s14_the_algorithm_is_the_settings_and_not_the_keys() -> None:
    with open_town("ES256", oidc_algorithm="RS256") as town:
        browser = town.browser()
        assert is_refused(town, browser, browser.sign_in())


@pytest.mark.parametrize(
    "changed",
    [
        {"use": "enc"},
        {"alg": "RS512"},
        {"key_ops": ["encrypt"]},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"n": 7},
        {"kid": ""},
    ],
    ids=str,
)
def test_s14_a_key_for_something_else_is_no_key(town: Town, changed: Claims) -> None:
    key = {**town.provider.jwk("k-1"), **changed}
    town.provider.answers["/keys"] = (200, {}, json.dumps({"keys": [key, 7, {}]}).encode())
    browser = town.browser()
    assert is_refused(town, browser, browser.sign_in())


def test_s14_a_key_of_another_kind_under_the_same_name_is_not_in_the_way(town: Town) -> None:
    made = jwt.get_algorithm_by_name("ES256").to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)
    keys = [town.provider.jwk("k-1"), {**made, "kid": "k-1"}]
    town.provider.answers["/keys"] = (200, {}, json.dumps({"keys": keys}).encode())
    assert town.browser().sign_in() == "/"


def test_s14_a_key_that_is_too_short_is_refused(town: Town) -> None:
    town.provider.keys["k-1"] = SHORT_KEY
    browser = town.browser()
    assert is_refused(town, browser, browser.sign_in())


def test_s14_a_key_of_another_curve_is_refused() -> None:
    with open_town("ES256") as town:
        wide = ec.generate_private_key(ec.SECP384R1())
        made = jwt.get_algorithm_by_name("ES384").to_jwk(wide.public_key(), as_dict=True)
        town.provider.answers["/keys"] = (200, {}, json.dumps({"keys": [{**made, "kid": "k-1"}]}).encode())
        browser = town.browser()
        assert is_refused(town, browser, browser.sign_in())


class Elsewhere:
    """Another server with keys of its own, which must never be asked."""

    def __init__(self) -> None:
        asked = self.asked = []  # type: list[str]

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, format: str, *args: Any) -> None:
                """Nobody reads along."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/keys"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    server = Elsewhere()
    yield server
    server.close()


@pytest.mark.parametrize("name", ["jku", "x5u", "iss", "kid"])
def test_s14_keys_that_a_token_brings_from_elsewhere_are_not_asked_for(
    town: Town, elsewhere: Elsewhere, name: str
) -> None:
    header = {name: elsewhere.url}
    town.provider.forge = lambda claims: signed(town.provider, claims, key=OTHER_KEY, **header)
    browser = town.browser()
    assert is_refused(town, browser, browser.sign_in())
    assert elsewhere.asked == []


def test_s14_a_new_key_of_the_issuer_is_found_by_asking_once_more(town: Town) -> None:
    assert town.browser().sign_in() == "/"
    asked = town.provider.asked.count("/keys")
    town.provider.rotate()
    assert town.browser().sign_in() == "/"
    assert town.provider.asked.count("/keys") == asked + 1
    town.provider.forge = lambda claims: signed(town.provider, claims, kid="k-unknown")
    assert errors_in(town.browser().sign_in()) == ["refused"]
    assert town.provider.asked.count("/keys") == asked + 2


# -- what the provider says of itself, and how it answers


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://elsewhere.example"},
        {"issuer": ""},
        {"jwks_uri": "{elsewhere}"},
        {"token_endpoint": "{elsewhere}"},
        {"authorization_endpoint": "{elsewhere}"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "https://169.254.169.254/latest"},
        {"jwks_uri": "file:///etc/hostname"},
        {"jwks_uri": None},
    ],
    ids=str,
)
def test_s14_a_document_that_leads_elsewhere_is_not_believed(town: Town, elsewhere: Elsewhere, changed: Claims) -> None:
    known = {name: elsewhere.url if value == "{elsewhere}" else value for name, value in changed.items()}
    content = json.dumps({**town.provider.document(), **known}).encode()
    town.provider.answers["/pool/.well-known/openid-configuration"] = (200, {}, content)
    browser = town.browser()
    said = json_at(browser.ask("POST", "/v1/session/provider", {}), 503)["detail"]
    assert said.startswith("The sign-in service cannot be reached right now.")
    assert elsewhere.asked == []
    assert WAY not in browser.cookies


@pytest.mark.parametrize("path", ["/token", "/keys"])
@pytest.mark.parametrize(
    ("status", "why"), [(302, "refused"), (307, "refused"), (400, "refused"), (401, "refused"), (500, "unreachable")]
)
def test_s14_an_endpoint_that_answers_otherwise_lets_nobody_in(
    town: Town, elsewhere: Elsewhere, path: str, status: int, why: str
) -> None:
    town.provider.answers[path] = (status, {"Location": elsewhere.url}, b"{}")
    browser = town.browser()
    assert is_refused(town, browser, browser.sign_in(), why)
    assert elsewhere.asked == []  # least of all with the code and the secret


@pytest.mark.parametrize("path", ["/token", "/keys"])
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id_token": 7, "keys": 7}', b"<html>", b"\xff", b"[" * 100_000])
def test_s14_an_answer_of_another_form_lets_nobody_in(town: Town, path: str, body: bytes) -> None:
    town.provider.answers[path] = (200, {}, body)
    browser = town.browser()
    assert is_refused(town, browser, browser.sign_in())


@pytest.mark.parametrize("name", ["token", "answer"])
def test_s14_an_answer_without_measure_lets_nobody_in(town: Town, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Right in all else: blanks after it are no fault of JSON."""
    real = getattr(town.provider, name)
    browser = town.browser()
    url = browser.begin()

    def swollen(*asked: Any) -> Reply:
        status, headers, body = real(*asked)
        return status, headers, body + b" " * 300_000

    monkeypatch.setattr(town.provider, name, swollen)
    assert is_refused(town, browser, browser.back(browser.at_provider(url)))


def test_s14_the_way_back_is_where_the_settings_say_whatever_host_is_asked_for(town: Town) -> None:
    browser = town.browser()
    answer = browser.ask(
        "POST", "/v1/session/provider", {}, Host="evil.example", **{"X-Forwarded-Host": "evil.example"}
    )
    asked = parse_qs(urlsplit(json_at(answer, 201)["authorize_url"]).query)
    assert asked["redirect_uri"] == ["http://127.0.0.1:8080/v1/callback/provider"]
    assert asked["code_challenge_method"] == ["S256"]
