"""Many records in one statement leave the same behind in sync_row as a few at a time do."""

import random
from collections.abc import Sequence
from contextlib import closing
from uuid import UUID

import psycopg2
import pytest
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from backend.ids import new_id
from tests.support.databases import TestDatabase
from tests.support.ground import EAST, IN_WEST, WEST, add_territory, insert_account, insert_note
from tests.support.people import Org

_TABLES = ("account", "contact", "visit", "note")
_ACCOUNTS, _ROUNDS = 80, 4
_ROWS = """SELECT tbl, id, bucket, removed, xid = pg_current_xact_id() AS is_touched FROM sync_row
  WHERE tbl = %s ORDER BY id, bucket"""
_STATES = (
    "UPDATE account SET territory_id = %(territory)s, owner_id = %(person)s WHERE id = %(id)s",
    "UPDATE account SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END WHERE id = %(id)s",
    (
        "INSERT INTO account_holdover (org_id, account_id, user_id, until_on)"
        " VALUES (%(org)s, %(id)s, %(person)s, current_date + 9) ON CONFLICT DO NOTHING"
    ),
    "DELETE FROM account_holdover WHERE account_id = %(id)s",
    (
        "UPDATE contact SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END"
        " WHERE account_id = %(id)s"
    ),
    # Tombstones are purged, and what a record was in is forgotten.
    "DELETE FROM sync_row WHERE removed AND id = %(id)s",
    "DELETE FROM sync_row WHERE id = %(id)s",
)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_many_at_once_is_like_few_at_a_time(
    test_database: TestDatabase, org: Org, seed: int
) -> None:
    url, rng = test_database.owner_url, random.Random(seed)
    places = [add_territory(url, org, "West", WEST), add_territory(url, org, "East", EAST), None]
    people = [org.rep.user_id, org.other_rep.user_id]
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        accounts = [_insert(cursor, org, number) for number in range(_ACCOUNTS)]
        connection.commit()
        for table in ("account", "contact", "account_holdover"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for _ in range(_ROUNDS):
            for account in accounts:
                values = {"territory": rng.choice(places), "person": rng.choice(people)}
                cursor.execute(rng.choice(_STATES), {"id": account, "org": org.id, **values})
            connection.commit()
            for table in _TABLES:
                many = _touch(cursor, org, table, "SELECT sync_touch_many(%s, %s, %s::uuid[])")
                connection.rollback()
                few = _touch(cursor, org, table, "SELECT sync_touch(%s, %s, %s::uuid[])")
                assert many == few
                assert any(is_touched for *_, is_touched in few)
                connection.commit()


def test_a_fresh_database_compares_no_record_with_every_other(
    test_database: TestDatabase, org: Org
) -> None:
    """Before it was ever analysed, thousands of accounts are made and changed in seconds."""
    url = test_database.owner_url
    add_territory(url, org, "West", WEST, org.rep)
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        # Each with each is 400 million comparisons: minutes.
        cursor.execute("SET statement_timeout = '60s'")
        cursor.execute(
            "INSERT INTO account (org_id, id, name, location, location_source)"
            " SELECT %s, gen_random_uuid(), 'Quán ' || n, ST_SetSRID(ST_MakePoint(%s, %s), 4326),"
            " 'manual' FROM generate_series(1, 20000) n",
            (org.id, *IN_WEST),
        )
        for change in ("address = 'x'", "territory_id = NULL, territory_is_manual = true"):
            cursor.execute(f"UPDATE account SET {change} WHERE org_id = %s", (org.id,))
            assert cursor.rowcount == 20000
        cursor.execute("SELECT bucket, count(*) FROM sync_row WHERE NOT removed GROUP BY bucket")
        assert dict(cursor.fetchall())["t:none"] == 20000


def _insert(cursor: Cursor, org: Org, number: int) -> UUID:
    account = insert_account(cursor, org, f"A{number}", *IN_WEST)
    insert_note(cursor, org, account)
    cursor.execute(
        "INSERT INTO contact (org_id, id, account_id, full_name) VALUES (%s, %s, %s, 'C')",
        (org.id, new_id(), account),
    )
    cursor.execute(
        "INSERT INTO visit (id, rep_id, org_id, account_id, planned_on)"
        " VALUES (%s, %s, %s, %s, current_date)",
        (new_id(), org.rep.user_id, org.id, account),
    )
    return account


def _touch(cursor: Cursor, org: Org, table: str, call: str) -> Sequence[tuple[object, ...]]:
    """Touch every record of a table; return the table's part of sync_row as it is then."""
    cursor.execute(f"SELECT array_agg(id ORDER BY id) FROM {table}")
    row = cursor.fetchone()
    assert row is not None
    cursor.execute(call, (table, org.id, row[0]))
    cursor.execute(_ROWS, (table,))
    return cursor.fetchall()
