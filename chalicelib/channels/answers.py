"""Reading what came back: JSON as a typed value, waits as seconds. What cannot be read is an error, never an empty day."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import msgspec

from chalicelib import errors

SIT_OUT_S = 10.0
WAIT_DEFAULT_S = 30.0
WAIT_MAX_S = 3_600.0

T = TypeVar("T")


def retry_after_s(text: str, now: datetime) -> float:
    """The wait that a `Retry-After` header asks for, as seconds or as an HTTP date, between 1 s and 1 h; 30 s if unreadable."""
    try:
        wait_s = float(text)
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return WAIT_DEFAULT_S
        wait_s = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    if math.isnan(wait_s):
        return WAIT_DEFAULT_S
    return min(max(wait_s, 1.0), WAIT_MAX_S)


def decode(body: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    """Read JSON as the decoder's type. Raises UnreadablePayload naming the field; only documented words are repeated."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as exc:
        raise errors.UnreadablePayload(f"The shop's answer has another form than documented: {exc}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise errors.UnreadablePayload(f"The shop's answer is not JSON{_resembles(body)}.") from None


def _resembles(body: bytes) -> str:
    start = body[:100].lstrip()[:1]
    if not start:
        return " but empty"
    return " but HTML" if start == b"<" else " or torn"
