"""What everything stands on: the outsides, the repositories over them, and names."""

import os
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from random import random as draw
from typing import TYPE_CHECKING

import msgspec

from chalicelib.domain.activity import Level, Line, line_id
from chalicelib.domain.allotment import plan_year
from chalicelib.domain.passwords import Cost
from chalicelib.queues import Queues
from chalicelib.settings import Settings
from chalicelib.storage.activity import Activity
from chalicelib.storage.agenda import Agenda
from chalicelib.storage.audit import Audit
from chalicelib.storage.connections import Connections
from chalicelib.storage.corrections import Corrections
from chalicelib.storage.days import Days
from chalicelib.storage.documents import Documents
from chalicelib.storage.known import Known
from chalicelib.storage.months import MonthRecords
from chalicelib.storage.pairings import Pairings
from chalicelib.storage.revisions import Revisions
from chalicelib.storage.shelves import Shelves
from chalicelib.storage.shop_domains import ShopDomains
from chalicelib.storage.syncs import Syncs
from chalicelib.storage.table import Table

if TYPE_CHECKING:
    from chalicelib.domain.mails import Mailer
    from chalicelib.storage.accounts import Accounts
    from chalicelib.storage.sealing import Sealer


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What is slow, unsteady or not ours: replaced by tests, real otherwise."""

    table: Table
    queues: Queues
    sealer: "Sealer"
    now: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    ticks: Callable[[], float] = time.monotonic
    random: Callable[[int], bytes] = os.urandom
    jitter: Callable[[], float] = draw
    cost: Cost = Cost()
    mailer: "Mailer | None" = None


class Records:
    """The repositories, each built once, at its first use."""

    def __init__(self, settings: Settings, outside: Outside) -> None:
        self.settings = settings
        self.outside = outside
        self.queues = outside.queues
        self.now = outside.now

    @cached_property
    def days(self) -> Days:
        return Days(self.outside.table)

    @cached_property
    def revisions(self) -> Revisions:
        return Revisions(self.outside.table)

    @cached_property
    def documents(self) -> Documents:
        return Documents(self.outside.table, self.revisions)

    @cached_property
    def month_records(self) -> MonthRecords:
        return MonthRecords(self.outside.table)

    @cached_property
    def corrections(self) -> Corrections:
        return Corrections(self.outside.table)

    @cached_property
    def shelves(self) -> Shelves:
        return Shelves(self.outside.table, self.new_id)

    @cached_property
    def agenda(self) -> Agenda:
        return Agenda(self.outside.table, self.settings.agenda_partitions, self.new_id)

    @cached_property
    def activity(self) -> Activity:
        return Activity(self.outside.table)

    @cached_property
    def sync_records(self) -> Syncs:
        return Syncs(self.outside.table)

    @cached_property
    def accounts(self) -> "Accounts":
        from chalicelib.storage.accounts import Accounts

        return Accounts(self.outside.table, self.new_id)

    @cached_property
    def audit(self) -> Audit:
        return Audit(self.outside.table, "AUDIT")

    @cached_property
    def looks(self) -> Audit:
        return Audit(self.outside.table, "LOOKS")

    @cached_property
    def connections(self) -> Connections:
        return Connections(self.outside.table, self.outside.sealer, self.new_id)

    @cached_property
    def pairings(self) -> Pairings:
        return Pairings(self.outside.table, self.new_id)

    @cached_property
    def known(self) -> Known:
        return Known(self.outside.table, self.new_id, self.now)

    @cached_property
    def shop_domains(self) -> ShopDomains:
        return ShopDomains(self.outside.table)

    def note(self, workspace: str, level: Level, text: str, *, connection_id: str | None) -> None:
        at = self.now()
        name = self.new_id()
        line = Line(id=line_id(at, name), at=at, level=level, text=text, connection=connection_id)
        self.activity.write(workspace, line)

    def plan_year(self, workspace: str, at: datetime) -> str:
        """The name of the plan year in which something published at `at` counts."""
        found = self.accounts.workspace(workspace)
        assert found is not None, "a workspace whose day is published is there"
        return plan_year(found.signed_up_at, at, found.time_zone).name

    def new_id(self) -> str:
        """A name that is never used twice."""
        return uuid.UUID(bytes=self.outside.random(16), version=4).hex

    def new_rising_id(self) -> str:
        """A name that is never used twice and sorts by time."""
        return f"{int(self.now().timestamp() * 1000):012x}{self.outside.random(6).hex()}"
