"""S14: signing in through an identity provider, against whoever forges, replays, swaps or breaks what comes back.

The provider is the sandbox's, asked over real HTTP; each case goes the whole way but for the one thing that is wrong.
"""

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chalicelib.domain.identities import own_path
from chalicelib.workflows.sign_in_by_provider import ProviderError
from infra.sandbox.openid import CLIENT_ID, CLIENT_SECRET, Provider
from tests.support.people import PASSWORD
from tests.support.provider import SESSION, WAY, Browser, Town, open_town
from tests.support.site import json_at

EMAIL = "owner@northwind.example"
OTHER_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
SHORT_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=1_024)
Claims = dict[str, Any]


@pytest.fixture
def town() -> Iterator[Town]:
    with open_town() as found:
        yield found


def errors_in(location: str) -> list[str]:
    """What the page of the sign-in is told went wrong."""
    parts = urlsplit(location)
    assert parts.path == "/sign-in", location
    return parse_qs(parts.query)["error"]


def is_refused(town: Town, browser: Browser, location: str, why: str = "refused") -> bool:
    """Whether nobody got in, nothing was made, and the page can say why."""
    kinds = {pk.split("#")[0] for pk, _, _ in town.engine.items()}
    return errors_in(location) == [why] and not browser.is_signed_in and not kinds & {"USER", "SESSION", "IDENTITY"}


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


@pytest.mark.parametrize("path", ["/token", "/keys"])
def test_s14_an_answer_without_measure_lets_nobody_in(town: Town, path: str) -> None:
    claims = {"id_token": "x", "keys": [town.provider.jwk("k-1")], "more": "x" * 300_000}
    town.provider.answers[path] = (200, {}, json.dumps(claims).encode())
    browser = town.browser()
    assert is_refused(town, browser, browser.sign_in())


def test_s14_the_way_back_is_where_the_settings_say_whatever_host_is_asked_for(town: Town) -> None:
    browser = town.browser()
    answer = browser.ask(
        "POST", "/v1/session/provider", {}, Host="evil.example", **{"X-Forwarded-Host": "evil.example"}
    )
    asked = parse_qs(urlsplit(json_at(answer, 201)["authorize_url"]).query)
    assert asked["redirect_uri"] == ["http://127.0.0.1:8080/v1/callback/provider"]
    assert asked["code_challenge_method"] == ["S256"]


# -- the way back


def test_s14_a_way_is_good_once(town: Town) -> None:
    browser = town.browser()
    params = browser.at_provider(browser.begin())
    way = dict(browser.cookies)
    assert browser.back(params) == "/"
    asked = town.provider.asked.count("/token")
    thief = town.browser()
    thief.cookies = way
    assert errors_in(thief.back(params)) == ["expired"]
    assert not thief.is_signed_in
    assert town.provider.asked.count("/token") == asked


def test_s14_of_two_who_bring_it_at_once_one_gets_through(town: Town) -> None:
    provider = town.daybook.sign_in_by_provider
    for _ in range(10):
        browser = town.browser()
        params = browser.at_provider(browser.begin())
        cookie = browser.cookies[WAY]

        def bring(_: int, params: dict[str, str] = params, cookie: str = cookie) -> bool:
            try:
                provider.finish(params, browser=cookie, old=None, address="198.51.100.7")
            except ProviderError:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(bring, range(2))) == [False, True]


def test_s14_a_way_is_of_the_browser_that_began_it(town: Town) -> None:
    victim, attacker = town.browser(), town.browser()
    params = attacker.at_provider(attacker.begin())
    assert is_refused(town, victim, victim.back(params), "expired")
    victim.begin()
    assert is_refused(town, victim, victim.back(params), "expired")
    assert "/token" not in town.provider.asked


def test_s14_a_way_ends_after_ten_minutes(town: Town) -> None:
    browser = town.browser()
    params = browser.at_provider(browser.begin())
    town.daybook.clock += town.daybook.clock.resolution * 600 * 10**6
    assert is_refused(town, browser, browser.back(params), "expired")


@pytest.mark.parametrize("state", ["", "x", "A" * 43, "%00", "%F0%9F%90%A7"])
def test_s14_no_other_state_is_one(town: Town, state: str) -> None:
    browser = town.browser()
    params = browser.at_provider(browser.begin())
    assert is_refused(town, browser, browser.back({**params, "state": state}), "expired")
    assert is_refused(town, browser, browser.back({"code": params["code"]}), "expired")


@pytest.mark.parametrize("error", ["access_denied", "server_error", "login_required", "%3Cscript%3E"])
def test_s14_a_provider_that_says_no_is_heard(town: Town, error: str) -> None:
    browser = town.browser()
    params = browser.at_provider(browser.begin(next="/orders"))
    location = browser.back({"state": params["state"], "error": error})
    assert is_refused(town, browser, location, "declined")
    assert parse_qs(urlsplit(location).query)["next"] == ["/orders"]
    assert "/token" not in town.provider.asked


