"""What people change by hand: the workspace's settings and the names of connections."""

from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from chalicelib import errors
from chalicelib.domain.accounts import WeekStart, Workspace, normal_name

if TYPE_CHECKING:
    from chalicelib.storage.accounts import Accounts
    from chalicelib.storage.connections import Connections


class Change:
    """Changes by hand. The last one to write wins."""

    def __init__(self, *, accounts: "Accounts", connections: "Connections") -> None:
        self._accounts = accounts
        self._connections = connections

    def workspace(
        self, id_: str, *, name: str | None = None, time_zone: str | None = None, week_start: WeekStart | None = None
    ) -> Workspace:
        """Set what is not None and return the workspace as it is then. Raises RequestError with the fields that are wrong."""
        if name is not None:
            name = _named(name)
        if time_zone is not None and time_zone not in available_timezones():
            raise errors.RequestError("There is no such time zone.", {"time_zone": "Choose one of the list."})
        self._accounts.change_workspace(id_, name=name, time_zone=time_zone, week_start=week_start)
        changed = self._accounts.workspace(id_)
        assert changed is not None, "a workspace is there as long as somebody is signed in to it"
        return changed

    def connection(self, workspace: str, id_: str, *, name: str) -> None:
        """Give a connection another name. Raises NotFound, RequestError."""
        self._connections.rename(workspace, id_, _named(name))


def _named(text: str) -> str:
    name = normal_name(text)
    if name is None:
        raise errors.RequestError("The name cannot be used.", {"name": "1 to 80 characters that can be read."})
    return name
