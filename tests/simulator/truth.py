"""The oracle: what a person may see, read from the data itself, never from sync's bookkeeping."""

import hashlib
from collections.abc import Iterable, Mapping
from weakref import WeakSet

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from backend.identity.actor import Actor

type Held = dict[str, dict[str, int]]
"""Versions by table and id."""

# Written apart from the product's own functions and views, on purpose.
_VISIBLE = """
WITH RECURSIVE today AS (
  SELECT (now() AT TIME ZONE o.time_zone)::date AS day FROM organisation o
   WHERE o.id = %(org)s::uuid),
held AS (
  SELECT t.id FROM territory t WHERE t.org_id = %(org)s::uuid AND t.deleted_at IS NULL AND (
    %(all)s OR EXISTS (
      SELECT 1 FROM territory_assignment a, today WHERE a.org_id = t.org_id
         AND a.territory_id = t.id AND a.user_id = %(user)s::uuid AND a.valid_from <= today.day
         AND coalesce(a.valid_to > today.day, true)))
  UNION
  SELECT t.id FROM territory t, held h
   WHERE t.org_id = %(org)s::uuid AND t.parent_id = h.id AND t.deleted_at IS NULL),
mine AS (
  SELECT a.id, a.rv FROM account a WHERE a.org_id = %(org)s::uuid AND a.deleted_at IS NULL AND (
    %(all)s OR a.territory_id IN (SELECT id FROM held)
    OR a.territory_id IS NULL AND a.owner_id = %(user)s::uuid
    OR EXISTS (SELECT 1 FROM account_holdover h WHERE h.org_id = a.org_id
                  AND h.account_id = a.id AND h.user_id = %(user)s::uuid))),
all_of AS (
  SELECT 'territory' AS tbl, t.id, t.rv FROM territory t JOIN held USING (id)
   WHERE t.org_id = %(org)s::uuid
  UNION ALL SELECT 'account', id, rv FROM mine
  UNION ALL SELECT 'contact', c.id, c.rv FROM contact c JOIN mine m ON m.id = c.account_id
   WHERE c.org_id = %(org)s::uuid AND c.deleted_at IS NULL
  UNION ALL SELECT 'visit', v.id, v.rv FROM visit v JOIN mine m ON m.id = v.account_id
   WHERE v.org_id = %(org)s::uuid AND v.deleted_at IS NULL
  UNION ALL SELECT 'check_in', c.id, c.rv FROM check_in c JOIN mine m ON m.id = c.account_id
   WHERE c.org_id = %(org)s::uuid
  UNION ALL SELECT 'note', n.id, n.rv FROM note n JOIN mine m ON m.id = n.account_id
   WHERE n.org_id = %(org)s::uuid
  UNION ALL SELECT 'media', f.id, f.rv FROM media f JOIN mine m ON m.id = f.account_id
   WHERE f.org_id = %(org)s::uuid
  UNION ALL SELECT 'route', r.id, r.rv FROM route r WHERE r.org_id = %(org)s::uuid
   AND r.rep_id = %(user)s::uuid AND r.status = 'planned' AND r.deleted_at IS NULL
  UNION ALL SELECT 'rework', w.id, w.rv FROM rework w WHERE w.org_id = %(org)s::uuid
   AND w.rep_id = %(user)s::uuid
  UNION ALL SELECT 'issue', i.id, i.rv FROM issue i WHERE i.org_id = %(org)s::uuid
   AND i.user_id = %(user)s::uuid AND i.resolved_at IS NULL)
SELECT tbl, string_agg(id::text || ' ' || rv, ',' ORDER BY id) FROM all_of GROUP BY tbl
"""


def read_truth(cursor: Cursor, actor: Actor) -> dict[str, str]:
    """Return what the actor may see in the cursor's snapshot: for each table "id rv,id rv"."""
    connection = cursor.connection
    if connection not in _prepared:
        # Planning it takes longer than running it.
        cursor.execute(_PREPARE)
        _prepared.add(connection)
    cursor.execute(
        "EXECUTE sim_truth (%s, %s, %s)",
        (str(actor.org_id), str(actor.user_id), actor.sees_everything),
    )
    return dict(cursor.fetchall())


_prepared: WeakSet[Connection] = WeakSet()
_PREPARE = f"PREPARE sim_truth (uuid, uuid, boolean) AS {_VISIBLE}" % {
    "org": "$1",
    "user": "$2",
    "all": "$3",
}


def digest(text: str) -> str:
    """Return a short digest of one table's text."""
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def digest_of_rows(rows: Mapping[str, int]) -> str:
    """Return the digest of what a device holds of a table."""
    return digest(",".join(f"{rid} {rv}" for rid, rv in sorted(rows.items())))


def parse_truth(texts: Mapping[str, str]) -> Held:
    """Turn the oracle's texts into versions by table and id."""
    return {
        table: {one.partition(" ")[0]: int(one.partition(" ")[2]) for one in text.split(",")}
        for table, text in texts.items()
        if text
    }


def differences(held: Held, truth: Held, tables: Iterable[str]) -> list[str]:
    """Return a line for each record that is lost, a ghost, or of another version."""
    lines: list[str] = []
    for table in tables:
        mine, theirs = held.get(table, {}), truth.get(table, {})
        lines += [f"lost {table} {rid} rv {theirs[rid]}" for rid in sorted(theirs.keys() - mine)]
        lines += [f"ghost {table} {rid} rv {mine[rid]}" for rid in sorted(mine.keys() - theirs)]
        lines += [
            f"stale {table} {rid}: held rv {mine[rid]}, true {theirs[rid]}"
            for rid in sorted(mine.keys() & theirs)
            if mine[rid] != theirs[rid]
        ]
    return lines
