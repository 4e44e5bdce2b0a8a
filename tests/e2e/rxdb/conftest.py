"""A running service, clients of npm's own RxDB beside it, and a phone that speaks the protocol."""

import json
import queue
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from backend.app import create_app
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.identity.passwords import hash_password
from backend.settings import Settings
from tests.support.databases import TestDatabase
from tests.support.ground import EAST, IN_EAST, IN_WEST, WEST, add_account, add_territory, execute
from tests.support.people import Org
from tests.support.phone import Phone
from tests.support.server import RunningService, running_service

PASSWORD = "vịt lội qua sông sáng sớm"
_CLIENT = Path(__file__).parent / "client.mjs"
_SERVE = Path(__file__).parents[3] / "examples" / "rxdb" / "serve.mjs"
_WAIT_SECONDS = 60


class RxClient:
    """A Node process with RxDB in it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", str(_CLIENT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answers: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __call__(self, command: str, **more: Any) -> Any:
        """Carry out a command and return its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"command": command, **more}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._answers.get(timeout=_WAIT_SECONDS))
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def held(self, table: str) -> dict[str, dict[str, Any]]:
        """Return the documents of a table by id."""
        return {one["id"]: one for one in self("dump", table=table)}

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._reader.join()
        # Closes the pipes as well.
        with self._process:
            pass

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put('{"error": "the client ended"}')


@dataclass(frozen=True)
class Field:
    """Two territories with a rep and a shop each, and who may sign in."""

    url: str
    org: Org
    service: RunningService
    client: httpx.Client
    west: UUID
    east: UUID
    west_shop: str
    east_shop: str

    def as_(self, actor: Actor) -> dict[str, str]:
        """Return the headers of a signed-in person."""
        return {"Authorization": f"Bearer {self.service.app.state.tokens.sign(actor)}"}

    def phone(self, actor: Actor) -> Phone:
        """Return a phone that has pulled."""
        phone = Phone(self, actor)
        phone.pull()
        return phone

    @contextmanager
    def rxdb(self, who: str) -> Iterator[RxClient]:
        """Run a client that is signed in and in sync."""
        client = RxClient()
        try:
            client("open", server=self.service.url, **self.credentials(who))
            yield client
            client("close")
        finally:
            client.end()

    def credentials(self, who: str) -> dict[str, str]:
        """Return what a person signs in with."""
        return {"email": f"{who}@{self.org.id}.test", "password": PASSWORD}

    def run(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Run a statement as the owner."""
        return execute(self.url, statement, *values)


@pytest.fixture
def field(
    settings: Settings, database: Database, test_database: TestDatabase, org: Org
) -> Iterator[Field]:
    url = test_database.owner_url
    execute(url, "UPDATE app_user SET password_hash = %s", hash_password(PASSWORD))
    west = add_territory(url, org, "West", WEST, org.rep)
    east = add_territory(url, org, "East", EAST, org.other_rep)
    shops = [str(add_account(url, org, *one)) for one in (("W", *IN_WEST), ("E", *IN_EAST))]
    with (
        running_service(create_app(settings, database)) as service,
        httpx.Client(base_url=service.url, trust_env=False, timeout=60) as client,
    ):
        yield Field(url, org, service, client, west, east, *shops)


@pytest.fixture
def page_url(field: Field) -> Iterator[str]:
    """Serve the example's page, bundled as it is, in front of the service."""
    command = ["node", str(_SERVE), field.service.url, "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.kill()


# One module at a time: its event loop would be in the way of other tests of this process.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-sync"],
        )
        yield browser
        browser.close()
