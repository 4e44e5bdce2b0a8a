"""Fixtures that every layer shares: one throw-away cluster a run, a cloned database a test."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from litestar.testing import TestClient

from backend.app import create_app
from backend.db.cluster import APP_ROLE, OWNER_ROLE, Cluster
from backend.db.tenancy import Database, open_database
from backend.geo.basemap.build import build_basemap
from backend.settings import Settings
from tests.support.databases import TestDatabase
from tests.support.helsinki_places import EXTRACT
from tests.support.http import Api
from tests.support.own_cluster import own_cluster
from tests.support.people import Org, make_org

# A slow machine is no broken program, and one database serves all examples of a test.
hypothesis_settings.register_profile(
    "tuyen",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
hypothesis_settings.load_profile("tuyen")

_TEMPLATE = "tuyen_template"
_numbers = itertools.count()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostGIS cluster of this test process, without durability."""
    with own_cluster(_TEMPLATE, durable=False) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def basemap_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The basemap of the project's own extract."""
    out = tmp_path_factory.mktemp("basemap") / "basemap.pmtiles"
    build_basemap(EXTRACT, out)
    return out


@pytest.fixture
def test_database(cluster: Cluster) -> Iterator[TestDatabase]:
    """A migrated, empty database for one test: URLs, a pool as the application's role."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    cluster.clone_database(name, _TEMPLATE)
    app_url, owner_url = cluster.url(name, APP_ROLE), cluster.url(name, OWNER_ROLE)
    database = open_database(app_url, connections=8)
    try:
        yield TestDatabase(app_url=app_url, owner_url=owner_url, database=database)
    finally:
        database.close()
        cluster.drop_database(name)


@pytest.fixture
def database(test_database: TestDatabase) -> Database:
    """The pool of the test's database."""
    return test_database.database


@pytest.fixture
def org(test_database: TestDatabase) -> Org:
    """An organisation with people in the test's database."""
    return make_org(test_database.owner_url)


@pytest.fixture
def other_org(test_database: TestDatabase) -> Org:
    """A second organisation, to prove that the first never sees it."""
    return make_org(test_database.owner_url, "Bia Hải Đăng")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with an empty data folder."""
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def api(settings: Settings, database: Database, org: Org) -> Iterator[Api]:
    """The service over the test's database."""
    with TestClient(create_app(settings, database)) as client:
        yield Api(client, org)
