"""The SQL of reports: over the accounts of an area, and names."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.areas.repository import Days, Selection
from backend.ids import OrgId, UserId
from backend.reports.schemas import Author, Listed, Month, Place, Spot, Subject

# What is together on paper is drawn as one: cells are squares of the world of 2^24.
_SPOTS = """
WITH picked AS ({spots})
SELECT ((wx::bigint >> :bits) << 25) | (wy::bigint >> :bits) AS cell, life_stage,
       count(*)::int AS accounts, avg(wx)::float8 AS wx, avg(wy)::float8 AS wy
  FROM picked WHERE wx BETWEEN :west AND :east AND wy BETWEEN :north AND :south
 GROUP BY 1, 2 ORDER BY 1, 2 LIMIT :limit
"""
_EXTENT = """
WITH picked AS ({spots})
SELECT count(*)::int AS placed, min(wx) AS west, max(wx) AS east, min(wy) AS north, max(wy) AS south
  FROM picked
"""
_HOLDERS = """(SELECT string_agg(u.full_name, ', ' ORDER BY u.full_name)
  FROM territory_assignment g JOIN app_user u ON u.org_id = :org_id AND u.id = g.user_id
 WHERE g.org_id = :org_id AND g.territory_id = t.id AND g.valid_from <= tuyen_today(:org_id)
   AND (g.valid_to IS NULL OR g.valid_to > tuyen_today(:org_id)))"""
_BY_TERRITORY: Final = f"""
WITH picked AS ({{picked}}), worth AS ({{worth}}), sums AS (
  SELECT territory_id, count(*)::int AS accounts,
         (count(*) FILTER (WHERE life_stage = 'prospect'))::int AS prospects,
         (count(*) FILTER (WHERE life_stage = 'customer'))::int AS customers,
         (count(*) FILTER (WHERE (last_visit_at AT TIME ZONE cast(:time_zone AS text))::date
            + visit_every_days < :today))::int AS overdue
    FROM picked GROUP BY 1),
money AS (
  SELECT w.territory_id, coalesce(sum(s.revenue), 0)::float8 AS revenue,
         sum(w.monthly_potential)::float8 AS monthly_potential
    FROM worth w CROSS JOIN LATERAL (SELECT sum(s.amount) AS revenue FROM sale s
      WHERE s.org_id = :org_id AND s.account_id = w.account_id
        AND s.sold_on BETWEEN :from_date AND :to_date AND w.last_sold_on >= :from_date) s
   GROUP BY 1)
SELECT t.name, coalesce({_HOLDERS}, '') AS holders, s.accounts, s.prospects, s.customers,
       s.overdue, coalesce(m.revenue, 0)::float8 AS revenue, m.monthly_potential,
       count(*) OVER () AS rows
  FROM sums s LEFT JOIN money m ON m.territory_id IS NOT DISTINCT FROM s.territory_id
  LEFT JOIN territory t ON t.org_id = :org_id AND t.id = s.territory_id
 ORDER BY s.accounts DESC, t.name LIMIT :limit
"""  # noqa: S608  # constants only
_MONTHS = """
WITH picked AS ({worth}), sold AS (
  SELECT date_trunc('month', s.sold_on)::date AS first_on, sum(s.amount) AS revenue
    FROM picked p CROSS JOIN LATERAL (SELECT s.sold_on, s.amount FROM sale s
      WHERE s.org_id = :org_id AND s.account_id = p.account_id
        AND s.sold_on BETWEEN :first_on AND :to_date AND p.last_sold_on >= :first_on OFFSET 0) s
   GROUP BY 1)
SELECT m.first_on::date, coalesce(s.revenue, 0)::float8 AS revenue
  FROM generate_series(cast(:first_on AS date), cast(:to_date AS date), interval '1 month')
    m (first_on) LEFT JOIN sold s ON s.first_on = m.first_on::date
 ORDER BY 1
"""
_LAST_ON = "(last_visit_at AT TIME ZONE cast(:time_zone AS text))::date"
# Customers first, then who matters more, then who waits longest; the rest is looked up of these.
_LISTED: Final = f"""
WITH picked AS ({{picked}}), page AS (
  SELECT account_id, row_number() OVER w AS place FROM picked
  WINDOW w AS (ORDER BY array_position(ARRAY['customer', 'prospect', 'lapsed', 'lost'], life_stage),
    priority, coalesce(:today - ({_LAST_ON} + visit_every_days), 0) DESC, account_id)
   ORDER BY place LIMIT :limit)
SELECT a.id, a.name, a.life_stage, a.category, a.priority, a.address, a.phone,
       (a.last_visit_at AT TIME ZONE cast(:time_zone AS text))::date AS last_visit_on,
       greatest(coalesce(:today - ((a.last_visit_at AT TIME ZONE cast(:time_zone AS text))::date
         + a.visit_every_days), 0), 0) AS overdue_days,
       coalesce(s.revenue, 0)::float8 AS revenue, p.monthly_amount::float8 AS monthly_potential
  FROM page g JOIN account a ON a.org_id = :org_id AND a.id = g.account_id
 CROSS JOIN LATERAL (SELECT sum(s.amount) AS revenue FROM sale s
   WHERE s.org_id = :org_id AND s.account_id = g.account_id
     AND s.sold_on BETWEEN :from_date AND :to_date) s
  LEFT JOIN account_potential p ON p.org_id = :org_id AND p.account_id = g.account_id
 ORDER BY g.place
"""  # noqa: S608  # constants only
_TERRITORY: Final = f"""
SELECT t.name, t.code, {_HOLDERS} AS holders FROM territory t
 WHERE t.org_id = :org_id AND t.id = :id AND t.deleted_at IS NULL
