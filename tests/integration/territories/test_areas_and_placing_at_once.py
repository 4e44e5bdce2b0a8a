"""Areas that change while accounts are placed: nobody ends up where an area no longer is."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import psycopg2

from backend.accounts import service as accounts
from backend.accounts.schemas import AccountCreate, AccountPatch, AccountRead
from backend.db.tenancy import Database
from backend.ids import AccountId, TerritoryId
from backend.territories import service as territories
from backend.territories.schemas import TerritoryCreate, TerritoryPatch, TerritoryRead
from tests.support.databases import TestDatabase
from tests.support.people import Org


def box(west: float, east: float) -> dict[str, object]:
    ring = [[west, 10], [east, 10], [east, 11], [west, 11], [west, 10]]
    return {"type": "Polygon", "coordinates": [ring]}


def until_someone_waits(owner_url: str, waiting: Future[TerritoryRead]) -> None:
    """Return once the other transaction waits for the areas' lock."""
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with closing(psycopg2.connect(owner_url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        while not waiting.done():
            cursor.execute(query)
            row = cursor.fetchone()
            if row and row[0]:
                return


def draw(database: Database, org: Org) -> TerritoryRead:
    with database.for_org(org.id) as connection:
        data = TerritoryCreate(name="West", area=box(106, 107))
        return territories.create_territory(connection, org.manager, data)


def move(database: Database, org: Org, territory: TerritoryId) -> TerritoryRead:
    with database.for_org(org.id) as connection:
        patch = TerritoryPatch(area=box(107, 108))
        return territories.patch_territory(connection, org.manager, territory, patch)


def read(database: Database, org: Org, account: AccountId) -> AccountRead:
    with database.for_org(org.id) as connection:
        return accounts.get_account(connection, org.manager, account)


def test_an_account_made_while_an_area_moves_is_placed_by_the_new_area(
    database: Database, org: Org, test_database: TestDatabase
) -> None:
    territory = draw(database, org)
    with ThreadPoolExecutor(1) as other:
        with database.for_org(org.id) as connection:
            data = AccountCreate(name="Shop", location=[106.5, 10.5])
            made = accounts.create_account(connection, org.manager, data)
            assert made.territory_id == territory.id
            waiting = other.submit(move, database, org, territory.id)
            until_someone_waits(test_database.owner_url, waiting)
            assert not waiting.done()
        waiting.result(timeout=30)
    assert read(database, org, made.id).territory_id is None


def test_an_edit_and_a_moving_area_do_not_block_each_other_for_ever(
    database: Database, org: Org, test_database: TestDatabase
) -> None:
    territory = draw(database, org)
    with database.for_org(org.id) as connection:
        data = AccountCreate(name="Shop", location=[106.5, 10.5])
        made = accounts.create_account(connection, org.manager, data)
    with ThreadPoolExecutor(1) as other:
        with database.for_org(org.id) as connection:
            accounts.lock_account(connection, org.id, made.id)
            waiting = other.submit(move, database, org, territory.id)
            until_someone_waits(test_database.owner_url, waiting)
            patch = AccountPatch(location=[107.5, 10.5])
            edited = accounts.patch_account(connection, org.manager, made.id, patch)
            assert edited.territory_id is None
        waiting.result(timeout=30)
    assert read(database, org, made.id).territory_id == territory.id
