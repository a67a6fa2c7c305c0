"""The one place that builds things: clients, repositories and clock become workflows.

`system()` is made from the environment at the first call, each workflow at its first use, so that a function loads only what
it works with. Tests make a `System` of their own with other outsides.
"""

import os
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from random import random as draw
from typing import TYPE_CHECKING, Any

import msgspec

from chalicelib.domain.allotment import plan_year
from chalicelib.domain.connections import Connection
from chalicelib.queues import Queues
from chalicelib.settings import Settings, read_settings
from chalicelib.storage.activity import Activity
from chalicelib.storage.agenda import Agenda
from chalicelib.storage.connections import Connections
from chalicelib.storage.days import Days
from chalicelib.storage.documents import Documents
from chalicelib.storage.revisions import Revisions
from chalicelib.storage.shelves import Shelves
from chalicelib.storage.syncs import Syncs
from chalicelib.storage.table import Table, dynamo
from chalicelib.workflows.ask import Ask
from chalicelib.workflows.clean import Clean
from chalicelib.workflows.fetch_day import FetchDay
from chalicelib.workflows.plan import Plan
from chalicelib.workflows.settle import Settle
from chalicelib.workflows.sync_day import SyncDay
from chalicelib.workflows.syncs import RunSyncs

if TYPE_CHECKING:
    from chalicelib.storage.accounts import Accounts
    from chalicelib.storage.sealing import Sealer


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What is slow, unsteady or not ours: replaced by tests, real otherwise."""

    table: Table
    queues: Queues
    sealer: "Sealer"
    now: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[int], bytes] = os.urandom
    jitter: Callable[[], float] = draw


class System:
    """Every workflow, wired. Each is built once, at its first use."""

    def __init__(self, settings: Settings, outside: Outside) -> None:
        self.settings = settings
        self.outside = outside
        self.queues = outside.queues
        self.now = outside.now

    # -- repositories

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
    def connections(self) -> Connections:
        return Connections(self.outside.table, self.outside.sealer, self.new_id)

    # -- the work on days

    @cached_property
    def ask(self) -> Ask:
        return Ask(days=self.days, agenda=self.agenda, send=self.queues.send_days, now=self.now)

    @cached_property
    def clean(self) -> Clean:
        return Clean(days=self.days, revisions=self.revisions, documents=self.documents)

    @cached_property
    def settle(self) -> Settle:
        return Settle(
            days=self.days,
            revisions=self.revisions,
            documents=self.documents,
            shelves=self.shelves,
            connections=self.connections,
            activity=self.activity,
            now=self.now,
            new_id=self.new_id,
        )

    @cached_property
    def sync_day(self) -> SyncDay:
        fetch = FetchDay(
            days=self.days,
            revisions=self.revisions,
            agenda=self.agenda,
            ask=self.ask,
            open_channel=self.open_channel,
            now=self.now,
            budget_s=self.settings.budget_s,
        )
        return SyncDay(
            days=self.days,
            revisions=self.revisions,
            agenda=self.agenda,
            connections=self.connections,
            activity=self.activity,
            fetch=fetch,
            settle=self.settle,
            clean=self.clean,
            plan_year=self.plan_year,
            now=self.now,
            new_id=self.new_id,
            jitter=self.outside.jitter,
            lease_s=self.settings.lease_s,
            backoff_s=self.settings.backoff_s,
        )

    @cached_property
    def run_syncs(self) -> RunSyncs:
        return RunSyncs(
            syncs=self.sync_records,
            agenda=self.agenda,
            days=self.days,
            activity=self.activity,
            ask=self.ask,
            now=self.now,
            new_id=self.new_rising_id,
        )

    @cached_property
    def plan(self) -> Plan:
        return Plan(
            agenda=self.agenda, ask=self.ask, syncs=self.run_syncs, now=self.now, resend_s=self.settings.resend_s
        )

    def plan_year(self, workspace: str, at: datetime) -> str:
        """The name of the plan year in which something published at `at` counts."""
        found = self.accounts.workspace(workspace)
        assert found is not None, "a workspace whose day is published is there"
        return plan_year(found.signed_up_at, at, found.time_zone).name

    # -- names

    def new_id(self) -> str:
        """A name that is never used twice."""
        return uuid.UUID(bytes=self.outside.random(16), version=4).hex

    def new_rising_id(self) -> str:
        """A name that is never used twice and sorts by time."""
        return f"{int(self.now().timestamp() * 1000):012x}{self.outside.random(6).hex()}"
