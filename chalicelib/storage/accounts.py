"""Accounts: users and their workspaces, sessions, and the tries that were made to sign in.

    USER#<user>                 USER        User
    EMAIL#<hash of address>     EMAIL       EmailClaim   which user has this e-mail; put if absent, so one user has it
    WS#<workspace>              WORKSPACE   Workspace
    SESSION#<hash of cookie>    SESSION     Session
    TRIES#<what>#<hash of whom> TRIES       Tries        counted before the password is looked at
    KNOWN#<hash of address>     <hash of network address>  KnownPlace   somebody signed in to this account from there

Secrets and addresses enter keys only as SHA-256. Expiry is checked here or by who asks; the table's own comes when it likes.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Literal

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib import errors
from chalicelib.domain.accounts import Session, User, Workspace
from chalicelib.domain.allotment import Terms
from chalicelib.storage.flip import TRIES_MAX, write_surely
from chalicelib.storage.models import Item, key
from chalicelib.storage.table import Table

TRIES_KEPT_S = 86_400
PLACE_KEPT_S = 90 * 86_400


class UserItem(Item):
    workspace = UnicodeAttribute()
    email = UnicodeAttribute()
    role = UnicodeAttribute()
    password = UnicodeAttribute()
    epoch = NumberAttribute(default=0)
    role_change = NumberAttribute(default=0)
    reset = UnicodeAttribute(null=True)  # see resets.py


class EmailClaim(Item):
    user = UnicodeAttribute()


class WorkspaceItem(Item):
    name = UnicodeAttribute()
    time_zone = UnicodeAttribute()
    currency = UnicodeAttribute()
    week_start = UnicodeAttribute()
    individual_allowed = NumberAttribute(default=0)
    signed_up_at = NumberAttribute()
    fiscal_start = NumberAttribute(default=1)
    reading = UnicodeAttribute(default="event_day")
    locked_through = UnicodeAttribute(null=True)
    terms = UnicodeAttribute(null=True)
    version = NumberAttribute(default=0)


class SessionItem(Item):
    user = UnicodeAttribute()
    epoch = NumberAttribute()
    signed_in_at = NumberAttribute()
    seen_at = NumberAttribute()
    ends_at = NumberAttribute()


class Tries(Item):
    """`mark` names the last try, so that who made it knows it again."""

    tries = NumberAttribute(default=0)
    until = NumberAttribute(default=0)
    last_at = NumberAttribute(default=0)
    mark = UnicodeAttribute()


PlaceKnown = Literal["signed in", "by mail"]


class KnownPlace(Item):
    """`how` is "by mail" where all that was done from there is using a link that was mailed."""

    how = UnicodeAttribute(default="signed in")


def user_of(id_: str, item: UserItem) -> User:
    return User(
        id=id_,
        workspace=item.workspace,
        email=item.email,
        role=item.role,  # type: ignore[arg-type]
        password=item.password,
        epoch=int(item.epoch or 0),
    )


class Accounts:
    """The accounts of everybody. `new_id` gives names never used twice."""

    def __init__(self, table: Table, new_id: Callable[[], str]) -> None:
        self._table = table
        self._new_id = new_id

    # -- users and workspaces

    def user_of(self, email: str) -> User | None:
        """Who has this e-mail. It reads as much for one that nobody has."""
        claim = self._table.get(EmailClaim, *_email_key(email))
        return self.user(claim.user if claim else "nobody")

    def user(self, user: str) -> User | None:
        item = self._table.get(UserItem, *user_key(user))
        return None if item is None else user_of(user, item)

    def add(self, workspace: Workspace, user: User) -> bool:
        """Add a workspace with its first user; False if somebody has the user's e-mail.

        The claim of the e-mail comes last and decides: without it nobody finds the other two, so what a crash leaves behind
        is litter.
        """
        self.write(workspace, user)
        claimed = self.claim_email(user)
        if not claimed:
            self.drop(user)
        return claimed

    def write(self, workspace: Workspace, user: User) -> None:
        """Write a workspace with its first user, whom nobody finds before something of theirs is claimed."""
        self._insert_own(
            WorkspaceItem(
                *_workspace_key(workspace.id),
                name=workspace.name,
                time_zone=workspace.time_zone,
                currency=workspace.currency,
                week_start=workspace.week_start,
                individual_allowed=int(workspace.individual_allowed),
                signed_up_at=int(workspace.signed_up_at.timestamp()),
            )
        )
        self.add_user(user)

    def drop(self, user: User) -> None:
        """Delete a user whom nobody can find, with their workspace; may be lost, and then they are litter."""
        self._try_to(lambda: self._table.delete(*user_key(user.id)))
        self._try_to(lambda: self._table.delete(*_workspace_key(user.workspace)))

    def add_user(self, user: User) -> None:
        """Write a user whom nobody finds before their e-mail is claimed."""
        self._insert_own(
            UserItem(
                *user_key(user.id),
                workspace=user.workspace,
                email=user.email,
                role=user.role,
                password=user.password,
                epoch=user.epoch,
            )
        )

    def claim_email(self, user: User) -> bool:
        """From now on the user is found by their e-mail; False if somebody else is."""
        at = _email_key(user.email)
        return write_surely(
            lambda: self._table.insert(EmailClaim(*at, user=user.id)),
            lambda: self._table.get(EmailClaim, *at),
            landed=lambda item: item is not None and item.user == user.id,
            open_still=lambda item: item is None,
        )

    def remove(self, user: User) -> None:
        """Delete a user, last of all the item that is read to repeat this. Raises Unanswered if that is not sure.

        One-time codes go once nobody can sign in by the address any more.
        """
        at = _email_key(user.email)
        write_surely(
            lambda: self._table.delete(*at, EmailClaim.user == user.id),
            lambda: self._table.get(EmailClaim, *at),
            landed=lambda item: item is None or item.user != user.id,
            open_still=lambda item: item is not None,
        )
        self._repeat(lambda: self._table.delete(*codes_key(user.id)))
        self._repeat(lambda: self._table.delete(*user_key(user.id)))

    def keep_password(self, user: User, password: str) -> None:
        """Replace the stored form of the same password, unless the password was changed since; may be lost."""
        self._try_to(
            lambda: self._table.update(
                *user_key(user.id), [UserItem.password.set(password)], UserItem.password == user.password
            )
        )

    def workspace(self, workspace: str) -> Workspace | None:
        item = self._table.get(WorkspaceItem, *_workspace_key(workspace))
        if item is None:
            return None
        return _workspace(workspace, item)

    def change_workspace(self, seen: Workspace, changed: Workspace) -> bool:
        """Replace the settings of the workspace as it was `seen`; False if somebody changed them since."""
        assert changed.version == seen.version + 1, "each change is a version of its own"
        actions = [
            WorkspaceItem.name.set(changed.name),
            WorkspaceItem.time_zone.set(changed.time_zone),
            WorkspaceItem.week_start.set(changed.week_start),
            WorkspaceItem.individual_allowed.set(int(changed.individual_allowed)),
            WorkspaceItem.fiscal_start.set(changed.fiscal_start),
            WorkspaceItem.reading.set(changed.reading),
            WorkspaceItem.version.set(changed.version),
            WorkspaceItem.locked_through.set(changed.locked_through.isoformat())
            if changed.locked_through
            else WorkspaceItem.locked_through.remove(),
            WorkspaceItem.terms.set(msgspec.json.encode(changed.terms).decode())
            if changed.terms
            else WorkspaceItem.terms.remove(),
        ]
        return write_surely(
            lambda: self._table.update(*_workspace_key(seen.id), actions, _is_version(seen.version)),
            lambda: self._table.get(WorkspaceItem, *_workspace_key(seen.id)),
            landed=lambda item: item is not None and _workspace(seen.id, item) == changed,
            open_still=lambda item: item is not None and int(item.version) == seen.version,
        )

    # -- sessions

    def begin_session(self, session: Session, *, expires_at: int) -> None:
        self._insert_own(
            SessionItem(
                *_session_key(session.id),
                user=session.user,
                epoch=session.epoch,
                signed_in_at=session.signed_in_at,
                seen_at=session.seen_at,
                ends_at=session.ends_at,
                expires_at=expires_at,
            )
        )

    def session(self, session: str) -> Session | None:
        item = self._table.get(SessionItem, *_session_key(session))
        if item is None:
            return None
        return Session(
            id=session,
            user=item.user,
            epoch=int(item.epoch),
            signed_in_at=int(item.signed_in_at),
            seen_at=int(item.seen_at),
            ends_at=int(item.ends_at),
        )

    def note_seen(self, session: str, at: int) -> None:
        """Note that the session was used; may be lost, and never brings one back that was ended."""
        self._try_to(
            lambda: self._table.update(*_session_key(session), [SessionItem.seen_at.set(at)], SessionItem.user.exists())
        )

    def end_session(self, session: str) -> None:
        self._repeat(lambda: self._table.delete(*_session_key(session)))

    def end_sessions_of(self, user: str) -> None:
        """End all sessions that the user has now, by one write. Raises Unanswered if that is not sure."""
        self._update_surely(user_key(user), [UserItem.epoch.add(1)], UserItem.email.exists())

    # -- tries

    def take_try(self, what: str, whom: str, *, at: int, wait_after: Callable[[int], int]) -> int:
        """Count a try before it is made. Returns 0 if it may be made, else how many seconds to wait; then it is not counted.

        The n-th try in a row makes the next one wait `wait_after(n)` seconds. A day without tries is a new start.
        """
        pk, sk = _tries_key(what, whom)
        mark = self._new_id()
        for _ in range(TRIES_MAX):
            item = self._table.get(Tries, pk, sk)
            if item is not None and item.mark == mark:
                return 0
            if item is not None and (left := int(item.until) - at) > 0:
                return left
            recent = item is not None and at < int(item.last_at) + TRIES_KEPT_S
            tries = 1 + (int(item.tries) if item is not None and recent else 0)
            wait = wait_after(tries)
            taken = Tries(
                pk, sk, tries=tries, until=at + wait, last_at=at, mark=mark, expires_at=at + wait + TRIES_KEPT_S
            )
            try:
                self._table.put(taken, Tries.mark == item.mark if item is not None else Tries.mark.does_not_exist())
                return 0
            except (errors.Refused, errors.Unanswered):
                continue  # what is there now is read again, and may be ours
        return 1

    def give_try_back(self, what: str, whom: str) -> None:
        """Count a try that succeeded no longer; may be lost."""
        actions = [Tries.tries.add(-1), Tries.until.set(0)]
        self._try_to(lambda: self._table.update(*_tries_key(what, whom), actions, Tries.tries > 0))

    def forget_tries(self, what: str, whom: str) -> None:
        """Start anew; may be lost."""
        self._try_to(lambda: self._table.delete(*_tries_key(what, whom)))

    def known_place(self, email: str, address: str, *, at: int) -> "PlaceKnown | None":
        """What somebody did from that network address in the last 90 days: sign in to the account, or use a mailed link only."""
        item = self._table.get(KnownPlace, *_place_key(email, address))
        if item is None or at >= int(item.expires_at):
            return None
        return "by mail" if item.how == "by mail" else "signed in"

    def note_place(self, email: str, address: str, *, at: int, how: "PlaceKnown" = "signed in") -> None:
        """A sign-in counts for more than a link, and is not forgotten for one. May be lost."""
        item = KnownPlace(*_place_key(email, address), how=how, expires_at=at + PLACE_KEPT_S)
        lesser = KnownPlace.how.does_not_exist() | (KnownPlace.how == "by mail") | (KnownPlace.expires_at <= at)
        self._try_to(lambda: self._table.put(item, lesser if how == "by mail" else None))

    # -- writes

    def _insert_own(self, item: Item) -> None:
        """Write an item whose name only we have: a refusal is the echo of our own first try."""
        try:
            self._repeat(lambda: self._table.insert(item))
        except errors.Refused:
            return

    def _update_surely(self, at: tuple[str, str], actions: Sequence[Action], condition: Condition) -> None:
        """An update that may be done twice, of an item that must be there."""
        try:
            self._repeat(lambda: self._table.update(*at, actions, condition))
        except errors.Refused as exc:
            raise errors.NotFound("There is nothing here.") from exc

    @staticmethod
    def _repeat(write: Callable[[], None]) -> None:
        for _ in range(3):
            try:
                write()
                return
            except errors.Unanswered:
                continue
        write()

    @staticmethod
    def _try_to(write: Callable[[], None]) -> None:
        """A write that may as well not happen."""
        try:
            write()
        except (errors.Refused, errors.Unanswered):
            return


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def user_key(user: str) -> tuple[str, str]:
    return key("USER", user), "USER"


def codes_key(user: str) -> tuple[str, str]:
    """Where somebody's one-time codes are (one_time_codes.py)."""
    return key("USER", user), "CODES"


