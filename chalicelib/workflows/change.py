"""What people change by hand: the workspace's settings and the names of connections.

Settings are guarded by their version: who read another one than is in force is told so, and nothing changes. Each change is
kept with who made it, when, and what was before and after.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import SignedIn, Workspace, normal_name
from chalicelib.domain.activity import line_id
from chalicelib.domain.audit import Change as AuditChange
from chalicelib.domain.audit import changed_fields

if TYPE_CHECKING:
    from chalicelib.storage.accounts import Accounts
    from chalicelib.storage.audit import Audit
    from chalicelib.storage.connections import Connections

TRIES_MAX = 5
LOOKED_AT_MAX = 2_000
# How far behind UTC a day may still be going on.
WESTMOST = timedelta(hours=12)


class Change:
    """Changes by hand. `now` gives aware UTC instants, `new_id` names that are never used twice."""

    def __init__(
        self,
        *,
        accounts: "Accounts",
        connections: "Connections",
        audit: "Audit",
        looks: "Audit",
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._accounts = accounts
        self._connections = connections
        self._audit = audit
        self._looks = looks
        self._now = now
        self._new_id = new_id

    def read_workspace(self, id_: str) -> Workspace:
        found = self._accounts.workspace(id_)
        assert found is not None, "a workspace is there as long as somebody is signed in to it"
        return found

    def workspace(self, who: SignedIn, fields: dict[str, Any], *, version: int | None) -> Workspace:
        """Set the fields that are given and return the workspace as it is then.

        With `version`, only if that is in force. Raises RequestError with the fields that are wrong, OutOfDate.
        """
        fields = dict(fields)
        if "name" in fields:
            fields["name"] = _named(fields["name"])
        if fields.get("time_zone", "UTC") not in available_timezones():
            raise errors.RequestError("There is no such time zone.", {"time_zone": "Choose one of the list."})
        for _ in range(TRIES_MAX):
            seen = self.read_workspace(who.workspace)
            if version is not None and seen.version != version:
                raise errors.OutOfDate(self.told(who.workspace, "workspace"))
            self._check_lock(seen, fields)
            changed = msgspec.structs.replace(seen, **fields, version=seen.version + 1)
            if changed == msgspec.structs.replace(seen, version=seen.version + 1):
                return seen
            self.note(who, "workspace", seen, changed)
            if self._accounts.change_workspace(seen, changed):
                return changed
        raise errors.Conflict("Somebody else changes these settings right now. Try again.")

    def connection(self, workspace: str, id_: str, *, name: str) -> None:
        """Give a connection another name. Raises NotFound, RequestError."""
        self._connections.rename(workspace, id_, _named(name))

    def note(self, who: SignedIn, about: str, before: msgspec.Struct, after: msgspec.Struct) -> None:
        """Keep who changes what, before it is changed."""
        at = self._now()
        old, new = changed_fields(before, after)
        change = AuditChange(id=line_id(at, self._new_id()), at=at, actor=who.email, about=about, before=old, after=new)
        self._audit.write(who.workspace, change)

    def note_look(self, who: SignedIn, at_what: str) -> None:
        """Keep who looks at persons, before they are shown."""
        at = self._now()
        look = {"looked_at": at_what}
        change = AuditChange(
            id=line_id(at, self._new_id()), at=at, actor=who.email, about="persons", before={}, after=look
        )
        self._looks.write(who.workspace, change)

    def looks(self, workspace: str, *, before: str | None, limit: int) -> tuple[list[AuditChange], str | None]:
        """Who looked at persons, newest first from behind `before`, and where the next page begins."""
        rows = self._looks.list(workspace, before=before or "~", limit=limit + 2)
        found = [look for look in rows if look.id != before]
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    def list(
        self, workspace: str, about: str, *, before: str | None, limit: int
    ) -> tuple[list[AuditChange], str | None]:
        """Changes of one thing's settings, newest first from behind `before`, and where the next page begins."""
        rows = self._audit.list(workspace, before=before or "~", limit=LOOKED_AT_MAX)
        found = [change for change in rows if change.about == about and change.id != before][: limit + 1]
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    def told(self, workspace: str, about: str) -> str:
        """Who changed these settings last, in a sentence."""
        found, _ = self.list(workspace, about, before=None, limit=1)
        if not found:
            return "Somebody saved other settings meanwhile."
        (last,) = found
        return f"{last.actor} saved other settings at {last.at:%H:%M} UTC: {', '.join(last.after)}."

    def _check_lock(self, seen: Workspace, fields: dict[str, Any]) -> None:
        lock: date | None = fields.get("locked_through", seen.locked_through)
        if lock is not None and lock != seen.locked_through and lock >= (self._now() - WESTMOST).date():
            wrong = {"locked_through": "Choose a day that is over in every time zone."}
            raise errors.RequestError("Only past days can be locked.", wrong)


def _named(text: str) -> str:
    name = normal_name(text)
    if name is None:
        raise errors.RequestError("The name cannot be used.", {"name": "1 to 80 characters that can be read."})
    return name
