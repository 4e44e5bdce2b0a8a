"""A request that is answered before its body was read leaves the connection as the client sees it.

Over real HTTP: it is the server under the application that closes what is not read.
"""

import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from backend.api.disk import DiskGuard
from backend.app import create_app
from backend.db.tenancy import Database
from backend.settings import Settings
from tests.support.people import Org
from tests.support.server import RunningService, running_service

pytestmark = pytest.mark.integration

_TRIES = 50
_SHORT = b"0" * 80_000


@pytest.fixture
def full(settings: Settings, database: Database) -> Iterator[RunningService]:
    """A service whose disk is full: it refuses every push before it reads it."""
    disk = DiskGuard([Path("/")], 1, measure=lambda _: 0)
    with running_service(create_app(settings, database, disk=disk)) as service:
        yield service


@pytest.fixture
def line(full: RunningService) -> Iterator[http.client.HTTPConnection]:
    """One connection, which is made anew only where the answer said that it ends."""
    line = http.client.HTTPConnection(urlsplit(full.url).netloc, timeout=30)
    yield line
    line.close()


@pytest.mark.parametrize("status", [507, 401])
def test_the_connection_serves_the_next_request_after_a_short_body(
    full: RunningService, line: http.client.HTTPConnection, org: Org, status: int
) -> None:
    headers = {"Content-Type": "application/json"}
    if status == 507:
        headers["Authorization"] = f"Bearer {full.app.state.tokens.sign(org.rep)}"
    line.connect()
    first = line.sock
    for _ in range(_TRIES):
        line.request("POST", "/v1/sync/push", body=_SHORT, headers=headers)
        with line.getresponse() as answer:
            assert answer.status == status
            assert answer.headers["Connection"] is None
            answer.read()
    assert line.sock is first


@pytest.mark.parametrize("size", [len(_SHORT), 4_000_000], ids=["short", "long"])
def test_a_body_that_does_not_come_is_not_waited_for_and_the_client_is_told(
    full: RunningService, line: http.client.HTTPConnection, org: Org, size: int
) -> None:
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(size),
        "Authorization": f"Bearer {full.app.state.tokens.sign(org.rep)}",
    }
    line.request("POST", "/v1/sync/push", headers=headers)  # and nothing of the body
    with line.getresponse() as answer:
        assert answer.status == 507
        assert answer.headers["Connection"] == "close"
