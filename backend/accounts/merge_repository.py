"""The SQL of making two accounts one."""

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa

from backend.accounts.schemas import AccountRead
from backend.db.tenancy import driver_cursor
from backend.ids import AccountId, OrgId, UserId

# Facts have no trigger that makes a new version; contacts, visits and media have.
_CHILDREN = {
    "contact": "account_id = %(winner)s",
    "visit": "account_id = %(winner)s",
    "check_in": "account_id = %(winner)s, rv = rv + 1",
    "note": "account_id = %(winner)s, rv = rv + 1",
    "media": "account_id = %(winner)s",
    "sale": "account_id = %(winner)s",
}
# A planned route lists its stops with their accounts.
_ROUTES = """UPDATE route r SET stops = (
    SELECT jsonb_agg(CASE WHEN s ->> 'account_id' = %(loser)s::text
                          THEN s || jsonb_build_object('account_id', %(winner)s::text) ELSE s END
                     ORDER BY place)
      FROM jsonb_array_elements(r.stops) WITH ORDINALITY t (s, place))
  WHERE r.org_id = %(org)s AND r.status = 'planned' AND r.on_date >= tuyen_today(%(org)s) - 1
    AND r.stops @> jsonb_build_array(jsonb_build_object('account_id', %(loser)s::text))"""
_HOLDOVERS = """WITH gone AS (
    DELETE FROM account_holdover WHERE org_id = %(org)s AND account_id = %(loser)s
    RETURNING user_id, realignment_id, until_on)
  INSERT INTO account_holdover AS h (org_id, account_id, user_id, realignment_id, until_on)
  SELECT %(org)s, %(winner)s, user_id, realignment_id, until_on FROM gone
  ON CONFLICT (org_id, account_id, user_id)
  DO UPDATE SET until_on = greatest(h.until_on, excluded.until_on)"""
# What the winner could buy is known, or as was said of the loser; what it is worth is made anew.
_WORTH = """WITH gone AS (
    DELETE FROM account_potential WHERE org_id = %(org)s AND account_id = %(loser)s
    RETURNING monthly_amount, source, said_on), forgotten AS (
    DELETE FROM account_value WHERE org_id = %(org)s AND account_id = %(loser)s)
  INSERT INTO account_potential (org_id, account_id, monthly_amount, source, said_on)
  SELECT %(org)s, %(winner)s, monthly_amount, source, said_on FROM gone
  ON CONFLICT DO NOTHING"""
_CAMPAIGNS = """WITH gone AS (
    DELETE FROM campaign_account WHERE org_id = %(org)s AND account_id = %(loser)s
    RETURNING campaign_id, added_at, added_by)
  INSERT INTO campaign_account (org_id, campaign_id, account_id, added_at, added_by)
  SELECT %(org)s, campaign_id, %(winner)s, added_at, added_by FROM gone
  ON CONFLICT DO NOTHING"""
_ALIASES = """WITH flat AS (
    UPDATE account_alias SET account_id = %(winner)s
     WHERE org_id = %(org)s AND account_id = %(loser)s)
  INSERT INTO account_alias (org_id, id, account_id, merged_by)
  VALUES (%(org)s, %(loser)s, %(winner)s, %(by)s)"""
# Whatever else resembled the loser resembles the winner now.
_PAIRS = """WITH settled AS (
    UPDATE account_duplicate SET state = 'merged', settled_at = now(), settled_by = %(by)s
     WHERE org_id = %(org)s AND state = 'open' AND %(loser)s IN (account_id, other_id)
    RETURNING CASE WHEN account_id = %(loser)s THEN other_id ELSE account_id END AS id, reason)
  INSERT INTO account_duplicate (org_id, account_id, other_id, reason)
  SELECT %(org)s, %(winner)s, s.id, s.reason FROM settled s
   WHERE s.id <> %(winner)s AND NOT EXISTS (
     SELECT 1 FROM account_duplicate d WHERE d.org_id = %(org)s
        AND (d.account_id, d.other_id) IN ((s.id, %(winner)s), (%(winner)s, s.id)))
  ON CONFLICT DO NOTHING"""
