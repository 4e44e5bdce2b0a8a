"""What an account is worth: made by a job, told over HTTP to whoever may see the account."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.db.tenancy import Database
from backend.insights.service import value_accounts
from backend.jobs import enqueue
from backend.settings import Settings
from backend.worker import open_worker
from tests.support.databases import TestDatabase
from tests.support.ground import IN_WEST, WEST, add_account, add_territory, execute
from tests.support.http import Api
from tests.support.people import Org
from tests.support.sales import add_potential, add_sales

pytestmark = pytest.mark.integration
TODAY = datetime.now(UTC).date()


def test_values_are_made_by_the_job_and_told(
    api: Api, org: Org, test_database: TestDatabase, database: Database, settings: Settings
) -> None:
    url = test_database.owner_url
    add_territory(url, org, "Tây", WEST, org.rep)
    first, second, third, gone = (add_account(url, org, name, *IN_WEST) for name in "abcd")
    ago = [TODAY - timedelta(days=days) for days in range(800)]
    add_sales(url, org, [
        (first, ago[0], 700), (first, ago[0], 300), (first, ago[364], 50), (first, ago[365], 9999),
        (first, ago[1], -100), (second, ago[200], 10), (third, ago[400], 10), (third, ago[2], -5),
        (gone, ago[1], 10**6),
    ])  # fmt: skip
    add_potential(url, org, [(third, 450)])
    execute(url, "UPDATE account SET deleted_at = now() WHERE id = %s", gone)
    with database.for_org(org.id) as connection:
        enqueue(connection, "insights.value_accounts", org_id=org.id)
    with open_worker(settings, test_database.app_url) as worker:
        worker.run_due()

    def told(account: object) -> dict[str, object]:
        answer = api.client.get(f"/v1/accounts/{account}/value", headers=api.as_(org.rep))
        assert answer.status_code == 200, answer.text
        body: dict[str, object] = answer.json()
        return body

    best = told(first)
    assert (best["revenue"], best["sold_days"], best["last_sold_on"]) == (950, 2, str(TODAY))
    assert best["scores"] == {
        "recency": 5, "frequency": 5, "monetary": 5, "rfm_class": "champion",
    }  # fmt: skip
    assert (best["currency"], best["valued_on"]) == ("VND", str(TODAY))
    other = told(second)["scores"]
    assert other == {"recency": 3, "frequency": 3, "monetary": 3, "rfm_class": "promising"}
    never = told(third)
    assert (never["scores"], never["revenue"], never["monthly_potential"]) == (None, 0, 450)
    assert never["valued_on"] == str(TODAY)
    for who in (org.other_rep, org.manager):
        answer = api.client.get(f"/v1/accounts/{first}/value", headers=api.as_(who))
        assert answer.status_code == (404 if who is org.other_rep else 200)


def test_who_buys_no_more_is_forgotten(
    org: Org, test_database: TestDatabase, database: Database
) -> None:
    url = test_database.owner_url
    account = add_account(url, org, "a", *IN_WEST)
    add_sales(url, org, [(account, TODAY, 5)])
    for _ in range(2):
        with database.for_org(org.id) as connection:
            value_accounts(connection, org.id)
    classes = (
        "SELECT v.rfm_class, w.rfm_class FROM account_value v JOIN account_worth w USING"
        " (account_id)"
    )
    assert execute(url, classes) == [("champion", "champion")]
    execute(url, "UPDATE sale SET sold_on = sold_on - 365")
    with database.for_org(org.id) as connection:
        value_accounts(connection, org.id)
    assert execute(url, "SELECT count(*) FROM account_value") == [(0,)]
    assert execute(url, "SELECT rfm_class FROM account_worth") == [(None,)]
