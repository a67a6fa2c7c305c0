"""A second step at signing in, for whoever wants it: setting it up, turning it off, and the codes themselves.

It stands behind the password only. A link for a new password does not turn it off; an identity provider has steps of its own. What is
sealed here is sealed anew with each code that is used, so that a key which is replaced is out of use by and by; recovery codes work
without any key.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from chalicelib import errors
from chalicelib.domain import mails
from chalicelib.domain.accounts import NO_PASSWORD, SignedIn, User
from chalicelib.domain.one_time_codes import (
    RECOVERY_BYTES,
    RECOVERY_CODES,
    SECRET_BYTES,
    OneTimeCodes,
    app_address,
    bare,
    is_recovery_code,
    key_text,
    proposal_of,
    recovery_code,
    recovery_hash,
    step_of,
)
from chalicelib.domain.secret import Secret
from chalicelib.domain.sentences import counted
from chalicelib.workflows.access_record import AccessRecord, mail_to
from chalicelib.workflows.sign_in import require_recent

if TYPE_CHECKING:
    from chalicelib.storage.accounts import Accounts
    from chalicelib.storage.one_time_codes import CodeRecords

PROPOSED_S = 600
TRIES_MAX = 5
_MEANWHILE = "Your codes were changed in another window meanwhile. Look at them again."
_LATE = "This took longer than ten minutes. Begin again."
_ON = "One-time codes are on. If you have not seen their recovery codes, make new ones."
_ANEW = "Setting up was begun anew in another window. Go on there, or begin again."


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Since when codes are asked for, None if they are not. Whoever has no password `can` not have them."""

    can: bool
    since: datetime | None
    recovery_left: int


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """What an app is set up with: a key to type, or an address to read from a picture. `proposal` is what it is called."""

    proposal: str
    key: Secret
    address: Secret


class TurnedOn(msgspec.Struct, frozen=True, kw_only=True):
    """`trouble` is why they were not told by mail, for the log."""

    recovery: tuple[Secret, ...]
    trouble: str | None


