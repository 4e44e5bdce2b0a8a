"""What the store's failures mean to the person who is editing."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from mobile_client.facade import EditError

_NO_SPACE = "There is too little free space on this phone. Delete something and try again."
_GONE = "This record is no longer on this phone."


_FULL_CODES = frozenset({errno.ENOSPC, errno.EDQUOT})


def is_storage_full(error: BaseException) -> bool:
    """Tell whether something could not be written because the phone is full."""
    if isinstance(error, sqlite3.Error):
        # Besides SQLITE_FULL: an extended code keeps its kind in the lowest byte.
        code = getattr(error, "sqlite_errorcode", 0)
        return code & 0xFF == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in _FULL_CODES


@contextmanager
def edit_errors() -> Iterator[None]:
    """Turn the failures of saving an edit into EditError; nothing of the edit was saved."""
    try:
        yield
    except KeyError as error:
        raise EditError("gone", "", _GONE) from error
    except (sqlite3.OperationalError, OSError) as error:
        raise EditError("no_space", "", f"{_NO_SPACE} ({error})") from error
