"""How often a workspace may do what costs much: nobody is to starve others, to try passwords and probe the net through us, or to
have us write to strangers.

What is counted by the hour is counted in the table, over any hour, before it is done; what fails is given back. Requests by the
second are counted in the process only: a write for each would cost more than most requests do, and the outer wall is the
gateway's throttle.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from chalicelib import errors

if TYPE_CHECKING:
    from chalicelib.storage.limits import Counts

What = Literal["pairing", "resync", "export", "invitation"]

AN_HOUR: dict[What, int] = {"pairing": 30, "resync": 60, "export": 6, "invitation": 20}
_SAID: dict[What, str] = {
    "pairing": "{most} shops or keys were tried this hour. The next try is possible at {at}.",
    "resync": "You have started {most} syncs this hour. The next one is possible at {at}.",
    "export": "You have downloaded {most} files this hour. The next one is possible at {at}.",
    "invitation": "You have made {most} invitations this hour. The next one is possible at {at}.",
}

A_SECOND = 10
# A page that opens asks several things at once.
AT_ONCE = 20
WORKSPACES_MAX = 1_000


class Limits:
    """Counts by workspace. `zone_of` gives the zone in which a workspace tells time, `now` aware UTC instants."""

    def __init__(self, *, counts: "Counts", zone_of: Callable[[str], str], now: Callable[[], datetime]) -> None:
        self._counts = counts
        self._zone_of = zone_of
        self._now = now

    def take(self, what: What, workspace: str) -> int:
        """Count it before it is done; returns the instant under which it is counted. Raises TooManyTries."""
        now = self._now()
        at, most = int(now.timestamp()), AN_HOUR[what]
        wait_s = self._counts.take(workspace, what, most=most, at=at)
        if wait_s:
            # Told by the minute, it is the first one that begins when it is possible.
            free = (now + timedelta(seconds=wait_s + 59)).astimezone(ZoneInfo(self._zone_of(workspace)))
            clock = f"{free:%I:%M %p}".lstrip("0")
            raise errors.TooManyTries(_SAID[what].format(most=most, at=clock), wait_s)
        return at

    @contextmanager
    def taken(self, what: What, workspace: str) -> Iterator[None]:
        """Count what is done here, unless it fails. Raises TooManyTries."""
        at = self.take(what, workspace)
        try:
            yield
        except errors.DaybookError:
            with suppress(errors.StorageError):
                self._counts.give_back(workspace, what, at=at)
            raise


class Pace:
    """`A_SECOND` requests a second of each workspace, `AT_ONCE` after a rest. `ticks` gives seconds that never go back."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, workspace: str) -> None:
        """Count a request. Raises TooManyTries."""
        now = self._ticks()
        left, since = self._left.pop(workspace, (float(AT_ONCE), now))
        left = min(AT_ONCE, left + (now - since) * A_SECOND)
        self._left[workspace] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > WORKSPACES_MAX:
            self._left.popitem(last=False)
        if left < 1:
            raise errors.TooManyTries("Too much was asked at once. Wait a second and try again.", 1)
