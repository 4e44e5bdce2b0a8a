"""The one list of what syncs: each table with the services that carry out its mutations.

Rooms do not know that sync exists; what a device sends is turned into the same bodies that the
HTTP controllers take, so both doors keep the same rules.
"""

from collections.abc import Callable, Mapping
from uuid import UUID

import msgspec

from backend.accounts import service as accounts
from backend.accounts.schemas import AccountCreate, AccountPatch, ContactCreate, ContactPatch
from backend.ids import AccountId, ContactId
from backend.sync import facts
from backend.sync.edit import Edit, Written, read_body, without_none
from backend.sync.protocol.messages import Value
from backend.sync.protocol.tables import TABLES, Table

type Create = Callable[[Edit, UUID, Mapping[str, Value]], Written]
type Change = Callable[[Edit, UUID, Mapping[str, Value]], Written]
type Delete = Callable[[Edit, UUID], None]


class SyncedTable(msgspec.Struct, frozen=True):
    """A table of the protocol and what may be done to it; None is not allowed."""

    table: Table
    create: Create | None = None
    change: Change | None = None
    delete: Delete | None = None


def _create_account(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> Written:
    body = read_body(AccountCreate, without_none(values))
    made = accounts.create_account(edit.connection, edit.actor, body, account_id=AccountId(rid))
    return Written(made.rv, str(made.duplicate_of) if made.duplicate_of else None)


def _change_account(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> Written:
    body = read_body(AccountPatch, values)
    if edit.held is not None:
        rv = accounts.change_held(
            edit.actor,
            AccountId(rid),
            body,
            rv=edit.held.rv,
            values=edit.held.values,
            writes=edit.writes.accounts,
        )
        if rv is not None:
            return Written(rv)
    edit.writes.flush()
    is_in_sight = edit.is_in_sight is not None and edit.is_in_sight(rid)
    account = accounts.patch_account(
        edit.connection, edit.actor, AccountId(rid), body, is_in_sight=is_in_sight
    )
    return Written(account.rv)


def _create_contact(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> Written:
    body = read_body(ContactCreate, without_none(values))
    made = accounts.create_contact(edit.connection, edit.actor, body, contact_id=ContactId(rid))
    return Written(made.rv)


def _change_contact(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> Written:
    body = read_body(ContactPatch, values)
    return Written(accounts.patch_contact(edit.connection, edit.actor, ContactId(rid), body).rv)


def _delete_contact(edit: Edit, rid: UUID) -> None:
    accounts.delete_contact(edit.connection, edit.actor, ContactId(rid))


REGISTRY: dict[str, SyncedTable] = {
    one.table.name: one
    for one in (
        SyncedTable(TABLES["territory"]),
        SyncedTable(TABLES["account"], create=_create_account, change=_change_account),
        SyncedTable(
            TABLES["contact"],
            create=_create_contact,
            change=_change_contact,
            delete=_delete_contact,
        ),
        SyncedTable(TABLES["route"]),
        SyncedTable(TABLES["visit"], create=facts.create_visit, change=facts.change_visit),
        SyncedTable(TABLES["check_in"], create=facts.create_check_in),
        SyncedTable(TABLES["note"], create=facts.create_note),
        SyncedTable(TABLES["media"], create=facts.create_media),
        SyncedTable(TABLES["rework"], create=facts.create_rework),
        SyncedTable(TABLES["issue"]),
    )
}
"""Every synced table, by name; what a resolved issue does stands in `backend.sync.changes`."""
