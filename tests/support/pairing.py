"""Channels to pair with, that fail as told: one that grants access, one that keys open, and one whose sites post keys."""

import hashlib
import itertools
import json
import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from chalicelib import errors
from chalicelib.channels import Field, Found, Kind, Shop, Store
from chalicelib.channels.shopify_app import KIND
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

    kind = KIND
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


class Asked:
    """What a channel was asked, in order, and how it is to fail next."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failures: list[Exception] = []

    def ask(self, question: str) -> None:
        self.asked.append(question)
        if self.failures:
            raise self.failures.pop(0)


def _secret(name: str) -> Field:
    return Field(name=name, label=name, help="", secret=True, pattern=".+")


KEYS = {"api_key": "key-1", "api_secret": "secret-1"}


class KeyedChannel(Asked):
    """Keys open its accounts, which have many stores; it tells neither zone nor currency."""

    kind = Kind(
        kind="shipstation",
        name="Parcels",
        auth="key",
        fields=(
            _secret("api_key"),
            _secret("api_secret"),
            Field(name="clock", label="Clock", help="", secret=False, pattern=".*", required=False, default="UTC"),
        ),
        statuses=(),
        many_stores=True,
        hosts=("parcels.example",),
    )

    def __init__(self) -> None:
        super().__init__()
        self.orders: int | None = 1_204
        self.warnings: tuple[str, ...] = ()
        self.accounts = {
            "key-1": parcels("10", "10", "20", "30"),
            "key-2": parcels("10", "10", "20", "30"),
            "key-3": parcels("40", "40", "50"),
        }

    def check(self, fields: Mapping[str, str]) -> Found:
        self.ask("check")
        shop = self.accounts.get(fields["api_key"])
        if shop is None:
            raise errors.RequestError("These keys are not accepted.", {"api_key": "There is no such key."})
        credentials = Credentials(access=Secret(fields["api_key"]), secret=Secret(fields["api_secret"]))
        shop = msgspec.structs.replace(shop, traits={"clock": fields["clock"]})
        return Found(shop=shop, credentials=credentials, warnings=self.warnings, expected_orders=self.orders)


def parcels(account: str, *stores: str) -> Shop:
    return Shop(
        account=account,
        domain="parcels.example",
        name="Parcels",
        zone=None,
        currency=None,
        stores=tuple(Store(id_, f"Store {id_}") for id_ in stores),
    )


SITE, OTHER_SITE = "https://northwind.example", "https://contoso.example/tea"


class ApprovingChannel(Asked):
    """Its sites post keys. `keys` are those that are good, each at its site."""

    kind = Kind(
        kind="woocommerce",
        name="Sites",
        auth="approve",
        fields=(Field(name="site", label="Site", help="", secret=False, pattern=".+"),),
        key_fields=(
            Field(name="site", label="Site", help="", secret=False, pattern=".+"),
            _secret("consumer_key"),
            _secret("consumer_secret"),
        ),
        statuses=(),
        many_stores=False,
    )

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str, str] = {}
        self.warnings: tuple[str, ...] = ()
        self.tried: list[str] = []
        self.shops = {
            site: Shop(
                account=site.removeprefix("https://"),
                domain=site.removeprefix("https://"),
                name=name,
                zone="Europe/Berlin",
                currency="EUR",
                stores=(Store("1", name),),
            )
            for site, name in ((SITE, "Northwind Tools"), (OTHER_SITE, "Contoso Tea"))
        }

    # -- what the platform does

    def address(self, fields: Mapping[str, str]) -> str:
        self.asked.append("address")
        site = "https://" + fields.get("site", "").strip().removeprefix("https://").rstrip("/")
        if site not in self.shops:
            raise errors.RequestError("No shop was found there.", {"site": "No shop was found there."})
        return site

    def approve_url(self, address: str, *, state: str, back: str) -> str:
        return f"{address}/approve?{urlencode({'user_id': state, 'return_url': back})}"

    def state_in(self, posted: bytes) -> str:
        try:
            state = json.loads(posted)["user_id"]
        except (ValueError, KeyError, TypeError, RecursionError) as exc:
            raise errors.RequestError("This cannot be read.") from exc
        if not isinstance(state, str):
            raise errors.RequestError("This cannot be read.")
        return state

    def check_posted(self, address: str, posted: bytes) -> Found:
        return self._found(address, json.loads(posted).get("consumer_key", ""))

    def check(self, fields: Mapping[str, str]) -> Found:
        return self._found(self.address(fields), fields["consumer_key"])

    def _found(self, address: str, key: str) -> Found:
        self.tried.append(address)
        self.ask("check")
        if self.keys.get(key) != address:
            raise errors.AuthExpired("The shop no longer accepts our access.")
        credentials = Credentials(access=Secret(key), secret=Secret("s"), scopes=("read",))
        return Found(shop=self.shops[address], credentials=credentials, warnings=self.warnings)

    # -- what its site does once the merchant has approved

    def approve(self, url: str, /, **changed: object) -> bytes:
        """The post that follows: keys that are good at the site of `url`, and what is said to be changed; None is left out."""
        key = f"ck_{len(self.keys) + 1}"
        self.keys[key] = url.partition("/approve?")[0]
        (state,) = parse_qs(urlsplit(url).query)["user_id"]
        told = {
            "key_id": 1,
            "user_id": state,
            "consumer_key": key,
            "consumer_secret": "cs_1",
            "key_permissions": "read",
            **changed,
        }
        return json.dumps({name: value for name, value in told.items() if value is not None}).encode()


def _sign(params: Mapping[str, str]) -> str:
    others = {name: value for name, value in params.items() if name != "hmac"}
    return hashlib.sha256(json.dumps(others, sort_keys=True).encode()).hexdigest()
