"""A whole Daybook on simulated ground: the real workflows over the real repositories, wired as `bootstrap` wires them.

What it is made of is named in parts.py, so that a deliberate breakage may replace some of it.
"""

from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import msgspec

from chalicelib import errors
from chalicelib.bootstrap import System
from chalicelib.domain.accounts import SignedIn, User, Workspace
from chalicelib.domain.allotment import Account
from chalicelib.domain.connections import Connection, connection_id
from chalicelib.domain.counting import Counted
from chalicelib.domain.days import day_of
from chalicelib.domain.order_settings import A_DAY_MIN, OrderSettings
from chalicelib.domain.secret import Secret
from chalicelib.domain.work import Attempt, DayKey, DayMessage, Due, Head
from chalicelib.storage.accounts import Accounts
from chalicelib.storage.activity import Activity
from chalicelib.storage.audit import Audit
from chalicelib.storage.connections import Connections
from chalicelib.storage.corrections import Corrections
from chalicelib.storage.pairings import Pairings
from chalicelib.storage.persons import PersonParts
from chalicelib.storage.syncs import Syncs
from chalicelib.workflows.ask import Ask
from chalicelib.workflows.change import Change
from chalicelib.workflows.correct import Correct
from chalicelib.workflows.fetch_day import FetchDay, Gathered
from chalicelib.workflows.lock import PeriodLock
from chalicelib.workflows.look_back import LookBack
from chalicelib.workflows.order_settings import Wanted
from chalicelib.workflows.pair import Pair
from chalicelib.workflows.pair_by_consent import PairByConsent
from chalicelib.workflows.persons import Persons
from chalicelib.workflows.plan import Plan
from chalicelib.workflows.sync_day import SyncDay
from chalicelib.workflows.syncs import RunSyncs
from chalicelib.workflows.tokens import FreshTokens
from tests.sim.check import Checker, Fetch
from tests.sim.engine import FaultyEngine, WatchedEngine
from tests.sim.pairing import DOMAIN, Issuer, PlainSealer
from tests.sim.parts import Parts
from tests.sim.queue import Message, Queues
from tests.sim.rest import Rest
from tests.sim.scheduler import Crash, Faults, Scheduler
from tests.sim.shop import Shop, ShopChannel

ZONE = "America/New_York"
OWNER = "owner@northwind.example"
WORKSPACE = "workspace"
CONNECTION = connection_id(WORKSPACE, "shopify", "1001")
ACCOUNT = Account(WORKSPACE, "shopify", "1001")
LEASE_S, BUDGET_S, BACKOFF_S, RESEND_S = 300, 240, 30, 900
PLAN_YEAR_S = 3_000
# What the shop's orders can be, and which of that is paid.
STATUSES = tuple(
    SimpleNamespace(value=value, label=value.title(), default=True, paid=value == "paid")
    for value in ("paid", "pending")
)
# Just before the night; in the week that follows the clocks change.
BEGINS_AT = datetime(2026, 3, 4, 5, 40, tzinfo=UTC)


class Trouble(msgspec.Struct):
    """How often the shop gives no answer, how often the time budget ends, and what else is wrong with it."""

    errors: float = 0.0
    budget: float = 0.0
    lies: bool = False
    deadly_day: date | None = None


