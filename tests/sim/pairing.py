"""The other side of pairing: a shop that grants access, rotates tokens as real ones do, and revokes them."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec

from chalicelib import errors
from chalicelib.channels import Shop
from chalicelib.domain.connections import Connection, Credentials
from chalicelib.domain.secret import Secret
from tests.sim.scheduler import Scheduler

DOMAIN = "northwind-supply.myshopify.com"
SCOPES = ("read_orders",)
LIFE = timedelta(minutes=60)


class PlainSealer:
    """Shows the checker what is inside."""

    def seal(self, plain: bytes, context: dict[str, str]) -> bytes:
        return msgspec.msgpack.encode((context, plain))

    def open(self, sealed: bytes, context: dict[str, str]) -> bytes:
        there, plain = msgspec.msgpack.decode(sealed, type=tuple[dict[str, str], bytes])
        assert there == context, "sealed for somebody else"
        return plain


class Issuer:
    """Pairs of tokens, counted. The refresh token of a pair dies once a later pair is used, its access token with time."""

    def __init__(self, scheduler: Scheduler, now: Callable[[], datetime]) -> None:
        self._scheduler = scheduler
        self._now = now
        self._issued = 0
        self._used = 0
        self._expired = 0

    def issue(self) -> Credentials:
        self._issued += 1
        ends = self._now() + LIFE
        access, refresh = Secret(f"access {self._issued}"), Secret(f"refresh {self._issued}")
        return Credentials(access=access, refresh=refresh, expires_at=ends, refresh_expires_at=None, scopes=SCOPES)

    def expire(self) -> None:
        """Every access token handed out so far ends before its time."""
        self._expired = self._issued

    def revoke(self) -> None:
        """The merchant takes our access away: only pairing again helps."""
        self._expired = self._used = self._issued
        self._issued += 1

    def refuses(self, refresh: int) -> bool:
        """Whether that refresh token is dead."""
        return refresh < self._used

    def use(self, access: Secret) -> None:
        """Somebody asks with this token. Raises AuthExpired."""
        number = _number(access)
        if number <= self._expired:
            raise errors.AuthExpired("401")
        self._used = max(self._used, number)

    def renew(self, connection: Connection, refresh: Secret) -> Credentials:
        """Raises AuthExpired when the refresh token is dead."""

        def exchange() -> Credentials:
            if _number(refresh) < self._used or _number(refresh) > self._issued:
                raise errors.AuthExpired("invalid_grant")
            return self.issue()

        return self._scheduler.io("shop", "renew the tokens", exchange)

    # -- what Pair asks of a kind of channel

    wanted = needed = frozenset(SCOPES)

    def shop_domain(self, text: str) -> str | None:
        return DOMAIN

    def authorize_url(self, domain: str, state: str) -> str:
        return state

    def callback_is_genuine(self, params: Mapping[str, str]) -> bool:
        return True

    def exchange(self, domain: str, code: str) -> Credentials:
        return self._scheduler.io("shop", "exchange the code", self.issue)

    def read_shop(self, domain: str, tokens: Credentials) -> Shop:
        return Shop(account="1001", domain=DOMAIN, name="Northwind", zone="America/New_York", currency="USD", stores=())


def _number(token: Secret) -> int:
    return int(token.reveal().split()[1])
