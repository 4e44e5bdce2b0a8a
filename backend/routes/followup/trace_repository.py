"""The SQL of traces, and of what a day's driving came to."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.geo.vocabulary import LonLat
from backend.ids import OrgId, UserId
from backend.routes.followup.driving import Driving
from backend.routes.followup.facts import DrivenDay
from backend.routes.followup.traces import StoredFix


class StoredTrace(msgspec.Struct, frozen=True):
    """That a person's day has positions, and their version."""

    rep_id: UUID
    on_date: date
    rv: int


def lock_trace(
    connection: sa.Connection, org_id: OrgId, rep_id: UserId, on_date: date
) -> tuple[StoredFix, ...]:
    """Make a day's trace where there is none, lock it and return its fixes."""
    key = {"org_id": org_id, "rep_id": rep_id, "on_date": on_date}
    connection.execute(
        sa.text(
            "INSERT INTO trace (org_id, rep_id, on_date) VALUES (:org_id, :rep_id, :on_date)"
            " ON CONFLICT DO NOTHING"
        ),
        key,
    )
    fixes = connection.execute(
        sa.text(
            "SELECT fixes FROM trace WHERE org_id = :org_id AND rep_id = :rep_id"
            " AND on_date = :on_date FOR NO KEY UPDATE"
        ),
        key,
    ).scalar_one()
    return msgspec.convert(fixes, tuple[StoredFix, ...])


def write_trace(
    connection: sa.Connection,
    org_id: OrgId,
    rep_id: UserId,
    on_date: date,
    fixes: Sequence[StoredFix],
) -> None:
    """Put a day's fixes in place of those that were kept."""
    connection.execute(
        sa.text(
            "UPDATE trace SET fixes = cast(:fixes AS jsonb)"
            " WHERE org_id = :org_id AND rep_id = :rep_id AND on_date = :on_date"
        ),
        {
            "org_id": org_id,
            "rep_id": rep_id,
            "on_date": on_date,
            "fixes": msgspec.json.encode(fixes).decode(),
        },
    )


def select_traces(
    connection: sa.Connection,
    org_id: OrgId,
    from_date: date,
    to_date: date,
    *,
    rep_id: UUID | None = None,
) -> list[StoredTrace]:
    """Return which days have a trace, and its version; the fixes are left out."""
    rows = connection.execute(
        sa.text(
            "SELECT rep_id, on_date, rv FROM trace WHERE org_id = :org_id"
            " AND on_date BETWEEN :from_date AND :to_date AND fixes <> '[]'"
            " AND (cast(:rep_id AS uuid) IS NULL OR rep_id = :rep_id)"
        ),
        {"org_id": org_id, "from_date": from_date, "to_date": to_date, "rep_id": rep_id},
    ).mappings()
    return msgspec.convert([dict(row) for row in rows], list[StoredTrace])


def find_fixes(
    connection: sa.Connection, org_id: OrgId, rep_id: UUID, on_date: date
) -> tuple[StoredFix, ...]:
    """Return a day's fixes in order of time; none when it has no trace."""
    fixes = connection.execute(
        sa.text(
            "SELECT fixes FROM trace"
            " WHERE org_id = :org_id AND rep_id = :rep_id AND on_date = :on_date"
        ),
        {"org_id": org_id, "rep_id": rep_id, "on_date": on_date},
    ).scalar()
    return msgspec.convert(fixes or [], tuple[StoredFix, ...])


def select_driven(
    connection: sa.Connection,
    org_id: OrgId,
    from_date: date,
    to_date: date,
    *,
    rep_id: UUID | None = None,
    has_lines: bool = False,
) -> list[DrivenDay]:
    """Return what was settled of these days; without lines unless they are wanted."""
    rows = connection.execute(
        sa.text(
            "SELECT rep_id, on_date, source, is_estimate, distance_m, unmatched_m, outlier_count,"
            " off_route_m, off_route_s, stays, basis, coalesce((SELECT"
            "   json_agg(ST_AsEncodedPolyline(p.geom, 6) ORDER BY p.path)"
            "   FROM ST_Dump(line) p WHERE :has_lines),"
            "   '[]') AS lines"
            " FROM driven_day WHERE org_id = :org_id AND on_date BETWEEN :from_date AND :to_date"
            " AND (cast(:rep_id AS uuid) IS NULL OR rep_id = :rep_id)"
        ),
        {
            "org_id": org_id,
            "from_date": from_date,
            "to_date": to_date,
            "rep_id": rep_id,
            "has_lines": has_lines,
        },
    ).mappings()
    return msgspec.convert([dict(row) for row in rows], list[DrivenDay], strict=False)


def upsert_driven(
    connection: sa.Connection,
    org_id: OrgId,
    rep_id: UUID,
    on_date: date,
    driving: Driving,
    *,
    basis: str,
    now: datetime,
) -> None:
    """Keep what a day's driving came to, in place of what was kept."""
    values: dict[str, Any] = {
        "org_id": org_id,
        "rep_id": rep_id,
        "on_date": on_date,
        "source": driving.source,
        "is_estimate": driving.is_estimate,
        "distance_m": driving.distance_m,
        "unmatched_m": driving.unmatched_m,
        "outlier_count": driving.outlier_count,
        "off_route_m": driving.off_route_m,
        "off_route_s": driving.off_route_s,
        "line": _multi_line(driving.parts),
        "stays": msgspec.json.encode(driving.stays).decode(),
        "basis": basis,
        "now": now,
    }
    connection.execute(
        sa.text(
            """
INSERT INTO driven_day AS d (org_id, rep_id, on_date, source, is_estimate, distance_m, unmatched_m,
  outlier_count, off_route_m, off_route_s, line, stays, basis, settled_at)
VALUES (:org_id, :rep_id, :on_date, :source, :is_estimate, :distance_m, :unmatched_m,
  :outlier_count, :off_route_m, :off_route_s,
  ST_SetSRID(ST_GeomFromText(cast(:line AS text)), 4326), cast(:stays AS jsonb),
  :basis, :now)
ON CONFLICT (org_id, rep_id, on_date) DO UPDATE SET source = excluded.source,
  is_estimate = excluded.is_estimate, distance_m = excluded.distance_m,
  unmatched_m = excluded.unmatched_m, outlier_count = excluded.outlier_count,
  off_route_m = excluded.off_route_m, off_route_s = excluded.off_route_s, line = excluded.line,
  stays = excluded.stays, basis = excluded.basis, settled_at = excluded.settled_at"""
        ),
        values,
    )


def _multi_line(parts: Sequence[Sequence[LonLat]]) -> str | None:
    if not parts:
        return None
    lines = ", ".join("(" + ", ".join(f"{lon} {lat}" for lon, lat in part) + ")" for part in parts)
    return f"MULTILINESTRING({lines})"
