"""What may happen to an account and its contacts, by HTTP or sync.

Locks are taken in one order, or two writers block each other: areas, account, its children.
"""

from collections.abc import Mapping
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.accounts import contact_repository as contacts
from backend.accounts import repository
from backend.accounts.duplicates import flag_duplicate
from backend.accounts.merge_repository import resolve_account
from backend.accounts.schemas import (
    AccountCreate,
    AccountCreated,
    AccountFilter,
    AccountPatch,
    AccountRead,
    ContactCreate,
    ContactPatch,
    ContactRead,
    NearbyRead,
)
from backend.accounts.scope import (
    DELETERS,
    check_writer,
    checked,
    missing,
    scope_territories,
)
from backend.accounts.values import MAX_MAP_LAT, cleaned, differing, given
from backend.accounts.writing import AccountWrites
from backend.api.problems import Forbidden, NotFound, malformed_field
from backend.geo.vocabulary import GeoError, check_lonlat
from backend.identity import audit
from backend.identity.actor import Actor, Role
from backend.ids import AccountId, ContactId, OrgId, new_id

__all__ = [
    "change_held",
    "create_account",
    "create_contact",
    "delete_account",
    "delete_contact",
    "get_account",
    "list_accounts",
    "list_contacts",
    "lock_account",
    "lock_account_in_scope",
    "lock_contact",
    "nearest_accounts",
    "patch_account",
    "patch_contact",
    "scope_territories",
]


def list_accounts(
    connection: sa.Connection,
    actor: Actor,
    wanted: AccountFilter,
    *,
    after: UUID | None,
    limit: int,
) -> list[AccountRead]:
    """Return the accounts in scope by name, those that come after the account `after`."""
    return repository.select_accounts(
        connection,
        actor.org_id,
        wanted,
        rep=None if actor.sees_everything else actor.user_id,
        after=after,
        limit=limit,
    )


def nearest_accounts(
    connection: sa.Connection, actor: Actor, lon: float, lat: float, *, limit: int
) -> list[NearbyRead]:
    """Return the accounts in scope nearest to the point, nearest first."""
    try:
        point = check_lonlat(lon, lat, field="position")
    except GeoError as error:
        raise malformed_field("lon", error.message, code=f"location_{error.code}") from error
    if abs(lat) > MAX_MAP_LAT:
        raise malformed_field("lat", f"The map ends at latitude {MAX_MAP_LAT:g}.")
    return repository.select_nearest(
        connection,
        actor.org_id,
        point,
        rep=None if actor.sees_everything else actor.user_id,
        limit=limit,
    )


def get_account(connection: sa.Connection, actor: Actor, account_id: AccountId) -> AccountRead:
    """Return an account in scope; raise NotFound otherwise."""
    account = repository.find_account(connection, actor.org_id, account_id)
    return checked(connection, actor, account, account_id)


def lock_account(connection: sa.Connection, org_id: OrgId, account_id: AccountId) -> AccountRead:
    """Return a live account locked against other writers, whoever asks; raise NotFound."""
    account = repository.find_account_for_update(connection, org_id, account_id)
    if account is None:
        raise missing(account_id)
    return account


def lock_account_in_scope(
    connection: sa.Connection, actor: Actor, account_id: AccountId
) -> AccountRead:
    """Return an account in scope, locked against other writers; raise NotFound otherwise."""
    account = lock_account(connection, actor.org_id, account_id)
    return checked(connection, actor, account, account_id)


def create_account(
    connection: sa.Connection,
    actor: Actor,
    data: AccountCreate,
    *,
    account_id: AccountId | None = None,
) -> AccountCreated:
    """Create an account; a rep owns what they create, so it stays in sight outside territories.

    One that resembles another account is kept, and the pair is flagged.
    """
    check_writer(actor)
    account_id = account_id or AccountId(new_id())
    values = clean_values(connection, actor.org_id, msgspec.structs.asdict(data))
    _settle_source(values, None)
    if actor.role is Role.REP:
        values["owner_id"] = actor.user_id
    repository.lock_areas(connection, actor.org_id)
    repository.insert_account(connection, actor.org_id, account_id, values)
    duplicate_of = flag_duplicate(connection, actor, account_id)
    account = _read(connection, actor.org_id, account_id)
    return AccountCreated(**msgspec.structs.asdict(account), duplicate_of=duplicate_of)


def patch_account(
    connection: sa.Connection,
    actor: Actor,
    account_id: AccountId,
    data: AccountPatch,
    *,
    is_in_sight: bool = False,
) -> AccountRead:
    """Change the fields given; the version stays when none of them differs.

    `is_in_sight` says that the caller holds the account and has found it in the actor's scope.
    """
    check_writer(actor)
    if is_in_sight:
        before = lock_account(connection, actor.org_id, account_id)
    else:
        before = lock_account_in_scope(connection, actor, account_id)
    values = clean_values(connection, actor.org_id, given(data))
    _settle_source(values, before)
    changes = differing(values, before)
    if not changes:
        return before
    return repository.update_account(connection, actor.org_id, account_id, changes)


