"""Identifiers made on the device: UUIDv7 (RFC 9562), sortable by creation time."""

import secrets
import time
import uuid

_VERSION_7 = 0x7 << 76
_VARIANT_RFC = 0b10 << 62


def new_id(unix_ms: int | None = None) -> str:
    """Return a fresh UUIDv7 as text; pass `unix_ms` to set its time part."""
    stamp = time.time_ns() // 1_000_000 if unix_ms is None else unix_ms
    random_a = secrets.randbits(12) << 64
    random_b = secrets.randbits(62)
    value = ((stamp & 0xFFFF_FFFF_FFFF) << 80) | _VERSION_7 | random_a | _VARIANT_RFC | random_b
    return str(uuid.UUID(int=value))
