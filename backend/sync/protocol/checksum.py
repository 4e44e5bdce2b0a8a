"""The checksum by which a device finds out whether it holds what it should."""

import hashlib
from collections.abc import Iterable


def digest_of(records: Iterable[tuple[str, int]]) -> str:
    """Return the exclusive or of the hashes of (id, rv), as 16 hexadecimal digits.

    A record's hash is the first 8 bytes of the MD5 of its id, a colon and its version in decimal
    digits; no record gives zeros. It finds errors, it does not keep out forgers.
    """
    total = 0
    for record_id, rv in records:
        text = f"{record_id}:{rv}".encode()
        hashed = hashlib.md5(text, usedforsecurity=False).digest()
        total ^= int.from_bytes(hashed[:8])
    return f"{total:016x}"