def change_held(
    actor: Actor,
    account_id: AccountId,
    data: AccountPatch,
    *,
    rv: int,
    values: Mapping[str, object],
    writes: AccountWrites,
) -> int | None:
    """Have the fields given changed with all that waits, and return the version then.

    The caller holds the account, found it in the actor's scope, at this version and with these
    values. None, and nothing is done, where the patch says where the account is: patch it.
    """
    told = given(data)
    if not told.keys() <= repository.PLAIN:
        return None
    check_writer(actor)
    kept = cleaned(told, writes.country if told.get("phone") else "")
    changes = {name: value for name, value in kept.items() if values.get(name) != value}
    return writes.change(account_id, rv, changes) if changes else rv


def delete_account(connection: sa.Connection, actor: Actor, account_id: AccountId) -> None:
    """Delete an account softly: it leaves lists, maps and phones, its history stays."""
    if actor.role not in DELETERS:
        raise Forbidden("Only managers and administrators delete accounts.")
    account = lock_account_in_scope(connection, actor, account_id)
    repository.delete_account(connection, actor.org_id, account_id)
    audit.record(
        connection,
        actor,
        "account.delete",
        subject="account",
        subject_id=account_id,
        detail={"rv": account.rv},
    )


def list_contacts(
    connection: sa.Connection, actor: Actor, account_id: AccountId
) -> list[ContactRead]:
    """Return the contacts of an account in scope; raise NotFound otherwise."""
    get_account(connection, actor, account_id)
    return contacts.select_contacts(connection, actor.org_id, account_id)


def create_contact(
    connection: sa.Connection,
    actor: Actor,
    data: ContactCreate,
    *,
    contact_id: ContactId | None = None,
) -> ContactRead:
    """Create a contact of an account in scope; raise NotFound otherwise."""
    check_writer(actor)
    _hold_account(connection, actor, data.account_id)
    contact_id = contact_id or ContactId(new_id())
    values = clean_values(connection, actor.org_id, msgspec.structs.asdict(data))
    contacts.insert_contact(connection, actor.org_id, contact_id, values)
    return _find_contact(connection, actor, contact_id)


def lock_contact(connection: sa.Connection, actor: Actor, contact_id: ContactId) -> ContactRead:
    """Return a contact in scope, locked against other writers; raise NotFound otherwise."""
    _hold_account(
        connection, actor, _find_contact(connection, actor, contact_id).account_id, contact_id
    )
    return _find_contact(connection, actor, contact_id, lock=True)


def patch_contact(
    connection: sa.Connection, actor: Actor, contact_id: ContactId, data: ContactPatch
) -> ContactRead:
    """Change the fields given; the version stays when none of them differs."""
    check_writer(actor)
    before = lock_contact(connection, actor, contact_id)
    changes = differing(clean_values(connection, actor.org_id, given(data)), before)
    if not changes:
        return before
    contacts.update_contact(connection, actor.org_id, contact_id, changes)
    return _find_contact(connection, actor, contact_id)


def delete_contact(connection: sa.Connection, actor: Actor, contact_id: ContactId) -> None:
    """Delete a contact softly: it leaves lists and phones."""
    check_writer(actor)
    lock_contact(connection, actor, contact_id)
    contacts.update_contact(connection, actor.org_id, contact_id, {"deleted_at": sa.func.now()})


def clean_values(
    connection: sa.Connection, org_id: OrgId, values: Mapping[str, object]
) -> dict[str, object]:
    """Return the values as they are kept; raise Malformed that names every wrong field."""
    country = repository.country_of(connection, org_id) if values.get("phone") else ""
    return cleaned(values, country)


def _settle_source(values: dict[str, object], before: AccountRead | None) -> None:
    """A new location comes with how it was obtained: by hand unless the caller says otherwise."""
    old = before.location if before else None
    new = values.get("location", old)
    if new is None:
        if values.get("location_source") is not None:
            raise malformed_field("location_source", "There is no location that it could be of.")
        values["location_source"] = None
    elif values.get("location_source") is None:
        is_kept = before is not None and new == old
        values["location_source"] = before.location_source if before and is_kept else "manual"


def _read(connection: sa.Connection, org_id: OrgId, account_id: AccountId) -> AccountRead:
    account = repository.find_account(connection, org_id, account_id)
    if account is None:
        raise missing(account_id)
    return account


def _hold_account(
    connection: sa.Connection,
    actor: Actor,
    account_id: AccountId,
    contact_id: ContactId | None = None,
) -> None:
    """Keep the account where it is while its child is written; raise NotFound out of scope."""
    account = repository.find_account_for_children(connection, actor.org_id, account_id)
    if account is None:
        # Merged while we waited, or long ago: what comes for it belongs to the other one.
        account_id = resolve_account(connection, actor.org_id, account_id)
        account = repository.find_account_for_children(connection, actor.org_id, account_id)
    try:
        checked(connection, actor, account, account_id)
    except NotFound as unseen:
        raise (_contact_missing(contact_id) if contact_id else unseen) from unseen


def _find_contact(
    connection: sa.Connection, actor: Actor, contact_id: ContactId, *, lock: bool = False
) -> ContactRead:
    contact = contacts.find_contact(connection, actor.org_id, contact_id, lock=lock)
    if contact is None:
        raise _contact_missing(contact_id)
    return contact


def _contact_missing(contact_id: ContactId) -> NotFound:
    return NotFound(f"There is no contact {contact_id}, or it is not yours to see.")
