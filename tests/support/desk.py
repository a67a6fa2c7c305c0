"""Pairing by every way on one table, with everything around it in reach."""

import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from chalicelib import errors
from chalicelib.domain.accounts import Role, SignedIn, User, Workspace
from chalicelib.domain.connections import Connection
from chalicelib.domain.pairing import Choice
from chalicelib.storage.connections import Connections
from chalicelib.storage.limits import Counts
from chalicelib.storage.pairings import Pairings
from chalicelib.storage.table import Table
from chalicelib.workflows.connect import Connect
from chalicelib.workflows.limits import Limits
from chalicelib.workflows.pair import Pair, PairingError
from chalicelib.workflows.pair_by_approval import PairByApproval, Sent
from chalicelib.workflows.pair_by_consent import PairByConsent
from chalicelib.workflows.pair_by_keys import PairByKeys
from chalicelib.workflows.part import Part
from tests.support.memory import MemoryEngine
from tests.support.pairing import DOMAIN, KEYS, SITE, ApprovingChannel, GrantingChannel, KeyedChannel, local_sealer
from tests.support.people import EMAIL, Clock, new_id, somebody

BACK = "https://daybook.example/connections/add"


class Desk:
    """`channel` grants access, `keyed` takes keys, `sites` post them. Whoever is in `users` has a session that goes on."""

    def __init__(self, folder: Path, table: Table | None = None) -> None:
        self.clock = Clock()
        self.engine = MemoryEngine()
        self.table = table or Table(self.engine)
        self.channel, self.keyed, self.sites = GrantingChannel(self.clock), KeyedChannel(), ApprovingChannel()
        self.connections = Connections(self.table, local_sealer(folder), new_id)
        self.pairings = Pairings(self.table, new_id)
        self.started: list[Connection] = []
        self.lines: list[tuple[str, str, str]] = []
        self.walks = 0
        self.start_fails: list[Exception] = []
        self.users: dict[str, User] = {}
        self.part = Part(
            connections=self.connections, remove_attempts=self._walk, revoke=lambda connection: None, note=self._note
        )
        pair = Pair(
            connections=self.connections,
            pairings=self.pairings,
            workspace_of=self._workspace,
            finish_parting=self.part.finish,
            start_backfill=self._start,
            note=self._note,
            now=self.clock,
        )
        limits = Limits(counts=Counts(self.table, new_id), zone_of=lambda workspace: "UTC", now=self.clock)
        self.by_consent = PairByConsent(
            pair=pair,
            pairings=self.pairings,
            grants={"shopify": self.channel},
            limit=partial(limits.take, "pairing"),
            now=self.clock,
            random=os.urandom,
        )
        self.by_keys = PairByKeys(
            pair=pair,
            keyed={"shipstation": self.keyed, "woocommerce": self.sites},
            limit=partial(limits.take, "pairing"),
            now=self.clock,
        )
        self.by_approval = PairByApproval(
            pair=pair,
            pairings=self.pairings,
            approved={"woocommerce": self.sites},
            limit=partial(limits.take, "pairing"),
            user_of=self.users.get,
            back=lambda kind, pairing: f"{BACK}/{kind}?pairing={pairing}",
            now=self.clock,
            random=os.urandom,
        )
        kinds = (self.channel.kind, self.keyed.kind, self.sites.kind)
        self.connect = Connect(
            kinds={each.kind: each for each in kinds},
            by_consent=self.by_consent,
            by_keys=self.by_keys,
            by_approval=self.by_approval,
        )

    def person(self, workspace: str = "w1", session: str = "s1", role: Role = "owner") -> SignedIn:
        """Somebody who has just signed in, and whose session goes on."""
        who = somebody(self.clock, workspace, session, role)
        self.users[session] = User(id=who.user, workspace=workspace, email=EMAIL, role=role, password="", epoch=0)
        return who

    # -- by consent

    def go(self, who: SignedIn, shop: str = DOMAIN, **changed: str) -> Connection:
        """The whole way there and back."""
        url = self.by_consent.begin(who, "shopify", {"shop": shop})
        return self.by_consent.finish(who, "shopify", self.channel.callback(url, **changed)).connection

    def refusal(self, who: SignedIn, shop: str = DOMAIN, **changed: str) -> PairingError:
        with pytest.raises(PairingError) as caught:
            self.go(who, shop, **changed)
        return caught.value

    # -- by keys

    def paste(self, who: SignedIn, choice: Choice = Choice(), **fields: str) -> Connection:  # noqa: B008
        return self.by_keys.pair(who, "shipstation", KEYS | fields, choice).connection

    # -- by approval

    def send(self, who: SignedIn, site: str = SITE, choice: Choice = Choice()) -> Sent:  # noqa: B008
        return self.by_approval.begin(who, "woocommerce", {"site": site}, choice)

    def approve(self, who: SignedIn, site: str = SITE, choice: Choice = Choice()) -> Connection:  # noqa: B008
        """The whole way: sent there, approved, and posted."""
        return self.by_approval.finish("woocommerce", self.sites.approve(self.send(who, site, choice).url)).connection

    def turned_away(self, posted: bytes, kind: str = "woocommerce") -> errors.RequestError:
        with pytest.raises(errors.RequestError) as caught:
            self.by_approval.finish(kind, posted)
        return caught.value

    # -- what is around

    def _start(self, connection: Connection, actor: str) -> str:
        if self.start_fails:
            raise self.start_fails.pop(0)
        self.started.append(connection)
        return "sync 1"

    def _walk(self, workspace: str, connection: str) -> None:
        self.walks += 1

    def _note(self, workspace: str, level: str, text: str, *, connection_id: str | None) -> None:
        self.lines.append((workspace, level, text))

    def _workspace(self, workspace: str) -> Workspace:
        return Workspace(
            id=workspace,
            name="Northwind",
            time_zone="Europe/Paris",
            currency="CHF",
            week_start="monday",
            individual_allowed=True,
            signed_up_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
