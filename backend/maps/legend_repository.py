"""The SQL of legends and of territories by a measure: accounts in scope, counted by class."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from backend.accounts.filters import IS_OVERDUE, Filters, conditions
from backend.maps.colouring import ColourBy, Lens, class_of
from backend.maps.schemas import Scope

_IN_SCOPE = """
AND (m.territory_id = ANY (cast(:scope AS uuid[]))
     OR m.owner_id = :user_id AND m.territory_id IS NULL
     OR m.account_id = ANY (ARRAY (SELECT tuyen_held_over(:org_id, :user_id))))
"""
_CLASSES = """
SELECT {class_of} AS class, count(*)::int AS accounts FROM account_map m
 WHERE m.org_id = :org_id {conditions} GROUP BY 1
"""
_TERRITORIES = f"""
SELECT m.territory_id, count(*)::int AS accounts,
       (count(*) FILTER (WHERE m.life_stage = 'customer'))::int AS customers,
       (count(*) FILTER (WHERE m.life_stage IN ('customer', 'prospect')))::int AS market,
       (count(*) FILTER (WHERE {IS_OVERDUE}))::int AS overdue
  FROM account_map m
 WHERE m.org_id = :org_id AND m.territory_id IS NOT NULL {{conditions}} GROUP BY 1
"""  # noqa: S608  # constants only
_OUTLINED = sa.text("""
SELECT id, name, parent_id, area IS NOT NULL AS has_area FROM territory
 WHERE org_id = :org_id AND deleted_at IS NULL
   AND (cast(:ids AS uuid[]) IS NULL OR id = ANY (:ids)) ORDER BY name, id
""")


class Tally(NamedTuple):
    """What the accounts of a territory come to; `market` is prospects and customers."""

    accounts: int = 0
    customers: int = 0
    market: int = 0
    overdue: int = 0


class Named(NamedTuple):
    """A territory in scope."""

    id: UUID
    name: str
    parent_id: UUID | None
    has_area: bool


def count_classes(
    connection: sa.Connection, scope: Scope, filters: Filters, lens: Lens, colour_by: ColourBy
) -> dict[str | None, int]:
    """Return how many accounts on the map are of which class."""
    class_sql = class_of(colour_by, lens.currency)
    rows = _counted(connection, _CLASSES, scope, filters, {"class_of": class_sql})
    return {row[0]: row[1] for row in rows}


def count_territories(
    connection: sa.Connection, scope: Scope, filters: Filters
) -> dict[UUID, Tally]:
    """Return what the accounts on the map come to, by their territory."""
    rows = _counted(connection, _TERRITORIES, scope, filters, {})
    return {row.territory_id: Tally._make(row[1:]) for row in rows}


def select_territories(connection: sa.Connection, scope: Scope) -> list[Named]:
    """Return the live territories in scope, by name."""
    values = {"org_id": scope.org_id, "ids": scope.territory_array}
    rows = connection.execute(_OUTLINED, values)
    return [Named(*row) for row in rows]


def select_names_of_people(
    connection: sa.Connection, scope: Scope, ids: list[str]
) -> dict[str, str]:
    """Return the names of some people of the organisation."""
    statement = sa.text(
        "SELECT id::text, full_name FROM app_user"
        " WHERE org_id = :org_id AND id = ANY (cast(:ids AS uuid[]))"
    )
    return {row[0]: row[1] for row in connection.execute(statement, _org(scope) | {"ids": ids})}


def _counted(
    connection: sa.Connection,
    template: str,
    scope: Scope,
    filters: Filters,
    more: Mapping[str, str],
) -> Sequence[Any]:
    wanted, values = conditions(filters)
    if scope.territory_ids is not None:
        wanted = [_IN_SCOPE, *wanted]
        values |= {"scope": scope.territory_array, "user_id": scope.user_id}
    statement = template.format(conditions=" ".join(wanted), **more)
    return connection.execute(sa.text(statement), values | _org(scope)).all()


def _org(scope: Scope) -> dict[str, Any]:
    return {"org_id": scope.org_id}