def test_s14_what_another_provider_answers_is_refused(town: Town) -> None:
    browser = town.browser()
    params = browser.at_provider(browser.begin())
    location = browser.back({**params, "iss": "https://elsewhere.example"})
    assert is_refused(town, browser, location)
    assert "/token" not in town.provider.asked


def test_s14_a_code_is_worth_nothing_in_another_way(town: Town) -> None:
    one, other = town.browser(), town.browser()
    stolen = one.at_provider(one.begin())["code"]
    params = other.at_provider(other.begin())
    assert is_refused(town, other, other.back({**params, "code": stolen}))  # the verifier is another's


def test_s14_a_code_is_good_once(town: Town) -> None:
    one, other = town.browser(), town.browser()
    used = one.at_provider(one.begin())
    one.back(used)
    params = other.at_provider(other.begin())
    assert errors_in(other.back({**params, "code": used["code"]})) == ["refused"]


def test_s14_nothing_secret_of_a_way_is_stored_and_no_token_either(town: Town) -> None:
    seen: list[str] = []
    town.provider.forge = lambda claims: seen.append(town.provider.sign(claims)) or seen[-1]  # type: ignore[func-returns-value]
    browser = town.browser()
    url = browser.begin()
    asked = parse_qs(urlsplit(url).query)
    way = browser.cookies[WAY]
    params = browser.at_provider(url)
    assert browser.back(params) == "/"
    everything = repr(list(town.engine.items()))
    for secret in (*asked["state"], *asked["nonce"], way, params["code"], *seen, browser.cookies[SESSION]):
        assert secret not in everything
    assert len({*asked["state"], *asked["nonce"], way}) == 3
    assert all(len(each) == 43 for each in (*asked["state"], *asked["nonce"], way))


def test_s14_the_cookie_of_a_way_is_for_us_and_ends(town: Town) -> None:
    browser = town.browser()
    answer = browser.ask("POST", "/v1/session/provider", {})
    name, _, rest = answer.headers["Set-Cookie"].partition("=")
    assert name == "__Host-daybook-provider"
    assert rest.partition("; ")[2] == "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600"
    browser.back(browser.at_provider(answer.json_body["authorize_url"]))
    assert set(browser.cookies) == {SESSION}


# -- whose account it is


def test_s14_an_unknown_person_gets_a_workspace_and_comes_back_to_it(town: Town) -> None:
    browser = town.browser()
    assert browser.sign_in(time_zone="America/New_York") == "/"
    made = browser.session()
    assert (made["user"]["email"], made["user"]["role"]) == (EMAIL, "owner")
    assert made["workspace"]["name"] == "Northwind"
    assert made["workspace"]["time_zone"] == "America/New_York"
    again = town.browser()
    assert again.sign_in() == "/"
    assert again.session()["user"] == made["user"]


def test_s14_a_person_is_known_by_subject_and_not_by_email(town: Town) -> None:
    browser = town.browser()
    browser.sign_in()
    user = browser.session()["user"]["id"]
    town.provider.person = {"sub": "u-1", "email": "moved@northwind.example", "email_verified": True}
    browser.sign_in()
    assert browser.session()["user"]["id"] == user
    town.provider.person = {"sub": "u-2", "email": EMAIL, "email_verified": True}
    stranger = town.browser()
    assert errors_in(stranger.sign_in()) == ["taken"]  # though nobody has a password here
    assert not stranger.is_signed_in


@pytest.mark.parametrize("verified", [False, None, "true", "false", "", "absent"])
def test_s14_an_email_that_is_not_verified_opens_nothing(town: Town, verified: object) -> None:
    town.provider.person = {"sub": "u-1", "email": EMAIL} | (
        {} if verified == "absent" else {"email_verified": verified}
    )
    browser = town.browser()
    why = "refused" if verified is None else "unverified"  # null is of no form at all
    assert is_refused(town, browser, browser.sign_in(), why)


@pytest.mark.parametrize("email", [None, "", "no address", "a@b@c.example"])
def test_s14_a_person_without_an_email_gets_no_account(town: Town, email: str | None) -> None:
    town.provider.person = {"sub": "u-1", "email": email, "email_verified": True}
    browser = town.browser()
    assert is_refused(town, browser, browser.sign_in(), "unverified")


@pytest.mark.parametrize("email", [EMAIL, "OWNER@Northwind.Example"])
def test_s14_an_account_that_is_there_is_not_taken_over(town: Town, email: str) -> None:
    town.with_password(EMAIL)
    town.provider.person["email"] = email
    stranger = town.browser()
    assert errors_in(stranger.sign_in()) == ["taken"]
    assert not stranger.is_signed_in
    assert not any(pk.startswith("IDENTITY#") for pk, _, _ in town.engine.items())


