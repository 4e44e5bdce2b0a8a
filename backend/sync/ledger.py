"""What is kept of push: each mutation's claim and its result."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.db.tenancy import driver_cursor
from backend.identity.actor import Actor
from backend.ids import OrgId
from backend.sync.protocol.messages import Mutation, MutationResult, Status


class Known(msgspec.Struct, frozen=True):
    """A mutation that was seen before: from which device, under which count of it."""

    device_id: str
    seq: int | None
    body_hash: bytes
    result: MutationResult


_RESULT = msgspec.json.Decoder(MutationResult)

_CLAIM = """
INSERT INTO sync_mutation
  (org_id, id, device_id, user_id, seq, body_hash, op, tbl, rid, result)
SELECT %(org)s::uuid, u.id, %(device)s::uuid, %(user)s::uuid, u.seq, decode(u.hash, 'hex'), u.op,
  u.tbl, u.rid, '{}'
 FROM unnest(%(ids)s::uuid[], %(seqs)s::bigint[], %(hashes)s::text[], %(ops)s::text[],
             %(tables)s::text[], %(rids)s::uuid[]) AS u (id, seq, hash, op, tbl, rid)
ON CONFLICT DO NOTHING RETURNING id::text
"""
_KNOWN = """
SELECT id::text, device_id::text, seq, body_hash, result::text FROM sync_mutation
 WHERE org_id = %(org)s::uuid AND (id = ANY (%(ids)s::uuid[])
    OR device_id = %(device)s::uuid AND seq = ANY (%(seqs)s::bigint[]))
"""


def claim(
    connection: sa.Connection, actor: Actor, mutations: Sequence[Mutation], *, is_counted: bool
) -> dict[str, Known]:
    """Make mutations ours, or return what is known of those that are not new, by id.

    Of two calls that carry the same mutation at the same time, the second waits here for the
    first one's transaction. When the device counts (`is_counted`), those that stand under its
    counts with other ids are returned as well.
    """
    # One order for everybody: two calls with the same mutations never wait for each other in turn.
    first = {one.id: one for one in reversed(mutations)}
    wanted = sorted(first.values(), key=lambda one: one.id)
    values = {
        "org": str(actor.org_id),
        "device": str(actor.device_id),
        "user": str(actor.user_id),
        "ids": [one.id for one in wanted],
        "seqs": [one.seq if is_counted else None for one in wanted],
        "hashes": [hash_mutation(one).hex() for one in wanted],
        "ops": [one.op.value for one in wanted],
        "tables": [one.table.replace("\0", "\ufffd") for one in wanted],
        "rids": [one.rid for one in wanted],
    }
    with driver_cursor(connection) as cursor:
        cursor.execute(_CLAIM, values)
        claimed = {row[0] for row in cursor.fetchall()}
        if len(claimed) == len(wanted):
            return {}
        missing = [one for one in wanted if one.id not in claimed]
        values["ids"] = [one.id for one in missing]
        values["seqs"] = [one.seq for one in missing if is_counted]
        cursor.execute(_KNOWN, values)
        return {
            row[0]: Known(row[1], row[2], bytes(row[3]), _RESULT.decode(row[4]))
            for row in cursor.fetchall()
        }


def hash_mutation(mutation: Mutation) -> bytes:
    """Hash what the mutation says, not how often or in which batch it is sent."""
    plain = msgspec.structs.replace(mutation, seq=0)
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).digest()


def repeat(mutation: Mutation, known: Known) -> MutationResult:
    """Return the stored result as a duplicate; another body under the same id is rejected."""
    if known.body_hash != hash_mutation(mutation):
        detail = "Another change was sent under this id: make a new id."
        return rejected(mutation, "id_reused", detail)
    return msgspec.structs.replace(known.result, status=Status.DUPLICATE, was=known.result.status)


def rejected(mutation: Mutation, code: str, detail: str) -> MutationResult:
    """Return the answer to a mutation that is never taken; `detail` is for people."""
    return MutationResult(id=mutation.id, status=Status.REJECTED, code=code, detail=detail)


def unknown(mutation: Mutation) -> MutationResult:
    """Return the answer to a change of what is not there, or not the person's to see."""
    detail = f"There is no {mutation.table} of this id in your territories."
    return rejected(mutation, "record_unknown", detail)


