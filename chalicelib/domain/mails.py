"""The mails that Daybook sends: plain text, in a few sentences, and how they are handed on.

A link in a mail is whoever reads it's way in, so its host comes from the settings, and its secret stands behind the `#`. Subjects
are ours alone: a stranger's words there would go out under our name.
"""

from datetime import datetime
from typing import Literal, Protocol

import msgspec

from chalicelib.domain.accounts import Role
from chalicelib.domain.people import a_role, day_text


class Mailer(Protocol):
    """Sends plain text to one address. Raises MailFailed if it is not known to be on its way."""

    def send(self, *, to: str, subject: str, text: str) -> None: ...


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """What is said, to anybody."""

    subject: str
    text: str


def invitation(*, workspace: str, role: Role, maker: str, link: str, ends_at: datetime) -> Mail:
    """What somebody who is invited reads."""
    return Mail(
        subject="You are invited to Daybook",
        text=f"{maker} invited you to {workspace} on Daybook, as {a_role(role)}.\n\n"
        f"Choose a password and come in:\n\n{link}\n\n"
        f"The link works once, until {day_text(ends_at)}. If you expected no invitation, leave it alone.\n",
    )


def reset(*, link: str, minutes: int) -> Mail:
    """What somebody reads who asked for a new password."""
    return Mail(
        subject="Choose a new password for Daybook",
        text="Somebody asked for a new password for your Daybook account. If it was you, choose one here:\n\n"
        f"{link}\n\n"
        f"The link works once, for {minutes} minutes. If it was not you, leave it alone: your password stays as it is.\n",
    )


_BESIDE = {
    None: "",
    "disconnected": "The sign-in service lets you in no more, until you connect it again in the workspace settings.\n\n",
    "kept": "The sign-in service still lets you in, too. If you did not connect it, disconnect it in the workspace settings.\n\n",
}


def password_changed(*, provider: Literal["disconnected", "kept"] | None, base_url: str) -> Mail:
    """What the owner of an account reads once its password is another; what became of the `provider`, if one let them in."""
    return Mail(
        subject="Your Daybook password was changed",
        text="The password of your Daybook account was changed by a link that we sent to this address, and you are signed out\n"
        f"everywhere.\n\n{_BESIDE[provider]}If it was not you, ask for a new password at once, and look after your mailbox:\n\n"
        f"{base_url}/reset\n",
    )


def codes_changed(*, on: bool, base_url: str) -> Mail:
    """What somebody reads once their account asks for one-time codes, or for none any more."""
    now = "asks for a one-time code beside the password" if on else "asks for no one-time codes any more"
    return Mail(
        subject=f"One-time codes for Daybook are {'on' if on else 'off'}",
        text=f"From now on your Daybook account {now}. If it was not you, choose a new password at once, which signs out\n"
        f"everybody:\n\n{base_url}/reset\n",
    )


def provider_changed(*, on: bool, base_url: str) -> Mail:
    """What somebody reads once an identity provider lets them in, or does no more."""
    now, what = ("lets you in, too", "connected to") if on else ("lets you in no more", "disconnected from")
    also = ", and see in the workspace settings that it is disconnected" if on else ""
    return Mail(
        subject=f"The sign-in service is {what} your Daybook account",
        text=f"From now on the sign-in service {now}. If it was not you, choose a new password at once, which signs out\n"
        f"everybody{also}:\n\n{base_url}/reset\n",
    )
