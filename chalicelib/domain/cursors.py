"""Cursors: where the next page of a list begins, authenticated and bound to who asked what.

A cursor that was changed, or is used for another list, another filter or another workspace, opens nothing.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from chalicelib import errors

_MAC_BYTES = 16


class Cursors:
    """Seals places with a secret key; those sealed with the `old` one still open, so that a key can be replaced."""

    def __init__(self, key: bytes, old: bytes | None = None) -> None:
        self._key = key
        self._opening = (key,) if old is None else (key, old)

    def seal(self, place: str, *bound: str) -> str:
        """The cursor of `place` for whoever asks for the same `bound`: workspace, route and filter."""
        content = place.encode()
        return urlsafe_b64encode(_mac(self._key, content, bound) + content).decode().rstrip("=")

    def open(self, cursor: str, *bound: str) -> str:
        """The place of a cursor. Raises RequestError."""
        try:
            raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError as exc:
            raise _no_cursor() from exc
        mac, content = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not any(hmac.compare_digest(mac, _mac(key, content, bound)) for key in self._opening):
            raise _no_cursor()
        return content.decode()


def _mac(key: bytes, content: bytes, bound: tuple[str, ...]) -> bytes:
    pieces = [piece.encode() for piece in bound] + [content]
    message = b"".join(len(piece).to_bytes(4, "big") + piece for piece in pieces)
    return hmac.digest(key, message, "sha256")[:_MAC_BYTES]


def _no_cursor() -> errors.RequestError:
    return errors.RequestError("The list has to be read from its beginning.", {"cursor": "This is not from this list."})
