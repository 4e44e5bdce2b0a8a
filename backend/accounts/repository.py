"""All SQL of accounts. Reads are plain SQL on the driver's cursor: lists are the hottest calls."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.accounts.models import ACCOUNT
from backend.accounts.schemas import AccountFilter, AccountRead, NearbyRead
from backend.db.bulk import rows_json
from backend.db.tenancy import driver_cursor
from backend.ids import AccountId, OrgId, UserId

# In the order of AccountRead's fields.
_COLUMNS = """a.id, a.kind, a.name, a.life_stage, a.category, a.address, a.phone, a.email,
  a.website, a.channel, a.tags, a.opening_hours, a.preferred_hours, a.preferred_hours_are_firm,
  CASE WHEN a.location IS NOT NULL THEN ARRAY[ST_X(a.location), ST_Y(a.location)] END,
  a.location_source, a.territory_id, a.territory_is_manual, a.owner_id, a.visit_minutes,
  a.visit_every_days, a.visit_frequency, a.priority, a.empties_owed, a.last_visit_at, a.rv,
  a.created_at, a.updated_at"""
_RETURNED = sa.text(_COLUMNS.replace("a.", "account."))
_LIVE = "a.org_id = %(org)s AND a.deleted_at IS NULL"
# A rep's territories are looked up once, inside the query: a round trip less.
_HELD = "ARRAY (SELECT tuyen_territories_of(%(org)s, %(rep)s))"
_IN_SCOPE = f"""(a.territory_id = ANY ({_HELD})
  OR (a.territory_id IS NULL AND a.owner_id = %(rep)s)
  OR a.id = ANY (ARRAY (SELECT tuyen_held_over(%(org)s, %(rep)s))))"""
_SELECT = f"SELECT {_COLUMNS} FROM account a WHERE {_LIVE}"  # noqa: S608  # constants only
_ONE = f"{_SELECT} AND a.id = %(id)s"
# Names stand in order where accounts are looked for, and not on the account.
BY_NAME = f"""SELECT {_COLUMNS} FROM account_search s
  JOIN account a ON a.org_id = s.org_id AND a.id = s.account_id
 WHERE s.org_id = %(org)s AND {_LIVE}"""  # noqa: S608  # constants only

_AREAS = "SELECT tuyen_lock_areas(%(org)s, false)"
_CRITERIA = {
    "life_stage": "a.life_stage = %(life_stage)s",
    "category": "a.category = %(category)s",
    "territory_id": "a.territory_id = %(territory_id)s",
    "tag": "%(tag)s = ANY (a.tags)",
}
_MORE_CRITERIA = {
    "channel": "a.channel = %(channel)s",
    "priority": "a.priority = %(priority)s",
    "is_overdue": """((a.last_visit_at AT TIME ZONE
      (SELECT time_zone FROM organisation WHERE id = %(org)s))::date + a.visit_every_days
      < (SELECT tuyen_today(%(org)s))) IS %(is_overdue)s""",
    "is_never_visited": "(a.last_visit_at IS NULL) = %(is_never_visited)s",
    "campaign_id": """EXISTS (SELECT FROM campaign_account c WHERE c.org_id = %(org)s
      AND c.campaign_id = %(campaign_id)s AND c.account_id = a.id)""",
}
"""What the search by name does not take along: with it every name is looked at."""
_WORDS = r"""s.name_folded LIKE ALL (ARRAY (
  SELECT '%%' || regexp_replace(word, '([\\%%_])', '\\\1', 'g') || '%%'
    FROM regexp_split_to_table(tuyen_fold(%(q)s), '\s+') word WHERE word <> ''))"""
_AFTER = """(s.name_folded, s.account_id) > (
  (SELECT b.name_folded FROM account b WHERE b.org_id = %(org)s AND b.id = %(after)s), %(after)s)"""

_ORDER = "ORDER BY s.name_folded, s.account_id LIMIT %(limit)s"
_FOUND = f"""{_SELECT} AND a.id = ANY (ARRAY (SELECT account_search_page(%(org)s, %(q)s,
    %(life_stage)s, %(category)s, %(territory_id)s, %(tag)s,
    CASE WHEN %(rep)s IS NOT NULL THEN {_HELD} END, %(rep)s, %(after)s, %(limit)s)))
  ORDER BY a.name_folded, a.id LIMIT %(limit)s"""

_POINT = "ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)"
# The inner LIMIT tells the planner how few rows the function gives.
_NEAREST = f"""SELECT * FROM (SELECT n.id, n.distance_m
  FROM account_nearest(%(org)s, CASE WHEN %(rep)s IS NOT NULL THEN {_HELD} END, {_POINT},
                       %(limit)s) n
  LIMIT %(limit)s) placed"""  # noqa: S608  # constants only
_NEAREST_OWN = f"""SELECT a.id, ST_Distance(a.location::geography, {_POINT}::geography)
  FROM account a WHERE {_LIVE} AND a.owner_id = %(rep)s AND a.territory_id IS NULL
   AND a.location IS NOT NULL
 UNION SELECT a.id, ST_Distance(a.location::geography, {_POINT}::geography)
  FROM tuyen_held_over(%(org)s, %(rep)s) h (id) JOIN account a ON {_LIVE} AND a.id = h.id
 WHERE a.location IS NOT NULL AND a.territory_id <> ALL ({_HELD})"""  # noqa: S608  # constants only


def scope_territories(connection: sa.Connection, org_id: OrgId, user_id: UserId) -> list[UUID]:
    """Return the territories that a person holds today, those below them included."""
    with driver_cursor(connection) as cursor:
        cursor.execute("SELECT tuyen_territories_of(%s, %s)", (org_id, user_id))
        return [row[0] for row in cursor.fetchall()]


def is_held_over(
    connection: sa.Connection, org_id: OrgId, user_id: UserId, account_id: AccountId
) -> bool:
    """Tell whether a person keeps the account for a while after it was realigned."""
    with driver_cursor(connection) as cursor:
        cursor.execute("SELECT tuyen_is_held_over(%s, %s, %s)", (org_id, user_id, account_id))
        row = cursor.fetchone()
        return bool(row and row[0])


def country_of(connection: sa.Connection, org_id: OrgId) -> str:
    """Return the organisation's country, ISO alpha-2."""
    with driver_cursor(connection) as cursor:
        cursor.execute("SELECT country FROM organisation WHERE id = %s", (org_id,))
        row = cursor.fetchone()
        return str(row[0]) if row else "VN"


