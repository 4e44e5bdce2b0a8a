"""A service with open streams stops like one without."""

from datetime import date
from pathlib import Path

import httpx

from tests.support.city import PASSWORD, make_city
from tests.support.databases import TestDatabase
from tests.support.ears import Ear
from tests.support.people import Org
from tests.support.service_process import service_process


def test_open_streams_end_when_the_service_is_told_to_stop(
    test_database: TestDatabase, org: Org, tmp_path: Path
) -> None:
    make_city(test_database.owner_url, org, date(2026, 11, 22), places=10)
    with (
        service_process(test_database, tmp_path / "data") as service,
        httpx.Client(base_url=service.url, trust_env=False, timeout=60) as client,
    ):
        who = {
            "email": f"rep@{org.id}.test",
            "password": PASSWORD,
            "device_id": str(org.rep.device_id),
            "device_name": "t",
            "platform": "test",
        }
        token = client.post("/v1/auth/login", json=who).raise_for_status().json()["access_token"]
        with Ear(client, "/v1/sync/stream", {"Authorization": f"Bearer {token}"}) as ear:
            ear.next_event()
            service.stop()
            assert ear.wait_for_end() == []
        assert "Killing" not in service.log()
