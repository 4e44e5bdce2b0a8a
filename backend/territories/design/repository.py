"""All SQL of territory designs: the record, its progress, what came of it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId, UserId
from backend.territories.design.schemas import (
    DesignCreate,
    DesignEvent,
    DesignFailure,
    DesignRead,
    DesignSummary,
)

_SELECT = """
SELECT d.id, d.name, d.status, d.request, d.share, d.summary, d.failure,
  d.proposed_scenario, d.proposed_by, d.proposed_at, d.approved_by, d.approved_at,
  (SELECT count(*) < 2 FROM app_user u WHERE u.org_id = d.org_id AND u.is_active
     AND u.role IN ('manager', 'admin')) AS has_one_planner,
  d.published_scenario, d.realignment_ids, r.state AS publication, r.effective_on,
  d.created_by, d.created_at, d.started_at, d.finished_at, d.published_at, d.rv
 FROM territory_design d
 LEFT JOIN realignment r ON r.org_id = d.org_id
  AND r.id = d.realignment_ids[array_upper(d.realignment_ids, 1)]
"""
_HISTORY = """
SELECT e.at, e.action, u.full_name AS by, e.detail FROM audit_entry e
  LEFT JOIN app_user u ON u.org_id = e.org_id AND u.id = e.actor_id
 WHERE e.org_id = :org_id AND (e.subject = 'territory_design' AND e.subject_id = :id
   OR e.subject = 'realignment' AND e.subject_id IN (
     SELECT unnest(d.realignment_ids) FROM territory_design d
      WHERE d.org_id = :org_id AND d.id = :id))
 ORDER BY e.at, e.id
