"""Signing up, in and out, and knowing who asks.

A session is 256 random bits in a cookie, of which only the hash is stored; it is looked up on each request, so that ending it
works at once. It ends after 12 h without use, 7 days after the sign-in, or 24 h after it where the visitor did not ask to
be kept signed in.

Tries are counted in the table before a password is looked at: by account, and by network address. From the sixth in a row
on each makes the next one wait, twice as long each time, up to a quarter of an hour. A stranger's tries do not make somebody
wait who has signed in from the same address before: known addresses of an account are counted apart. Strangers' are counted by
the wider network that they come from, and all of them together: after each few tries all wait a quarter of an hour, then there
are some for everybody again. So one network that does not stop leaves others their turn. One-time codes, of whoever has them, are
counted too, once the password was right; known is then only from where somebody has signed in whole, not who has the mailbox.
"""

import hashlib
import hmac
import ipaddress
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import NO_PASSWORD, Session, SignedIn, User, Workspace, normal_email, normal_name
from chalicelib.domain.passwords import SALT_BYTES, Passwords, what_is_wrong
from chalicelib.domain.secret import Secret

if TYPE_CHECKING:
    from chalicelib.storage.accounts import Accounts
    from chalicelib.workflows.one_time_codes import Codes

IDLE_S = 12 * 3_600
KEPT_S = 7 * 86_400
UNKEPT_S = 86_400
NOTED_EVERY_S = 300
RECENT = timedelta(minutes=10)

