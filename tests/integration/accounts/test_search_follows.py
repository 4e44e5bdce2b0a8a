"""What accounts are looked for by is what the live ones say, whatever changed them."""

import pytest

from tests.support.databases import TestDatabase
from tests.support.ground import IN_EAST, IN_WEST, add_account, execute
from tests.support.people import Org

_HELD = "SELECT account_id, name_folded, phone, ST_AsText(location) FROM account_search"
_LIVE = (
    "SELECT id, tuyen_fold(name), phone, ST_AsText(location) FROM account WHERE deleted_at IS NULL"
)
_PHONE = "+84901234567"

CHANGES = {
    "renamed": "UPDATE account SET name = 'Đặng' WHERE id = %s",
    "its folded name written by hand": "UPDATE account SET name_folded = 'x' WHERE id = %s",
    "given a phone": f"UPDATE account SET phone = '{_PHONE}' WHERE id = %s",
    "moved": "UPDATE account SET location = ST_SetSRID(ST_MakePoint(24.93, 60.16), 4326)"
    " WHERE id = %s",
    "left without a place": "UPDATE account SET location = NULL, location_source = NULL"
    " WHERE id = %s",
    "visited": "UPDATE account SET last_visit_at = now() WHERE id = %s",
    "deleted": "UPDATE account SET deleted_at = now() WHERE id = %s",
    "removed": "DELETE FROM account WHERE id = %s",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_table_follows_when_an_account_is(
    test_database: TestDatabase, org: Org, change: str
) -> None:
    url = test_database.owner_url
    shop = add_account(url, org, "Quán Phở", *IN_WEST)
    add_account(url, org, "Quán Bún", *IN_EAST)
    execute(url, change, shop)
    assert sorted(execute(url, _HELD)) == sorted(execute(url, _LIVE))


def test_an_account_that_comes_back_is_found_again(test_database: TestDatabase, org: Org) -> None:
    url = test_database.owner_url
    shop = add_account(url, org, "Quán Phở", *IN_WEST)
    execute(url, CHANGES["deleted"], shop)
    execute(url, "UPDATE account SET deleted_at = NULL WHERE id = %s", shop)
    assert execute(url, _HELD) == execute(url, _LIVE) != []
