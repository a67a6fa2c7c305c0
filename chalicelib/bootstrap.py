"""The one place that builds things: clients, repositories and clock become workflows.

`system()` is made from the environment at the first call, each workflow at its first use, so that a function loads only what
it works with. Tests make a `System` of their own with other outsides.
"""

import hashlib
import os
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from random import random as draw
from typing import TYPE_CHECKING, Any, cast

import msgspec

from chalicelib import errors
from chalicelib.channels import KINDS, Channel, Kind
from chalicelib.domain.activity import Level, Line, line_id
from chalicelib.domain.allotment import plan_year
from chalicelib.domain.connections import Connection
from chalicelib.domain.counting import Counted
from chalicelib.domain.cursors import Cursors
from chalicelib.domain.passwords import Cost, Passwords
from chalicelib.domain.secret import Secret
from chalicelib.queues import Queues
from chalicelib.settings import Settings, read_settings
from chalicelib.storage.activity import Activity
from chalicelib.storage.agenda import Agenda
from chalicelib.storage.audit import Audit
from chalicelib.storage.connections import Connections
from chalicelib.storage.corrections import Corrections
from chalicelib.storage.days import Days
from chalicelib.storage.documents import Documents
from chalicelib.storage.idempotency import Once
from chalicelib.storage.known import Known
from chalicelib.storage.months import MonthRecords
from chalicelib.storage.persons import PersonParts
from chalicelib.storage.revisions import Revisions
from chalicelib.storage.shelves import Shelves
from chalicelib.storage.shop_domains import ShopDomains
from chalicelib.storage.syncs import Syncs
from chalicelib.storage.table import Table, dynamo
from chalicelib.workflows.ask import Ask
from chalicelib.workflows.books import Books
from chalicelib.workflows.change import Change
from chalicelib.workflows.clean import Clean
from chalicelib.workflows.correct import Correct
from chalicelib.workflows.fetch_day import FetchDay
from chalicelib.workflows.hints import Hint, Hints
from chalicelib.workflows.lock import PeriodLock
from chalicelib.workflows.look_back import LookBack
from chalicelib.workflows.make_revision import MakeRevision
from chalicelib.workflows.months import Months
from chalicelib.workflows.notice import Notice
from chalicelib.workflows.order_settings import ChangeOrderSettings
from chalicelib.workflows.pair import Pair, Tokens
from chalicelib.workflows.part import Part
from chalicelib.workflows.persons import Persons
from chalicelib.workflows.plan import Plan
from chalicelib.workflows.read_activity import ReadActivity
from chalicelib.workflows.read_connections import ReadConnections
from chalicelib.workflows.read_ranges import ReadRanges
from chalicelib.workflows.read_sale import ReadSale
from chalicelib.workflows.read_sales import ReadSales
from chalicelib.workflows.read_syncs import ReadSyncs
from chalicelib.workflows.read_usage import ReadUsage
from chalicelib.workflows.sale_versions import SaleVersions
from chalicelib.workflows.search_sales import SearchSales
from chalicelib.workflows.settle import Settle
from chalicelib.workflows.sign_in import SignIn
from chalicelib.workflows.sync_day import SyncDay
from chalicelib.workflows.syncs import RunSyncs
from chalicelib.workflows.tokens import FreshTokens

