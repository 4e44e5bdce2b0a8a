"""Small geography for tests: two neighbouring squares as territories, and shops in them."""

from collections.abc import Sequence
from contextlib import closing
from uuid import UUID

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from backend.identity.actor import Actor
from backend.ids import new_id
from tests.support.people import Org

WEST = (24.90, 60.15, 24.95, 60.20)
EAST = (24.95, 60.15, 25.00, 60.20)
IN_WEST = (24.92, 60.17)
IN_EAST = (24.97, 60.17)
NOWHERE = (10.0, 10.0)
"""Outside both squares."""
CHILDREN = ("contact", "visit", "check_in", "note", "media")
"""What hangs on an account."""

type Versions = dict[tuple[str, str], int]
"""The version of every record, by table and id."""


def add_territory(
    owner_url: str, org: Org, name: str, box: Sequence[float], holder: Actor | None = None
) -> UUID:
    """Insert a rectangular territory, held by a person from long ago on."""
    territory_id = new_id()
    with closing(psycopg2.connect(owner_url)) as connection, connection, connection.cursor() as cur:
        cur.execute(
            "INSERT INTO territory (org_id, id, name, area) VALUES"
            " (%s, %s, %s, ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326)))",
            (org.id, territory_id, name, *box),
        )
        if holder is not None:
            assign(cur, org, territory_id, holder)
    return territory_id


def assign(cursor: Cursor, org: Org, territory_id: UUID, holder: Actor) -> None:
    """Give a territory to a person from long ago on."""
    cursor.execute(
        "INSERT INTO territory_assignment (org_id, id, territory_id, user_id, valid_from)"
        " VALUES (%s, %s, %s, %s, '2020-01-01')",
        (org.id, new_id(), territory_id, holder.user_id),
    )


def add_account(owner_url: str, org: Org, name: str, lon: float, lat: float) -> UUID:
    """Insert an account at a point; it falls into its territory by itself."""
    with closing(psycopg2.connect(owner_url)) as connection, connection, connection.cursor() as cur:
        return insert_account(cur, org, name, lon, lat)


def insert_account(cursor: Cursor, org: Org, name: str, lon: float, lat: float) -> UUID:
    """Insert an account in the cursor's transaction."""
    account_id = new_id()
    cursor.execute(
        "INSERT INTO account (org_id, id, name, location, location_source) VALUES"
        " (%s, %s, %s, ST_SetSRID(ST_MakePoint(%s, %s), 4326), 'manual')",
        (org.id, account_id, name, lon, lat),
    )
    return account_id


def move_account(cursor: Cursor, account_id: UUID, lon: float, lat: float) -> None:
    """Put an account elsewhere; it falls into the territory there."""
    cursor.execute(
        "UPDATE account SET location = ST_SetSRID(ST_MakePoint(%s, %s), 4326) WHERE id = %s",
        (lon, lat, account_id),
    )


def insert_note(cursor: Cursor, org: Org, account_id: UUID, body: str = "Đã gặp") -> UUID:
    """Insert a rep's note on an account in the cursor's transaction."""
    note_id = new_id()
    cursor.execute(
        "INSERT INTO note (org_id, id, account_id, author_id, body, captured_at)"
        " VALUES (%s, %s, %s, %s, %s, now())",
        (org.id, note_id, account_id, org.rep.user_id, body),
    )
    return note_id