def lock_areas(connection: sa.Connection, org_id: OrgId) -> None:
    """Wait until nobody changes areas, and keep them as they are to the transaction's end."""
    with driver_cursor(connection) as cursor:
        cursor.execute(_AREAS, {"org": org_id})


def find_account(
    connection: sa.Connection, org_id: OrgId, account_id: AccountId
) -> AccountRead | None:
    """Return a live account of the organisation."""
    return _find(connection, _ONE, org_id, account_id)


def find_account_for_update(
    connection: sa.Connection, org_id: OrgId, account_id: AccountId
) -> AccountRead | None:
    """Return a live account, locked against other writers to the transaction's end.

    Areas are locked before, in the same message.
    """
    return _find(connection, f"{_AREAS}; {_ONE} FOR NO KEY UPDATE", org_id, account_id)


def find_account_for_children(
    connection: sa.Connection, org_id: OrgId, account_id: AccountId
) -> AccountRead | None:
    """Return a live account, locked so that it does not move while a child is written.

    Areas are locked before, in the same message.
    """
    return _find(connection, f"{_AREAS}; {_ONE} FOR SHARE", org_id, account_id)


def select_by_ids(
    connection: sa.Connection, org_id: OrgId, ids: Sequence[UUID]
) -> list[AccountRead]:
    """Return those of the accounts that are live."""
    with driver_cursor(connection) as cursor:
        cursor.execute(f"{_SELECT} AND a.id = ANY (%(ids)s::uuid[])", {"org": org_id, "ids": ids})
        return [AccountRead(*row) for row in cursor.fetchall()]


def _find(
    connection: sa.Connection, query: str, org_id: OrgId, account_id: AccountId
) -> AccountRead | None:
    with driver_cursor(connection) as cursor:
        cursor.execute(query, {"org": org_id, "id": account_id})
        row = cursor.fetchone()
        return AccountRead(*row) if row else None


def select_accounts(
    connection: sa.Connection,
    org_id: OrgId,
    wanted: AccountFilter,
    *,
    rep: UserId | None,
    after: UUID | None,
    limit: int,
) -> list[AccountRead]:
    """Return accounts by name, after the one named; only the scope of `rep` when one is given."""
    values = msgspec.structs.asdict(wanted) | {
        "org": org_id,
        "rep": rep,
        "after": after,
        "limit": limit,
    }
    more = [words for field, words in _MORE_CRITERIA.items() if values[field] is not None]
    if wanted.q is not None and not more:
        query = _FOUND
    else:
        conditions = [words for field, words in _CRITERIA.items() if values[field] is not None]
        conditions += more if wanted.q is None else [*more, _WORDS]
        conditions += [_IN_SCOPE] if rep is not None else []
        conditions += [_AFTER] if after is not None else []
        query = f"{' AND '.join([BY_NAME, *conditions])} {_ORDER}"
    with driver_cursor(connection) as cursor:
        cursor.execute(query, values)
        return [AccountRead(*row) for row in cursor.fetchall()]


