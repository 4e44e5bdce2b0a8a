"""The values that lost a merge: kept until a person chooses."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.db.bulk import insertion, rows_json
from backend.db.tenancy import driver_cursor
from backend.identity.actor import Actor
from backend.ids import OrgId, UserId, new_id
from backend.sync.protocol.messages import Mutation, Value


class Resolution(StrEnum):
    """What a person chose: their own values, the server's, or not to look at it again."""

    MINE = "mine"
    THEIRS = "theirs"
    DISMISSED = "dismissed"


class IssueState(StrEnum):
    """Which issues a list holds."""

    OPEN = "open"
    RESOLVED = "resolved"
    ALL = "all"


class IssueRead(msgspec.Struct, frozen=True):
    """Values that lost (`mine`), those that stood (`theirs`), and what the device had seen."""

    id: UUID
    user_id: UUID
    device_id: UUID
    mutation_id: UUID
    table: str
    rid: UUID
    code: str
    mine: dict[str, Any]
    theirs: dict[str, Any]
    base: dict[str, Any]
    made_at: datetime
    resolution: Resolution | None
    resolved_at: datetime | None
    resolved_by: UUID | None
    rv: int


_SELECT = (
    "SELECT id, user_id, device_id, mutation_id, tbl AS table, rid, code, mine, theirs, base,"
    " made_at, resolution, resolved_at, resolved_by, rv FROM issue WHERE org_id = :org_id"
)
_INSERT = insertion(
    "issue",
    {
        "id": "uuid",
        "mutation_id": "uuid",
        "user_id": "uuid",
        "device_id": "uuid",
        "tbl": "text",
        "rid": "uuid",
        "code": "text",
        "mine": "jsonb",
        "theirs": "jsonb",
        "base": "jsonb",
    },
)
_STATES = {
    IssueState.OPEN: " AND resolved_at IS NULL",
    IssueState.RESOLVED: " AND resolved_at IS NOT NULL",
    IssueState.ALL: "",
}


def new_issue(
    actor: Actor,
    mutation: Mutation,
    *,
    code: str,
    mine: Mapping[str, Value],
    theirs: Mapping[str, Any],
) -> dict[str, object]:
    """Return the row of an issue: the values that lost, kept until a person chooses."""
    return {
        "id": new_id(),
        "mutation_id": mutation.id,
        "user_id": actor.user_id,
        "device_id": actor.device_id,
        "tbl": mutation.table,
        "rid": mutation.rid,
        "code": code,
        "mine": mine,
        "theirs": theirs,
        "base": mutation.base,
    }


def insert_issues(
    connection: sa.Connection, org_id: OrgId, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert issues."""
    if rows:
        with driver_cursor(connection) as cursor:
            cursor.execute(_INSERT, {"org": str(org_id), "rows": rows_json(rows)})


def find_issue(
    connection: sa.Connection, org_id: OrgId, issue_id: UUID, *, is_locked: bool = False
) -> IssueRead | None:
    """Return an issue, held against other writers where wanted, or None."""
    lock = " FOR NO KEY UPDATE" if is_locked else ""
    statement = sa.text(f"{_SELECT} AND id = :id{lock}")
    values = {"org_id": org_id, "id": issue_id}
    row = connection.execute(statement, values).mappings().one_or_none()
    return msgspec.convert(dict(row), IssueRead) if row is not None else None


def select_issues(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    state: IssueState,
    owner: UserId | None,
    before: UUID | None,
    limit: int,
) -> list[IssueRead]:
    """Return issues of one person or of everybody, latest first, those made before `before`."""
    where = _STATES[state]
    where += " AND user_id = :owner" if owner is not None else ""
    where += " AND id < :before" if before is not None else ""
    rows = connection.execute(
        sa.text(f"{_SELECT}{where} ORDER BY id DESC LIMIT :limit"),
        {"org_id": org_id, "owner": owner, "before": before, "limit": limit},
    ).mappings()
    return [msgspec.convert(dict(row), IssueRead) for row in rows]


def settle_issue(
    connection: sa.Connection, actor: Actor, issue_id: UUID, resolution: Resolution, now: datetime
) -> int:
    """Note what a person chose; return the issue's new version."""
    statement = sa.text(
        "UPDATE issue SET resolution = :resolution, resolved_at = :now, resolved_by = :by"
        " WHERE org_id = :org_id AND id = :id RETURNING rv"
    )
    values = {
        "org_id": actor.org_id,
        "id": issue_id,
        "resolution": resolution.value,
        "now": now,
        "by": actor.user_id,
    }
    return int(connection.execute(statement, values).scalar_one())
