"""Sealing of channel secrets: what is sealed for one connection and purpose opens for no other.

The context (workspace, connection, purpose) is not stored in what comes out, but without the same context nothing opens. On
AWS a KMS key seals; on one machine AES-256-GCM under a key file. `cryptography` is imported only there: Lambda has no need
of it.
"""

import json
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import errors

_KEY_BYTES = 32
_NONCE_BYTES = 12
_FORM = b"\x01"
_FOREIGN = ("InvalidCiphertextException", "IncorrectKeyException")


class Sealer(Protocol):
    """Both raise StorageError; `open` also for what was sealed in another context, or altered."""

    def seal(self, plain: bytes, context: dict[str, str]) -> bytes: ...

    def open(self, sealed: bytes, context: dict[str, str]) -> bytes: ...


class KmsSealer:
    """Seals with a KMS key; the context is KMS's encryption context, which key policies and the audit trail see too.

    `kms` makes the client, at the first use: most calls of most functions have nothing to seal or open.
    """

    def __init__(self, kms: Callable[[], Any], key_id: str) -> None:
        self._kms = cache(kms)
        self._key_id = key_id

    def seal(self, plain: bytes, context: dict[str, str]) -> bytes:
        answer = _ask(lambda: self._kms().encrypt(KeyId=self._key_id, Plaintext=plain, EncryptionContext=context))
        return bytes(answer["CiphertextBlob"])

    def open(self, sealed: bytes, context: dict[str, str]) -> bytes:
        answer = _ask(lambda: self._kms().decrypt(KeyId=self._key_id, CiphertextBlob=sealed, EncryptionContext=context))
        return bytes(answer["Plaintext"])


class LocalSealer:
    """Seals with the 32 bytes of a file that only its owner may read: form, nonce, then AES-256-GCM of the content.

    What was sealed with the key of the file `old` still opens, so that a key can be replaced.
    """

    def __init__(self, key_file: Path, *, old: Path | None = None, random: Callable[[int], bytes] = os.urandom) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._aes = AESGCM(_read_key(key_file))
        self._opening = (self._aes, AESGCM(_read_key(old))) if old else (self._aes,)
        self._random = random

    def seal(self, plain: bytes, context: dict[str, str]) -> bytes:
        nonce = self._random(_NONCE_BYTES)
        return _FORM + nonce + self._aes.encrypt(nonce, plain, _canonical(context))

    def open(self, sealed: bytes, context: dict[str, str]) -> bytes:
        from cryptography.exceptions import InvalidTag

        form, nonce, content = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        for key in self._opening if form == _FORM else ():
            with suppress(InvalidTag, ValueError):
                return key.decrypt(nonce, content, _canonical(context))
        raise errors.StorageError("a sealed secret does not open here")


def _ask(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return call()
    except ClientError as exc:
        code = exc.response["Error"]["Code"]
        if code in _FOREIGN:
            raise errors.StorageError("a sealed secret does not open here") from exc
        raise errors.Unanswered(f"the key service answered {code}") from exc
    except BotoCoreError as exc:
        raise errors.Unanswered(f"the key service did not answer: {type(exc).__name__}") from exc


def _read_key(path: Path) -> bytes:
    """The key, from a file that nobody else may read. Raises StorageError."""
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise errors.StorageError(f"the key file can be read by others: chmod 600 {path}")
        content = file.read()
    if len(content) != _KEY_BYTES:
        raise errors.StorageError(f"the key file does not hold {_KEY_BYTES} bytes: {path}")
    return content


def _canonical(context: dict[str, str]) -> bytes:
    return json.dumps(context, sort_keys=True, separators=(",", ":")).encode()
