"""The SQL of bulk actions: what was asked, and what became of each account."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.bulk.schemas import ActionAsked, BulkRead, Named, Refused
from backend.db.bulk import rows_json
from backend.ids import OrgId

_EXAMPLES = 5
_SELECT = """
SELECT b.id, b.action, b.status, b.failure, b.created_by, u.full_name AS created_by_name,
       b.created_at, b.finished_at, b.undone_at, b.rv
  FROM bulk_action b JOIN app_user u ON u.org_id = b.org_id AND u.id = b.created_by
 WHERE b.org_id = :org_id AND (cast(:user_id AS uuid) IS NULL OR b.created_by = :user_id)
"""
_COUNTS = sa.text("""
SELECT i.state, i.reason, count(*)::int AS accounts,
       (array_agg(i.account_id ORDER BY i.account_id))[1:5] AS examples
  FROM bulk_action_item i WHERE i.org_id = :org_id AND i.action_id = :id GROUP BY 1, 2
""")
_WRITE_ITEMS = sa.text("""
UPDATE bulk_action_item i
   SET state = u.state, reason = coalesce(u.reason, i.reason),
       before = coalesce(u.before, i.before), after = coalesce(u.after, i.after)
  FROM jsonb_to_recordset(cast(:rows AS jsonb))
    AS u (account_id uuid, state text, reason text, before jsonb, after jsonb)
 WHERE i.org_id = :org_id AND i.action_id = :id AND i.account_id = u.account_id
""")


class Item(NamedTuple):
    """An account of an action."""

    account_id: UUID
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class Held(NamedTuple):
    """An action that the caller holds."""

    action: ActionAsked
    status: str
    created_by: UUID
    device_id: UUID
    undone_by: UUID | None


def insert_action(
    connection: sa.Connection,
    org_id: OrgId,
    action_id: UUID,
    action: ActionAsked,
    ids: Sequence[UUID],
    *,
    by: UUID,
    device_id: UUID,
) -> None:
    """Keep what was asked, with every account waiting."""
    values = {"org_id": org_id, "id": action_id, "by": by, "device": device_id}
    connection.execute(
        sa.text(
            "INSERT INTO bulk_action (org_id, id, action, created_by, device_id)"
            " VALUES (:org_id, :id, cast(:action AS jsonb), :by, :device)"
        ),
        values | {"action": msgspec.json.encode(action).decode()},
    )
    connection.execute(
        sa.text(
            "INSERT INTO bulk_action_item (org_id, action_id, account_id)"
            " SELECT :org_id, :id, a.id FROM account a"
            " WHERE a.org_id = :org_id AND a.id = ANY (cast(:ids AS uuid[]))"
        ),
        {"org_id": org_id, "id": action_id, "ids": list(ids)},
    )


def select_actions(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    user_id: UUID | None,
    action_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 1,
) -> list[BulkRead]:
    """Return actions, the newest first; `user_id` leaves those of one person."""
    query = _SELECT
    query += " AND b.id = :id" if action_id is not None else ""
    query += " AND b.id < :before" if before is not None else ""
    statement = sa.text(query + " ORDER BY b.id DESC LIMIT :limit")
    values = {
        "org_id": org_id, "user_id": user_id, "id": action_id, "before": before, "limit": limit,
    }  # fmt: skip
    bound = {name: values[name] for name in statement.compile().params}
    return [
        _read(connection, org_id, dict(row))
        for row in connection.execute(statement, bound).mappings()
    ]


def _read(connection: sa.Connection, org_id: OrgId, row: dict[str, Any]) -> BulkRead:
    counted = connection.execute(_COUNTS, {"org_id": org_id, "id": row["id"]}).all()
    states: dict[str, int] = {}
    for one in counted:
        states[one.state] = states.get(one.state, 0) + one.accounts
    refused = [
        Refused(
            one.reason,
            one.accounts,
            [] if one.reason == "not_seen" else select_names(connection, org_id, one.examples),
        )
        for one in counted
        if one.state == "refused"
    ]
    told = {name: states.get(name, 0) for name in ("waiting", "unchanged", "undone", "kept")}
    changed = sum(states.get(name, 0) for name in ("changed", "undone", "kept"))
    return msgspec.convert(
        row | told | {"accounts": sum(states.values()), "changed": changed, "refused": refused},
        BulkRead,
    )


def select_names(connection: sa.Connection, org_id: OrgId, ids: Sequence[UUID]) -> list[Named]:
    """Return the names of a few accounts."""
    statement = sa.text(
        "SELECT id, name FROM account"
        " WHERE org_id = :org_id AND id = ANY (cast(:ids AS uuid[])) ORDER BY id"
    )
    values = {"org_id": org_id, "ids": list(ids[:_EXAMPLES])}
    return [Named(*row) for row in connection.execute(statement, values)]


def hold_action(connection: sa.Connection, org_id: OrgId, action_id: UUID) -> Held | None:
    """Return an action, kept from others to the transaction's end; None for none."""
    row = connection.execute(
        sa.text(
            "SELECT action, status, created_by, device_id, undone_by FROM bulk_action"
            " WHERE org_id = :org_id AND id = :id FOR NO KEY UPDATE"
        ),
        {"org_id": org_id, "id": action_id},
    ).one_or_none()
    if row is None:
        return None
    return Held(msgspec.convert(row.action, ActionAsked), *row[1:])


def select_items(
    connection: sa.Connection, org_id: OrgId, action_id: UUID, *, state: str, limit: int
) -> list[Item]:
    """Return some accounts of an action that are in a state, by id."""
    statement = sa.text(
        "SELECT account_id, before, after FROM bulk_action_item"
        " WHERE org_id = :org_id AND action_id = :id AND state = :state"
        " AND state IN ('waiting', 'changed') ORDER BY account_id LIMIT :limit"
    )
    values = {"org_id": org_id, "id": action_id, "state": state, "limit": limit}
    return [Item(*row) for row in connection.execute(statement, values)]


def write_items(
    connection: sa.Connection,
    org_id: OrgId,
    action_id: UUID,
    rows: Sequence[Mapping[str, object]],
) -> None:
    """Write what became of some accounts: state, reason, before and after."""
    values = {"org_id": org_id, "id": action_id, "rows": rows_json(rows)}
    connection.execute(_WRITE_ITEMS, values)


def write_status(
    connection: sa.Connection,
    org_id: OrgId,
    action_id: UUID,
    status: str,
    *,
    failure: str | None = None,
    undone_by: UUID | None = None,
) -> None:
    """Write how far an action is; an end gets its time."""
    connection.execute(
        sa.text("""
UPDATE bulk_action SET status = :status, failure = :failure,
       finished_at = CASE WHEN :status IN ('done', 'failed') THEN now() ELSE finished_at END,
       undone_at = CASE WHEN :status = 'undone' THEN now() ELSE undone_at END,
       undone_by = coalesce(:undone_by, undone_by)
 WHERE org_id = :org_id AND id = :id"""),
        {"org_id": org_id, "id": action_id, "status": status, "failure": failure,
         "undone_by": undone_by},
    )  # fmt: skip


def read_now(connection: sa.Connection) -> datetime:
    """Return when the transaction began."""
    return msgspec.convert(connection.scalar(sa.text("SELECT now()")), datetime)