_SECRET_BYTES = 32
_FREE_TRIES = {
    "stranger": 5,
    "known": 5,
    "code": 5,
    "known code": 5,
    "address": 30,
    "sign-up": 10,
    "provider": 30,
    "reset stranger": 3,
    "reset known": 3,
    "reset address": 10,
}
# So many tries of all strangers together, then a pause.
_ROUND = {"account": 7, "reset": 3}
_WAIT_S_MAX = 900
_DOUBLINGS_MAX = 10
_NOT_RIGHT = "Email or password is not right."


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A new session and what its cookie holds; `max_age_s` is None where the browser shall forget it when it is closed."""

    cookie: Secret
    max_age_s: int | None
    signed_in: SignedIn


class SignIn:
    """Everything about sessions. `random` gives unguessable bytes, `now` aware UTC instants, `codes` what is loaded for few.

    `individual_allowed` is whether new workspaces may keep individual sales.
    """

    def __init__(
        self,
        *,
        accounts: "Accounts",
        passwords: Passwords,
        codes: "Callable[[], Codes]",
        now: Callable[[], datetime],
        random: Callable[[int], bytes],
        individual_allowed: bool,
    ) -> None:
        self._accounts = accounts
        self._codes = codes
        self._individual_allowed = individual_allowed
        self._passwords = passwords
        self._now = now
        self._random = random

    def sign_up(
        self, email: str, password: str, workspace: str, *, address: str, time_zone: str = "UTC", old: str | None = None
    ) -> Opened:
        """Make a user who owns a new workspace, and sign them in; the session whose cookie is `old` ends.

        Raises RequestError with the fields that are wrong, TooManyTries. A `time_zone` that we do not know is as if none was
        given: it is the browser's word, and nobody typed it.
        """
        mail, name = normal_email(email), normal_name(workspace)
        wrong: dict[str, str] = {}
        if mail is None:
            wrong["email"] = "This does not look like an email address."
        if name is None:
            wrong["workspace"] = "Give your business a name of at most 80 characters."
        if complaint := what_is_wrong(password, about=(email, email.partition("@")[0], workspace)):
            wrong["password"] = complaint
        if mail is None or name is None or wrong:
            raise errors.RequestError("Something has to be corrected first.", wrong)
        self.take_try("sign-up", network(address))
        kept = self._passwords.keep(password, self._random(SALT_BYTES))
        found = self.founded(mail, name, time_zone, password=kept)
        user = found[1]
        if not self._accounts.add(*found):
            raise errors.RequestError("This email is taken.", {"email": "There is an account with this email already."})
        self._accounts.note_place(mail, network(address), at=self._seconds())
        return self.begin(user, keep=False, old=old)

    def founded(self, email: str, name: str, time_zone: str, *, password: str) -> tuple[Workspace, User]:
        """A new workspace with its owner, as they are going to be stored."""
        workspace = Workspace(
            id=self._new_id(),
            name=name,
            time_zone=time_zone if time_zone in available_timezones() else "UTC",
            currency="USD",
            week_start="monday",
            individual_allowed=self._individual_allowed,
            signed_up_at=self._now(),
        )
        owner = User(id=self._new_id(), workspace=workspace.id, email=email, role="owner", password=password, epoch=0)
        return workspace, owner

    def sign_in(
        self, email: str, password: str, code: str = "", *, address: str, keep: bool = False, old: str | None = None
    ) -> Opened:
        """Begin a session; the one whose cookie is `old` ends. Raises NotSignedIn, CodeNeeded, TooManyTries."""
        mail, place = normal_email(email) or email.strip().lower(), network(address)
        self.take_try("address", place)
        known = self._accounts.known_place(mail, place, at=self._seconds())
        counted = [("known", f"{mail} {place}")] if known else _strangers("stranger", "account", mail, place)
        self.take_tries(counted)
        user = self._accounts.user_of(mail)
        kept = user.password if user and user.password != NO_PASSWORD else None
        right = self._passwords.is_right(password, kept)
        if user is None or not right:
            raise errors.NotSignedIn(_NOT_RIGHT)
        for each in counted:
            self._accounts.forget_tries(*each)
        self._accounts.give_try_back("address", place)
        self._check_code(user, code, place, known=known == "signed in")
        self._accounts.note_place(mail, place, at=self._seconds())
        if self._passwords.is_outdated(user.password):
            self._accounts.keep_password(user, self._passwords.keep(password, self._random(SALT_BYTES)))
        return self.begin(user, keep=keep, old=old)

    def _check_code(self, user: User, code: str, place: str, *, known: bool) -> None:
        """Ask for a one-time code of whoever has set them up. Raises NotSignedIn, CodeNeeded, TooManyTries."""
        codes = self._codes()
        if not codes.are_asked_of(user):
            return
        if not code.strip():
            raise errors.CodeNeeded(
                "One step more.", {"code": "Enter the code that your app shows, or a recovery code."}
            )
        counted = ("known code", f"{user.id} {place}") if known else ("code", user.id)
        self.take_try(*counted)
        if not codes.use(user, code, known=known):
            raise errors.NotSignedIn(
                "This code is not right.",
                {"code": "A code works once, and for a minute. Enter the one that your app shows now."},
            )
        self._accounts.forget_tries(*counted)

    def read(self, cookie: str | None) -> SignedIn:
        """Who asks, by their cookie. Raises NotSignedIn."""
        found = self._going_on(_session_id(cookie)) if cookie else None
        if cookie is None or found is None:
            raise errors.NotSignedIn("Sign in first.")
        session, user = found
        now = self._seconds()
        if now >= session.seen_at + NOTED_EVERY_S:
            self._accounts.note_seen(session.id, now)
        return _signed_in(user, session, cookie)

    def user_of(self, session: str) -> User | None:
        """Whose session it is, as they are now; None if it is over."""
        found = self._going_on(session)
        return found[1] if found else None

    def sign_out(self, signed_in: SignedIn) -> None:
        self._accounts.end_session(signed_in.session)

    def end_all(self, signed_in: SignedIn) -> None:
        """End every session of this user, this one too."""
        self._accounts.end_sessions_of(signed_in.user)

    def count_reset(self, mail: str, address: str) -> None:
        """Count that a new password is asked for, whether there is such an account or not. Raises TooManyTries."""
        place = network(address)
        self.take_try("reset address", place)
        if self._accounts.known_place(mail, place, at=self._seconds()) == "signed in":
            self.take_try("reset known", f"{mail} {place}")
        else:
            self.take_tries(_strangers("reset stranger", "reset", mail, place))

    def welcome(self, mail: str, address: str) -> None:
        """Somebody has proved from there that the account is theirs: strangers' tries do not make them wait. May be lost."""
        self._accounts.note_place(mail, network(address), at=self._seconds(), how="by mail")
        self._accounts.forget_tries("known", f"{mail} {network(address)}")

    def _going_on(self, session: str) -> tuple[Session, User] | None:
        """A session with its user, None if it is over."""
        found = self._accounts.session(session)
        if found is None or self._seconds() >= min(found.ends_at, found.seen_at + IDLE_S):
            return None
        user = self._accounts.user(found.user)
        return (found, user) if user is not None and user.epoch == found.epoch else None

    def take_try(self, what: str, whom: str) -> None:
        """Count a try before it is made. Raises TooManyTries."""
        wait = self._accounts.take_try(what, whom, at=self._seconds(), wait_after=lambda tries: _wait_s(what, tries))
        if wait:
            raise errors.TooManyTries("Too many tries. Wait a little and try again.", wait)

    def take_tries(self, counted: "list[tuple[str, str]]") -> None:
        """Count a try in each of these, or in none. Raises TooManyTries."""
        for place, each in enumerate(counted):
            try:
                self.take_try(*each)
            except errors.TooManyTries:
                for before in counted[:place]:
                    self._accounts.give_try_back(*before)
                raise

    def begin(self, user: User, *, keep: bool, proved_at: int | None = None, old: str | None = None) -> Opened:
        """Begin a session for somebody who has proved who they are, now or at `proved_at`; the one whose cookie is `old` ends."""
        if old is not None:
            self._accounts.end_session(_session_id(old))
        cookie = Secret(urlsafe_b64encode(self._random(_SECRET_BYTES)).decode().rstrip("="))
        now = self._seconds()
        session = Session(
            id=_session_id(cookie.reveal()),
            user=user.id,
            epoch=user.epoch,
            signed_in_at=now if proved_at is None else proved_at,
            seen_at=now,
            ends_at=now + (KEPT_S if keep else UNKEPT_S),
        )
        self._accounts.begin_session(session, expires_at=session.ends_at)
        return Opened(
            cookie=cookie,
            max_age_s=KEPT_S if keep else None,
            signed_in=_signed_in(user, session, cookie.reveal()),
        )

    def _seconds(self) -> int:
        return int(self._now().timestamp())

    def _new_id(self) -> str:
        return self._random(10).hex()


