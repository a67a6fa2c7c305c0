"""Working credentials of a connection: opened, and renewed in time (RELIABILITY 2, step 11).

Channels rotate: each renewal gives a new pair, and the old refresh token dies once the new pair is used. So one worker at a
time renews, the pair is stored before it is used, and a pair that could not be stored is never used: then the stored refresh
token still works, and the next worker repeats with it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from chalicelib import errors
from chalicelib.domain.connections import Connection, Credentials
from chalicelib.domain.secret import Secret

if TYPE_CHECKING:
    from chalicelib.storage.connections import Connections

EARLY = timedelta(minutes=5)
# Longer than a request may take. An exchange that takes longer still is lost to the next worker's, and not stored.
CLAIM_S = 75
WAIT_S = 5

_REFUSED = "The channel no longer accepts our access."


class Refresh(Protocol):
    """Exchanges a refresh token for a new pair. Raises AuthExpired when it is refused, other ChannelErrors."""

    def __call__(self, connection: Connection, refresh: Secret) -> Credentials: ...


class FreshTokens:
    """Gives credentials that work. `new_id` gives names never used twice."""

    def __init__(
        self,
        *,
        connections: "Connections",
        refresh: Refresh,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._connections = connections
        self._refresh = refresh
        self._now = now
        self._new_id = new_id

    def fresh(self, connection: Connection, *, force: bool = False) -> Credentials:
        """The connection's credentials, good for some minutes at least.

        With `force`, those that `connection` was read with are taken as refused: they are renewed, unless others have done
        so since. Raises RateLimited while another worker renews, AuthExpired when the merchant has to pair again.
        """
        stored, credentials = self._open(connection)
        refused = force and stored.credentials_version == connection.credentials_version
        if not refused and not self._ends_soon(credentials):
            return credentials
        if credentials.refresh is None:
            raise self._sign_in_needed(stored)
        claim, at = self._new_id(), int(self._now().timestamp())
        if not self._connections.claim_renewal(stored, claim, until=at + CLAIM_S, at=at):
            return self._of_others(stored)
        try:
            renewed = self._refresh(stored, credentials.refresh)
        except errors.AuthExpired as exc:
            if self._open(stored)[0].credentials_version > stored.credentials_version:
                return self._of_others(stored)
            raise self._sign_in_needed(stored) from exc
        if not self._connections.store_credentials(stored, claim, renewed):
            return self._of_others(stored)
        return renewed

    def _open(self, connection: Connection) -> tuple[Connection, Credentials]:
        opened = self._connections.open(connection.workspace, connection.id)
        if opened is None:
            raise errors.RetryableError(f"{connection.name} is not connected any more.")
        return opened

    def _ends_soon(self, credentials: Credentials) -> bool:
        return credentials.expires_at is not None and self._now() + EARLY >= credentials.expires_at

    def _of_others(self, stored: Connection) -> Credentials:
        """What another worker has brought meanwhile. Raises RateLimited if it has not yet."""
        now, credentials = self._open(stored)
        if now.credentials_version > stored.credentials_version:
            return credentials
        raise errors.RateLimited("Another worker renews the access.", WAIT_S)

    def _sign_in_needed(self, stored: Connection) -> errors.AuthExpired:
        self._connections.mark_sign_in_needed(stored.workspace, stored.id, version=stored.credentials_version)
        return errors.AuthExpired(_REFUSED)