def store_results(
    connection: sa.Connection, org_id: OrgId, results: Iterable[MutationResult]
) -> None:
    """Write the results of claimed mutations, in the transaction of their effects."""
    _write_results(connection, org_id, results, "")


def replace_results(
    connection: sa.Connection, org_id: OrgId, results: Iterable[MutationResult]
) -> None:
    """Write other results of settled mutations: their devices are told anew."""
    _write_results(connection, org_id, results, ", xid = pg_current_xact_id()")


def _write_results(
    connection: sa.Connection, org_id: OrgId, results: Iterable[MutationResult], more: str
) -> None:
    by_id = {one.id: msgspec.json.encode(one).decode() for one in results}
    if not by_id:
        return
    with driver_cursor(connection) as cursor:
        cursor.execute(
            f"UPDATE sync_mutation m SET result = u.result::jsonb{more}"  # noqa: S608  # constants
            " FROM unnest(%(ids)s::uuid[], %(results)s::text[]) AS u (id, result)"
            " WHERE m.org_id = %(org)s::uuid AND m.id = u.id",
            {"org": str(org_id), "ids": list(by_id), "results": list(by_id.values())},
        )


def release(connection: sa.Connection, org_id: OrgId, ids: Sequence[str]) -> None:
    """Give up claims that came to nothing final: the same mutations may be sent again."""
    if ids:
        with driver_cursor(connection) as cursor:
            cursor.execute(
                "DELETE FROM sync_mutation"
                " WHERE org_id = %(org)s::uuid AND id = ANY (%(ids)s::uuid[])",
                {"org": str(org_id), "ids": list(ids)},
            )


def find_creation(connection: sa.Connection, org_id: OrgId, rid: str) -> Status | None:
    """Return what became of the mutation that tried to create a record, or None."""
    values = {"org_id": org_id, "rid": rid}
    settled = connection.execute(
        sa.text(
            "SELECT result ->> 'status' FROM sync_mutation WHERE org_id = :org_id AND rid = :rid"
            " AND op = 'create' AND result ->> 'status' IS NOT NULL"
            " ORDER BY result ->> 'status' = 'rejected', id LIMIT 1"
        ),
        values,
    ).scalar_one_or_none()
    if settled is not None:
        return Status(settled)
    failed = connection.execute(
        sa.text(
            "SELECT 1 FROM sync_quarantine WHERE org_id = :org_id AND body ->> 'rid' = :rid"
            " AND body ->> 'op' = 'create' AND state = 'counting' LIMIT 1"
        ),
        values,
    ).first()
    return Status.ERROR if failed else None


def find_op(connection: sa.Connection, org_id: OrgId, mutation_id: UUID) -> str | None:
    """Return what a claimed mutation does to its record, or None."""
    statement = sa.text("SELECT op FROM sync_mutation WHERE org_id = :org_id AND id = :id")
    found: str | None = connection.execute(
        statement, {"org_id": org_id, "id": mutation_id}
    ).scalar_one_or_none()
    return found


def find_existing(
    connection: sa.Connection, org_id: OrgId, wanted: Mapping[str, Iterable[str]]
) -> set[tuple[str, str]]:
    """Return which records the organisation has, deleted or not, of ids by synced table."""
    asked = {table: sorted(set(ids)) for table, ids in wanted.items()}
    asked = {table: ids for table, ids in asked.items() if ids}
    if not asked:
        return set()
    parts = [
        f"SELECT '{table}', id::text FROM {table} WHERE org_id = %(org)s::uuid"  # noqa: S608
        f" AND id = ANY (%({table})s::uuid[])"
        for table in asked
    ]
    with driver_cursor(connection) as cursor:
        cursor.execute(" UNION ALL ".join(parts), {"org": str(org_id), **asked})
        return {(row[0], row[1]) for row in cursor.fetchall()}