def add_children(owner_url: str, org: Org, account_id: UUID) -> dict[str, str]:
    """Insert one record of every kind that hangs on an account; return their ids by table."""
    ids = {name: str(new_id()) for name in CHILDREN}
    of = (org.id, account_id)
    who = org.rep.user_id
    with closing(psycopg2.connect(owner_url)) as connection, connection, connection.cursor() as cur:
        cur.execute(
            "INSERT INTO contact (org_id, account_id, id, full_name) VALUES (%s, %s, %s, 'Lan')",
            (*of, ids["contact"]),
        )
        cur.execute(
            "INSERT INTO visit (org_id, account_id, id, rep_id, planned_on)"
            " VALUES (%s, %s, %s, %s, current_date)",
            (*of, ids["visit"], who),
        )
        cur.execute(
            "INSERT INTO check_in (org_id, account_id, id, visit_id, rep_id, captured_at,"
            " corrected_at) VALUES (%s, %s, %s, %s, %s, now(), now())",
            (*of, ids["check_in"], ids["visit"], who),
        )
        cur.execute(
            "INSERT INTO note (org_id, account_id, id, visit_id, author_id, body, captured_at)"
            " VALUES (%s, %s, %s, %s, %s, 'Đã gặp', now())",
            (*of, ids["note"], ids["visit"], who),
        )
        cur.execute(
            "INSERT INTO media (org_id, account_id, id, visit_id, author_id, kind, sha256,"
            " size_bytes, mime, captured_at)"
            " VALUES (%s, %s, %s, %s, %s, 'photo', repeat('0', 64), 1, 'image/jpeg', now())",
            (*of, ids["media"], ids["visit"], who),
        )
    return ids


_IN_SCOPE = """
WITH held AS (SELECT tuyen_territories_of(%(org)s, %(user)s) AS id),
 mine AS (SELECT a.id, a.rv FROM account a WHERE a.org_id = %(org)s AND a.deleted_at IS NULL
   AND (CASE WHEN a.territory_id IS NULL THEN a.owner_id = %(user)s
             ELSE a.territory_id IN (SELECT id FROM held) END
        OR EXISTS (SELECT 1 FROM account_holdover h WHERE h.org_id = a.org_id
                    AND h.account_id = a.id AND h.user_id = %(user)s)))
SELECT 'territory', t.id::text, t.rv FROM territory t JOIN held USING (id)
UNION ALL SELECT 'account', id::text, rv FROM mine
UNION ALL SELECT 'contact', c.id::text, c.rv FROM contact c JOIN mine m ON m.id = c.account_id
  WHERE c.deleted_at IS NULL
UNION ALL SELECT 'visit', v.id::text, v.rv FROM visit v JOIN mine m ON m.id = v.account_id
  WHERE v.deleted_at IS NULL
UNION ALL SELECT 'check_in', c.id::text, c.rv FROM check_in c JOIN mine m ON m.id = c.account_id
UNION ALL SELECT 'note', n.id::text, n.rv FROM note n JOIN mine m ON m.id = n.account_id
UNION ALL SELECT 'media', f.id::text, f.rv FROM media f JOIN mine m ON m.id = f.account_id
UNION ALL SELECT 'route', r.id::text, r.rv FROM route r WHERE r.org_id = %(org)s
  AND r.rep_id = %(user)s AND r.status = 'planned' AND r.deleted_at IS NULL
UNION ALL SELECT 'rework', w.id::text, w.rv FROM rework w WHERE w.org_id = %(org)s
  AND w.rep_id = %(user)s
UNION ALL SELECT 'issue', i.id::text, i.rv FROM issue i WHERE i.org_id = %(org)s
  AND i.user_id = %(user)s AND i.resolved_at IS NULL
"""


def truth(owner_url: str, rep: Actor) -> Versions:
    """Return what a rep should hold, read from the data itself and not from sync's bookkeeping."""
    with closing(psycopg2.connect(owner_url)) as connection, connection.cursor() as cur:
        cur.execute(_IN_SCOPE, {"org": rep.org_id, "user": rep.user_id})
        return {(table, row_id): rv for table, row_id, rv in cur.fetchall()}


def execute(owner_url: str, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Run a statement as the owner and return its rows, if it has any."""
    with closing(psycopg2.connect(owner_url)) as connection, connection, connection.cursor() as cur:
        cur.execute(statement, values)
        return cur.fetchall() if cur.description else []


def wait_for_waiters(owner_url: str, count: int) -> None:
    """Return once that many transactions of the database wait for another one's lock."""
    with closing(psycopg2.connect(owner_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cur:
            for _ in range(_LOOKS):
                cur.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND cardinality(pg_blocking_pids(pid)) > 0"
                )
                row = cur.fetchone()
                if row and row[0] >= count:
                    return
    raise AssertionError(f"There were never {count} transactions waiting.")


_LOOKS = 100_000