"""  # noqa: S608  # constants only


class Extent(msgspec.Struct, frozen=True):
    """Where accounts lie in the world of 2^24; None where none has a place."""

    placed: int
    west: int | None
    east: int | None
    north: int | None
    south: int | None


def read_extent(selection: Selection) -> Extent:
    """Return how many accounts have a place, and the box around them."""
    return msgspec.convert(dict(selection.read(_EXTENT, None).mappings().one()), Extent)


def select_spots(
    selection: Selection, *, bits: int, limit: int, box: tuple[int, int, int, int]
) -> list[Spot]:
    """Return the accounts inside a box (west, north, east, south) by cells of 2^`bits`."""
    west, north, east, south = box
    rows = selection.read(
        _SPOTS, None, bits=bits, limit=limit, west=west, north=north, east=east, south=south
    )
    return [Spot._make(row) for row in rows]


def select_by_territory(selection: Selection, days: Days, *, limit: int) -> tuple[list[Place], int]:
    """Return the territories of the accounts, the largest first, and how many there are."""
    rows = selection.read(_BY_TERRITORY, days, limit=limit).all()
    return [Place._make(row[:-1]) for row in rows], rows[0].rows if rows else 0


def select_months(selection: Selection, days: Days) -> list[Month]:
    """Return what was sold in each of twelve months and up to the period's end in its own."""
    last = days.to_date
    first_on = last.replace(year=last.year - 1, day=1)
    return [Month._make(row) for row in selection.read(_MONTHS, days, first_on=first_on)]


def select_listed(selection: Selection, days: Days, *, limit: int) -> list[Listed]:
    """Return accounts for the list: customers first, then by priority and how long they wait."""
    rows = selection.read(_LISTED, days, limit=limit).mappings()
    return msgspec.convert([dict(row) for row in rows], list[Listed])


def find_territory(connection: sa.Connection, org_id: OrgId, territory_id: UUID) -> Subject | None:
    """Return a territory by name, with who holds it today."""
    row = connection.execute(
        sa.text(_TERRITORY), {"org_id": org_id, "id": territory_id}
    ).one_or_none()
    if row is None:
        return None
    return Subject(row.name, row.code, (row.holders,) if row.holders else ())


def find_unit(connection: sa.Connection, org_id: OrgId, unit_id: UUID) -> Subject | None:
    """Return an administrative unit by name."""
    statement = sa.text("SELECT name, code FROM admin_unit WHERE org_id = :org_id AND id = :id")
    row = connection.execute(statement, {"org_id": org_id, "id": unit_id}).one_or_none()
    return None if row is None else Subject(row.name, row.code)


def select_units_below(
    connection: sa.Connection, org_id: OrgId, unit_id: UUID
) -> Sequence[tuple[UUID, str]]:
    """Return the units with an outline directly below one, of its own days, by name."""
    statement = sa.text("""
SELECT c.id, c.name FROM admin_unit c JOIN admin_unit u ON u.org_id = :org_id AND u.id = c.parent_id
 WHERE c.org_id = :org_id AND c.parent_id = :id AND c.area IS NOT NULL
   AND c.valid_to IS NOT DISTINCT FROM u.valid_to
 ORDER BY c.name_folded, c.id""")
    return [(row.id, row.name) for row in connection.execute(
        statement, {"org_id": org_id, "id": unit_id}
    )]  # fmt: skip


def get_author(connection: sa.Connection, org_id: OrgId, user_id: UserId | None) -> Author:
    """Return the organisation's name, and the person's where there is one."""
    statement = sa.text("""
SELECT o.name, coalesce((SELECT u.full_name FROM app_user u
    WHERE u.org_id = :org_id AND u.id = :user_id), '') AS full_name
  FROM organisation o WHERE o.id = :org_id""")
    row = connection.execute(statement, {"org_id": org_id, "user_id": user_id}).one()
    return Author(row.name, row.full_name)


def find_locale(connection: sa.Connection, org_id: OrgId, user_id: UserId) -> str | None:
    """Return a person's language, None for somebody who is not there."""
    statement = sa.text("SELECT locale FROM app_user WHERE org_id = :org_id AND id = :id")
    locale: str | None = connection.scalar(statement, {"org_id": org_id, "id": user_id})
    return locale


class Person(NamedTuple):
    """Somebody who signs in, by id and role."""

    id: UserId
    role: str


def find_person(connection: sa.Connection, org_id: OrgId, email: str) -> Person | None:
    """Return an active person by address; None for nobody."""
    statement = sa.text("""
SELECT id, role FROM app_user WHERE org_id = :org_id AND is_active AND lower(email) = lower(:email)
 LIMIT 1""")
    row = connection.execute(statement, {"org_id": org_id, "email": email}).one_or_none()
    return None if row is None else Person(UserId(row.id), row.role)


def select_territories_called(connection: sa.Connection, org_id: OrgId, name: str) -> list[UUID]:
    """Return the live territories with this name, code or id."""
    statement = sa.text("""
SELECT id FROM territory WHERE org_id = :org_id AND deleted_at IS NULL
   AND (name = :name OR code = :name OR id::text = lower(:name)) ORDER BY id LIMIT 5""")
    return list(connection.scalars(statement, {"org_id": org_id, "name": name}))


def select_units_coded(connection: sa.Connection, org_id: OrgId, code: str) -> list[UUID]:
    """Return the units with this code or id and an outline: those of today before former ones."""
    statement = sa.text("""
SELECT id FROM admin_unit WHERE org_id = :org_id AND area IS NOT NULL
   AND (code = :code OR id::text = lower(:code))
 ORDER BY valid_to DESC NULLS FIRST, valid_from DESC LIMIT 5""")
    return list(connection.scalars(statement, {"org_id": org_id, "code": code}))
