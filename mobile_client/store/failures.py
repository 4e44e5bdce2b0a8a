"""What the store's failures mean to the person who is editing."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from mobile_client.facade import EditError

_NO_SPACE = "There is too little free space on this phone. Delete something and try again."
_GONE = "This record is no longer on this phone."


@contextmanager
def edit_errors() -> Iterator[None]:
    """Turn the failures of saving an edit into EditError; nothing of the edit was saved."""
    try:
        yield
    except KeyError as error:
        raise EditError("gone", "", _GONE) from error
    except (sqlite3.OperationalError, OSError) as error:
        raise EditError("no_space", "", f"{_NO_SPACE} ({error})") from error
