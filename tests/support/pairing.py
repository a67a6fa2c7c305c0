"""A channel that grants access, with a signature, a token pair that rotates, and failures as told."""

import hashlib
import itertools
import json
import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from chalicelib import errors
from chalicelib.channels import Shop, Store
from chalicelib.domain.connections import Connection, Credentials, StoreName, connection_id
from chalicelib.domain.secret import Secret
from chalicelib.storage.sealing import LocalSealer

DOMAIN = "northwind-supply.myshopify.com"
OTHER_DOMAIN = "contoso-tea.myshopify.com"
ALL = frozenset({"read_orders", "read_all_orders"})


def local_sealer(folder: Path) -> LocalSealer:
    key = folder / "key"
    key.touch(0o600)
    key.write_bytes(os.urandom(32))
    return LocalSealer(key)


def connection(workspace: str = "w1", account: str = "99", version: int = 1) -> Connection:
    return Connection(
        workspace=workspace,
        id=connection_id(workspace, "shopify", account),
        kind="shopify",
        account=account,
        domain=DOMAIN,
        name="Northwind Supply",
        zone="America/New_York",
        currency="USD",
        stores=(StoreName("99", "Northwind Supply"),),
        state="paired",
        epoch=version,
        colour=1,
        reach_days=60,
        sign_in_needed=False,
        credentials_version=version,
        paired_at=datetime.fromisoformat("2026-07-05T12:00:00+00:00"),
    )


def credentials(name: str, expires_at: datetime | None = None) -> Credentials:
    return Credentials(
        access=Secret(f"access-{name}"),
        refresh=Secret(f"refresh-{name}"),
        expires_at=expires_at,
        refresh_expires_at=None,
        scopes=("read_orders",),
    )


class GrantingChannel:
    """Grants access to its shops. `asked` lists every question that reached it, in order."""

    wanted = ALL
    needed = frozenset({"read_orders"})

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.asked: list[str] = []
        self.granted = ALL
        self.failures: list[Exception] = []
        self.shops = {
            domain: Shop(
                account=account,
                domain=domain,
                name=name,
                zone="America/New_York",
                currency="USD",
                stores=(Store(account, name),),
            )
            for domain, account, name in ((DOMAIN, "99", "Northwind Supply"), (OTHER_DOMAIN, "77", "Contoso Tea"))
        }
        self.rotation = Rotation(now)

    # -- what needs no network

    def shop_domain(self, text: str) -> str | None:
        self.asked.append("shop_domain")
        name = text.strip().removeprefix("https://").rstrip("/")
        return name if name in self.shops else None

    def authorize_url(self, domain: str, state: str) -> str:
        return f"https://{domain}/admin/oauth/authorize?state={state}"

    def callback_is_genuine(self, params: Mapping[str, str]) -> bool:
        self.asked.append("callback_is_genuine")
        return params.get("hmac") == _sign(params)

    def callback(self, url: str, **changed: str | None) -> dict[str, str]:
        """What comes back, signed, after the merchant was sent to `url` and agreed; what is None is left out."""
        domain = url.split("/")[2]
        told = {"code": "c0de", "shop": domain, "state": url.partition("state=")[2], "timestamp": "1", **changed}
        params = {name: value for name, value in told.items() if value is not None}
        return {**params, "hmac": _sign(params)}

    # -- what asks the channel

    def exchange(self, domain: str, code: str) -> Credentials:
        self._ask("exchange")
        return msgspec.structs.replace(self.rotation.issue(), scopes=tuple(sorted(self.granted)))

    def read_shop(self, domain: str, tokens: object) -> Shop:
        self._ask("read_shop")
        shop = self.shops[domain]
        return msgspec.structs.replace(shop, reach_days=None if "read_all_orders" in self.granted else 60)

    def _ask(self, question: str) -> None:
        self.asked.append(question)
        if self.failures:
            raise self.failures.pop(0)


class Rotation:
    """A token pair that rotates: the refresh token before the last stays good until the last pair is used."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.exchanges = 0
        self.failures_before: list[Exception] = []
        self.failures_after: list[Exception] = []
        self.meanwhile: Callable[[], None] = lambda: None
        self._good: list[str] = []
        self._names = itertools.count(1)
        self._now = now
        self._lock = threading.Lock()

    def issue(self) -> Credentials:
        name = str(next(self._names))
        self._good.append(f"refresh-{name}")
        return Credentials(
            access=Secret(f"access-{name}"),
            refresh=Secret(f"refresh-{name}"),
            expires_at=self._now() + timedelta(hours=1),
            refresh_expires_at=None,
            scopes=("read_orders",),
        )

    def refresh(self, connection: Connection, refresh: Secret) -> Credentials:
        with self._lock:
            if self.failures_before:
                raise self.failures_before.pop(0)
            if refresh.reveal() not in self._good:
                raise errors.AuthExpired("refused")
            self.exchanges += 1
            tokens = self.issue()
        self.meanwhile()
        if self.failures_after:
            raise self.failures_after.pop(0)
        return tokens

    def use(self, credentials: Credentials) -> None:
        """Ask for something with the access token: older refresh tokens die."""
        name = credentials.access.reveal().removeprefix("access-")
        if f"refresh-{name}" in self._good:
            self._good = self._good[self._good.index(f"refresh-{name}") :]

    def revoke(self) -> None:
        self._good.clear()


def _sign(params: Mapping[str, str]) -> str:
    others = {name: value for name, value in params.items() if name != "hmac"}
    return hashlib.sha256(json.dumps(others, sort_keys=True).encode()).hexdigest()