def select_nearest(
    connection: sa.Connection,
    org_id: OrgId,
    point: tuple[float, float],
    *,
    rep: UserId | None,
    limit: int,
) -> list[NearbyRead]:
    """Return the accounts nearest to [lon, lat], nearest first; of `rep`'s scope when given."""
    near = _NEAREST if rep is None else f"{_NEAREST} UNION ALL {_NEAREST_OWN}"
    query = f"""SELECT near.distance_m, {_COLUMNS}
      FROM ({near}) near (id, distance_m) JOIN account a ON {_LIVE} AND a.id = near.id
     ORDER BY near.distance_m, a.id LIMIT %(limit)s"""  # noqa: S608  # constants only
    values = {
        "org": org_id,
        "lon": point[0],
        "lat": point[1],
        "rep": rep,
        "limit": limit,
    }
    with driver_cursor(connection) as cursor:
        cursor.execute(query, values)
        return [NearbyRead(row[0], AccountRead(*row[1:])) for row in cursor.fetchall()]


def insert_account(
    connection: sa.Connection, org_id: OrgId, account_id: AccountId, values: Mapping[str, object]
) -> None:
    """Insert an account; the database places it."""
    connection.execute(sa.insert(ACCOUNT).values(org_id=org_id, id=account_id, **_located(values)))


def update_account(
    connection: sa.Connection, org_id: OrgId, account_id: AccountId, values: Mapping[str, object]
) -> AccountRead:
    """Change fields of an account and return it as it is then; its version goes up by one."""
    row = connection.execute(
        sa.update(ACCOUNT)
        .where(ACCOUNT.c.org_id == org_id, ACCOUNT.c.id == account_id)
        .values(**_located(values))
        .returning(_RETURNED)
    ).one()
    return AccountRead(*tuple(row))


_PLAIN = {
    "kind": "text", "name": "text", "life_stage": "text", "category": "text", "address": "text",
    "phone": "text", "email": "text", "website": "text", "channel": "text", "tags": "text[]",
    "opening_hours": "text", "visit_minutes": "int", "visit_every_days": "int", "priority": "int",
    "visit_frequency": "text", "empties_owed": "int", "preferred_hours": "text",
    "preferred_hours_are_firm": "boolean",
}  # fmt: skip
PLAIN = frozenset(_PLAIN)
"""Columns that decide neither where an account is nor whose."""


def update_accounts(
    connection: sa.Connection, org_id: OrgId, rows: Sequence[Mapping[str, object]]
) -> dict[UUID, int]:
    """Write the plain columns that each row names, by `id`; return the new versions.

    `visited_at` is kept where it is later than the last visit that is known; an account of which
    a row says no more stays as it is otherwise.
    """
    named = sorted({name for row in rows for name in row} & PLAIN)
    changes = [f"{name} = CASE WHEN d.row ? '{name}' THEN u.{name} ELSE a.{name} END"
               for name in named]  # fmt: skip
    changes.append("last_visit_at = greatest(a.last_visit_at, u.visited_at)")
    kinds = ["id uuid", "visited_at timestamptz", *(f"{name} {_PLAIN[name]}" for name in named)]
    is_named = f"d.row ?| ARRAY[{', '.join(repr(name) for name in named)}]::text[]"
    statement = f"""UPDATE account a SET {", ".join(changes)}
 FROM jsonb_array_elements(%(rows)s::jsonb) AS d (row),
      LATERAL jsonb_to_record(d.row) AS u ({", ".join(kinds)})
WHERE a.org_id = %(org)s::uuid AND a.id = u.id AND ({is_named}
   OR a.last_visit_at IS NULL OR a.last_visit_at < u.visited_at)
RETURNING a.id, a.rv"""  # noqa: S608  # constants only
    with driver_cursor(connection) as cursor:
        cursor.execute(statement, {"org": str(org_id), "rows": rows_json(rows)})
        return dict(cursor.fetchall())


def delete_account(connection: sa.Connection, org_id: OrgId, account_id: AccountId) -> None:
    """Mark an account as deleted."""
    update_account(connection, org_id, account_id, {"deleted_at": sa.func.now()})


def _located(values: Mapping[str, object]) -> dict[str, Any]:
    """Turn [lon, lat] into a geometry."""
    location = values.get("location")
    if not isinstance(location, tuple | list):
        return dict(values)
    point = sa.func.ST_SetSRID(sa.func.ST_MakePoint(*location), 4326)
    return {**values, "location": point}
