"""What is kept of push: each mutation's claim and result, issues, and the quarantine."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.db.tenancy import send
from backend.identity.actor import Actor
from backend.ids import OrgId, new_id
from backend.sync.protocol.messages import Mutation, MutationResult, Status, Value

MAX_ATTEMPTS = 3


class Known(msgspec.Struct, frozen=True):
    """A mutation that was seen before."""

    body_hash: bytes
    result: MutationResult


class Undo(Exception):
    """Raised inside a savepoint to roll it back and leave it."""


def undo() -> NoReturn:
    """Roll back the innermost savepoint and leave it."""
    raise Undo


@contextmanager
def savepoint(connection: sa.Connection) -> Iterator[None]:
    """Keep what happens inside, or nothing of it when an exception leaves it; Undo ends here."""
    send(connection, "SAVEPOINT mutation")
    try:
        yield
    except Undo:
        send(connection, "ROLLBACK TO SAVEPOINT mutation; RELEASE SAVEPOINT mutation")
    except BaseException:
        send(connection, "ROLLBACK TO SAVEPOINT mutation; RELEASE SAVEPOINT mutation")
        raise
    else:
        send(connection, "RELEASE SAVEPOINT mutation")


def claim(
    connection: sa.Connection, actor: Actor, mutation: Mutation, body_hash: bytes
) -> Known | None:
    """Make the mutation ours, or return what is known of it.

    Of two calls that carry the same mutation at the same time, the second waits here for the
    first one's transaction.
    """
    inserted = connection.execute(
        sa.text(
            "INSERT INTO sync_mutation"
            " (org_id, id, device_id, user_id, body_hash, op, tbl, rid, result) VALUES"
            " (:org_id, :id, :device_id, :user_id, :body_hash, :op, :tbl, :rid, '{}')"
            " ON CONFLICT (org_id, id) DO NOTHING"
        ),
        {
            "org_id": actor.org_id,
            "id": mutation.id,
            "device_id": actor.device_id,
            "user_id": actor.user_id,
            "body_hash": body_hash,
            "op": mutation.op.value,
            "tbl": mutation.table,
            "rid": mutation.rid,
        },
    )
    if inserted.rowcount == 1:
        return None
    row = connection.execute(
        sa.text("SELECT body_hash, result FROM sync_mutation WHERE org_id = :org_id AND id = :id"),
        {"org_id": actor.org_id, "id": mutation.id},
    ).one()
    return Known(bytes(row.body_hash), msgspec.convert(row.result, MutationResult))


def hash_mutation(mutation: Mutation) -> bytes:
    """Hash what the mutation says, not how often or in which batch it is sent."""
    plain = msgspec.structs.replace(mutation, seq=0)
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).digest()


def repeat(mutation: Mutation, known: Known, body_hash: bytes) -> MutationResult:
    """Return the stored result as a duplicate; another body under the same id is rejected."""
    if known.body_hash != body_hash:
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


def store_result(connection: sa.Connection, org_id: OrgId, result: MutationResult) -> None:
    """Write a claimed mutation's result, in the transaction of its effect."""
    connection.execute(
        sa.text(
            "UPDATE sync_mutation SET result = cast(:result AS jsonb)"
            " WHERE org_id = :org_id AND id = :id"
        ),
        {"org_id": org_id, "id": result.id, "result": msgspec.json.encode(result).decode()},
    )


def find_creation(connection: sa.Connection, org_id: OrgId, rid: str) -> Status | None:
    """Return what became of the mutation that tried to create a record, or None."""
    values = {"org_id": org_id, "rid": rid}
    settled = connection.execute(
        sa.text(
            "SELECT result ->> 'status' FROM sync_mutation WHERE org_id = :org_id AND rid = :rid"
            " AND op = 'create' ORDER BY result ->> 'status' = 'rejected', id LIMIT 1"
        ),
        values,
    ).scalar_one_or_none()
    if settled is not None:
        return Status(settled)
    failed = connection.execute(
        sa.text(
            "SELECT 1 FROM sync_quarantine WHERE org_id = :org_id AND body ->> 'rid' = :rid"
            " AND body ->> 'op' = 'create' LIMIT 1"
        ),
        values,
    ).first()
    return Status.ERROR if failed else None