# Added in the database, not here: a phone may count at the same time, and no total is ever read.
# A winner without a place keeps to where people put the loser.
_INHERITS = "(l.territory_is_manual AND w.location IS NULL AND w.territory_id IS NULL)"
_FILL = f"""UPDATE account w SET
    tags = ARRAY (SELECT DISTINCT t FROM unnest(w.tags || l.tags) t ORDER BY t),
    empties_owed = w.empties_owed + l.empties_owed,
    last_visit_at = greatest(w.last_visit_at, l.last_visit_at),
    category = coalesce(w.category, l.category), address = coalesce(w.address, l.address),
    phone = coalesce(w.phone, l.phone), email = coalesce(w.email, l.email),
    website = coalesce(w.website, l.website), channel = coalesce(w.channel, l.channel),
    opening_hours = coalesce(w.opening_hours, l.opening_hours),
    preferred_hours = coalesce(w.preferred_hours, l.preferred_hours),
    preferred_hours_are_firm = CASE WHEN w.preferred_hours IS NULL AND l.preferred_hours IS NOT NULL
      THEN l.preferred_hours_are_firm ELSE w.preferred_hours_are_firm END,
    visit_frequency = coalesce(w.visit_frequency, l.visit_frequency),
    owner_id = coalesce(w.owner_id, l.owner_id),
    location = coalesce(w.location, l.location),
    location_source = coalesce(w.location_source, l.location_source),
    territory_id = CASE WHEN {_INHERITS} THEN l.territory_id ELSE w.territory_id END,
    territory_is_manual = w.territory_is_manual OR {_INHERITS}
   FROM account l
  WHERE w.org_id = %(org)s AND w.id = %(winner)s
    AND l.org_id = %(org)s AND l.id = %(loser)s"""  # noqa: S608  # constants only
_LOSE = """UPDATE account SET deleted_at = now(), empties_owed = 0
  WHERE org_id = %(org)s AND id = %(loser)s"""


def resolve_account(connection: sa.Connection, org_id: OrgId, account_id: UUID) -> AccountId:
    """Return the account that an id means now: the one it was merged into, or itself."""
    with driver_cursor(connection) as cursor:
        cursor.execute("SELECT account_resolved(%s, %s)", (org_id, account_id))
        row = cursor.fetchone()
        return AccountId(row[0] if row else account_id)


def lock_live(connection: sa.Connection, org_id: OrgId, ids: tuple[UUID, UUID]) -> set[AccountId]:
    """Lock two accounts in the order of their ids; return those that are live."""
    with driver_cursor(connection) as cursor:
        cursor.execute(
            "SELECT id, deleted_at IS NULL FROM account WHERE org_id = %s AND id IN %s"
            " ORDER BY id FOR NO KEY UPDATE",
            (org_id, ids),
        )
        return {AccountId(row[0]) for row in cursor.fetchall() if row[1]}


def move_children(
    connection: sa.Connection, org_id: OrgId, winner: AccountRead, loser: AccountRead
) -> Mapping[str, int]:
    """Hang all that hangs on the loser on the winner; return how many records of each table."""
    values = _values(org_id, winner, loser)
    moved: dict[str, int] = {}
    with driver_cursor(connection) as cursor:
        for table, changes in _CHILDREN.items():
            cursor.execute(
                f"UPDATE {table} SET {changes}"  # noqa: S608  # constants only
                " WHERE org_id = %(org)s AND account_id = %(loser)s",
                values,
            )
            moved[table] = cursor.rowcount
        cursor.execute(_ROUTES, values)
        cursor.execute(_HOLDOVERS, values)
        cursor.execute(_WORTH, values)
        cursor.execute(_CAMPAIGNS, values)
    return moved


def fill_and_lose(
    connection: sa.Connection, org_id: OrgId, winner: AccountRead, loser: AccountRead, by: UserId
) -> None:
    """Give the winner what it lacks, delete the loser softly and keep its id as an alias."""
    values = {**_values(org_id, winner, loser), "by": by}
    with driver_cursor(connection) as cursor:
        for statement in (_FILL, _LOSE, _ALIASES, _PAIRS):
            cursor.execute(statement, values)


def _values(org_id: OrgId, winner: AccountRead, loser: AccountRead) -> dict[str, object]:
    return {"org": org_id, "winner": winner.id, "loser": loser.id}
