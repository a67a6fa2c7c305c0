"""Cursors: where the next page of a list begins, authenticated and bound to who asked what.

A cursor that was changed, or is used for another list, another filter or another workspace, opens nothing.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from chalicelib import errors

_MAC_BYTES = 16


class Cursors:
    """Seals places with a secret key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, place: str, *bound: str) -> str:
        """The cursor of `place` for whoever asks for the same `bound`: workspace, route and filter."""
        content = place.encode()
        return urlsafe_b64encode(self._mac(content, bound) + content).decode().rstrip("=")

    def open(self, cursor: str, *bound: str) -> str:
        """The place of a cursor. Raises RequestError."""
        try:
            raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError as exc:
            raise _no_cursor() from exc
        mac, content = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(content, bound)):
            raise _no_cursor()
        return content.decode()

    def _mac(self, content: bytes, bound: tuple[str, ...]) -> bytes:
        pieces = [piece.encode() for piece in bound] + [content]
        message = b"".join(len(piece).to_bytes(4, "big") + piece for piece in pieces)
        return hmac.digest(self._key, message, "sha256")[:_MAC_BYTES]


def _no_cursor() -> errors.RequestError:
    return errors.RequestError("The list has to be read from its beginning.", {"cursor": "This is not from this list."})
