"""What the server's clock showed last: corrects what the screens show, orders nothing."""

import sqlite3
from datetime import datetime, timedelta

import msgspec

from mobile_client.store.meta import read_meta, write_meta


class _Anchor(msgspec.Struct, frozen=True):
    """One moment by three clocks: the server's, the device's, and the device's time since boot."""

    boot_id: str
    elapsed_ms: int
    server_at: datetime
    device_at: datetime


def keep_anchor(
    db: sqlite3.Connection, *, boot_id: str, elapsed_ms: int, server_at: datetime, now: datetime
) -> None:
    """Remember what the server's clock showed when its answer came, at `now` of the device's."""
    anchor = _Anchor(boot_id, elapsed_ms, server_at, now)
    write_meta(db, "anchor", msgspec.json.encode(anchor).decode())


def corrected_now(
    db: sqlite3.Connection, *, boot_id: str, elapsed_ms: int, now: datetime
) -> datetime:
    """Return the server's time now, as far as this device can tell.

    In the boot of the last answer nobody can have set the clock that counts; after another boot
    the device's clock is taken to be as wrong as it was.
    """
    kept = read_meta(db, "anchor")
    if not kept:
        return now
    anchor = msgspec.json.decode(kept, type=_Anchor)
    if anchor.boot_id == boot_id and elapsed_ms >= anchor.elapsed_ms:
        return anchor.server_at + timedelta(milliseconds=elapsed_ms - anchor.elapsed_ms)
    return now + (anchor.server_at - anchor.device_at)
