"""Replacing a forgotten password: what is mailed, what is kept of it, and what a fault in between leaves."""

import pytest

from chalicelib import errors
from chalicelib.storage.table import Table
from tests.support.mail import HeldMail
from tests.support.memory import MemoryEngine
from tests.support.people import EMAIL, HOME, PASSWORD, Clock
from tests.support.shaky import every_fault
from tests.support.team import Team

ANEW = "seven herons over the weir"
ELSEWHERE = "203.0.113.9"


@pytest.fixture
def mail() -> HeldMail:
    return HeldMail()


@pytest.fixture
def team(memory_table: Table, mail: HeldMail) -> Team:
    return Team(memory_table, mailer=mail)


def test_the_mail_says_what_it_is_for_and_how_long_its_link_works(team: Team, mail: HeldMail) -> None:
    team.owner()
    assert team.reset.ask(f"  {EMAIL.upper()} ", address=HOME).mails
    (sent,) = mail.sent
    assert (sent.to, sent.subject) == (EMAIL, "Choose a new password for Daybook")
    assert f"\nhttps://daybook.example/live/reset#{sent.secret}\n" in sent.text
    assert "once, for 30 minutes" in sent.text


def test_the_change_is_mailed_told_and_kept(team: Team, mail: HeldMail) -> None:
    owner = team.owner()
    team.reset.ask(EMAIL, address=HOME)
    team.reset.finish(mail.secret, ANEW, address=HOME)
    told = mail.sent[-1]
    assert (told.to, told.subject) == (EMAIL, "Your Daybook password was changed")
    assert "https://daybook.example/live/reset\n" in told.text
    assert team.said(owner.workspace)[0] == f"{EMAIL} replaced their password by a link sent to them."
    changes = team.audit.list(owner.workspace, before="9", limit=9)
    assert [(each.actor, each.about, each.after) for each in changes] == [
        (EMAIL, "access", {"password": '"replaced by a link sent to them"'})
    ]


def test_a_mail_about_the_change_that_cannot_be_sent_undoes_nothing(team: Team, mail: HeldMail) -> None:
    team.owner()
    team.reset.ask(EMAIL, address=HOME)
    secret = mail.secret
    mail.fails = True
    assert team.reset.finish(secret, ANEW, address=HOME) == "TooManyRequestsException"
    team.sign_in.sign_in(EMAIL, ANEW, address=HOME)


def test_where_a_password_was_replaced_strangers_tries_make_nobody_wait(team: Team, mail: HeldMail) -> None:
    team.owner()
    for n in range(100):
        with pytest.raises((errors.NotSignedIn, errors.TooManyTries)):
            team.sign_in.sign_in(EMAIL, "guessed so often", address=f"192.0.2.{n}")
    team.reset.ask(EMAIL, address=ELSEWHERE)
    team.reset.finish(mail.secret, ANEW, address=ELSEWHERE)
    team.sign_in.sign_in(EMAIL, ANEW, address=ELSEWHERE)


def test_no_address_is_no_address(team: Team) -> None:
    with pytest.raises(errors.RequestError) as caught:
        team.reset.ask("nobody", address=HOME)
    assert list(caught.value.fields) == ["email"]


def test_without_a_sender_nothing_is_mailed_nor_kept_and_that_is_said() -> None:
    engine = MemoryEngine()
    team = Team(Table(engine))
    team.owner()
    for email in (EMAIL, "nobody@northwind.example"):
        assert not team.reset.ask(email, address=HOME).mails
    assert not [pk for pk, _, _ in engine.items() if pk.startswith("RESET#")]


def test_a_mail_that_cannot_be_sent_is_told_to_the_log_alone(team: Team, mail: HeldMail) -> None:
    team.owner()
    mail.fails = True
    asked = team.reset.ask(EMAIL, address=HOME)
    assert (asked.mails, asked.trouble) == (True, "TooManyRequestsException")
    mail.fails = False
    team.clock.move(minutes=1)
    team.reset.ask(EMAIL, address=HOME)
    team.reset.finish(mail.secret, ANEW, address=HOME)


def test_however_a_write_goes_wrong_one_password_opens_and_a_used_link_does_not() -> None:
    clock = Clock()

    def prepare(table: Table) -> str:
        mail = HeldMail()
        team = Team(table, clock, mail)
        team.owner()
        team.reset.ask(EMAIL, address=HOME)
        return mail.secret

    def finish(table: Table, secret: str) -> bool:
        Team(table, clock).reset.finish(secret, ANEW, address=HOME)
        return True

    for wrong, table, secret, result in every_fault(prepare, finish, deaths=True):
        team = Team(table, clock)
        opens = []
        for password in (PASSWORD, ANEW):
            try:
                team.sign_in.sign_in(EMAIL, password, address=HOME)
                opens.append(password)
            except errors.NotSignedIn:
                continue
        assert len(opens) == 1, wrong
        assert result is not True or opens == [ANEW], wrong
        if opens == [ANEW]:
            with pytest.raises(errors.NotFound):
                team.reset.look(secret)
        else:
            assert team.reset.look(secret) == EMAIL, wrong


# -- invitations by mail


def test_an_invitation_is_mailed_to_whom_it_is_for(team: Team, mail: HeldMail) -> None:
    owner = team.owner()
    made = team.invite.invite(owner, "clerk@northwind.example", "member")
    assert made.mailed == "sent"
    (sent,) = mail.sent
    assert (sent.to, sent.subject) == ("clerk@northwind.example", "You are invited to Daybook")
    assert f"{EMAIL} invited you to Northwind on Daybook, as a member." in sent.text
    assert f"\n{made.link.reveal()}\n" in sent.text
    assert "until Jul 12, 2026" in sent.text
    assert team.invite.join(sent.secret, PASSWORD, address=HOME).signed_in.role == "member"


def test_an_outage_of_mail_loses_no_invitation_and_it_can_be_sent_again(team: Team, mail: HeldMail) -> None:
    owner = team.owner()
    mail.fails = True
    made = team.invite.invite(owner, "clerk@northwind.example", "viewer")
    assert made.mailed == "failed"
    assert team.invite.look(made.link.reveal().partition("#")[2]).invitation == made.invitation
    mail.fails = False
    assert team.invite.invite(owner, "clerk@northwind.example", "viewer").mailed == "sent"
    assert len(team.invite.list(owner.workspace)) == 1
    assert team.invite.join(mail.secret, PASSWORD, address=HOME).signed_in.email == "clerk@northwind.example"


def test_where_no_mail_is_sent_the_owner_passes_the_link_on(memory_table: Table) -> None:
    team = Team(memory_table)
    assert team.invite.invite(team.owner(), "clerk@northwind.example", "viewer").mailed == "off"
