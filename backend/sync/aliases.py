"""Accounts that were merged into others: what is meant for the one lands on the other."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from backend.db.tenancy import driver_cursor
from backend.ids import OrgId
from backend.sync.holds import is_id
from backend.sync.protocol.messages import Mutation, Op

_FIND = (
    "SELECT id::text, account_id::text FROM account_alias"
    " WHERE org_id = %(org)s::uuid AND id = ANY (%(ids)s::uuid[])"
)


def find_aliases(connection: sa.Connection, org_id: OrgId, ids: Sequence[str]) -> dict[str, str]:
    """Return into which account each of the merged ones went, by its old id."""
    if not ids:
        return {}
    with driver_cursor(connection) as cursor:
        cursor.execute(_FIND, {"org": str(org_id), "ids": list(ids)})
        return {row[0]: row[1] for row in cursor.fetchall()}


def follow_aliases(
    connection: sa.Connection, org_id: OrgId, mutations: Sequence[Mutation]
) -> dict[str, Mutation]:
    """Return the mutations by id, those of merged accounts turned to the ones that stayed.

    The caller holds the areas' lock, so that no merge comes in between.
    """
    named = {rid for one in mutations for rid in (_own(one), _parent(one)) if rid is not None}
    found = find_aliases(connection, org_id, sorted(named))
    return {one.id: _turned(one, found) if found else one for one in reversed(mutations)}


def _turned(mutation: Mutation, found: dict[str, str]) -> Mutation:
    own, parent = _own(mutation), _parent(mutation)
    if own in found:
        mutation = msgspec.structs.replace(mutation, rid=found[own])
    if parent in found:
        told = {**mutation.set, "account_id": found[parent]}
        mutation = msgspec.structs.replace(mutation, set=told)
    return mutation


def _own(mutation: Mutation) -> str | None:
    """Return the account that is changed; one that is created under a merged id is refused."""
    is_change = mutation.table == "account" and mutation.op is not Op.CREATE
    return mutation.rid if is_change else None


def _parent(mutation: Mutation) -> str | None:
    account = mutation.set.get("account_id")
    return account.lower() if isinstance(account, str) and is_id(account) else None
