"""S14, S16: a person takes back that the identity provider lets them in."""

from collections.abc import Iterator

import pytest

from chalicelib.domain.accounts import User
from chalicelib.domain.identities import Identity
from chalicelib.storage.identities import Identities
from chalicelib.storage.table import Table
from chalicelib.workflows.sign_in_by_provider import SignInByProvider
from tests.support.people import EMAIL, PASSWORD, new_id
from tests.support.provider import Browser, Town, errors_in, open_town
from tests.support.shaky import every_fault
from tests.support.site import json_at


@pytest.fixture
def town() -> Iterator[Town]:
    with open_town() as found:
        yield found


def connected(browser: Browser) -> dict[str, bool]:
    return json_at(browser.ask("GET", "/v1/session/provider"))


def test_s14_whoever_disconnects_it_comes_in_by_password_only_and_anew(town: Town) -> None:
    owner = town.with_password(EMAIL)
    assert connected(owner) == {"connected": False, "alone": False}
    owner.back(owner.at_provider(owner.connect()))
    town.provider.person["sub"] = "u-2"
    owner.back(owner.at_provider(owner.connect()))  # and a second one of theirs over there
    assert connected(owner) == {"connected": True, "alone": False}
    workspace = owner.session()["workspace"]["id"]
    elsewhere = town.browser()
    elsewhere.sign_in()
    assert owner.ask("DELETE", "/v1/session/provider").status_code == 204
    assert not owner.is_signed_in
    assert not elsewhere.is_signed_in
    for subject in ("u-1", "u-2"):
        town.provider.person["sub"] = subject
        assert errors_in(town.browser().sign_in()) == ["taken"]
    visitor = town.site.visitor()
    assert json_at(visitor.post("/v1/session", {"email": EMAIL, "password": PASSWORD}), 201)
    told = f"info: {EMAIL} disconnected the sign-in service from their account."
    assert told in town.daybook.said(workspace)
    assert not any(pk.startswith("IDENTITY#") or sk.startswith("IDENTITY#") for pk, sk, _ in town.engine.items())


def test_s14_the_only_way_in_is_not_taken_away(town: Town) -> None:
    browser = town.browser()
    browser.sign_in()
    browser.session()
    assert connected(browser) == {"connected": True, "alone": True}
    assert browser.ask("DELETE", "/v1/session/provider").status_code == 409
    assert browser.is_signed_in
    assert browser.sign_in() == "/"


def test_s14_s16_disconnecting_needs_a_recent_sign_in_and_the_token(town: Town) -> None:
    owner = town.with_password(EMAIL)
    owner.back(owner.at_provider(owner.connect()))
    token, owner.token = owner.token, "1"
    assert owner.ask("DELETE", "/v1/session/provider").status_code == 403
    owner.token = token
    town.daybook.clock += town.daybook.clock.resolution * 601 * 10**6
    assert owner.ask("DELETE", "/v1/session/provider").status_code == 403
    assert connected(owner)["connected"]


@pytest.mark.parametrize("connecting", [False, True])
def test_s14_no_way_that_is_under_way_survives_disconnecting(
    town: Town, monkeypatch: pytest.MonkeyPatch, connecting: bool
) -> None:
    """It has read whose the identity is, or who is signed in, when all of that ends."""
    owner = town.with_password(EMAIL)
    owner.back(owner.at_provider(owner.connect()))
    other = town.browser() if not connecting else owner
    params = other.at_provider(other.connect(next="/workspace") if connecting else other.begin())
    real = SignInByProvider._there

    def there(self: SignInByProvider, user: str | None) -> User | None:
        monkeypatch.setattr(SignInByProvider, "_there", real)
        assert owner.ask("DELETE", "/v1/session/provider").status_code == 204
        return real(self, user)

    monkeypatch.setattr(SignInByProvider, "_there", there)
    told = other.back(params)
    assert told.startswith("/workspace?error=not-you") if connecting else errors_in(told) == ["refused"]
    assert not other.is_signed_in
    assert not any(pk.startswith("IDENTITY#") for pk, _, _ in town.engine.items())
    assert errors_in(town.browser().sign_in()) == ["taken"]


def test_s14_wherever_disconnecting_dies_it_is_done_by_the_next_try() -> None:
    identity = Identity(issuer="https://provider.example", subject="u-1", email=None, proved_at=None)

    def prepare(table: Table) -> Identities:
        there = Identities(table, new_id)
        assert there.claim(identity, "user")
        return there

    for wrong, table, _, result in every_fault(
        prepare, lambda table, _: Identities(table, new_id).release_all("user"), deaths=True
    ):
        there = Identities(table, new_id)
        if isinstance(result, BaseException):
            assert there.are_of("user") or there.user_of(identity) is None, wrong
            there.release_all("user")
        assert (there.are_of("user"), there.user_of(identity)) == (False, None), wrong
        assert there.claim(identity, "other"), wrong


def test_s14_wherever_connecting_dies_what_is_connected_can_be_disconnected() -> None:
    identity = Identity(issuer="https://provider.example", subject="u-1", email=None, proved_at=None)
    for wrong, table, _, _ in every_fault(
        lambda table: None, lambda table, _: Identities(table, new_id).claim(identity, "user"), deaths=True
    ):
        there = Identities(table, new_id)
        assert there.are_of("user") == (there.user_of(identity) == "user"), wrong
        there.release_all("user")
        assert there.user_of(identity) is None, wrong
