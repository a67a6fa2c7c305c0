"""People who sign up and in, with a clock that tests hold and passwords that cost little."""

import os
import uuid
from datetime import UTC, datetime, timedelta

from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.passwords import Cost, Passwords
from chalicelib.domain.secret import Secret
from chalicelib.storage.accounts import Accounts
from chalicelib.storage.table import Table
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


def sign_in_on(table: Table, clock: Clock, passwords: Passwords | None = None) -> SignIn:
    return SignIn(
        accounts=Accounts(table, new_id),
        passwords=passwords or Passwords(CHEAP),
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
