"""Small geography for tests: two neighbouring squares as territories, and shops in them."""

from collections.abc import Sequence
from contextlib import closing
from uuid import UUID

import psycopg2

from backend.identity.actor import Actor
from backend.ids import new_id
from tests.support.people import Org

WEST = (24.90, 60.15, 24.95, 60.20)
EAST = (24.95, 60.15, 25.00, 60.20)


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
            cur.execute(
                "INSERT INTO territory_assignment (org_id, id, territory_id, user_id, valid_from)"
                " VALUES (%s, %s, %s, %s, '2020-01-01')",
                (org.id, new_id(), territory_id, holder.user_id),
            )
    return territory_id


def add_account(owner_url: str, org: Org, name: str, lon: float, lat: float) -> UUID:
    """Insert an account at a point; it falls into its territory by itself."""
    account_id = new_id()
    with closing(psycopg2.connect(owner_url)) as connection, connection, connection.cursor() as cur:
        cur.execute(
            "INSERT INTO account (org_id, id, name, location, location_source) VALUES"
            " (%s, %s, %s, ST_SetSRID(ST_MakePoint(%s, %s), 4326), 'manual')",
            (org.id, account_id, name, lon, lat),
        )
    return account_id


def execute(owner_url: str, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Run a statement as the owner and return its rows, if it has any."""
    with closing(psycopg2.connect(owner_url)) as connection, connection, connection.cursor() as cur:
        cur.execute(statement, values)
        return cur.fetchall() if cur.description else []
