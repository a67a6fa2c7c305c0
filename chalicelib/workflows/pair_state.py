"""The secret of a round trip: 256 random bits of which only the hash is kept, and what it stands for."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable

STATE_S = 600

_BYTES = 32


def unguessable(random: Callable[[int], bytes]) -> str:
    """43 characters that nobody guesses."""
    return urlsafe_b64encode(random(_BYTES)).decode().rstrip("=")


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
