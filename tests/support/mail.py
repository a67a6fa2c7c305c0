"""Mail that goes nowhere: it is held for a test to read, slow or lost as the test says."""

import re
from collections.abc import Callable

import msgspec

from chalicelib import errors

_SECRET = re.compile(r"#(daybook_\w+?_[\w-]{43})\s")


class Held(msgspec.Struct, frozen=True, kw_only=True):
    to: str
    subject: str
    text: str

    @property
    def secret(self) -> str:
        """What stands behind the `#` of its link."""
        found = _SECRET.search(self.text)
        assert found, self.text
        return found[1]


class HeldMail:
    """A Mailer."""

    def __init__(self) -> None:
        self.sent: list[Held] = []
        self.fails = False
        self.takes: Callable[[], None] = lambda: None

    def send(self, *, to: str, subject: str, text: str) -> None:
        self.takes()
        if self.fails:
            raise errors.MailFailed("TooManyRequestsException")
        self.sent.append(Held(to=to, subject=subject, text=text))

    @property
    def secret(self) -> str:
        """The secret of the newest."""
        return self.sent[-1].secret