if TYPE_CHECKING:
    from chalicelib.channels.shopify_app import ShopifyApp
    from chalicelib.storage.accounts import Accounts
    from chalicelib.storage.sealing import Sealer
    from chalicelib.workflows.find_order import FindOrder


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What is slow, unsteady or not ours: replaced by tests, real otherwise."""

    table: Table
    queues: Queues
    sealer: "Sealer"
    now: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[int], bytes] = os.urandom
    jitter: Callable[[], float] = draw
    cost: Cost = Cost()


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
        return Audit(self.outside.table)

    @cached_property
    def connections(self) -> Connections:
        return Connections(self.outside.table, self.outside.sealer, self.new_id)

    @cached_property
    def known(self) -> Known:
        return Known(self.outside.table, self.new_id, self.now)

    @cached_property
    def shop_domains(self) -> ShopDomains:
        return ShopDomains(self.outside.table)

    # -- the work on days

    @cached_property
    def ask(self) -> Ask:
        return Ask(days=self.days, agenda=self.agenda, send=self.queues.send_messages, now=self.now)

    @cached_property
    def clean(self) -> Clean:
        return Clean(days=self.days, revisions=self.revisions, documents=self.documents)

    @cached_property
    def persons(self) -> Persons:
        return Persons(
            parts=PersonParts(self.outside.table),
            days=self.days,
            agenda=self.agenda,
            connections=self.connections,
            now=self.now,
        )

    @cached_property
    def correct(self) -> Correct:
        return Correct(days=self.days, revisions=self.revisions, documents=self.documents, corrections=self.corrections)

    @cached_property
    def lock(self) -> PeriodLock:
        return PeriodLock(
            accounts=self.accounts,
            connections=self.connections,
            revisions=self.revisions,
            documents=self.documents,
            corrections=self.corrections,
            correct=self.correct,
            rebuild=lambda day, cause: self.settle.rebuild(day, cause),
            touch_month=self.months.touch,
        )

    @cached_property
    def settle(self) -> Settle:
        return Settle(
            days=self.days,
            revisions=self.revisions,
            documents=self.documents,
            shelves=self.shelves,
            connections=self.connections,
            activity=self.activity,
            touch_month=self.months.touch,
            correct=self.correct,
            lock=self.lock,
            now=self.now,
            new_id=self.new_id,
        )

    @cached_property
    def months(self) -> Months:
        return Months(records=self.month_records, documents=self.documents, now=self.now, new_id=self.new_id)

    @cached_property
    def sync_day(self) -> SyncDay:
        fetch = FetchDay(
            days=self.days,
            revisions=self.revisions,
            agenda=self.agenda,
            ask=self.ask,
            persons=self.persons,
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
            make=MakeRevision(revisions=self.revisions, counted_by=self.counted_by),
            persons=self.persons,
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
            connections=self.connections,
            ask=self.ask,
            send=self.queues.send_messages,
            now=self.now,
            new_id=self.new_rising_id,
            resend_s=self.settings.resend_s,
        )

    @cached_property
    def find_order(self) -> "FindOrder":
        from chalicelib.workflows.find_order import FindOrder, OpenChannel

        return FindOrder(
            syncs=self.sync_records,
            agenda=self.agenda,
            connections=self.connections,
            documents=self.documents,
            revisions=self.revisions,
            activity=self.activity,
            open_channel=cast("OpenChannel", self.open_channel),
            go_on=self.run_syncs.go_on,
            now=self.now,
            new_id=self.new_id,
        )

    @cached_property
    def plan(self) -> Plan:
        return Plan(
            agenda=self.agenda,
            ask=self.ask,
            syncs=self.run_syncs,
            look_back=self.look_back,
            connections=self.connections,
            finish_parting=self.part.finish,
            cut_again=lambda workspace, connection: self.order_settings.cut_again(workspace, connection),
            finish_erasing=self.persons.finish,
            now=self.now,
            resend_s=self.settings.resend_s,
        )

    @cached_property
    def look_back(self) -> LookBack:
        return LookBack(
            agenda=self.agenda,
            ask=self.ask,
            days=self.days,
            connections=self.connections,
            send=self.queues.send_messages,
            now=self.now,
            resend_s=self.settings.resend_s,
        )

    @cached_property
    def notice(self) -> Notice:
        return Notice(
            agenda=self.agenda,
            connections=self.connections,
            days=self.days,
            ask=self.ask,
            known=self.known,
            open_channel=self.open_channel,
            tell=self.note,
            now=self.now,
            budget_s=self.settings.budget_s,
        )

    # -- shops

    @cached_property
    def shopify(self) -> "ShopifyApp":
        from chalicelib.channels.http import Http
        from chalicelib.channels.shopify_app import ShopifyApp

        clients = threading.local()

        def http() -> Http:
            if not hasattr(clients, "http"):
                clients.http = Http(sleep=self.outside.sleep, now=self.now)
            client: Http = clients.http
            return client

        return ShopifyApp(
            http=http,
            base_url=self.settings.shopify_url,
            client_id=self.settings.shopify_client_id,
            secret=Secret(self.settings.shopify_client_secret),
            redirect_uri=f"{self.settings.base_url}/v1/callback/shopify",
            sleep=self.outside.sleep,
            now=self.now,
        )

    @cached_property
    def tokens(self) -> FreshTokens:
        def renew(connection: Connection, refresh: Secret) -> Tokens:
            return self.shopify.refresh(connection.domain, refresh)

        return FreshTokens(connections=self.connections, refresh=renew, now=self.now, new_id=self.new_id)

    def open_channel(self, connection: Connection, *, renew: bool) -> Channel:
        """A paired shop with credentials that work; `renew` after those in use were refused."""
        credentials = self.tokens.fresh(connection, force=renew)
        store = connection.stores[0].id if len(connection.stores) > 1 else ""
        return self.shopify.open(
            connection.domain,
            credentials.access,
            zone=connection.calendar,
            store=store,
            persons=connection.keeps_persons,
        )

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of channels that can be connected."""
        return tuple(KINDS.values())

    def counted_by(self, connection: Connection) -> Counted:
        """Which orders the connection's settings count."""
        settings = connection.settings
        if settings.counting == "paid":
            return Counted("paid", tuple(each.value for each in KINDS[connection.kind].statuses if each.paid))
        return Counted(settings.counting, settings.statuses if settings.counting == "custom" else ())

    def revoke(self, connection: Connection) -> None:
        """Give our access to the shop back, after telling the sweep, which finishes a parting that dies. Raises ChannelError."""
        self.agenda.look_soon(connection.id)
        credentials = self.tokens.fresh(connection)
        self.shopify.revoke(connection.domain, credentials.access)

    # -- what shops tell us unasked

    def check_shopify_hook(self, body: bytes, signature: str) -> None:
        """Raises NotSignedIn unless the body was signed with the app's secret, or the one before it."""
        from chalicelib.channels.shopify_hooks import is_genuine

        secrets = (self.settings.shopify_client_secret, self.settings.shopify_client_secret_old)
        if not is_genuine(body, signature, map(Secret, secrets)):
            raise errors.NotSignedIn("The signature does not fit.")

    def shopify_hint(self, topic: str, domain: str, name: str, at: datetime | None, body: bytes) -> Hint | None:
        """What a genuine webhook is about; None if it is nothing to us. Raises RequestError for a body that cannot be read."""
        from chalicelib.channels.shopify_hooks import TOPICS, orders_named

        about = TOPICS.get(topic)
        if about is None:
            return None
        try:
            orders = orders_named(about, body, domain)
        except errors.UnreadablePayload as exc:
            raise errors.RequestError(str(exc)) from exc
        if orders is None:
            return None
        return Hint(kind="shopify", domain=domain, about=about, name=name, at=at, orders=orders)

    @cached_property
    def hints(self) -> Hints:
        return Hints(
            domains=self.shop_domains,
            connections=self.connections,
            agenda=self.agenda,
            known=self.known,
            erase=self.persons.erase_orders,
            tell=self.note,
            now=self.now,
        )

    # -- people, pairing, parting

    @cached_property
    def sign_in(self) -> SignIn:
        return SignIn(
            accounts=self.accounts, passwords=Passwords(self.outside.cost), now=self.now, random=self.outside.random
        )

    @cached_property
    def part(self) -> Part:
        return Part(
            connections=self.connections,
            remove_attempts=self.remove_attempts,
            revoke=self.revoke,
            note=self.note,
        )

    @cached_property
    def pair(self) -> Pair:
        return Pair(
            connections=self.connections,
            grants={"shopify": self.shopify},
            finish_parting=self.part.finish,
            start_backfill=self.start_backfill,
            note=self.note,
            now=self.now,
            random=self.outside.random,
        )

    def start_backfill(self, connection: Connection, actor: str) -> str:
        """Begin the first download and wake what waited for a new sign-in."""
        self.shop_domains.note(
            connection.kind, connection.domain, workspace=connection.workspace, connection=connection.id
        )
        sync = self.run_syncs.pairing(connection, actor=actor)
        self.run_syncs.wake(connection)
        return sync

    def remove_attempts(self, workspace: str, connection: str) -> None:
        """Take every attempt of the connection away."""
        for head in self.days.list(workspace, date.min, date.max):
            if head.key.connection == connection and head.attempt is not None:
                self.days.remove_attempt(head.key, head.attempt.id)

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

    # -- answering

    @cached_property
    def change(self) -> Change:
        return Change(
            accounts=self.accounts,
            connections=self.connections,
            audit=self.audit,
            now=self.now,
            new_id=self.new_id,
        )

    @cached_property
    def order_settings(self) -> ChangeOrderSettings:
        return ChangeOrderSettings(
            connections=self.connections,
            days=self.days,
            documents=self.documents,
            agenda=self.agenda,
            syncs=self.run_syncs,
            change=self.change,
            statuses_of=lambda kind: KINDS[kind].statuses,
            days_without_names=self.persons.days_without_names,
            announce_leaving=self.persons.announce,
            leave_individual=self.persons.leave,
            now=self.now,
        )

    @cached_property
    def once(self) -> Once:
        return Once(self.outside.table, self.now)

    @cached_property
    def cursors(self) -> Cursors:
        secret = self.settings.shopify_client_secret
        return Cursors(hashlib.sha256(f"daybook: cursors\0{secret}".encode()).digest())

    @cached_property
    def books(self) -> Books:
        return Books(
            documents=self.documents,
            revisions=self.revisions,
            connections=self.connections,
            days=self.days,
            agenda=self.agenda,
            months=self.months,
            reading=lambda workspace: self.change.read_workspace(workspace).reading,
            names=self.persons.names,
            now=self.now,
        )

    @cached_property
    def read_sales(self) -> ReadSales:
        return ReadSales(self.books)

    @cached_property
    def search_sales(self) -> SearchSales:
        return SearchSales(self.books, self.read_sales)

    @cached_property
    def read_sale(self) -> ReadSale:
        return ReadSale(self.books)

    @cached_property
    def sale_versions(self) -> SaleVersions:
        return SaleVersions(self.books, self.read_sale)

    @cached_property
    def read_syncs(self) -> ReadSyncs:
        return ReadSyncs(
            syncs=self.sync_records,
            days=self.days,
            documents=self.documents,
            agenda=self.agenda,
            connections=self.connections,
            now=self.now,
        )

    @cached_property
    def read_ranges(self) -> ReadRanges:
        return ReadRanges(
            days=self.days,
            documents=self.documents,
            revisions=self.revisions,
            workspace_of=self.change.read_workspace,
            now=self.now,
        )

    @cached_property
    def read_connections(self) -> ReadConnections:
        return ReadConnections(
            connections=self.connections, days=self.days, agenda=self.agenda, syncs=self.read_syncs, now=self.now
        )

    @cached_property
    def read_activity(self) -> ReadActivity:
        return ReadActivity(activity=self.activity, now=self.now)

    @cached_property
    def read_usage(self) -> ReadUsage:
        return ReadUsage(
            shelves=self.shelves, connections=self.connections, allotment=self.settings.allotment, now=self.now
        )

    # -- names

    def new_id(self) -> str:
        """A name that is never used twice."""
        return uuid.UUID(bytes=self.outside.random(16), version=4).hex

    def new_rising_id(self) -> str:
        """A name that is never used twice and sorts by time."""
        return f"{int(self.now().timestamp() * 1000):012x}{self.outside.random(6).hex()}"


