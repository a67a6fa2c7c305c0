"""The people who use Daybook: workspaces, their users, and sessions."""

import unicodedata
from datetime import date, datetime
from typing import Literal

import msgspec

from chalicelib.domain.allotment import Terms
from chalicelib.domain.secret import Secret
from chalicelib.domain.summaries import Reading

Role = Literal["viewer", "member", "owner"]
WeekStart = Literal["monday", "sunday"]

EMAIL_CHARACTERS_MAX = 254
NAME_CHARACTERS_MAX = 80
NO_PASSWORD = "-"  # noqa: S105 - no stored form, which nothing typed can be right for


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    """A business. Its plan years begin with the day of `signed_up_at`.

    `reading` is the day on which refunds and edits are shown. Days up to `locked_through` are closed: their documents are
    never restated. The fiscal year begins with month `fiscal_start`. `terms` are its own; None are those of everybody.
    `version` rises with every change of these settings.
    """

    id: str
    name: str
    time_zone: str
    currency: str
    week_start: WeekStart
    individual_allowed: bool
    signed_up_at: datetime
    fiscal_start: int = 1
    reading: Reading = "event_day"
    locked_through: date | None = None
    terms: Terms | None = None
    version: int = 0


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person. `password` is a stored form (domain.passwords), or NO_PASSWORD of who signs in through an identity provider only.

    A session of an older `epoch` is over.
    """

    id: str
    workspace: str
    email: str
    role: Role
    password: str
    epoch: int


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session as it is stored: `id` is the hash of what the cookie holds. Instants are epoch seconds."""

    id: str
    user: str
    epoch: int
    signed_in_at: int
    seen_at: int
    ends_at: int


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. Everything a request may touch is found from here, never from what the client sends.

    `token` has to come with every write; it is made from the cookie and worth nothing without it.
    """

    session: str
    user: str
    email: str
    role: Role
    workspace: str
    signed_in_at: datetime
    token: Secret


def normal_email(text: str) -> str | None:
    """An e-mail address in the form we compare and keep; None if it is not one that could receive mail."""
    email = unicodedata.normalize("NFKC", text).strip().lower()
    local, _, domain = email.rpartition("@")
    plain = email.isprintable() and " " not in email and "@" not in local
    if not plain or not local or len(email) > EMAIL_CHARACTERS_MAX:
        return None
    labels = domain.split(".")
    return email if len(labels) > 1 and all(labels) else None


def normal_name(text: str) -> str | None:
    """A name without blanks around it; None if it is empty, too long or holds characters that do not print."""
    name = unicodedata.normalize("NFC", text).strip()
    return name if name and len(name) <= NAME_CHARACTERS_MAX and name.isprintable() else None
