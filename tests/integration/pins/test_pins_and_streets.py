"""Pins far from any street, told by the real streets of central Helsinki."""

from pathlib import Path

import pytest

from backend.geo.network.build import build_network
from tests.support.databases import TestDatabase
from tests.support.doubts import check_pins
from tests.support.ground import add_account
from tests.support.helsinki_places import EXTRACT
from tests.support.http import Api


def test_a_pin_that_no_street_leads_to_is_found_where_a_network_is(
    api: Api, test_database: TestDatabase, tmp_path: Path
) -> None:
    url, org = test_database.owner_url, api.org
    add_account(url, org, "Kahvila", 24.9412, 60.1690)
    at_sea = add_account(url, org, "Laiva", 24.95, 60.15)
    add_account(url, org, "Tallinna", 24.75, 59.44)
    check_pins(test_database, org)
    headers = api.as_(org.manager)
    assert api.client.get("/v1/pins", headers=headers).json()["items"] == []
    build_network(EXTRACT, tmp_path, profile="car")
    check_pins(test_database, org, tmp_path)
    (doubt,) = api.client.get("/v1/pins", headers=headers).json()["items"]
    assert (doubt["account_id"], doubt["reason"]) == (str(at_sea), "far_from_street")
    assert 500 < doubt["evidence"]["street_m"] < 3000
    assert doubt["distance_m"] == pytest.approx(doubt["evidence"]["street_m"])
    assert api.client.get("/v1/pins/summary", headers=headers).json()["check"]["has_streets"]
    # Without streets nothing is said of them, and nothing is let go.
    check_pins(test_database, org)
    assert len(api.client.get("/v1/pins", headers=headers).json()["items"]) == 1
