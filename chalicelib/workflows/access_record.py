"""The record of who let whom in: kept with the changes of settings, told in the sync activity, and to whom it concerns by mail."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from chalicelib import errors
from chalicelib.domain import mails
from chalicelib.domain.activity import Level, line_id
from chalicelib.domain.audit import Change

if TYPE_CHECKING:
    from chalicelib.storage.audit import Audit

ABOUT = "access"
Thing = Literal["person", "invitation", "api_key", "password", "codes", "provider"]


class Note(Protocol):
    """Writes a line of the sync activity."""

    def __call__(self, workspace: str, level: Level, text: str, *, connection_id: str | None) -> None: ...


class AccessRecord:
    """`now` gives aware UTC instants, `new_id` names that are never used twice."""

    def __init__(self, *, audit: "Audit", note: Note, now: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._audit = audit
        self._note = note
        self._now = now
        self._new_id = new_id

    def keep(self, workspace: str, actor: str, thing: Thing, before: str | None, after: str | None) -> None:
        """Keep a change before it is made, so that none goes untold. Raises Unanswered."""
        at = self._now()
        change = Change(
            id=line_id(at, self._new_id()),
            at=at,
            actor=actor,
            about=ABOUT,
            before={thing: msgspec.json.encode(before).decode()},
            after={thing: msgspec.json.encode(after).decode()},
        )
        self._audit.write(workspace, change)

    def tell(self, workspace: str, text: str, *, level: Level = "info") -> None:
        """Tell of a change once it is made; may be lost."""
        self._note(workspace, level, text, connection_id=None)


def mail_to(mailer: mails.Mailer | None, email: str, told: mails.Mail) -> str | None:
    """Mail it, where mail is sent at all; why it is not known to be on its way, for the log."""
    if mailer is None:
        return None
    try:
        mailer.send(to=email, subject=told.subject, text=told.text)
    except errors.MailFailed as exc:
        return str(exc)
    return None