"""


class Claim(msgspec.Struct, frozen=True):
    """A design that a job has taken: what to make, and which attempt this is."""

    request: DesignCreate
    attempt: int
    problem: bytes | None


def insert_design(
    connection: sa.Connection,
    org_id: OrgId,
    design_id: UUID,
    request: DesignCreate,
    *,
    by: UserId,
) -> None:
    """Insert a queued design."""
    connection.execute(
        sa.text(
            "INSERT INTO territory_design (org_id, id, name, request, created_by)"
            " VALUES (:org_id, :id, :name, cast(:request AS jsonb), :by)"
        ),
        {
            "org_id": org_id,
            "id": design_id,
            "name": request.name.strip(),
            "request": msgspec.json.encode(request).decode(),
            "by": by,
        },
    )


def select_designs(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    design_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 1,
    is_locked: bool = False,
) -> list[DesignRead]:
    """Return designs, the newest first; with `is_locked` kept from other writers."""
    statement = f"""{_SELECT} WHERE d.org_id = :org_id
  AND (cast(:id AS uuid) IS NULL OR d.id = :id)
  AND (cast(:before AS uuid) IS NULL OR d.id < :before)
 ORDER BY d.id DESC LIMIT :limit{" FOR NO KEY UPDATE OF d" if is_locked else ""}"""
    values = {"org_id": org_id, "id": design_id, "before": before, "limit": limit}
    rows = connection.execute(sa.text(statement), values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[DesignRead], strict=False)


def find_made(
    connection: sa.Connection, org_id: OrgId, design_id: UUID
) -> tuple[bytes, bytes] | None:
    """Return problem and scenarios as they are kept; None before they are made."""
    row = connection.execute(
        sa.text(
            "SELECT problem, design FROM territory_design"
            " WHERE org_id = :org_id AND id = :id AND status = 'done'"
        ),
        {"org_id": org_id, "id": design_id},
    ).one_or_none()
    return None if row is None else (bytes(row.problem), bytes(row.design))


def claim_design(connection: sa.Connection, org_id: OrgId, design_id: UUID) -> Claim | None:
    """Begin an attempt at a design; None when it is finished or was cancelled."""
    row = connection.execute(
        sa.text(
            "UPDATE territory_design SET status = 'running', attempt = attempt + 1, share = 0,"
            " started_at = now() WHERE org_id = :org_id AND id = :id"
            " AND status IN ('queued', 'running') RETURNING request, attempt, problem"
        ),
        {"org_id": org_id, "id": design_id},
    ).one_or_none()
    if row is None:
        return None
    problem = None if row.problem is None else bytes(row.problem)
    return Claim(msgspec.convert(row.request, DesignCreate), row.attempt, problem)


def release_design(
    connection: sa.Connection, org_id: OrgId, design_id: UUID, *, attempt: int
) -> None:
    """Put a design back whose worker was asked to stop: that is no failed attempt."""
    changes = "status = 'queued', attempt = attempt - 1, share = 0"
    _update(connection, org_id, design_id, attempt, changes, {})


def write_problem(
    connection: sa.Connection, org_id: OrgId, design_id: UUID, *, attempt: int, problem: bytes
) -> bool:
    """Keep what is solved; False when the attempt does not count any more."""
    values = {"problem": problem}
    return _update(connection, org_id, design_id, attempt, "problem = :problem", values)


def write_share(
    connection: sa.Connection, org_id: OrgId, design_id: UUID, *, attempt: int, share: float
) -> bool:
    """Note how far a design is; False when it was cancelled, or another attempt has begun."""
    return _update(
        connection, org_id, design_id, attempt, "share = :share_done", {"share_done": share}
    )


def write_design(
    connection: sa.Connection,
    org_id: OrgId,
    design_id: UUID,
    *,
    attempt: int,
    design: bytes,
    summary: DesignSummary,
) -> bool:
    """Keep the scenarios; False as `write_share`."""
    return _update(
        connection,
        org_id,
        design_id,
        attempt,
        "status = 'done', share = 1, finished_at = now(), design = :design,"
        " summary = cast(:summary AS jsonb)",
        {"design": design, "summary": msgspec.json.encode(summary).decode()},
    )


def write_failure(
    connection: sa.Connection,
    org_id: OrgId,
    design_id: UUID,
    *,
    attempt: int,
    failure: DesignFailure,
) -> bool:
    """End a design with the reason why there is none; False as `write_share`."""
    return _update(
        connection,
        org_id,
        design_id,
        attempt,
        "status = 'failed', finished_at = now(), failure = cast(:failure AS jsonb)",
        {"failure": msgspec.json.encode(failure).decode()},
    )


def cancel_design(connection: sa.Connection, org_id: OrgId, design_id: UUID) -> bool:
    """Cancel a design that waits or runs; False when it does neither."""
    done = connection.execute(
        sa.text(
            "UPDATE territory_design SET status = 'cancelled', finished_at = now()"
            " WHERE org_id = :org_id AND id = :id AND status IN ('queued', 'running')"
        ),
        {"org_id": org_id, "id": design_id},
    )
    return bool(done.rowcount)


def write_proposal(
    connection: sa.Connection, org_id: OrgId, design_id: UUID, scenario: str | None, by: UserId
) -> None:
    """Note which scenario is proposed, None for none; what was approved is not any more."""
    connection.execute(
        sa.text(
            "UPDATE territory_design SET proposed_scenario = :scenario,"
            " proposed_by = CASE WHEN cast(:scenario AS text) IS NOT NULL"
            "   THEN cast(:by AS uuid) END,"
            " proposed_at = CASE WHEN cast(:scenario AS text) IS NOT NULL THEN now() END,"
            " approved_by = NULL, approved_at = NULL WHERE org_id = :org_id AND id = :id"
        ),
        {"org_id": org_id, "id": design_id, "scenario": scenario, "by": by},
    )


def write_approval(connection: sa.Connection, org_id: OrgId, design_id: UUID, by: UserId) -> None:
    """Note who approved what is proposed."""
    connection.execute(
        sa.text(
            "UPDATE territory_design SET approved_by = :by, approved_at = now()"
            " WHERE org_id = :org_id AND id = :id"
        ),
        {"org_id": org_id, "id": design_id, "by": by},
    )


def write_publication(
    connection: sa.Connection,
    org_id: OrgId,
    design_id: UUID,
    *,
    scenario: str,
    realignment_id: UUID,
    by: UserId,
) -> None:
    """Note which scenario was published, as which realignment."""
    connection.execute(
        sa.text(
            "UPDATE territory_design SET published_scenario = :scenario, published_at = now(),"
            " published_by = :by, realignment_ids = realignment_ids || cast(:realignment AS uuid)"
            " WHERE org_id = :org_id AND id = :id"
        ),
        {
            "org_id": org_id,
            "id": design_id,
            "scenario": scenario,
            "by": by,
            "realignment": realignment_id,
        },
    )


def select_history(connection: sa.Connection, org_id: OrgId, design_id: UUID) -> list[DesignEvent]:
    """Return what was done with a design and with what was published of it, the first first."""
    values = {"org_id": org_id, "id": design_id}
    rows = connection.execute(sa.text(_HISTORY), values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[DesignEvent], strict=False)


def _update(
    connection: sa.Connection,
    org_id: OrgId,
    design_id: UUID,
    attempt: int,
    changes: str,
    values: Mapping[str, Any],
) -> bool:
    """Change a running design in the name of an attempt; False when that does not count."""
    done = connection.execute(
        sa.text(
            f"UPDATE territory_design SET {changes} WHERE org_id = :org_id AND id = :id"  # noqa: S608  # constants
            " AND status = 'running' AND attempt = :attempt"
        ),
        {"org_id": org_id, "id": design_id, "attempt": attempt, **values},
    )
    return bool(done.rowcount)
