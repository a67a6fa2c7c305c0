"""The people, keys and invitations of a workspace on one table, with a clock that tests hold."""

import os

from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.activity import Level, Line, line_id
from chalicelib.domain.mails import Mailer
from chalicelib.domain.passwords import Passwords
from chalicelib.domain.people import ApiKey, Invitation
from chalicelib.storage.accounts import Accounts
from chalicelib.storage.activity import Activity
from chalicelib.storage.audit import Audit
from chalicelib.storage.grants import Grants
from chalicelib.storage.identities import Identities
from chalicelib.storage.people import People as PeopleRecords
from chalicelib.storage.resets import Resets
from chalicelib.storage.table import Table
from chalicelib.workflows.access_record import AccessRecord
from chalicelib.workflows.api_keys import ApiKeys
from chalicelib.workflows.invite import Invite
from chalicelib.workflows.people import People
from chalicelib.workflows.reset import Reset
from tests.support.people import CHEAP, EMAIL, HOME, PASSWORD, Clock, codes_on, new_id, sign_in_on


class Team:
    """Everything about who may come in, on one table."""

    def __init__(
        self, table: Table, clock: Clock | None = None, mailer: Mailer | None = None, passwords: Passwords | None = None
    ) -> None:
        self.clock = clock or Clock()
        self.accounts = Accounts(table, new_id)
        self.records = PeopleRecords(table, self.accounts)
        self.activity, self.audit = Activity(table), Audit(table, "AUDIT")
        self.keys = Grants(table, "KEY", ApiKey)
        self.invitations = Grants(table, "INVITE", Invitation)
        self.sign_in = sign_in_on(table, self.clock, passwords)
        self.codes = codes_on(table, self.clock, mailer)
        self.sign_in._codes = lambda: self.codes
        record = AccessRecord(audit=self.audit, note=self._note, now=self.clock, new_id=new_id)
        self.api_keys = ApiKeys(
            keys=self.keys, accounts=self.accounts, record=record, now=self.clock, random=os.urandom
        )
        self.people = People(people=self.records, record=record, now=self.clock)
        self.invite = Invite(
            invitations=self.invitations,
            accounts=self.accounts,
            records=self.records,
            people=self.people,
            sign_in=self.sign_in,
            passwords=Passwords(CHEAP),
            record=record,
            mailer=mailer,
            base_url="https://daybook.example/live",
            now=self.clock,
            random=os.urandom,
        )
        self.seconds = 0.0
        self.reset = Reset(
            resets=Resets(table),
            accounts=self.accounts,
            identities=Identities(table, new_id),
            sign_in=self.sign_in,
            passwords=passwords or Passwords(CHEAP),
            record=record,
            mailer=mailer,
            base_url="https://daybook.example/live",
            now=self.clock,
            random=os.urandom,
            ticks=lambda: self.seconds,
            sleep=self.spend,
        )

    def spend(self, seconds: float) -> None:
        """Time that answering takes."""
        self.seconds += seconds

    def _note(self, workspace: str, level: Level, text: str, *, connection_id: str | None) -> None:
        line = Line(id=line_id(self.clock(), new_id()), at=self.clock(), level=level, text=text)
        self.activity.write(workspace, line)

    def owner(self, email: str = EMAIL) -> SignedIn:
        """Somebody who has just signed up."""
        return self.sign_in.sign_up(email, PASSWORD, "Northwind", address=HOME).signed_in

    def enter(self, email: str) -> SignedIn:
        """Somebody who signs in again."""
        return self.sign_in.sign_in(email, PASSWORD, address=HOME).signed_in

    def secret(self, owner: SignedIn, email: str, role: str = "viewer") -> str:
        """The secret of a new invitation."""
        return self.invite.invite(owner, email, role).link.reveal().partition("#")[2]  # type: ignore[arg-type]

    def joined(self, owner: SignedIn, email: str, role: str = "viewer") -> SignedIn:
        return self.invite.join(self.secret(owner, email, role), PASSWORD, address=HOME).signed_in

    def roles(self, who: SignedIn) -> dict[str, str]:
        """Everybody's role by the part of their address that differs."""
        return {person.email.partition("@")[0]: person.role for person in self.people.list(who)}

    def said(self, workspace: str, level: Level = "info") -> list[str]:
        lines = self.activity.list(workspace, level, before="9", after="0", now=self.clock())
        return [line.text for line in lines]