def test_s14_whoever_signed_in_with_a_password_connects_the_provider_and_has_both(town: Town) -> None:
    owner = town.with_password(EMAIL)
    assert owner.back(owner.at_provider(owner.connect(next="/workspace?connected=1"))) == "/workspace?connected=1"
    user = owner.session()["user"]["id"]
    elsewhere = town.browser()
    assert elsewhere.sign_in() == "/"
    assert elsewhere.session()["user"]["id"] == user
    assert json_at(town.site.visitor().post("/v1/session", {"email": EMAIL, "password": PASSWORD}), 201)


def test_s14_connecting_needs_a_recent_sign_in_the_token_and_the_same_session(town: Town) -> None:
    owner = town.with_password(EMAIL)
    token, owner.token = owner.token, "1"
    assert owner.ask("POST", "/v1/session/provider/connect", {}).status_code == 403
    owner.token = token
    params = owner.at_provider(owner.connect())
    del owner.cookies[SESSION]
    assert owner.back(params).startswith("/workspace?error=not-you")
    owner = town.with_password("other@northwind.example", owner)
    params = owner.at_provider(owner.connect())
    town.with_password("third@northwind.example", owner)
    assert owner.back(params).startswith("/workspace?error=not-you")
    town.daybook.clock += town.daybook.clock.resolution * 601 * 10**6
    assert owner.ask("POST", "/v1/session/provider/connect", {}).status_code == 403
    assert not any(pk.startswith("IDENTITY#") for pk, _, _ in town.engine.items())


def test_s14_who_is_connected_to_another_account_stays_so(town: Town) -> None:
    first = town.browser()
    first.sign_in()
    other = town.with_password("other@northwind.example")
    assert other.back(other.at_provider(other.connect())).startswith("/workspace?error=other")
    user = first.session()["user"]["id"]
    first.sign_in()
    assert first.session()["user"]["id"] == user


def test_s14_an_account_without_a_password_refuses_all_of_them_like_any_wrong_pair(town: Town) -> None:
    town.browser().sign_in()
    visitor = town.site.visitor()
    for password in ("-", "", PASSWORD):
        told = [
            visitor.post("/v1/session", {"email": email, "password": password}).json_body["detail"]
            for email in (EMAIL, "nobody@northwind.example")
        ]
        assert told == ["Email or password is not right."] * 2


def test_s14_an_account_without_a_password_costs_a_try_the_same_time(town: Town, monkeypatch: Any) -> None:
    from chalicelib.domain import passwords

    spent: list[tuple[int, int]] = []
    real = passwords.hashlib.scrypt

    def counted(text: bytes, **cost: Any) -> bytes:
        spent.append((cost["n"], cost["r"]))
        found: bytes = real(text, **cost)
        return found

    town.browser().sign_in()
    monkeypatch.setattr(passwords.hashlib, "scrypt", counted)
    visitor = town.site.visitor()
    for email in (EMAIL, "nobody@northwind.example"):
        visitor.post("/v1/session", {"email": email, "password": PASSWORD})
    assert len(spent) == 2
    assert spent[0] == spent[1]


def test_s14_who_was_removed_comes_as_a_stranger(town: Town) -> None:
    browser = town.browser()
    browser.sign_in()
    user = town.daybook.accounts.user_of(EMAIL)
    assert user is not None
    town.daybook.accounts.remove(user)
    assert not browser.is_signed_in
    assert browser.sign_in() == "/"
    assert browser.session()["user"]["id"] != user.id


@pytest.mark.parametrize("done", range(2, 6))
def test_s14_a_sign_up_that_died_on_its_way_is_begun_anew(town: Town, done: int, monkeypatch: Any) -> None:
    """Killed after so many of its writes; the person simply tries again."""
    writes = 0
    table = type(town.daybook.outside.table)
    of_a_sign_up = {"WorkspaceItem", "UserItem", "IdentityItem", "EmailClaim", "SessionItem"}

    class Killed(BaseException):
        pass

    def dying(real: Callable[..., None]) -> Callable[..., None]:
        def write(self: Any, item: Any, *rest: Any) -> None:
            nonlocal writes
            writes += type(item).__name__ in of_a_sign_up
            if writes == done:
                raise Killed
            real(self, item, *rest)

        return write

    browser = town.browser()
    params = browser.at_provider(browser.begin())
    with monkeypatch.context() as patch:
        patch.setattr(table, "put", dying(table.put))
        patch.setattr(table, "insert", dying(table.insert))
        with pytest.raises(Killed):
            town.daybook.sign_in_by_provider.finish(
                params, browser=browser.cookies[WAY], old=None, address="198.51.100.7"
            )
    assert writes == done
    assert browser.sign_in() == "/"
    assert browser.session()["user"]["email"] == EMAIL


