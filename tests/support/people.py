"""People who sign up and in, with a clock that tests hold and passwords that cost little."""

import json
import os
import uuid
from base64 import b32decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from chalicelib import errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.activity import Level, Line, line_id
from chalicelib.domain.mails import Mailer
from chalicelib.domain.one_time_codes import STEP_S, code_at
from chalicelib.domain.passwords import Cost, Passwords
from chalicelib.domain.secret import Secret
from chalicelib.storage.accounts import Accounts
from chalicelib.storage.activity import Activity
from chalicelib.storage.audit import Audit
from chalicelib.storage.one_time_codes import CodeRecords
from chalicelib.storage.table import Table
from chalicelib.workflows.access_record import AccessRecord
from chalicelib.workflows.one_time_codes import Codes
from chalicelib.workflows.sign_in import SignIn

EMAIL = "owner@northwind.example"
PASSWORD = "tall ships leave quietly"
HOME = "198.51.100.7"
CHEAP = Cost(log_n=4)


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 7, 5, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **time: float) -> None:
        self.at += timedelta(**time)


def new_id() -> str:
    return uuid.uuid4().hex


class NamedSealer:
    """Writes the context before what it seals, and opens by the same only; the real ones have tests of their own."""

    def seal(self, plain: bytes, context: dict[str, str]) -> bytes:
        return json.dumps(context, sort_keys=True).encode() + b"\0" + plain

    def open(self, sealed: bytes, context: dict[str, str]) -> bytes:
        before, _, plain = sealed.partition(b"\0")
        if before != json.dumps(context, sort_keys=True).encode():
            raise errors.StorageError("a sealed secret does not open here")
        return plain


class Phone:
    """An authenticator app that was set up with the key that the page shows."""

    def __init__(self, key: str, now: Callable[[], datetime]) -> None:
        self._secret = b32decode(key)
        self._now = now

    def shows(self, beside: int = 0) -> str:
        """The code of now, or of so many steps later."""
        return code_at(self._secret, int(self._now().timestamp()) // STEP_S + beside)


def codes_on(table: Table, clock: Clock, mailer: Mailer | None = None) -> Codes:
    """One-time codes, told of in the table's activity and audit."""
    activity = Activity(table)

    def note(workspace: str, level: Level, text: str, *, connection_id: str | None) -> None:
        activity.write(workspace, Line(id=line_id(clock(), new_id()), at=clock(), level=level, text=text))

    return Codes(
        codes=CodeRecords(table, NamedSealer(), new_id),
        accounts=Accounts(table, new_id),
        record=AccessRecord(audit=Audit(table, "AUDIT"), note=note, now=clock, new_id=new_id),
        mailer=mailer,
        base_url="https://daybook.example/live",
        now=clock,
        random=os.urandom,
    )


def sign_in_on(table: Table, clock: Clock, passwords: Passwords | None = None) -> SignIn:
    return SignIn(
        accounts=Accounts(table, new_id),
        passwords=passwords or Passwords(CHEAP),
        codes=lambda: codes_on(table, clock),
        now=clock,
        random=os.urandom,
        individual_allowed=True,
    )


def somebody(clock: Clock, workspace: str = "w1", session: str = "s1", role: str = "owner") -> SignedIn:
    """Somebody who has just signed in, without the walk there."""
    return SignedIn(
        session=session,
        user=f"user of {workspace}",
        email=EMAIL,
        role=role,  # type: ignore[arg-type]
        workspace=workspace,
        signed_in_at=clock(),
        token=Secret("t"),
    )
