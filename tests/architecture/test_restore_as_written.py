"""What docs/OPERATIONS.md tells an operator to do after a restore is run here, word for word."""

import re
from contextlib import closing
from pathlib import Path

import httpx
import psycopg2
import pytest

from tests.support.databases import TestDatabase
from tests.support.ground import IN_WEST, WEST, add_account, add_territory
from tests.support.http import Api
from tests.support.phone import Phone

pytestmark = pytest.mark.integration

DOCUMENT = Path(__file__).parents[2] / "docs" / "OPERATIONS.md"
# As a dump carries it into a younger cluster: ids of transactions that are still to come.
FROM_ANOTHER_CLUSTER = """
  UPDATE sync_row SET xid = '4000000000', first_xid = '4000000000';
  UPDATE sync_mutation SET xid = '4000000000';"""


def _steps() -> tuple[str, str]:
    section = DOCUMENT.read_text().partition("### After a restore")[2].partition("\n## ")[0]
    always, elsewhere = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)
    return always, elsewhere


def _run(test_database: TestDatabase, statements: str) -> None:
    with closing(psycopg2.connect(test_database.owner_url)) as connection, connection:
        connection.cursor().execute(statements)


@pytest.fixture
def shop(test_database: TestDatabase, api: Api) -> str:
    add_territory(test_database.owner_url, api.org, "West", WEST, api.org.rep)
    return str(add_account(test_database.owner_url, api.org, "Quán Nguyễn", *IN_WEST))


def _pull(api: Api, phone: Phone) -> httpx.Response:
    body = {"device_id": str(phone.actor.device_id), "cursor": phone.cursor}
    return api.client.post("/v1/sync/pull", json=body, headers=api.as_(phone.actor))


def test_a_cursor_of_the_former_life_is_refused(
    api: Api, test_database: TestDatabase, shop: str
) -> None:
    phone = Phone(api, api.org.rep)
    phone.pull()
    assert phone.ids("account") == {shop}
    always, _ = _steps()
    _run(test_database, always)
    answer = _pull(api, phone)
    assert (answer.status_code, answer.json()["code"]) == (410, "epoch_changed")
    again = Phone(api, api.org.rep)
    again.pull()
    assert again.ids("account") == {shop}


def test_rows_from_another_cluster_are_seen_after_the_steps(
    api: Api, test_database: TestDatabase, shop: str
) -> None:
    _run(test_database, FROM_ANOTHER_CLUSTER)
    blind = Phone(api, api.org.rep)
    blind.pull()
    assert blind.ids("account") == set()
    always, elsewhere = _steps()
    _run(test_database, always + elsewhere)
    phone = Phone(api, api.org.rep)
    phone.pull()
    assert phone.ids("account") == {shop}
