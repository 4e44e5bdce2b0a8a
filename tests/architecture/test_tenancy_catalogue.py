"""The database's own catalogue: every table is locked to its organisation, every door is narrow."""

from collections.abc import Iterator

import psycopg2
import pytest

from backend.db.cluster import APP_ROLE
from tests.support.databases import TestDatabase

pytestmark = pytest.mark.integration

_TABLES_WITH_ORG = """
  SELECT c.oid, c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
   WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
     AND a.attname = 'org_id' AND NOT a.attisdropped"""


@pytest.fixture
def catalogue(test_database: TestDatabase) -> Iterator[psycopg2.extensions.cursor]:
    """A cursor of the owner."""
    connection = psycopg2.connect(test_database.owner_url)
    with connection, connection.cursor() as cursor:
        yield cursor
    connection.close()


def _names(cursor: psycopg2.extensions.cursor, query: str, *values: object) -> list[str]:
    cursor.execute(query, values or None)
    return [str(row[0]) for row in cursor.fetchall()]


def test_every_table_of_an_organisation_has_row_level_security(
    catalogue: psycopg2.extensions.cursor,
) -> None:
    tables = _names(catalogue, f"SELECT relname FROM ({_TABLES_WITH_ORG}) t")
    assert "account" in tables
    open_ones = _names(
        catalogue,
        f"SELECT t.relname FROM ({_TABLES_WITH_ORG}) t JOIN pg_class c ON c.oid = t.oid"
        " WHERE NOT c.relrowsecurity OR NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid ="
        " c.oid AND pg_get_expr(p.polqual, c.oid) LIKE '%%tuyen_org%%')",
    )
    assert not open_ones


def test_every_key_of_such_a_table_leads_with_the_organisation(
    catalogue: psycopg2.extensions.cursor,
) -> None:
    others = _names(
        catalogue,
        f"SELECT con.conrelid::regclass || '.' || con.conname FROM ({_TABLES_WITH_ORG}) t"
        " JOIN pg_constraint con ON con.conrelid = t.oid AND con.contype IN ('p', 'u', 'f')"
        " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = con.conkey[1]"
        " WHERE a.attname <> 'org_id'",
    )
    assert not others


def test_the_application_cannot_go_round_the_policies(
    catalogue: psycopg2.extensions.cursor,
) -> None:
    catalogue.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = %s", (APP_ROLE,)
    )
    assert catalogue.fetchone() == (False, False, False)
    owned = _names(catalogue, "SELECT relname FROM pg_class WHERE relowner = %s::regrole", APP_ROLE)
    assert not owned
    memberships = _names(
        catalogue,
        "SELECT roleid::regrole FROM pg_auth_members WHERE member = %s::regrole",
        APP_ROLE,
    )
    assert not memberships


def test_every_function_that_runs_as_the_owner_has_a_fixed_search_path(
    catalogue: psycopg2.extensions.cursor,
) -> None:
    doors = (
        "FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace"
        " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
    )
    assert "account_nearest" in _names(catalogue, f"SELECT p.proname {doors}")
    loose = _names(
        catalogue,
        f"SELECT p.proname {doors} AND NOT coalesce(p.proconfig::text, '') LIKE '%%search_path=%%'",
    )
    assert not loose


def test_nobody_but_the_application_may_call_such_a_function(
    catalogue: psycopg2.extensions.cursor,
) -> None:
    # A trigger's function cannot be called, whoever may execute it.
    callable_ones = _names(
        catalogue,
        "SELECT p.proname FROM pg_proc p WHERE p.prosecdef"
        " AND p.pronamespace = 'public'::regnamespace AND p.prorettype <> 'trigger'::regtype"
        " AND has_function_privilege('public', p.oid, 'EXECUTE')"
        " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')",
    )
    assert not callable_ones
