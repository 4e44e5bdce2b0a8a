"""The SQL of changes to many accounts at once: locked in one order, written in one statement."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from backend.db.bulk import rows_json
from backend.ids import OrgId, UserId

_KINDS = {
    "territory_id": "uuid", "territory_is_manual": "boolean", "owner_id": "uuid", "tags": "text[]",
    "visit_every_days": "int", "visit_frequency": "text", "priority": "int",
}  # fmt: skip
CHANGEABLE = frozenset(_KINDS)
_ROWS = """
SELECT a.id, cast(:rep AS uuid) IS NULL OR coalesce(
         a.territory_id = ANY (ARRAY (SELECT tuyen_territories_of(:org_id, cast(:rep AS uuid)))),
         a.owner_id = cast(:rep AS uuid), false)
         OR a.id = ANY (ARRAY (SELECT tuyen_held_over(:org_id, cast(:rep AS uuid)))) AS is_seen,
       a.territory_id, a.territory_is_manual, a.owner_id, a.tags, a.visit_every_days,
       a.visit_frequency, a.priority,
       cast(:on_date AS date) IS NOT NULL AND EXISTS (SELECT FROM visit v
          WHERE v.org_id = a.org_id AND v.account_id = a.id AND v.planned_on = :on_date
            AND v.status <> 'cancelled' AND v.deleted_at IS NULL) AS has_visit,
       cast(:campaign_id AS uuid) IS NOT NULL AND EXISTS (SELECT FROM campaign_account c
          WHERE c.org_id = a.org_id AND c.campaign_id = :campaign_id AND c.account_id = a.id)
         AS is_in_campaign
  FROM account a
 WHERE a.org_id = :org_id AND a.deleted_at IS NULL AND a.id = ANY (cast(:ids AS uuid[]))
 ORDER BY a.id
"""


def select_rows(
    connection: sa.Connection,
    org_id: OrgId,
    ids: Sequence[UUID],
    *,
    rep: UserId | None,
    on_date: object = None,
    campaign_id: UUID | None = None,
    is_locked: bool = False,
) -> Sequence[sa.Row[Any]]:
    """Return live accounts with whether `rep` may see them, locked in one order when asked."""
    statement = sa.text(_ROWS + (" FOR NO KEY UPDATE OF a" if is_locked else ""))
    values = {
        "org_id": org_id, "ids": list(ids), "rep": rep, "on_date": on_date,
        "campaign_id": campaign_id,
    }  # fmt: skip
    return connection.execute(statement, values).all()


def write_rows(
    connection: sa.Connection, org_id: OrgId, rows: Mapping[UUID, Mapping[str, object]]
) -> dict[UUID, dict[str, Any]]:
    """Write the same columns of each account, and return what they are then.

    A territory that is no longer by hand is that of the location.
    """
    names = sorted({name for changes in rows.values() for name in changes} & CHANGEABLE)
    if not names:
        return {}
    kinds = ", ".join(f"{name} {_KINDS[name]}" for name in names)
    told = ", ".join(f"'{name}', a.{name}" for name in names)
    statement = sa.text(f"""
UPDATE account a SET {", ".join(f"{name} = u.{name}" for name in names)}
  FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS u (id uuid, {kinds})
 WHERE a.org_id = :org_id AND a.id = u.id
RETURNING a.id, jsonb_build_object({told}) AS told""")  # noqa: S608  # names of columns only
    given = rows_json([{"id": one, **changes} for one, changes in rows.items()])
    found = connection.execute(statement, {"org_id": org_id, "rows": given})
    return {row.id: row.told for row in found}