def exists(connection: sa.Connection, org_id: OrgId, table: str, rid: str) -> bool:
    """Tell whether the organisation has a record, deleted or not; `table` is a synced one."""
    statement = sa.text(f"SELECT 1 FROM {table} WHERE org_id = :org_id AND id = :id")  # noqa: S608
    return connection.execute(statement, {"org_id": org_id, "id": rid}).first() is not None


_LOCKS = {
    table: sa.text(
        f"SELECT r.deleted_at IS NULL FROM {table} r"  # noqa: S608  # constants
        f" JOIN account a ON a.org_id = r.org_id AND a.id = {account}"
        " WHERE r.org_id = :org_id AND r.id = :id AND (:all OR a.territory_id IN"
        " (SELECT tuyen_territories_of(:org_id, :user_id))"
        f" OR a.territory_id IS NULL AND a.owner_id = :user_id{own}) FOR NO KEY UPDATE OF r"
    )
    for table, account, own in (
        ("account", "r.id", ""),
        ("contact", "r.account_id", ""),
        ("visit", "r.account_id", " OR r.rep_id = :user_id"),
    )
}


def lock_record(connection: sa.Connection, actor: Actor, table: str, rid: str) -> bool | None:
    """Lock a record that devices change: True when it is there, False when it was deleted.

    None is unknown or out of the actor's scope: who may not see a record learns nothing of it.
    """
    found: bool | None = connection.execute(
        _LOCKS[table],
        {
            "org_id": actor.org_id,
            "id": rid,
            "user_id": actor.user_id,
            "all": actor.sees_everything,
        },
    ).scalar_one_or_none()
    return found


def insert_issue(
    connection: sa.Connection,
    actor: Actor,
    mutation: Mutation,
    *,
    code: str,
    mine: Mapping[str, Value],
    theirs: Mapping[str, Any],
) -> UUID:
    """Keep the values that lost, so that a person can choose them again."""
    issue_id = new_id()
    connection.execute(
        sa.text(
            "INSERT INTO issue (org_id, id, mutation_id, user_id, device_id, tbl, rid, code,"
            " mine, theirs, base) VALUES (:org_id, :id, :mutation_id, :user_id, :device_id, :tbl,"
            " :rid, :code, cast(:mine AS jsonb), cast(:theirs AS jsonb), cast(:base AS jsonb))"
        ),
        {
            "org_id": actor.org_id,
            "id": issue_id,
            "mutation_id": mutation.id,
            "user_id": actor.user_id,
            "device_id": actor.device_id,
            "tbl": mutation.table,
            "rid": mutation.rid,
            "code": code,
            "mine": msgspec.json.encode(mine).decode(),
            "theirs": msgspec.json.encode(theirs).decode(),
            "base": msgspec.json.encode(mutation.base).decode(),
        },
    )
    return issue_id


def count_failure(
    connection: sa.Connection, actor: Actor, mutation: Mutation, error: BaseException
) -> int:
    """Note that a mutation made the server fail; return how often it did."""
    attempts: int = connection.execute(
        sa.text(
            "INSERT INTO sync_quarantine AS q"
            " (org_id, mutation_id, user_id, device_id, body, error)"
            " VALUES (:org_id, :id, :user_id, :device_id, cast(:body AS jsonb), :error)"
            " ON CONFLICT (org_id, mutation_id) DO UPDATE SET attempts = q.attempts + 1,"
            " error = excluded.error, last_at = now() RETURNING attempts"
        ),
        {
            "org_id": actor.org_id,
            "id": mutation.id,
            "user_id": actor.user_id,
            "device_id": actor.device_id,
            # jsonb cannot hold NUL, which may be the very thing that made us fail.
            "body": msgspec.json.encode(mutation).decode().replace("\\u0000", "\\ufffd"),
            "error": repr(error)[:2000].replace("\x00", "\ufffd"),
        },
    ).scalar_one()
    return attempts
