"""The one place that builds things: clients, repositories and clock become workflows, in five layers.

    records     the outsides, and the repositories over them
    shops       selling channels with credentials that work
    work        what moves days
    access      who comes in, and what admins do for them
    System      the rest: pairing, and answering people

`system()` is made from the environment at the first call, each workflow at its first use, so that a function loads only what
it works with. Tests make a `System` of their own with other outsides.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from chalicelib.domain.allotment import Terms
from chalicelib.domain.connections import Connection
from chalicelib.domain.cursors import Cursors
from chalicelib.queues import Queues
from chalicelib.settings import Settings, read_settings
from chalicelib.storage.idempotency import Once
from chalicelib.storage.limits import Counts
from chalicelib.storage.table import aws, dynamo
from chalicelib.workflows.books import Books
from chalicelib.workflows.connect import Connect
from chalicelib.workflows.goods import Goods
from chalicelib.workflows.limits import Limits, Pace
from chalicelib.workflows.list_counted import ListCounted
from chalicelib.workflows.pair import Pair
from chalicelib.workflows.pair_by_approval import PairByApproval
from chalicelib.workflows.pair_by_consent import PairByConsent
from chalicelib.workflows.pair_by_keys import PairByKeys
from chalicelib.workflows.read_activity import ReadActivity
from chalicelib.workflows.read_connections import ReadConnections
from chalicelib.workflows.read_customers import ReadCustomers
from chalicelib.workflows.read_dashboard import ReadDashboard
from chalicelib.workflows.read_ranges import ReadRanges
from chalicelib.workflows.read_reports import ReadReports
from chalicelib.workflows.read_sale import ReadSale
from chalicelib.workflows.read_sales import ReadSales
from chalicelib.workflows.read_syncs import ReadSyncs
from chalicelib.workflows.read_usage import ReadUsage
from chalicelib.workflows.sale_versions import SaleVersions
from chalicelib.workflows.search_sales import SearchSales

if TYPE_CHECKING:
    from chalicelib.storage.sealing import Sealer


from chalicelib.bootstrap.access import Access
from chalicelib.bootstrap.mail import mailer_of
from chalicelib.bootstrap.records import Outside

__all__ = ["Outside", "System", "system"]


class System(Access):
    """Every workflow, wired. Each is built once, at its first use."""

    @cached_property
    def pair(self) -> Pair:
        return Pair(
            connections=self.connections,
            pairings=self.pairings,
            workspace_of=self.accounts.workspace,
            finish_parting=self.part.finish,
            start_backfill=self.start_backfill,
            note=self.note,
            now=self.now,
        )

    @cached_property
    def limits(self) -> Limits:
        return Limits(
            counts=Counts(self.outside.table, self.new_id),
            zone_of=lambda workspace: self.change.read_workspace(workspace).time_zone,
            now=self.now,
        )

    @cached_property
    def pace(self) -> Pace:
        return Pace(self.outside.ticks)

    @cached_property
    def pair_by_consent(self) -> PairByConsent:
        return PairByConsent(
            pair=self.pair,
            pairings=self.pairings,
            grants={name: each for name, each in self.platforms.items() if each.kind.auth == "oauth"},
            limit=partial(self.limits.take, "pairing"),
            now=self.now,
            random=self.outside.random,
        )

    @cached_property
    def pair_by_keys(self) -> PairByKeys:
        return PairByKeys(
            pair=self.pair,
            keyed={name: each for name, each in self.platforms.items() if each.kind.auth != "oauth"},
            limit=partial(self.limits.take, "pairing"),
            now=self.now,
        )

    @cached_property
    def pair_by_approval(self) -> PairByApproval:
        return PairByApproval(
            pair=self.pair,
            pairings=self.pairings,
            approved={name: each for name, each in self.platforms.items() if each.kind.auth == "approve"},
            limit=partial(self.limits.take, "pairing"),
            user_of=lambda session: self.sign_in.user_of(session),
            back=lambda kind, pairing: f"{self.settings.base_url}/connections/add/{kind}?pairing={pairing}",
            now=self.now,
            random=self.outside.random,
        )

    @cached_property
    def connect(self) -> Connect:
        return Connect(
            kinds={each.kind: each for each in self.kinds},
            by_consent=self.pair_by_consent,
            by_keys=self.pair_by_keys,
            by_approval=self.pair_by_approval,
        )

    def start_backfill(self, connection: Connection, actor: str) -> str:
        """Begin the first download and wake what waited for a new sign-in, or for a connection that is paired."""
        self.shop_domains.note(
            connection.kind, connection.domain, workspace=connection.workspace, connection=connection.id
        )
        sync = self.run_syncs.pairing(connection, actor=actor)
        if self.connections.recut(connection.workspace, connection.id) is not None:
            self.agenda.look_soon(connection.id)
        self.run_syncs.wake(connection)
        return sync

    @cached_property
    def once(self) -> Once:
        return Once(self.outside.table, self.now)

    @cached_property
    def cursors(self) -> Cursors:
        key, old = self.settings.cursor_key or self.settings.shopify_client_secret, self.settings.cursor_key_old
        return Cursors(_cursor_key(key), _cursor_key(old) if old else None)

    @cached_property
    def books(self) -> Books:
        return Books(
            documents=self.documents,
            listed=self.listed,
            revisions=self.revisions,
            connections=self.connections,
            days=self.days,
            agenda=self.agenda,
            months=self.months,
            reading=lambda workspace: self.change.read_workspace(workspace).reading,
            names=self.persons.names,
            names_on=self.persons.names_on,
            now=self.now,
        )

    @cached_property
    def read_sales(self) -> ReadSales:
        return ReadSales(self.books)

    @cached_property
    def search_sales(self) -> SearchSales:
        return SearchSales(self.books, self.read_sales)

    @cached_property
    def read_reports(self) -> ReadReports:
        return ReadReports(self.books, Goods(documents=self.documents, months=self.months))

    @cached_property
    def read_customers(self) -> ReadCustomers:
        return ReadCustomers(self.books, self.persons, self.month_records)

    @cached_property
    def read_dashboard(self) -> ReadDashboard:
        return ReadDashboard(
            books=self.books,
            reports=self.read_reports,
            sales=self.read_sales,
            connections=self.read_connections,
            usage=self.read_usage,
        )

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
    def list_counted(self) -> ListCounted:
        return ListCounted(
            books=self.books, connections=self.connections, shelves=self.shelves, search=self.search_sales
        )

    @cached_property
    def read_usage(self) -> ReadUsage:
        return ReadUsage(
            shelves=self.shelves,
            start=self.books.start,
            terms=Terms(self.settings.allotment),
            now=self.now,
        )


@cache
def system() -> System:
    """The system that the environment describes."""
    settings = _with_secrets(read_settings())
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
        mailer=mailer_of(settings),
    )
    return System(settings, outside)


def _with_secrets(settings: Settings) -> Settings:
    """The settings with those secrets of the stack that this function may read, each as far as it is there."""
    if not settings.secrets:
        return settings
    fields = {name: name.rpartition("/")[2].replace("-", "_") for name in settings.secrets}
    ssm = _client("ssm", None, settings.aws_region)
    found = ssm.get_parameters(Names=list(fields), WithDecryption=True)["Parameters"]
    return msgspec.structs.replace(settings, **{fields[each["Name"]]: each["Value"] for each in found})


def _cursor_key(secret: str) -> bytes:
    return hashlib.sha256(f"daybook: cursors\0{secret}".encode()).digest()


def _client(service: str, url: str | None, region: str) -> Any:
    from botocore.config import Config

    patience = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 4}, max_pool_connections=32)
    return aws().client(service, endpoint_url=url, region_name=region, config=patience)


def _sealer(settings: Settings) -> "Sealer":
    from chalicelib.storage.sealing import KmsSealer, LocalSealer

    if settings.kms_key_id:
        return KmsSealer(lambda: _client("kms", None, settings.aws_region), settings.kms_key_id)
    if settings.key_file:
        old = Path(settings.key_file_old) if settings.key_file_old else None
        return LocalSealer(Path(settings.key_file), old=old)
    raise SystemExit("DAYBOOK_KMS_KEY_ID or DAYBOOK_KEY_FILE has to be set.")
