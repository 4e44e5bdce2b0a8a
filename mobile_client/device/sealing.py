"""Sealed files: a passphrase by scrypt to a key, the content by AES-256-GCM in blocks.

The cipher is the system's: `cryptography` on a desk, javax.crypto on Android, one format for both.
A phone needs no package of its own for it. Blocks are numbered and the last one is marked, so that
none can be left out, moved or cut off (the STREAM construction of Hoang, Reyhanitabar, Rogaway and
Vizár, 2015).
"""

import hashlib
import importlib
import secrets
from importlib.util import find_spec
from typing import Any, BinaryIO, Protocol

from mobile_client.device.java import java_class, java_error

SHORTEST_PASSPHRASE = 8

_MAGIC = b"TUYEN-BOX-1\n"
_SALT_BYTES = 16
_KEY_BYTES = 32
_TAG_BYTES = 16
_BLOCK_BYTES = 1 << 20
_LENGTH_BYTES = 4
_MEMORY_FACTOR = 8
# A file cannot make a phone work for hours or use up its memory.
_COSTLIEST = (17, 8)

COST = (15, 3)
"""OWASP's parameters of scrypt for 32 MB, which the smallest phones have: log2 of n, and p."""


class SealError(Exception):
    """A sealed file cannot be made or read; the message says why."""


class _Cipher(Protocol):
    """AES-256-GCM under one key."""

    def seal(self, nonce: bytes, plain: bytes, label: bytes) -> bytes:
        """Returns ciphertext and tag."""
        ...

    def open(self, nonce: bytes, sealed: bytes, label: bytes) -> bytes:
        """Returns what was sealed; raises SealError when key, label or content is another."""
        ...


class _DeskCipher:
    """The package `cryptography`."""

    def __init__(self, key: bytes) -> None:
        aead: Any = importlib.import_module("cryptography.hazmat.primitives.ciphers.aead")
        self._cipher = aead.AESGCM(key)
        self._invalid = importlib.import_module("cryptography.exceptions").InvalidTag

    def seal(self, nonce: bytes, plain: bytes, label: bytes) -> bytes:
        return bytes(self._cipher.encrypt(nonce, plain, label))

    def open(self, nonce: bytes, sealed: bytes, label: bytes) -> bytes:
        try:
            return bytes(self._cipher.decrypt(nonce, sealed, label))
        except self._invalid as error:
            raise SealError(_REFUSED) from error


class _AndroidCipher:
    """The phone's own javax.crypto."""

    def __init__(self, key: bytes) -> None:
        self._key = java_class("javax.crypto.spec.SecretKeySpec")(key, "AES")

    def seal(self, nonce: bytes, plain: bytes, label: bytes) -> bytes:
        return bytes(self._begin("ENCRYPT_MODE", nonce, label).doFinal(plain))

    def open(self, nonce: bytes, sealed: bytes, label: bytes) -> bytes:
        try:
            return bytes(self._begin("DECRYPT_MODE", nonce, label).doFinal(sealed))
        except java_error() as error:
            raise SealError(_REFUSED) from error

    def _begin(self, mode: str, nonce: bytes, label: bytes) -> Any:  # noqa: ANN401 - a Java object
        cipher = java_class("javax.crypto.Cipher").getInstance("AES/GCM/NoPadding")
        spec = java_class("javax.crypto.spec.GCMParameterSpec")(8 * _TAG_BYTES, nonce)
        cipher.init(getattr(cipher, mode), self._key, spec)
        cipher.updateAAD(label)
        return cipher


_REFUSED = "The passphrase is wrong, or the file is damaged."


def _cipher(passphrase: str, salt: bytes, cost: tuple[int, int]) -> _Cipher:
    log_n, p = cost
    if not 0 < log_n <= _COSTLIEST[0] or not 0 < p <= _COSTLIEST[1]:
        raise SealError(_REFUSED)
    n, r = 1 << log_n, _MEMORY_FACTOR
    limit = 2 * 128 * n * r
    words = passphrase.encode()
    key = hashlib.scrypt(words, salt=salt, n=n, r=r, p=p, maxmem=limit, dklen=_KEY_BYTES)
    return _DeskCipher(key) if find_spec("cryptography") else _AndroidCipher(key)


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11) + bytes([is_last])


class SealedWriter:
    """Seals what is written into a binary file; whole only after `finish`."""

    def __init__(self, file: BinaryIO, passphrase: str, *, cost: tuple[int, int] = COST) -> None:
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise SealError(f"The passphrase needs {SHORTEST_PASSPHRASE} characters at least.")
        salt = secrets.token_bytes(_SALT_BYTES)
        self._label = _MAGIC + bytes(cost) + salt
        self._cipher = _cipher(passphrase, salt, cost)
        self._file = file
        self._pending = bytearray()
        self._number = 0
        file.write(self._label)

    def write(self, content: bytes) -> int:
        """Take more of the content; return how much."""
        self._pending += content
        while len(self._pending) > _BLOCK_BYTES:
            self._put(bytes(self._pending[:_BLOCK_BYTES]), is_last=False)
            del self._pending[:_BLOCK_BYTES]
        return len(content)

    def finish(self) -> None:
        """Seal what is left and mark the end."""
        self._put(bytes(self._pending), is_last=True)

    def _put(self, plain: bytes, *, is_last: bool) -> None:
        sealed = self._cipher.seal(_nonce(self._number, is_last=is_last), plain, self._label)
        self._file.write(len(sealed).to_bytes(_LENGTH_BYTES) + sealed)
        self._number += 1


class SealedReader:
    """Reads what was sealed, checking every block before any of it is given out."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        label = file.read(len(_MAGIC) + len(COST) + _SALT_BYTES)
        told = label.removeprefix(_MAGIC)
        if not label.startswith(_MAGIC) or len(told) < len(COST) + _SALT_BYTES:
            raise SealError("This is no file that a phone sealed.")
        self._label = label
        self._cipher = _cipher(passphrase, told[len(COST) :], (told[0], told[1]))
        self._file = file
        self._length = file.read(_LENGTH_BYTES)
        self._ready = bytearray()
        self._number = 0

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, fewer only at the end; raises SealError."""
        while len(self._ready) < size and (self._length or not self._number):
            self._take_block()
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken

    def _take_block(self) -> None:
        length = int.from_bytes(self._length)
        if not _TAG_BYTES <= length <= _BLOCK_BYTES + _TAG_BYTES:
            raise SealError("The file is cut off or damaged.")
        sealed = self._file.read(length)
        if len(sealed) < length:
            raise SealError("The file is cut off or damaged.")
        # Only the last block is followed by nothing, and its mark is part of its nonce.
        self._length = self._file.read(_LENGTH_BYTES)
        nonce = _nonce(self._number, is_last=not self._length)
        self._ready += self._cipher.open(nonce, sealed, self._label)
        self._number += 1
