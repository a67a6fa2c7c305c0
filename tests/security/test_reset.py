"""S9, S10, S11, S13 where a forgotten password is replaced by a mailed link, and where somebody is invited by mail."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from statistics import median
from threading import Barrier
from typing import Any

import msgspec
import pytest

from chalicelib import errors
from chalicelib.domain.passwords import Cost, Passwords
from chalicelib.domain.people import secret_hash
from chalicelib.storage.models import Item
from chalicelib.storage.table import Table
from chalicelib.workflows.reset import ANSWER_S
from chalicelib.workflows.sign_in import SignIn
from tests.support.mail import HeldMail
from tests.support.memory import MemoryEngine
from tests.support.people import CHEAP, EMAIL, HOME, PASSWORD
from tests.support.site import ORIGIN, Site, json_at, open_site
from tests.support.team import Team

ANEW = "seven herons over the weir"
ELSEWHERE = "203.0.113.9"
NOBODY = "nobody@northwind.example"


@pytest.fixture
def mail() -> HeldMail:
    return HeldMail()


@pytest.fixture
def team(memory_table: Table, mail: HeldMail) -> Team:
    return Team(memory_table, mailer=mail)


@pytest.fixture
def site(mail: HeldMail) -> Iterator[Site]:
    """The application, which sends mail and waits for nobody."""
    with open_site(Table(MemoryEngine())) as opened:
        outside = opened.daybook.outside
        opened.daybook.outside = msgspec.structs.replace(outside, mailer=mail, sleep=lambda _: None)
        yield opened


def asked(team: Team, mail: HeldMail, email: str = EMAIL) -> str:
    """The secret of a link that was just sent."""
    team.reset.ask(email, address=HOME)
    return mail.secret


def refused(team: Team, secret: str) -> str:
    """Why a link does not work, said alike by looking at it and by using it."""
    with pytest.raises(errors.NotFound) as looked:
        team.reset.look(secret)
    with pytest.raises(errors.NotFound) as used:
        team.reset.finish(secret, ANEW, address=HOME)
    assert str(looked.value) == str(used.value)
    return str(used.value)


def may_sign_in(people: SignIn, password: str) -> bool:
    try:
        people.sign_in(EMAIL, password, address=HOME)
    except errors.NotSignedIn:
        return False
    return True


# -- S13: the link


def test_s13_a_link_is_used_once(team: Team, mail: HeldMail) -> None:
    team.owner()
    secret = asked(team, mail)
    assert team.reset.look(secret) == EMAIL
    team.reset.finish(secret, ANEW, address=HOME)
    assert "used already" in refused(team, secret)
    assert may_sign_in(team.sign_in, ANEW)
    assert not may_sign_in(team.sign_in, PASSWORD)


def test_s13_of_two_who_use_it_at_once_one_does(memory_table: Table, mail: HeldMail) -> None:
    together = Barrier(2)

    class Meeting(Passwords):
        """Both have found the link good before either writes."""

        def keep(self, password: str, salt: bytes) -> str:
            kept = super().keep(password, salt)
            if password != PASSWORD:
                together.wait(10)
            return kept

    team = Team(memory_table, mailer=mail, passwords=Meeting(CHEAP))
    team.owner()
    secret = asked(team, mail)
    mail.sent.clear()

    def use(password: str) -> bool:
        try:
            team.reset.finish(secret, password, address=HOME)
        except errors.NotFound:
            return False
        return True

    passwords = (ANEW, "nine lanterns under ice")
    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(use, passwords))
    assert sorted(won) == [False, True]
    assert [may_sign_in(team.sign_in, password) for password in passwords] == won
    assert [each.subject for each in mail.sent] == ["Your Daybook password was changed"]


def test_s13_a_link_ends_after_30_minutes(team: Team, mail: HeldMail) -> None:
    team.owner()
    secret = asked(team, mail)
    team.clock.move(minutes=30, seconds=-1)
    team.reset.look(secret)
    team.clock.move(seconds=1)
    assert "30 minutes" in refused(team, secret)
    assert may_sign_in(team.sign_in, PASSWORD)


def test_s13_a_newer_link_ends_the_one_before_it(team: Team, mail: HeldMail) -> None:
    team.owner()
    older, newer = asked(team, mail), asked(team, mail)
    assert "newer one" in refused(team, older)
    team.reset.finish(newer, ANEW, address=HOME)
    assert "used already" in refused(team, older)


def test_s13_somebody_elses_link_is_not_ended_by_ones_own(team: Team, mail: HeldMail) -> None:
    team.owner()
    team.owner("other@northwind.example")
    mine, _theirs = asked(team, mail), asked(team, mail, "other@northwind.example")
    assert team.reset.look(mine) == EMAIL


@pytest.mark.parametrize(
    "secret",
    ["", "daybook_reset_", "daybook_reset_x", f"daybook_reset_{'A' * 43}", "daybook_invitation_x", "ä\ud800", "#"],
)
def test_s13_what_is_no_link_opens_nothing(team: Team, mail: HeldMail, secret: str) -> None:
    team.owner()
    asked(team, mail)
    assert "not complete" in refused(team, secret)


def test_s13_who_was_removed_is_not_let_in_by_a_link(team: Team, mail: HeldMail) -> None:
    owner = team.owner()
    clerk = team.joined(owner, "clerk@northwind.example")
    secret = asked(team, mail, clerk.email)
    team.people.remove(owner, clerk.user)
    refused(team, secret)
    assert team.accounts.user_of(clerk.email) is None


def test_s13_a_link_is_256_random_bits_of_which_only_the_hash_is_stored(mail: HeldMail) -> None:
    engine = MemoryEngine()
    team = Team(Table(engine), mailer=mail)
    owner = team.owner()
    secrets = {asked(team, mail) for _ in range(3)}
    team.reset.finish(mail.secret, ANEW, address=HOME)
    secrets.add(team.invite.invite(owner, "clerk@northwind.example", "viewer").link.reveal().partition("#")[2])
    assert len(secrets) == 4
    everything = repr(list(engine.items())) + repr(team.said(owner.workspace))
    for secret in secrets:
        assert len(secret.removeprefix("daybook_reset_").removeprefix("daybook_invitation_")) == 43
        assert secret not in everything
        assert secret_hash(secret) in everything
    assert ANEW not in everything
    for pk, _, item in engine.items():
        if pk.startswith("RESET#"):
            assert Item.expires_at.attr_name in item


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded", "X-Original-Host"])
def test_s13_no_header_chooses_where_a_link_leads(site: Site, mail: HeldMail, header: str) -> None:
    owner = site.merchant()
    foreign = {header: "host=evil.example" if header == "Forwarded" else "evil.example"}
    json_at(site.visitor().ask("POST", "/v1/reset", {"email": EMAIL}, foreign), 202)
    invited = {"email": "clerk@northwind.example", "role": "viewer"}
    made = json_at(owner.ask("POST", "/v1/invitations", invited, foreign), 201)
    assert made["link"].startswith(f"{ORIGIN}/join#")
    assert len(mail.sent) == 2
    for each, place in zip(mail.sent, ("reset", "join"), strict=True):
        assert f"\n{ORIGIN}/{place}#daybook_" in each.text
        assert "evil" not in each.text


def test_s13_the_mail_goes_to_the_address_of_the_account_as_it_is_kept(team: Team, mail: HeldMail) -> None:
    team.owner()
    # Its letters are of full width: what is compared is their plain form, and what was typed is no place to send a secret to.
    team.reset.ask("Ｏwner@northwind.example", address=HOME)
    assert [each.to for each in mail.sent] == [EMAIL]


# -- S9: the new password, and what an unknown account costs


@pytest.mark.parametrize("password", ["short", "password12345", EMAIL, "northwind12345", "x" * 129])
def test_s9_a_weak_password_is_refused_and_the_link_stays_good(team: Team, mail: HeldMail, password: str) -> None:
    team.owner()
    secret = asked(team, mail)
    with pytest.raises(errors.RequestError) as caught:
        team.reset.finish(secret, password, address=HOME)
    assert list(caught.value.fields) == ["password"]
    team.reset.finish(secret, ANEW, address=HOME)


def test_s9_an_unknown_account_is_answered_in_the_same_words(site: Site, mail: HeldMail) -> None:
    site.merchant()
    answers = [site.visitor().post("/v1/reset", {"email": email}) for email in (EMAIL, NOBODY)]
    known, unknown = [(each.status_code, each.headers, each.body) for each in answers]
    assert known == unknown
    assert known[0] == 202
    assert [each.to for each in mail.sent] == [EMAIL]


@pytest.mark.parametrize("trouble", [None, "mail", "table"])
@pytest.mark.parametrize("mail_s", [0.0, 0.4, 2.5])
def test_s9_an_unknown_account_is_answered_after_the_same_time(
    team: Team, mail: HeldMail, monkeypatch: pytest.MonkeyPatch, mail_s: float, trouble: str | None
) -> None:
    team.owner()
    mail.takes = lambda: team.spend(mail_s)
    mail.fails = trouble == "mail"
    if trouble == "table":
        monkeypatch.setattr(team.reset._resets, "begin", _unanswered)
    spent = {}
    for email in (EMAIL, NOBODY):
        began = team.seconds
        said = team.reset.ask(email, address=HOME)
        assert said.mails
        spent[email] = team.seconds - began
    assert spent[EMAIL] == pytest.approx(ANSWER_S)
    assert spent[NOBODY] == pytest.approx(ANSWER_S)
    assert len(mail.sent) == (0 if trouble else 1)


def _unanswered(*_: object, **__: object) -> None:
    raise errors.Unanswered("no answer")


def test_s9_an_unknown_account_costs_about_the_same_work(mail: HeldMail) -> None:
    team = Team(Table(MemoryEngine()), mailer=mail, passwords=Passwords(Cost(log_n=12)))
    team.owner()
    spent: dict[str, list[float]] = {EMAIL: [], NOBODY: []}
    for _ in range(60):
        for email, times in spent.items():
            team.clock.move(days=2)
            began = time.thread_time()
            team.reset.ask(email, address=ELSEWHERE)
            times.append(time.thread_time() - began)
    known, unknown = map(median, spent.values())
    # Neither hashes a password: both are small beside the time that the answer is kept back for.
    assert max(known, unknown) < ANSWER_S / 30


# -- S10: how often


@pytest.mark.parametrize("addresses", [1, 100])
def test_s10_a_thousand_tries_send_few_mails(team: Team, mail: HeldMail, addresses: int) -> None:
    team.owner()
    waits = []
    for n in range(1000):
        try:
            team.reset.ask(EMAIL, address=f"203.0.113.{n % addresses}")
        except errors.TooManyTries as exc:
            waits.append(exc.retry_after_s)
        team.clock.move(seconds=1)
    assert len(mail.sent) <= 13
    assert max(waits) <= 900
    mail.sent.clear()
    team.reset.ask(EMAIL, address=HOME)  # from where the owner has signed in before
    assert len(mail.sent) == 1


def test_s10_one_address_asks_about_few_accounts(team: Team, mail: HeldMail) -> None:
    answered = 0
    for n in range(100):
        with suppress(errors.TooManyTries):
            team.reset.ask(f"owner{n}@northwind.example", address=ELSEWHERE)
            answered += 1
    assert answered <= 11


def test_s10_the_limit_tells_nothing_of_an_account(team: Team) -> None:
    team.owner()

    def answers(email: str, network: int) -> list[int]:
        said = []
        for n in range(12):
            try:
                team.reset.ask(email, address=f"203.0.{network}.{n}")
                said.append(0)
            except errors.TooManyTries as exc:
                said.append(exc.retry_after_s)
        return said

    assert answers(EMAIL, 113) == answers(NOBODY, 114)


# -- S11: what ends


def test_s11_a_new_password_ends_every_session(site: Site, mail: HeldMail) -> None:
    owner = site.merchant()
    other, stranger = site.visitor().sign_in(EMAIL), site.merchant("stranger")
    json_at(site.visitor().post("/v1/reset", {"email": EMAIL}), 202)
    visitor = site.visitor()
    assert json_at(visitor.post("/v1/reset/look", {"secret": mail.secret})) == {"email": EMAIL}
    assert json_at(owner.get("/v1/session"))  # looking ends nothing
    changed = visitor.post("/v1/reset/password", {"secret": mail.secret, "password": ANEW})
    assert (changed.status_code, changed.body, visitor.cookie) == (204, b"", "")
    assert [each.get("/v1/session").status_code for each in (owner, other, stranger)] == [401, 401, 200]
    assert visitor.post("/v1/session", {"email": EMAIL, "password": PASSWORD}).status_code == 401
    visitor.begin(visitor.post("/v1/session", {"email": EMAIL, "password": ANEW}))


def test_s37_what_is_logged_of_mail_names_nobody(
    site: Site, mail: HeldMail, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    owner = site.merchant()
    mail.fails = True
    answers: list[Any] = [
        site.visitor().post("/v1/reset", {"email": EMAIL}),
        owner.post("/v1/invitations", {"email": "clerk@northwind.example", "role": "viewer"}),
    ]
    assert [each.status_code for each in answers] == [202, 201]
    assert answers[1].json_body["mailed"] == "failed"
    said = "".join(capsys.readouterr()) + "".join(repr(vars(record)) for record in caplog.records)
    assert said.count("mail not sent") >= 2
    assert "@northwind" not in said
    assert "daybook_reset_" not in said
    assert "daybook_invitation_" not in said
