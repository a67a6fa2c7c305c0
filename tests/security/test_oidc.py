"""S14: the way through an identity provider and back, whose account it leads to, and the session that it ends in.

The provider is the sandbox's, asked over real HTTP; what its tokens say is in test_oidc_tokens.py.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.domain.identities import own_path
from chalicelib.workflows.sign_in_by_provider import ProviderError
from tests.support.people import PASSWORD
from tests.support.provider import SESSION, WAY, Town, errors_in, is_refused, open_town
from tests.support.site import json_at

EMAIL = "owner@northwind.example"
Claims = dict[str, Any]


@pytest.fixture
def town() -> Iterator[Town]:
    with open_town() as found:
        yield found


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
    for victims_own in (False, True):
        params = attacker.at_provider(attacker.begin())
        if victims_own:
            victim.begin()
        assert is_refused(town, victim, victim.back(params), "expired")
        assert "/token" not in town.provider.asked
    assert attacker.back(params) == "/"  # nobody used it up for them


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
    given: list[str] = []
    town.provider.forge = lambda claims: given.append("token") or town.provider.sign(claims)  # type: ignore[func-returns-value]
    assert is_refused(town, other, other.back({**params, "code": stolen}))
    assert given == []  # the verifier is another's


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


@pytest.mark.parametrize("name", ["state", "nonce", "code_challenge"])
def test_s14_each_way_has_its_own(town: Town, name: str) -> None:
    browser = town.browser()
    made = {parse_qs(urlsplit(browser.begin()).query)[name][0] for _ in range(10)}
    assert len(made) == 10
    assert all(len(each) == 43 for each in made)


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
    told = [line["text"] for line in json_at(owner.ask("GET", "/v1/activity"))["items"]]
    assert told == [f"{EMAIL} connected the sign-in service to their account."]
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
    user = town.daybook.accounts.user_of(EMAIL)
    assert user is not None
    assert browser.session()["user"] == {"id": user.id, "email": EMAIL, "role": "owner"}


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
    "/v1/callback/shopify?code=x": "/",
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
        return town.provider.sign({name: value for name, value in claims.items() if name != "auth_time"} | told)

    town.provider.forge = forge
    browser = town.browser()
    assert is_refused(town, browser, browser.sign_in(again=True), "not-again")
    owner = town.with_password(EMAIL)
    assert (
        owner.back(owner.at_provider(owner.connect(next="/workspace")))
        == "/workspace?error=not-again&next=%2Fworkspace"
    )
    assert not any(pk.startswith("IDENTITY#") for pk, _, _ in town.engine.items())


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
