"""PostgreSQL goes away under open streams and comes back: they stay open and hear again."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from backend.app import create_app
from backend.db.cluster import APP_ROLE, OWNER_ROLE, Cluster
from backend.db.tenancy import open_database
from backend.settings import Settings
from tests.support.ears import Ear
from tests.support.ground import IN_WEST, WEST, add_account, add_territory, execute
from tests.support.own_cluster import own_cluster
from tests.support.people import make_org
from tests.support.server import running_service

_DATABASE = "away"
_AWAY_SECONDS = 2.5
"""Longer than the listener and the looks wait before they try again."""


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A cluster of this test's own, which it may stop."""
    with own_cluster(_DATABASE, durable=False) as cluster:
        yield cluster


def test_open_streams_outlive_a_stop_and_a_start_of_the_database(
    cluster: Cluster, tmp_path: Path
) -> None:
    url = cluster.url(_DATABASE, OWNER_ROLE)
    org = make_org(url)
    add_territory(url, org, "West", WEST, org.rep)
    shop = add_account(url, org, "W", *IN_WEST)
    settings = Settings(data_dir=tmp_path / "data")
    with (
        closing(open_database(cluster.url(_DATABASE, APP_ROLE), connections=4)) as database,
        running_service(create_app(settings, database)) as service,
        httpx.Client(base_url=service.url, trust_env=False, timeout=30) as client,
    ):
        tokens = service.app.state.tokens

        def listen() -> Ear:
            token = tokens.sign(org.rep)
            return Ear(client, "/v1/sync/stream", {"Authorization": f"Bearer {token}"})

        with listen() as early:
            early.next_event()
            cluster.stop()
            time.sleep(_AWAY_SECONDS)
            cluster.start()
            # What was told meanwhile was heard by nobody: everybody is told to pull.
            early.next_event()
            with listen() as late:
                late.next_event()
                time.sleep(_AWAY_SECONDS)
                for ear in (early, late):
                    ear.heard()
                execute(url, "UPDATE account SET address = 'anew' WHERE id = %s", shop)
                early.next_event()
                late.next_event()