# -- the session, and where one goes on


def test_s14_it_ends_in_a_session_of_ours_and_the_old_one_is_over(town: Town) -> None:
    browser = town.browser()
    browser.sign_in()
    old = dict(browser.cookies)
    browser.sign_in()
    assert browser.cookies[SESSION] != old[SESSION]
    before = town.browser()
    before.cookies = old
    assert not before.is_signed_in
    assert json_at(browser.ask("GET", "/v1/workspace"))["name"] == "Northwind"


NEXT = {
    "/orders?q=10#x": "/",
    "/orders?q=10": "/orders?q=10",
    "/reports/skus?from=2026-01-01&to=2026-02-01": "/reports/skus?from=2026-01-01&to=2026-02-01",
    "//evil.example": "/",
    "/\\evil.example": "/",
    "https://evil.example": "/",
    "javascript:alert(1)": "/",
    "orders": "/",
    "": "/",
    "/x\\..\\y": "/",
    "/ä": "/",
    "/a b": "/",
}


@pytest.mark.parametrize(("wanted", "led"), NEXT.items())
def test_s14_one_goes_on_to_paths_of_ours_only(town: Town, wanted: str, led: str) -> None:
    assert town.browser().sign_in(next=wanted) == (led if "#" not in wanted else own_path(wanted))


@pytest.mark.parametrize("path", ["/\t/evil.example", "/\n/evil.example", "/\r", "/" + "a" * 512, "/\x00", "/\u2028"])
def test_s14_no_odd_sign_leads_out(path: str) -> None:
    assert own_path(path) == "/"


def test_s14_s16_a_provider_that_proves_it_anew_makes_a_recent_sign_in(town: Town) -> None:
    browser = town.browser()
    browser.sign_in()
    browser.session()
    asked = {"name": "Nightly", "scope": "read"}
    assert browser.ask("POST", "/v1/keys", asked).status_code == 403  # when they proved it, nobody said
    url = browser.begin(again=True)
    sent = parse_qs(urlsplit(url).query)
    assert (sent["prompt"], sent["max_age"]) == (["login"], ["0"])
    assert browser.back(browser.at_provider(url)) == "/"
    browser.session()
    assert browser.ask("POST", "/v1/keys", asked).status_code == 201
    town.daybook.clock += town.daybook.clock.resolution * 601 * 10**6
    assert browser.ask("POST", "/v1/keys", asked).status_code == 403


@pytest.mark.parametrize("said", [{}, {"auth_time": None}, {"auth_time": -3_600}, {"auth_time": -61}])
def test_s14_s16_an_old_proof_is_not_taken_for_a_new_one(town: Town, said: Claims) -> None:
    def forge(claims: Claims) -> str:
        told = {name: claims["iat"] + ago if ago else ago for name, ago in said.items()}
        return town.provider.sign(without(claims, "auth_time") | told)

    town.provider.forge = forge
    browser = town.browser()
    assert is_refused(town, browser, browser.sign_in(again=True), "not-again")


def test_s14_s16_what_the_provider_says_of_an_old_proof_is_kept(town: Town) -> None:
    town.provider.person["auth_time"] = town.at() - 3_600
    browser = town.browser()
    browser.sign_in()
    browser.session()
    assert browser.ask("POST", "/v1/keys", {"name": "Nightly", "scope": "read"}).status_code == 403
    town.provider.person["auth_time"] = town.at() + 3_600
    assert errors_in(town.browser().sign_in()) == ["refused"]


# -- limits, and without a provider


def test_s14_ways_from_one_address_are_limited_and_success_costs_none(town: Town) -> None:
    for _ in range(40):
        assert town.browser().sign_in() == "/"
    begun = 0
    for _ in range(100):
        answer = town.browser().ask("POST", "/v1/session/provider", {})
        assert answer.status_code in (201, 429)
        begun += answer.status_code == 201
    assert 20 < begun <= 32


@pytest.mark.parametrize("lacking", ["oidc_issuer", "oidc_client_id", "oidc_client_secret"])
def test_s14_it_is_off_unless_all_of_it_is_set(lacking: str) -> None:
    with open_town(**{lacking: ""}) as town:
        browser = town.browser()
        assert browser.ask("POST", "/v1/session/provider", {}).status_code == 404
        assert browser.ask("GET", "/v1/callback/provider?state=x&code=y").status_code == 404
        owner = town.with_password(EMAIL)
        assert owner.ask("POST", "/v1/session/provider/connect", {}).status_code == 404
        assert town.provider.asked == []


def test_s14_a_provider_on_a_plain_address_is_for_development_only() -> None:
    with open_town(plain_sites=()) as town:
        answer = town.browser().ask("POST", "/v1/session/provider", {})
        assert answer.status_code == 503
        assert town.provider.asked == []