@cache
def system() -> System:
    """The system that the environment describes."""
    settings = read_settings()
    shift = timedelta(seconds=settings.clock_shift_s)

    def now() -> datetime:
        return datetime.now(UTC) + shift

    outside = Outside(
        table=dynamo(settings.table, settings.dynamodb_url, settings.aws_region),
        queues=Queues(
            _client("sqs", settings.sqs_url, settings.aws_region),
            {
                "plan": settings.plan_queue_url,
                "sync": settings.sync_queue_url,
                "backfill": settings.backfill_queue_url,
            },
        ),
        sealer=_sealer(settings),
        now=now,
    )
    return System(settings, outside)


def _client(service: str, url: str | None, region: str) -> Any:
    import boto3
    from botocore.config import Config

    patience = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 4}, max_pool_connections=32)
    return boto3.client(service, endpoint_url=url, region_name=region, config=patience)


def _sealer(settings: Settings) -> "Sealer":
    from chalicelib.storage.sealing import KmsSealer, LocalSealer

    if settings.kms_key_id:
        return KmsSealer(_client("kms", None, settings.aws_region), settings.kms_key_id)
    if settings.key_file:
        return LocalSealer(Path(settings.key_file))
    raise SystemExit("DAYBOOK_KMS_KEY_ID or DAYBOOK_KEY_FILE has to be set.")
