"""The device id that the server knows this store by."""

import sqlite3

from mobile_client.store.meta import write_meta
from mobile_client.store.outbox import number_anew
from mobile_client.store.pulled import discard_stage


def begin_as_device(db: sqlite3.Connection, device_id: str) -> None:
    """Go on as another device: its cursor is gone, its queue stays and is numbered anew.

    The ids of the mutations stay too, so that what another life sent already is only repeated.
    """
    write_meta(db, "device_id", device_id)
    write_meta(db, "next_device_id", "")
    write_meta(db, "is_copy", "")
    discard_stage(db, is_cursor_lost=True)
    number_anew(db)
