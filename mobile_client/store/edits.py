"""Edits of accounts and contacts: checked here, queued, and laid over the server's image."""

import sqlite3
from collections.abc import Mapping

from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import Op, Value
from mobile_client.facade import EditError
from mobile_client.store.outbox import Stamp, Wish, enqueue
from mobile_client.store.overlay import read_record

ACCOUNT_FIELDS = {name: name for name in ("name", "phone", "email", "address", "website")}
CONTACT_FIELDS = {"name": "full_name", "title": "job_title", "phone": "phone", "email": "email"}
"""The facade's names of fields to those on the wire."""

EMPTIES = "empties_owed"
"""The quantity of an account that is changed by differences."""

SHOWN_FIELDS = frozenset({*ACCOUNT_FIELDS, EMPTIES})
"""The fields of an account's card that may wait to be sent."""

SHOWN_NAMES = {"contact": {wire: name for name, wire in CONTACT_FIELDS.items()}}
"""Names on the wire to the facade's, for tables where they differ."""

_LONGEST_TEXT = 500
_LARGEST_CHANGE = 100_000


def save_account(
    db: sqlite3.Connection, account_id: str, changes: Mapping[str, object], stamp: Stamp
) -> bool:
    """Queue what differs; False when nothing does. Raises EditError, KeyError if not here."""
    wanted = _checked(changes, ACCOUNT_FIELDS)
    return _save_patch(db, "account", account_id, wanted, account_id=account_id, stamp=stamp)


def change_empties(db: sqlite3.Connection, account_id: str, difference: int, stamp: Stamp) -> int:
    """Queue what was brought (above zero) or taken back; return what the shop owes after it.

    Raises EditError, KeyError when the account is not here.
    """
    held = read_record(db, "account", account_id)
    if held is None:
        raise KeyError(account_id)
    owed = held[0].get(EMPTIES)
    total = (owed if isinstance(owed, int) else 0) + difference
    if not difference or abs(difference) > _LARGEST_CHANGE:
        message = f"The difference must be from 1 to {_LARGEST_CHANGE}, brought or taken back."
        raise EditError("invalid", EMPTIES, message)
    if total < 0:
        message = f"The shop owes {total - difference} empties; no more can be taken back."
        raise EditError("invalid", EMPTIES, message)
    wish = Wish(Op.PATCH, "account", account_id, inc={EMPTIES: difference})
    enqueue(db, stamp, [wish], account_id=account_id)
    return total


def save_contact(
    db: sqlite3.Connection,
    contact_id: str | None,
    account_id: str,
    changes: Mapping[str, object],
    stamp: Stamp,
) -> str:
    """Queue a new contact, or what differs of a known one; return its id.

    Raises EditError, KeyError when the account or contact is not here.
    """
    wanted = _checked(changes, CONTACT_FIELDS)
    if contact_id is not None:
        _save_patch(db, "contact", contact_id, wanted, account_id=account_id, stamp=stamp)
        return contact_id
    if read_record(db, "account", account_id) is None:
        raise KeyError(account_id)
    if wanted.get("full_name") is None:
        raise EditError("required", "name", "A contact needs a name.")
    rid = new_id()
    given: dict[str, Value] = {k: value for k, value in wanted.items() if value is not None}
    wish = Wish(Op.CREATE, "contact", rid, set={"account_id": account_id, **given})
    enqueue(db, stamp, [wish], account_id=account_id)
    return rid


def _save_patch(
    db: sqlite3.Connection,
    table: str,
    rid: str,
    wanted: Mapping[str, Value],
    *,
    account_id: str,
    stamp: Stamp,
) -> bool:
    held = read_record(db, table, rid)
    if held is None:
        raise KeyError(rid)
    differing = {name: value for name, value in wanted.items() if held[0].get(name) != value}
    if differing:
        wish = Wish(Op.PATCH, table, rid, set=differing)
        enqueue(db, stamp, [wish], account_id=account_id)
    return bool(differing)


def _checked(changes: Mapping[str, object], fields: Mapping[str, str]) -> dict[str, Value]:
    wanted: dict[str, Value] = {}
    for name, value in changes.items():
        if name not in fields:
            raise EditError("invalid", name, f"The field {name} cannot be edited on the phone.")
        if not isinstance(value, str):
            raise EditError("invalid", name, f"The field {name} takes text.")
        text = value.strip()
        if len(text) > _LONGEST_TEXT:
            message = f"The text is longer than {_LONGEST_TEXT} characters."
            raise EditError("too_long", name, message)
        if name == "name" and not text:
            raise EditError("required", name, "The name must not be empty.")
        wanted[fields[name]] = text or None
    return wanted
