"""What admins do to a workspace besides backfills. Each is told to the merchant, and kept in the audit with its reason."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import Workspace, normal_email
from chalicelib.domain.activity import line_id
from chalicelib.domain.allotment import Terms
from chalicelib.domain.audit import Change, changed_fields
from chalicelib.domain.connections import Connection
from chalicelib.domain.sentences import counted
from chalicelib.workflows.pair import Note

if TYPE_CHECKING:
    from chalicelib.storage.accounts import Accounts
    from chalicelib.storage.audit import Audit
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.days import Days
    from chalicelib.storage.one_time_codes import CodeRecords
    from chalicelib.workflows.persons import Persons
    from chalicelib.workflows.syncs import RunSyncs

ACTOR = "admin"
TRIES_MAX = 5


class FailedDay(msgspec.Struct, frozen=True):
    """A day that needs somebody: of which connection, and why it failed."""

    connection: str
    name: str
    day: date
    reason: str


class Administer:
    """`note` writes activity, `now` gives aware UTC instants, `new_id` names that are never used twice."""

    def __init__(
        self,
        *,
        accounts: "Accounts",
        codes: "CodeRecords",
        connections: "Connections",
        days: "Days",
        syncs: "RunSyncs",
        persons: "Persons",
        audit: "Audit",
        note: Note,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._accounts = accounts
        self._codes = codes
        self._connections = connections
        self._days = days
        self._syncs = syncs
        self._persons = persons
        self._audit = audit
        self._note = note
        self._now = now
        self._new_id = new_id

    def failed_days(self, workspace: str) -> list[FailedDay]:
        """The days of paired connections that failed for good, oldest first. Raises RequestError."""
        self._workspace(workspace)
        names = {each.id: each.name for each in self._connections.list(workspace) if each.state == "paired"}
        return [
            FailedDay(day.key.connection, names[day.key.connection], day.key.day, day.reason)
            for day in self._days.glances(workspace, date.min, date.max)
            if day.progress == "failed" and day.key.connection in names
        ]

    def retry(self, workspace: str, connection: str, *, reason: str) -> tuple[str | None, int]:
        """Ask for a connection's failed days once more: the sync, None if none failed, and how many days. Raises RequestError."""
        found = self._paired(workspace, connection)
        days = [each.day for each in self.failed_days(workspace) if each.connection == found.id]
        if not days:
            return None, 0
        told = f"{counted(len(days), 'failed day', 'failed days')} tried again: {reason}"
        self._keep(workspace, f"connection {found.id}", {}, {"retried": _text(told)})
        sync = self._syncs.of_days(found, days, actor=ACTOR, reason="manual")
        self._note(workspace, "info", f"By an admin, {told}", connection_id=found.id)
        return sync.id, len(days)

    def allow_individual(self, workspace: str, *, allowed: bool, reason: str) -> bool:
        """Let the workspace choose individual sales, or no more; connections that keep them go on. Whether that is new.

        Raises RequestError, Conflict.
        """
        word = "can be chosen now" if allowed else "can be chosen no more"
        told = f"Individual sales {word}, by an admin: {reason}"
        return self._change(workspace, told, reason, individual_allowed=allowed)

    def set_terms(self, workspace: str, terms: Terms | None, *, reason: str) -> bool:
        """Give the workspace an allotment and prices of its own, or those of everybody with None. Whether that is new.

        They hold for the whole plan year in which we are. Raises RequestError, Conflict.
        """
        word = "is that of everybody" if terms is None else "has no limit"
        if terms and terms.allotment:
            word = f"is {counted(terms.allotment, 'order', 'orders')} a year"
        return self._change(workspace, f"The allotment {word}, by an admin: {reason}", reason, terms=terms)

    def _change(self, workspace: str, told: str, reason: str, **fields: Any) -> bool:
        """It is kept and told before it is done: repeated after a fault it finds nothing to change, and tells no more."""
        kept = None
        for _ in range(TRIES_MAX):
            seen = self._workspace(workspace)
            changed = msgspec.structs.replace(seen, **fields)
            if changed == seen:
                return False
            changed = msgspec.structs.replace(changed, version=seen.version + 1)
            before, after = differs = changed_fields(seen, changed)
            if differs != kept:
                self._keep(workspace, "workspace", before, after | {"reason": _text(reason)})
            if kept is None:
                self._note(workspace, "info", told, connection_id=None)
            kept = differs
            if self._accounts.change_workspace(seen, changed):
                return True
        raise errors.Conflict("Somebody else changes this workspace right now. Try again.")

    def erase(self, workspace: str, connection: str, orders: tuple[str, ...], *, reason: str) -> int:
        """Erase for good who bought these orders, named by the channel's own ids; what was sold stays.

        Of how many somebody was known: of none, if these are no ids of this channel's. Raises RequestError.
        """
        found = self.connection(workspace, connection)
        told = f"the customers of {counted(len(orders), 'order', 'orders')} were erased: {reason}"
        self._keep(workspace, f"connection {found.id}", {}, {"erased": _text(told)})
        known = self._persons.known(found, orders)
        self._persons.erase_orders(found, orders)
        self._note(workspace, "info", f"By an admin, {told}", connection_id=found.id)
        return known

    def turn_off_codes(self, workspace: str, email: str, *, reason: str) -> bool:
        """Ask somebody of the workspace for no more one-time codes, and end their sessions. Whether there were any.

        It is for whoever lost app and recovery codes, once it is sure who asks. Sessions end also where there are no codes, so
        that a repeat makes up for whatever the first time did not get to. Raises RequestError, Conflict.
        """
        self._workspace(workspace)
        user = self._accounts.user_of(normal_email(email) or "")
        if user is None or user.workspace != workspace:
            raise errors.RequestError("This cannot be done.", {"email": "Nobody in this workspace has this address."})
        seen = self._codes.get(user.id)
        were_on = seen is not None and seen.secret is not None
        before, after = (
            ({"codes": _text("on")}, {"codes": _text("off")}) if were_on else ({}, {"sessions": _text("ended")})
        )
        what = (
            f"one-time codes of {user.email} were turned off" if were_on else f"{user.email} was signed out everywhere"
        )
        self._keep(workspace, "access", before, after | {"reason": _text(reason)})
        self._note(workspace, "warning", f"By an admin, {what}: {reason}", connection_id=None)
        # Before the codes go, so that who dies in between leaves none of them; and after, for who came in by them meanwhile.
        self._accounts.end_sessions_of(user.id)
        if were_on:
            self._drop_codes(user.id)
            self._accounts.end_sessions_of(user.id)
        return were_on

    def _drop_codes(self, user: str) -> None:
        for _ in range(TRIES_MAX):
            seen = self._codes.get(user)
            if seen is None or self._codes.drop(seen):
                return
        raise errors.Conflict("They were changed meanwhile. Try again.")

    def connection(self, workspace: str, id_: str) -> Connection:
        """A connection in whatever state. Raises RequestError."""
        found = self._connections.get(workspace, id_)
        if found is None:
            raise errors.RequestError("This cannot be done.", {"connection": "This workspace has no such connection."})
        return found

    def _workspace(self, id_: str) -> Workspace:
        found = self._accounts.workspace(id_)
        if found is None:
            raise errors.RequestError("This cannot be done.", {"workspace": "There is no such workspace."})
        return found

    def _paired(self, workspace: str, id_: str) -> Connection:
        found = self.connection(workspace, id_)
        if found.state != "paired":
            raise errors.RequestError("This cannot be done.", {"connection": f"It is {found.state}."})
        return found

    def _keep(self, workspace: str, about: str, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        """Before it is done, so that nothing is done that is not kept."""
        at = self._now()
        row = Change(
            id=line_id(at, self._new_id()), at=at, actor=ACTOR, about=about, before=dict(before), after=dict(after)
        )
        self._audit.write(workspace, row)


def _text(text: str) -> str:
    return msgspec.json.encode(text).decode()
