"""Waiting for what another thread does: told by the phone's notices, never by a sleep."""

import threading
from collections.abc import Callable

from mobile_client.core import PhoneCore


def when(phone: PhoneCore, is_so: Callable[[], bool]) -> threading.Event:
    """Return an event that is set at the first notice after which `is_so` holds."""
    event = threading.Event()

    def look(_: object) -> None:
        if is_so():
            event.set()

    phone.subscribe(look)
    look(None)
    return event
