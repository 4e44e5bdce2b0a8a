"""Migrations go up from the last release with data in it, and end where an empty one does."""

import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from backend.db.cluster import APP_ROLE, OWNER_ROLE, Cluster
from backend.db.migrate import migrate
from backend.ids import new_id
from tests.support.databases import TestDatabase
from tests.support.people import make_org

pytestmark = pytest.mark.integration

_RELEASED = "0001"
_SHAPE = """
SELECT table_name, column_name, data_type, is_nullable, column_default
  FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"""
_FUNCTIONS = """
SELECT p.proname, md5(p.prosrc), p.prosecdef, p.proacl::text FROM pg_proc p
 WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS (
   SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') ORDER BY 1, 2"""
_POLICIES = """
SELECT tablename, policyname, qual FROM pg_policies WHERE schemaname = 'public' ORDER BY 1, 2"""


@pytest.fixture
def released(cluster: Cluster) -> Iterator[str]:
    """A database as the last release made it; the owner's URL."""
    name = f"released_{os.getpid()}"
    cluster.ensure_database(name)
    url = cluster.url(name, OWNER_ROLE)
    migrate(url, _RELEASED)
    yield url
    cluster.drop_database(name)


def _run(url: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


def test_the_last_release_with_data_goes_up_to_what_an_empty_database_is(
    released: str, test_database: TestDatabase
) -> None:
    org = make_org(released)
    account, issue, mutation = new_id(), new_id(), new_id()
    _run(
        released,
        "INSERT INTO account (org_id, id, name, owner_id) VALUES (%s, %s, 'Quán Gió', %s)",
        org.id,
        account,
        org.rep.user_id,
    )
    _run(
        released,
        "INSERT INTO sync_issue (org_id, id, mutation_id, user_id, device_id, tbl, rid, code, mine,"
        " theirs, base) VALUES (%s, %s, %s, %s, %s, 'account', %s, 'merged',"
        ' \'{"name": "A"}\', \'{"name": "B"}\', \'{}\')',
        org.id,
        issue,
        mutation,
        org.rep.user_id,
        org.rep.device_id,
        account,
    )
    _run(
        released,
        "INSERT INTO sync_quarantine (org_id, mutation_id, user_id, device_id, attempts, body,"
        " error) VALUES (%s, %s, %s, %s, 3, '{}', 'x')",
        org.id,
        mutation,
        org.rep.user_id,
        org.rep.device_id,
    )
    migrate(released)
    assert _run(released, "SELECT mine ->> 'name', resolution FROM issue") == [("A", None)]
    assert _run(released, "SELECT bucket FROM sync_row WHERE tbl = 'issue'") == [
        (f"u:{org.rep.user_id}",)
    ]
    assert _run(released, "SELECT state FROM sync_quarantine") == [("set_aside",)]
    assert _run(released, "SELECT empties_owed FROM account") == [(0,)]
    for shape in (_SHAPE, _FUNCTIONS, _POLICIES):
        assert _run(released, shape) == _run(test_database.owner_url, shape)
    grants = (
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
        f" WHERE grantee = '{APP_ROLE}' ORDER BY 1, 2"
    )
    assert _run(released, grants) == _run(test_database.owner_url, grants)
