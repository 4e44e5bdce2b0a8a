"""Refresh secrets: 256 random bits, stored as a hash, the successor sealed under its predecessor.

Only who holds the old secret can read the new one out of the database: a lost reply can be
repeated, yet nothing in the database signs anybody in.
"""

import hashlib
import secrets

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backend.ids import OrgId

_NONCE_BYTES = 12
_PURPOSE = b"tuyen refresh successor 1"


def new_secret() -> str:
    """Return a fresh secret of 256 bits as URL-safe text."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> bytes:
    """Return the SHA-256 by which a secret is found."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def seal_successor(presented: str, successor: str, *, org_id: OrgId) -> bytes:
    """Encrypt the successor so that only the holder of the presented secret can read it."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _cipher(presented).encrypt(nonce, successor.encode(), org_id.bytes)


def open_successor(presented: str, sealed: bytes, *, org_id: OrgId) -> str:
    """Return the sealed successor; raise cryptography's InvalidTag under another secret."""
    nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    return _cipher(presented).decrypt(nonce, body, org_id.bytes).decode()


def _cipher(presented: str) -> AESGCM:
    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PURPOSE)
    return AESGCM(key.derive(presented.encode()))
