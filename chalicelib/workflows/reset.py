"""Replacing a forgotten password by a link that is mailed (S9, S10, S11, S13).

Asking says the same, after the same time, whether there is such an account or not, and whatever became of the mail. The link
goes to the address of the account, not to the one that was typed. Its secret is 256 random bits behind the `#`, of which only
the hash is stored; it works once, for half an hour, until a newer one is made. It begins no session: whoever has used it signs
in, by all that signing in asks for. What was connected to sign in beside an old password goes with it, for somebody else may have
connected it; whoever had no password keeps what lets them in.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from chalicelib import errors
from chalicelib.domain import mails
from chalicelib.domain.accounts import NO_PASSWORD, User, normal_email
from chalicelib.domain.passwords import SALT_BYTES, Passwords, what_is_wrong
from chalicelib.domain.people import RESET_PREFIX, SECRET_BYTES, new_secret, secret_hash
from chalicelib.workflows.access_record import AccessRecord, mail_to
from chalicelib.workflows.sign_in import SignIn

if TYPE_CHECKING:
    from chalicelib.storage.accounts import Accounts
    from chalicelib.storage.identities import Identities
    from chalicelib.storage.resets import Reset as Link
    from chalicelib.storage.resets import Resets

LINK_S = 30 * 60
# Longer than two writes and a mail take at their slowest (bootstrap: how long SES is waited for).
ANSWER_S = 3.0
_NO_LINK = "This link is not complete. Open it from the mail again, or ask for a new one."
_USED = "This link was used already, or a newer one was sent after it."
_OVER = "This link is over: it worked for 30 minutes."


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """`mails` is whether mail is sent here at all. `trouble` is for the log only: it tells that there is an account."""

    mails: bool
    trouble: str | None = None


class Reset:
    """`base_url` is where our pages are. `ticks` gives seconds that never go back, `random` unguessable bytes."""

    def __init__(
        self,
        *,
        resets: "Resets",
        accounts: "Accounts",
        identities: "Identities",
        sign_in: SignIn,
        passwords: Passwords,
        record: AccessRecord,
        mailer: mails.Mailer | None,
        base_url: str,
        now: Callable[[], datetime],
        random: Callable[[int], bytes],
        ticks: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._resets = resets
        self._accounts = accounts
        self._identities = identities
        self._sign_in = sign_in
        self._passwords = passwords
        self._record = record
        self._mailer = mailer
        self._base_url = base_url
        self._now = now
        self._random = random
        self._ticks = ticks
        self._sleep = sleep

    def ask(self, email: str, *, address: str) -> Asked:
        """Mail a link to whoever has this address, in a time that tells nothing. Raises RequestError, TooManyTries."""
        mail = normal_email(email)
        if mail is None:
            wrong = {"email": "This does not look like an email address."}
            raise errors.RequestError("The address cannot be used.", wrong)
        self._sign_in.count_reset(mail, address)
        if self._mailer is None:
            return Asked(mails=False)
        began = self._ticks()
        trouble = None
        try:
            if (user := self._accounts.user_of(mail)) is not None:
                self._mail_link(self._mailer, user)
        except (errors.StorageError, errors.MailFailed) as exc:
            trouble = str(exc)
        self._sleep(max(0.0, ANSWER_S - (self._ticks() - began)))
        return Asked(mails=True, trouble=trouble)

    def look(self, secret: str) -> str:
        """The address whose password the link is for. Raises NotFound, with what became of it."""
        return self._find(secret).user.email

    def finish(self, secret: str, password: str, *, address: str) -> str | None:
        """Replace the password, and end every session of theirs; why they were not told by mail, for the log.

        Raises NotFound, RequestError.
        """
        link = self._find(secret)
        user = link.user
        workspace = self._accounts.workspace(user.workspace)
        about = (user.email, user.email.partition("@")[0], workspace.name if workspace else "")
        if complaint := what_is_wrong(password, about=about):
            raise errors.RequestError("Something has to be corrected first.", {"password": complaint})
        kept = self._passwords.keep(password, self._random(SALT_BYTES))
        self._record.keep(user.workspace, user.email, "password", None, "replaced by a link sent to them")
        connected, alone = self._identities.are_of(user.id), user.password == NO_PASSWORD
        if connected and not alone:
            self._record.keep(
                user.workspace, user.email, "provider", "connected", "disconnected by a link sent to them"
            )
        if not alone:
            self._identities.release_all(user.id)  # before, since who dies in between cannot use the link again
        if not self._resets.use(link, kept):
            raise errors.NotFound(_USED)
        if not alone:
            self._identities.release_all(user.id)  # what a session connected that has ended only now
            self._accounts.end_sessions_of(user.id)
        self._sign_in.welcome(user.email, address)
        self._record.tell(user.workspace, f"{user.email} replaced their password by a link sent to them.")
        became: Literal["kept", "disconnected"] = "kept" if alone else "disconnected"
        told = mails.password_changed(provider=became if connected else None, base_url=self._base_url)
        return mail_to(self._mailer, user.email, told)

    def _mail_link(self, mailer: mails.Mailer, user: User) -> None:
        secret = new_secret(RESET_PREFIX, self._random(SECRET_BYTES)).reveal()
        ends_at = int(self._now().timestamp()) + LINK_S
        self._resets.begin(user, secret_hash(secret), ends_at=ends_at)
        told = mails.reset(link=f"{self._base_url}/reset#{secret}", minutes=LINK_S // 60)
        mailer.send(to=user.email, subject=told.subject, text=told.text)

    def _find(self, secret: str) -> "Link":
        """The link, if it can be used. Raises NotFound."""
        link = self._resets.find(secret_hash(secret)) if secret.startswith(RESET_PREFIX) else None
        if link is None:
            raise errors.NotFound(_NO_LINK)
        if not link.holds:
            raise errors.NotFound(_USED)
        if self._now().timestamp() >= link.ends_at:
            raise errors.NotFound(_OVER)
        return link
