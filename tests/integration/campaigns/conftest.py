"""A city without visits and sales, and the organisation's own day."""

from datetime import date

import pytest

from tests.support.city import City, make_city
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.http import Api


@pytest.fixture
def today(test_database: TestDatabase, api: Api) -> date:
    ((found,),) = execute(test_database.owner_url, "SELECT tuyen_today(%s)", api.org.id)
    assert isinstance(found, date)
    return found


@pytest.fixture
def city(api: Api, test_database: TestDatabase, today: date) -> City:
    city = make_city(test_database.owner_url, api.org, today, places=120)
    for table in ("check_in", "note", "media", "sale", "visit"):
        execute(test_database.owner_url, f"DELETE FROM {table}")
    return city