def _email_key(email: str) -> tuple[str, str]:
    return key("EMAIL", _hashed(email)), "EMAIL"


def _workspace_key(workspace: str) -> tuple[str, str]:
    return key("WS", workspace), "WORKSPACE"


def _session_key(session: str) -> tuple[str, str]:
    return key("SESSION", session), "SESSION"


def _tries_key(what: str, whom: str) -> tuple[str, str]:
    return key("TRIES", what, _hashed(whom)), "TRIES"


def _place_key(email: str, address: str) -> tuple[str, str]:
    return key("KNOWN", _hashed(email)), _hashed(address)


def _is_version(version: int) -> Condition:
    """The workspace is there, with that version of its settings."""
    unchanged = WorkspaceItem.version == version
    return WorkspaceItem.name.exists() & (unchanged if version else unchanged | WorkspaceItem.version.does_not_exist())


def _workspace(id_: str, item: WorkspaceItem) -> Workspace:
    return Workspace(
        id=id_,
        name=item.name,
        time_zone=item.time_zone,
        currency=item.currency,
        week_start=item.week_start,  # type: ignore[arg-type]
        individual_allowed=bool(int(item.individual_allowed)),
        signed_up_at=datetime.fromtimestamp(int(item.signed_up_at), UTC),
        fiscal_start=int(item.fiscal_start),
        reading=item.reading,  # type: ignore[arg-type]
        locked_through=date.fromisoformat(item.locked_through) if item.locked_through else None,
        terms=msgspec.json.decode(item.terms, type=Terms) if item.terms else None,
        version=int(item.version),
    )