class World:
    """One connection and its days, everything handed in from here."""

    def __init__(
        self,
        random: Random,
        faults: Faults,
        parts: type[Parts] = Parts,
        *,
        days: int = 3,
        early_s: int = 0,
        settings: OrderSettings | None = None,
        engine: WatchedEngine | None = None,
        trace: bool = False,
    ) -> None:
        self.random = random
        self.parts = parts
        self.scheduler = Scheduler(faults, random, trace=trace)
        night = BEGINS_AT + timedelta(days=random.randrange(7))
        self.scheduler.now_s = int(night.timestamp()) - early_s
        self.trouble = Trouble()
        today = day_of(night, ZONE)
        self.days = tuple(today - timedelta(days=n) for n in range(days, 0, -1))
        self.shop = Shop(random, self.days, ZONE)
        self.engine = engine or WatchedEngine()
        self.checker = Checker(self.engine, self.scheduler, self.shop, WORKSPACE, CONNECTION, ZONE)
        self.queues = Queues(self.scheduler, random, strict=random.random() < 0.5)
        self.ids = 0
        self.acknowledged: set[date] = set()
        self._compose(settings or OrderSettings())

    def _compose(self, settings: OrderSettings) -> None:
        parts, now, new_id = self.parts, self.scheduler.now, self.new_id
        table = self.table = parts.Table(FaultyEngine(self.engine, self.scheduler, stale=parts.stale))
        self.connections = Connections(table, PlainSealer(), new_id)
        self.day_heads = parts.Days(table)
        self.revisions = parts.Revisions(table)
        self.documents = parts.Documents(table, self.revisions)
        self.shelves = parts.Shelves(table, new_id)
        self.agenda = parts.Agenda(table, 1, new_id)
        activity = Activity(table)
        self.ask = Ask(days=self.day_heads, agenda=self.agenda, send=self.queues.send, now=now)
        corrections = Corrections(table)
        self.correct = Correct(
            days=self.day_heads, revisions=self.revisions, documents=self.documents, corrections=corrections
        )
        self.lock = PeriodLock(
            accounts=Accounts(table, new_id),
            connections=self.connections,
            revisions=self.revisions,
            documents=self.documents,
            corrections=corrections,
            correct=self.correct,
            rebuild=lambda day, cause: self.settle.rebuild(day, cause),
            touch_month=lambda _: None,
        )
        self.settle = parts.Settle(
            days=self.day_heads,
            revisions=self.revisions,
            documents=self.documents,
            shelves=self.shelves,
            connections=self.connections,
            activity=activity,
            touch_month=lambda _: None,
            correct=self.correct,
            lock=self.lock,
            now=now,
            new_id=new_id,
        )
        self.clean = parts.Clean(days=self.day_heads, revisions=self.revisions, documents=self.documents)
        persons = Persons(
            parts=PersonParts(table),
            days=self.day_heads,
            agenda=self.agenda,
            connections=self.connections,
            touch_month=lambda _: None,
            now=now,
        )
        fetch = _watched(parts.FetchDay)(
            days=self.day_heads,
            revisions=self.revisions,
            agenda=self.agenda,
            ask=self.ask,
            persons=persons,
            open_channel=self._open_channel,
            now=now,
            budget_s=BUDGET_S,
        )
        fetch.world = self
        self.sync_day = _noted(parts.SyncDay)(
            days=self.day_heads,
            revisions=self.revisions,
            agenda=self.agenda,
            connections=self.connections,
            activity=activity,
            fetch=fetch,
            make=parts.MakeRevision(revisions=self.revisions, counted_by=_counted_by, keeps_history=lambda kind: True),
            persons=persons,
            settle=self.settle,
            clean=self.clean,
            plan_year=lambda workspace, at: str(int(at.timestamp()) // PLAN_YEAR_S),
            now=now,
            new_id=new_id,
            jitter=self.random.random,
            lease_s=LEASE_S,
            backoff_s=BACKOFF_S,
        )
        self.syncs = RunSyncs(
            syncs=Syncs(table),
            agenda=self.agenda,
            days=self.day_heads,
            activity=activity,
            connections=self.connections,
            ask=self.ask,
            send=lambda queue, messages: (),
            now=now,
            new_id=new_id,
            resend_s=RESEND_S,
        )
        accounts = Accounts(table, new_id)
        self.order_settings = parts.ChangeOrderSettings(
            connections=self.connections,
            days=self.day_heads,
            touches=lambda workspace: None,
            list_documents=self.documents.list,
            agenda=self.agenda,
            syncs=self.syncs,
            change=Change(
                accounts=accounts,
                connections=self.connections,
                audit=Audit(table, "AUDIT"),
                looks=Audit(table, "LOOKS"),
                now=now,
                new_id=new_id,
            ),
            statuses_of=lambda kind: STATUSES,
            announce_leaving=persons.announce,
            leave_individual=persons.leave,
            now=now,
        )
        self.plan = Plan(
            agenda=self.agenda,
            ask=self.ask,
            syncs=self.syncs,
            look_back=LookBack(
                agenda=self.agenda,
                ask=self.ask,
                days=self.day_heads,
                connections=self.connections,
                send=lambda queue, messages: (),
                now=now,
                resend_s=RESEND_S,
            ),
            connections=self.connections,
            finish_parting=lambda connection: self.part_workflow.finish(connection),
            cut_again=self.order_settings.cut_again if parts.follows_up else lambda workspace, connection: None,
            finish_erasing=persons.finish,
            now=now,
            resend_s=RESEND_S,
        )
        for broken in (self.settle, self.clean, self.sync_day, self.shelves, self.revisions, self.day_heads):
            broken.world = self  # type: ignore[attr-defined]
        self.issuer = Issuer(self.scheduler, now)
        self.tokens = FreshTokens(connections=self.connections, refresh=self.issuer.renew, now=now, new_id=new_id)
        self.part_workflow = parts.Part(
            connections=self.connections, remove_attempts=self._remove_attempts, revoke=self._revoke, note=_no_note
        )
        pairings = Pairings(self.table, new_id)
        self.pair_workflow = PairByConsent(
            pair=Pair(
                connections=self.connections,
                pairings=pairings,
                workspace_of=accounts.workspace,
                finish_parting=self.part_workflow.finish,
                start_backfill=self._start_backfill,
                note=_no_note,
                now=now,
            ),
            pairings=pairings,
            grants={"shopify": self.issuer},
            limit=lambda workspace: None,
            now=now,
            random=self.random.randbytes,
        )
        self._pair_first(accounts, settings)

    def _pair_first(self, accounts: Accounts, settings: OrderSettings) -> None:
        accounts.add(
            Workspace(
                id=WORKSPACE,
                name="Northwind",
                time_zone="UTC",
                currency="USD",
                week_start="monday",
                individual_allowed=True,
                signed_up_at=BEGINS_AT,
            ),
            User(id="user", workspace=WORKSPACE, email=OWNER, role="owner", password="", epoch=0),
        )
        described = Connection(
            workspace=WORKSPACE,
            id=CONNECTION,
            kind="shopify",
            account=ACCOUNT.account,
            domain=DOMAIN,
            name="Northwind",
            zone=ZONE,
            currency="USD",
            stores=(),
            state="paired",
            epoch=1,
            colour=1,
            reach_days=None,
            sign_in_needed=False,
            credentials_version=1,
            paired_at=BEGINS_AT,
            settings=settings,
        )
        self.connections.pair(None, described, self.issuer.issue())
        due = Due(
            workspace=WORKSPACE,
            connection=CONNECTION,
            next_at=self.scheduler.now_s + 300,
            asked_through=self.days[0] - timedelta(days=1),
            refresh_at=self.scheduler.now_s if settings.interval_min < A_DAY_MIN else 0,
        )
        self.agenda.put_connection(due)

    def new_id(self) -> str:
        self.ids += 1
        return f"a{self.ids}"

    def key(self, day: date) -> DayKey:
        return DayKey(WORKSPACE, CONNECTION, day)

    @property
    def task_memory(self) -> dict[str, Any]:
        assert self.scheduler.current is not None
        return self.scheduler.current.memory

    # -- the shop as workers meet it

    def _open_channel(self, connection: Connection, *, renew: bool) -> ShopChannel:
        access = self.tokens.fresh(connection, force=renew).access
        attempt: Attempt = self.task_memory["attempt"]

        def began(state: int) -> None:
            self.checker.fetches[attempt.id] = Fetch(state)

        def trouble() -> None:
            self.issuer.use(access)
            self._be_troubled()

        return ShopChannel(self.shop, self.scheduler, trouble, began, lies=self.trouble.lies)

    def _be_troubled(self) -> None:
        """What a request to the shop may raise; a run out of time shows as a clock that jumps."""
        memory = self.task_memory
        if memory["day"] == self.trouble.deadly_day:
            raise Crash
        if self.random.random() < self.trouble.budget:
            self.scheduler.current.skew_s += BUDGET_S  # type: ignore[union-attr]
        if self.random.random() < self.trouble.errors:
            what = self.random.choice(("503", "429", "429", "unreadable", "expire", "expire", "revoke"))
            if what == "503":
                raise errors.RetryableError(what)
            if what == "429":
                raise errors.RateLimited(what, self.random.choice((7, 60, 900)))
            if what == "unreadable":
                raise errors.UnreadablePayload("orders")
            self.issuer.expire() if what == "expire" else self.issuer.revoke()
            raise errors.AuthExpired(what)

    def _revoke(self, connection: Connection) -> None:
        self.agenda.look_soon(connection.id)
        self.scheduler.io("shop", "revoke our access", lambda: None)

    def _remove_attempts(self, workspace: str, connection: str) -> None:
        if self.parts.walks:
            wired = SimpleNamespace(days=self.day_heads, agenda=self.agenda)
            System.remove_attempts(wired, workspace, connection)  # type: ignore[arg-type]

    def _start_backfill(self, connection: Connection, actor: str) -> str:
        wired = SimpleNamespace(
            run_syncs=self.syncs,
            connections=self.connections,
            agenda=self.agenda,
            shop_domains=SimpleNamespace(note=lambda *of, **how: None),
        )
        return System.start_backfill(wired, connection, actor)  # type: ignore[arg-type]

    # -- the handlers, as their events start them

    def receive(self, message: Message) -> None:
        """A worker gets a message; it deletes it when it is done."""

        def work() -> None:
            done = self.sync_day.run(message.body)
            self.scheduler.note(f"{message.body.day} {done.outcome} {done.reason}")
            self.scheduler.endings[done.outcome] += 1
            self.scheduler.io("send", "delete the message", lambda: self.queues.delete(message))

        self._spawn("worker", work)

    def run_message(self, message: DayMessage) -> None:
        """A worker gets a message that no queue knows."""
        self._spawn("worker", lambda: self.sync_day.run(message))

    def ask_days(self, *days: date, by_person: bool = False) -> None:
        """Somebody asks, and again until it is acknowledged."""

        def ask() -> None:
            queue = self.random.choice(("sync", "backfill"))
            for _ in range(20):
                try:
                    self.ask.ask([self.key(day) for day in days], queue, by_person=by_person)
                    self.acknowledged.update(days)
                    return
                except errors.StorageError:
                    continue

        self._spawn("ask", ask)

    def withdraw(self, day: date) -> None:
        def withdraw() -> None:
            head = self.day_heads.read(self.key(day))
            if head is not None:
                self.day_heads.withdraw(self.key(day), head.requested)

        self._spawn("withdraw", withdraw)

    def sweep(self) -> None:
        if self.parts.sweeps:
            self._spawn("sweep", lambda: self.plan.plan_partition(0))

    def clean_day(self, day: date) -> None:
        self._spawn("clean", lambda: self.clean.clean_day(self.key(day)))

    def clean_shelf(self, name: str, *, fence: bool) -> None:
        self._spawn("clean", lambda: self.shelves.clean(ACCOUNT, name, fence=fence))

    def read(self, day: date) -> None:
        """A reader: it sees one whole revision and one whole document, old or new."""

        def read() -> None:
            self.documents.sheets(self.key(day))
            for _ in range(3):
                head = self.day_heads.read(self.key(day))
                revision = self.revisions.read(self.key(day), head.live) if head and head.live else None
                try:
                    if revision is not None:
                        list(self.revisions.orders(self.key(day), revision))
                    return
                except errors.TornRead:
                    continue
            raise errors.TornRead("three times")

        def watched() -> None:
            try:
                read()
            except errors.TornRead as exc:
                self.checker.wrong(f"I4 a reader saw a hole {exc}")

        self._spawn("reader", watched)

    def part(self) -> None:
        self._spawn("part", lambda: self.part_workflow.part(WORKSPACE, CONNECTION))

    def pair(self) -> None:
        """The merchant goes through the shop's pages and comes back."""

        def pair() -> None:
            with suppress(errors.RequestError):
                state = self.pair_workflow.begin(self.owner, "shopify", {"shop": DOMAIN})
                self.pair_workflow.finish(self.owner, "shopify", {"state": state, "code": "code", "shop": DOMAIN})

        self._spawn("pair", pair)

    @property
    def owner(self) -> SignedIn:
        return SignedIn(
            session="session",
            user="user",
            email=OWNER,
            role="owner",
            workspace=WORKSPACE,
            signed_in_at=self.scheduler.now(),
            token=Secret("token"),
        )

    def change_settings(self, *, sync: tuple[date, date] | None = None, **fields: Any) -> None:
        """The owner saves the order settings that are in force with these fields changed."""

        def change() -> None:
            self.task_memory["summarised"] = self.checker.asked_through
            connection = self.connections.get(WORKSPACE, CONNECTION)
            assert connection is not None, "connections are never deleted"
            in_force = connection.settings
            shown = {name: getattr(in_force, name) for name in ("summary", "counting", "statuses", "interval_min")}
            wanted = Wanted(**({"time_zone": connection.calendar.latest} | shown | fields))
            with suppress(errors.RequestError, errors.OutOfDate):
                self.order_settings.change(self.owner, connection, wanted, version=in_force.version, sync=sync)

        self._spawn("settings", change)

    def day_of(self, at: datetime) -> date:
        """The day of an instant by the calendar in force."""
        return day_of(at, self.checker.calendar)

    @property
    def here(self) -> tuple[date, ...]:
        """All days that are or might be here."""
        return tuple(sorted({*self.days, *self.checker.heads}))

    def rest(self) -> Rest:
        return Rest(self.checker, self.shop, self.scheduler.now(), self.trouble.deadly_day)

    def check_rest(self, asked: Collection[date], *, everything: bool = False) -> None:
        self.rest().check(asked, everything=everything)

    def _spawn(self, name: str, call: Any) -> None:
        skew = self.random.choice((0, 0, 0, -400, 400)) if self.skewed else 0
        self.scheduler.spawn(name, call, skew_s=skew)

    skewed = False


def _no_note(workspace: str, level: str, text: str, *, connection_id: str | None) -> None:
    """Notes of pairing are not what is tested here."""


def _watched(fetch_day: type[FetchDay]) -> Any:
    """Notes for the shop and the checker who is fetching what."""

    class WatchedFetch(fetch_day):  # type: ignore[misc, valid-type]
        def fetch(self, day: DayKey, attempt: Attempt, connection: Connection) -> Gathered | None:
            memory = self.world.task_memory
            memory["attempt"], memory["day"] = attempt, day.day
            gathered: Gathered | None = super().fetch(day, attempt, connection)
            fetch = self.world.checker.fetches.get(attempt.id)
            if fetch is not None:
                fetch.ended = len(self.world.shop.history) - 1
                fetch.calendar = connection.calendar
            return gathered

    return WatchedFetch


def _noted(sync_day: type[SyncDay]) -> Any:
    """Notes for the checker by which settings a person wanted what is published."""

    class NotedSync(sync_day):  # type: ignore[misc, valid-type]
        def publish(self, head: Head, attempt: Attempt, connection: Connection, gathered: Gathered) -> Any:
            fetch = self.world.checker.fetches.get(attempt.id)
            if fetch is not None:
                fetch.settings = head.settings
            return super().publish(head, attempt, connection, gathered)

    return NotedSync


def _counted_by(connection: Connection) -> Counted:
    settings = connection.settings
    if settings.counting == "paid":
        return Counted("paid", tuple(each.value for each in STATUSES if each.paid))
    return Counted(settings.counting, settings.statuses)