class Codes:
    """`base_url` is where our pages are. `random` gives unguessable bytes, `now` aware UTC instants."""

    def __init__(
        self,
        *,
        codes: "CodeRecords",
        accounts: "Accounts",
        record: AccessRecord,
        mailer: mails.Mailer | None,
        base_url: str,
        now: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._codes = codes
        self._accounts = accounts
        self._record = record
        self._mailer = mailer
        self._base_url = base_url
        self._now = now
        self._random = random

    # -- at signing in

    def are_asked_of(self, user: User) -> bool:
        found = self._codes.get(user.id)
        return found is not None and found.secret is not None

    def use(self, user: User, code: str, *, known: bool) -> bool:
        """Use up one of somebody's codes; False if it is none. Who has none is asked for none.

        They are told if a stranger to the account, not `known` from this network, has its password and no code.
        """
        for _ in range(TRIES_MAX):
            seen = self._codes.get(user.id)
            if seen is None or seen.secret is None:
                return True
            changed = self._used(seen, seen.secret, code)
            if changed is None:
                if not known:
                    told = f"Somebody with the password of {user.email} came without a right one-time code. If that was not them, the password should be replaced."
                    self._record.tell(user.workspace, told, level="warning")
                return False
            if self._codes.replace(seen, changed):
                if len(changed.recovery) < len(seen.recovery):
                    left = counted(len(changed.recovery), "is left", "are left")
                    self._record.tell(user.workspace, f"{user.email} signed in by a recovery code; {left}.")
                return True
        raise errors.Unanswered("one-time codes changed at each try")

    def _used(self, seen: OneTimeCodes, sealed: bytes, code: str) -> OneTimeCodes | None:
        """The codes once this one is used; None if it is none of them."""
        if is_recovery_code(code):
            spent = recovery_hash(code)
            left = tuple(each for each in seen.recovery if each != spent)
            return msgspec.structs.replace(seen, recovery=left) if len(left) < len(seen.recovery) else None
        secret = self._codes.open(seen, sealed)
        step = step_of(secret, bare(code), at=self._seconds(), after=seen.step)
        return msgspec.structs.replace(seen, step=step, secret=self._codes.seal(seen, secret)) if step else None

    # -- of one's own

    def state(self, who: SignedIn) -> State:
        found = self._codes.get(who.user)
        since = found.since if found else None
        return State(
            can=self._has_password(who),
            since=None if since is None else datetime.fromtimestamp(since, UTC),
            recovery_left=len(found.recovery) if found else 0,
        )

    def propose(self, who: SignedIn) -> Proposed:
        """Make a secret for an app; what is in force stays so until `turn_on`. Raises Forbidden after an old sign-in, Conflict."""
        require_recent(who, self._now())
        if not self._has_password(who):
            raise errors.Conflict("You sign in without a password, so there is nothing here to add a code to.")
        secret = self._random(SECRET_BYTES)
        seen = self._codes.get(who.user)
        now = seen or OneTimeCodes(user=who.user, workspace=who.workspace)
        proposed = self._codes.seal(now, secret)
        self._replace(
            seen, msgspec.structs.replace(now, proposed=proposed, proposed_until=self._seconds() + PROPOSED_S)
        )
        address = app_address(secret, who.email)
        return Proposed(proposal=proposal_of(secret), key=Secret(key_text(secret)), address=address)

    def turn_on(self, who: SignedIn, code: str, proposal: str = "") -> TurnedOn:
        """Ask for codes of the proposed secret from now on, once its app has made one; recovery codes, shown this once.

        `proposal` is the one that the app was set up with, "" for the latest. Raises Forbidden after an old sign-in, RequestError,
        Conflict.
        """
        require_recent(who, self._now())
        seen = self._codes.get(who.user)
        if seen is None or seen.proposed is None or self._seconds() >= seen.proposed_until:
            sent_again = seen is not None and seen.since is not None and seen.proposed is None
            raise errors.Conflict(_ON if sent_again else _LATE)
        secret = self._codes.open(seen, seen.proposed)
        if proposal and proposal != proposal_of(secret):
            raise errors.Conflict(_ANEW)
        step = step_of(secret, bare(code), at=self._seconds(), after=0)
        if step is None:
            raise errors.RequestError(
                "This code is not right.",
                {"code": "Enter what the app shows now. If it never fits, look at the phone's clock."},
            )
        codes = self._new_recovery()
        self._record.keep(who.workspace, who.email, "codes", "on" if seen.secret else "off", "on")
        self._replace(
            seen,
            OneTimeCodes(
                user=seen.user,
                workspace=seen.workspace,
                secret=seen.proposed,
                since=self._seconds(),
                step=step,
                recovery=tuple(recovery_hash(each.reveal()) for each in codes),
            ),
        )
        return TurnedOn(recovery=codes, trouble=self._tell(who, "turned one-time codes on", on=True))

    def renew_recovery(self, who: SignedIn) -> tuple[Secret, ...]:
        """New recovery codes in place of the old ones, shown this once. Raises Forbidden after an old sign-in, Conflict."""
        require_recent(who, self._now())
        seen = self._codes.get(who.user)
        if seen is None or seen.secret is None:
            raise errors.Conflict("One-time codes are off.")
        codes = self._new_recovery()
        hashes = tuple(recovery_hash(each.reveal()) for each in codes)
        self._record.keep(who.workspace, who.email, "codes", "on", "on, with new recovery codes")
        self._replace(seen, msgspec.structs.replace(seen, recovery=hashes))
        self._record.tell(who.workspace, f"{who.email} made new recovery codes.")
        return codes

    def turn_off(self, who: SignedIn) -> str | None:
        """Ask for no more codes; why they were not told by mail, for the log. Raises Forbidden after an old sign-in, Conflict."""
        require_recent(who, self._now())
        seen = self._codes.get(who.user)
        if seen is None or seen.secret is None:
            return None
        self._record.keep(who.workspace, who.email, "codes", "on", "off")
        if not self._codes.drop(seen):
            raise errors.Conflict(_MEANWHILE)
        return self._tell(who, "turned one-time codes off", on=False)

    # --

    def _replace(self, seen: OneTimeCodes | None, changed: OneTimeCodes) -> None:
        if not self._codes.replace(seen, changed):
            raise errors.Conflict(_MEANWHILE)

    def _new_recovery(self) -> tuple[Secret, ...]:
        return tuple(Secret(recovery_code(self._random(RECOVERY_BYTES))) for _ in range(RECOVERY_CODES))

    def _has_password(self, who: SignedIn) -> bool:
        user = self._accounts.user(who.user)
        return user is not None and user.password != NO_PASSWORD

    def _tell(self, who: SignedIn, what: str, *, on: bool) -> str | None:
        self._record.tell(who.workspace, f"{who.email} {what}.")
        return mail_to(self._mailer, who.email, mails.codes_changed(on=on, base_url=self._base_url))

    def _seconds(self) -> int:
        return int(self._now().timestamp())
