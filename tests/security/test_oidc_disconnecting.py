"""S14, S16: a person takes back that the identity provider lets them in."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from chalicelib import errors
from chalicelib.domain.accounts import User
from chalicelib.domain.identities import Identity
from chalicelib.storage.identities import Identities
from chalicelib.storage.resets import Resets
from chalicelib.storage.table import Table
from chalicelib.workflows.sign_in_by_provider import SignInByProvider
from tests.support.mail import HeldMail
from tests.support.people import EMAIL, HOME, PASSWORD, Clock, new_id
from tests.support.provider import SESSION, Browser, Town, errors_in, open_town
from tests.support.shaky import every_fault
from tests.support.site import ORIGIN, Visitor, json_at
from tests.support.team import Team

ANEW = "seven herons over the weir"


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


# -- a new password by a mailed link


@pytest.fixture
def mail(town: Town) -> HeldMail:
    found = HeldMail()
    town.daybook.outside = msgspec.structs.replace(town.daybook.outside, mailer=found, sleep=lambda _: None)
    return found


def link(town: Town, mail: HeldMail) -> str:
    """The secret of a link for a new password."""
    assert town.site.visitor().post("/v1/reset", {"email": EMAIL}).status_code == 202
    return mail.secret


def renew(town: Town, secret: str) -> int:
    return town.site.visitor().post("/v1/reset/password", {"secret": secret, "password": ANEW}).status_code


def renewed(town: Town) -> Visitor:
    """Whoever owns the mailbox, signed in by the new password."""
    owner = town.site.visitor()
    return owner.begin(owner.post("/v1/session", {"email": EMAIL, "password": ANEW}))


def kept(owner: Visitor) -> list[tuple[str, str, str]]:
    """What the record says of the provider, oldest first."""
    found = [
        (each["actor"], *(msgspec.json.decode(each[side]["provider"]) for side in ("before", "after")))
        for each in json_at(owner.get("/v1/people/changes"))["items"]
        if "provider" in each["after"]
    ]
    return found[::-1]


def test_s13_s14_what_was_connected_before_a_new_password_lets_nobody_in(town: Town, mail: HeldMail) -> None:
    thief = town.with_password(EMAIL)  # who squats the address, or has a session of its owner's
    for subject in ("u-1", "u-2"):
        town.provider.person["sub"] = subject
        thief.back(thief.at_provider(thief.connect()))
    elsewhere = town.browser()
    elsewhere.sign_in()
    assert renew(town, link(town, mail)) == 204
    assert not thief.is_signed_in
    assert not elsewhere.is_signed_in
    for subject in ("u-1", "u-2"):
        town.provider.person["sub"] = subject
        assert errors_in(town.browser().sign_in()) == ["taken"]
    assert "The sign-in service lets you in no more" in mail.sent[-1].text
    assert (EMAIL, "connected", "disconnected by a link sent to them") in kept(renewed(town))
    assert not any(pk.startswith("IDENTITY#") or sk.startswith("IDENTITY#") for pk, sk, _ in town.engine.items())


def test_s14_whoever_had_no_password_keeps_the_provider_beside_the_new_one(town: Town, mail: HeldMail) -> None:
    browser = town.browser()
    browser.sign_in()
    user = browser.session()["user"]["id"]
    assert renew(town, link(town, mail)) == 204
    assert not browser.is_signed_in
    assert browser.sign_in() == "/"
    assert browser.session()["user"]["id"] == user
    assert "The sign-in service still lets you in" in mail.sent[-1].text
    assert kept(renewed(town)) == []
    assert renew(town, link(town, mail)) == 204  # by now it has one
    assert errors_in(town.browser().sign_in()) == ["taken"]


@pytest.mark.parametrize("when", ["use", "find"])
@pytest.mark.parametrize("way", ["connecting", "signing in", "both"])
def test_s13_s14_no_way_that_is_under_way_survives_a_new_password(
    town: Town, mail: HeldMail, monkeypatch: pytest.MonkeyPatch, when: str, way: str
) -> None:
    """It comes back just before the password is replaced, or once the link was found good."""
    owner, other = town.with_password(EMAIL), town.browser()
    if way == "signing in":
        owner.back(owner.at_provider(owner.connect()))
    connecting = None if way == "signing in" else owner.at_provider(owner.connect())
    signing_in = None if way == "connecting" else other.at_provider(other.begin())
    secret, real = link(town, mail), getattr(Resets, when)

    def meanwhile(self: Resets, *args: str) -> object:
        monkeypatch.setattr(Resets, when, real)
        found = real(self, *args) if when == "find" else None
        if connecting:
            assert owner.back(connecting) == "/"
        if signing_in:
            other.back(signing_in)
        return found or real(self, *args)

    monkeypatch.setattr(Resets, when, meanwhile)
    assert renew(town, secret) == 204
    assert not owner.is_signed_in
    assert not other.is_signed_in
    assert errors_in(town.browser().sign_in()) == ["taken"]


def test_s13_s14_what_is_connected_just_before_a_new_password_signs_nobody_in_just_after(
    town: Town, mail: HeldMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, other = town.with_password(EMAIL), town.browser()
    connecting, signing_in = owner.at_provider(owner.connect()), other.at_provider(other.begin())
    secret, real = link(town, mail), Resets.use

    def use(self: Resets, *args: Any) -> bool:
        assert owner.back(connecting) == "/"
        used = real(self, *args)
        assert other.back(signing_in) == "/"
        return used

    monkeypatch.setattr(Resets, "use", use)
    assert renew(town, secret) == 204
    assert not other.is_signed_in
    assert errors_in(town.browser().sign_in()) == ["taken"]


@pytest.mark.parametrize("way", ["connecting", "signing in"])
def test_s13_s14_no_new_password_is_missed_by_a_way_that_is_under_way(
    town: Town, mail: HeldMail, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """The password is replaced once it has read whose the identity is, or who is signed in."""
    owner = town.with_password(EMAIL)
    owner.back(owner.at_provider(owner.connect()))
    other = owner if way == "connecting" else town.browser()
    params = other.at_provider(other.connect() if way == "connecting" else other.begin())
    secret, real = link(town, mail), SignInByProvider._there

    def there(self: SignInByProvider, user: str | None) -> User | None:
        monkeypatch.setattr(SignInByProvider, "_there", real)
        assert renew(town, secret) == 204
        return real(self, user)

    monkeypatch.setattr(SignInByProvider, "_there", there)
    other.back(params)
    assert not other.is_signed_in
    assert errors_in(town.browser().sign_in()) == ["taken"]


def test_s13_s14_wherever_replacing_a_password_dies_the_new_one_is_the_only_way_in() -> None:
    identity = Identity(issuer="https://provider.example", subject="u-1", email=None, proved_at=None)
    clock = Clock()

    def prepare(table: Table) -> str:
        mail = HeldMail()
        team = Team(table, clock, mail)
        assert Identities(table, new_id).claim(identity, team.owner().user)
        team.reset.ask(EMAIL, address=HOME)
        return mail.secret

    for wrong, table, secret, _ in every_fault(
        prepare, lambda table, secret: Team(table, clock).reset.finish(secret, ANEW, address=HOME), deaths=True
    ):
        team, there = Team(table, clock), Identities(table, new_id)
        with suppress(errors.NotFound):
            team.reset.finish(secret, ANEW, address=HOME)
        assert there.user_of(identity) is None, wrong
        team.sign_in.sign_in(EMAIL, ANEW, address=HOME)


# -- told


def test_s14_connecting_and_disconnecting_are_kept_and_mailed(town: Town, mail: HeldMail) -> None:
    owner = town.with_password(EMAIL)
    second = town.daybook.clock.resolution * 10**6
    for subject in ("u-1", "u-2"):
        town.provider.person["sub"] = subject
        owner.back(owner.at_provider(owner.connect()))
        town.daybook.clock += second
    assert owner.ask("DELETE", "/v1/session/provider").status_code == 204
    told = [(each.to, each.subject) for each in mail.sent]
    on, off = (f"The sign-in service is {now} your Daybook account" for now in ("connected to", "disconnected from"))
    assert told == [(EMAIL, on), (EMAIL, on), (EMAIL, off)]
    assert all(f"\n{ORIGIN}/reset\n" in each.text for each in mail.sent)
    owner_again = town.site.visitor().sign_in(EMAIL)
    assert kept(owner_again) == [
        (EMAIL, "disconnected", "connected"),
        (EMAIL, "connected", "connected to one more"),
        (EMAIL, "connected", "disconnected"),
    ]


def test_s14_a_mail_about_it_that_cannot_be_sent_undoes_nothing(
    town: Town, mail: HeldMail, caplog: pytest.LogCaptureFixture
) -> None:
    owner = town.with_password(EMAIL)
    mail.fails = True
    assert owner.back(owner.at_provider(owner.connect())) == "/"
    assert connected(owner)["connected"]
    assert owner.ask("DELETE", "/v1/session/provider").status_code == 204
    assert [record.getMessage() for record in caplog.records].count("mail not sent") == 2
    assert "@northwind" not in "".join(repr(vars(record)) for record in caplog.records)


def test_s14_whose_it_is_not_is_not_kept_as_connected(town: Town) -> None:
    town.browser().sign_in()
    other = town.site.visitor().sign_up("other@northwind.example")
    browser = town.browser()
    browser.cookies[SESSION], browser.token = other.cookie.partition("=")[2], other.token
    assert browser.back(browser.at_provider(browser.connect())).startswith("/workspace?error=other")
    assert kept(other) == []
