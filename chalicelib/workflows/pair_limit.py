"""How often a workspace may begin to pair, or check keys: nobody is to try passwords, or probe the net, through us."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib import errors

if TYPE_CHECKING:
    from chalicelib.storage.accounts import Accounts

TRIES_AN_HOUR = 30

_HOUR_S = 3_600


class PairLimit:
    """Counts tries in the table, by workspace and hour of the clock."""

    def __init__(self, *, accounts: "Accounts", now: Callable[[], datetime]) -> None:
        self._accounts = accounts
        self._now = now

    def take(self, workspace: str) -> None:
        """Count a try before it is made. Raises TooManyTries, which says when the next hour begins."""
        at = int(self._now().timestamp())
        hour, left_s = at // _HOUR_S, _HOUR_S - at % _HOUR_S
        wait_s = self._accounts.take_try(
            "pairing",
            f"{workspace} {hour}",
            at=at,
            wait_after=lambda tries: left_s if tries >= TRIES_AN_HOUR else 0,
        )
        if wait_s:
            raise errors.TooManyTries("Too many shops were tried in this hour. Wait a little and try again.", wait_s)