def require_recent(signed_in: SignedIn, now: datetime) -> None:
    """Raise Forbidden, naming the field `password`, unless the sign-in is at most 10 minutes old."""
    if now - signed_in.signed_in_at > RECENT:
        raise errors.Forbidden(
            "Sign in again: this needs a sign-in of the last 10 minutes.",
            {"password": "Enter your password again."},
        )


def is_token(signed_in: SignedIn, token: str) -> bool:
    """Whether a write came with the token of its session; compared in constant time."""
    return hmac.compare_digest(signed_in.token.reveal().encode(), token.encode("utf-8", "surrogatepass"))


def _signed_in(user: User, session: Session, cookie: str) -> SignedIn:
    token = hmac.new(cookie.encode(), b"daybook: token of writes", hashlib.sha256).hexdigest()
    return SignedIn(
        session=session.id,
        user=user.id,
        email=user.email,
        role=user.role,
        workspace=user.workspace,
        signed_in_at=datetime.fromtimestamp(session.signed_in_at, UTC),
        token=Secret(token),
    )


def _session_id(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()


def network(address: str) -> str:
    """Whose tries count together: an IPv4 address, or the /64 that one IPv6 customer has."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _strangers(apart: str, together: str, mail: str, place: str) -> list[tuple[str, str]]:
    """How the tries of somebody unknown are counted: by the wider network that they come from, and with all others."""
    try:
        here = ipaddress.ip_network(place)
        place = str(here.supernet(new_prefix=min(here.prefixlen, 24 if here.version == 4 else 48)))
    except ValueError:
        pass
    return [(apart, f"{mail} {place}"), (together, mail)]


def _wait_s(what: str, tries: int) -> int:
    """How long to wait after so many tries."""
    if what in _ROUND:
        return 0 if tries % _ROUND[what] else _WAIT_S_MAX
    over = tries - _FREE_TRIES[what]
    return min(_WAIT_S_MAX, 2 ** min(over, _DOUBLINGS_MAX)) if over > 0 else 0
