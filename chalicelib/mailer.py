"""Sending mail through Amazon SES (API v2, "SendEmail"). On one machine a sandbox answers in its place."""

import re
from collections.abc import Callable
from threading import Lock
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import errors

# SES reads an address as a header does, where these signs are more than letters: `a,b@c.example` would be two.
_PLAIN = re.compile(r'[^\s,;:<>()\[\]\\"@]+@[^\s,;:<>()\[\]\\"@]+')


class Ses:
    """Sends as `sender`. `connect` makes the client, at the first mail."""

    def __init__(self, connect: Callable[[], Any], sender: str) -> None:
        self._connect = connect
        self._sender = sender
        self._client: Any = None
        self._making = Lock()

    def send(self, *, to: str, subject: str, text: str) -> None:
        """Hand it to SES. Raises MailFailed, which names no address; a mail that was not answered for may still come."""
        if not _PLAIN.fullmatch(to):
            raise errors.MailFailed("an address that is not plain")
        try:
            self._ready().send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [to]},
                Content={"Simple": {"Subject": _utf8(subject), "Body": {"Text": _utf8(text)}}},
            )
        except ClientError as exc:  # its message names addresses
            raise errors.MailFailed(str(exc.response["Error"]["Code"])) from exc
        except BotoCoreError as exc:
            raise errors.MailFailed(type(exc).__name__) from exc

    def _ready(self) -> Any:
        with self._making:
            if self._client is None:
                self._client = self._connect()
            return self._client


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
