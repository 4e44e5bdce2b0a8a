"""With little room left the service still reads, and takes nothing that it could not keep."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from litestar.testing import TestClient

from backend.api.disk import DiskGuard, measure_free
from backend.app import create_app
from backend.db.tenancy import Database
from backend.settings import Settings
from tests.support.databases import TestDatabase
from tests.support.ground import IN_WEST, WEST, add_account, add_territory
from tests.support.http import Api
from tests.support.people import Org
from tests.support.phone import Phone

MB = 1_000_000
LEAST = 100 * MB


class Disk:
    """A disk whose room the test sets, and a time that it moves on."""

    def __init__(self) -> None:
        self.free_bytes = 500 * MB
        self.now_s = 0.0
        self.looks = 0

    def measure(self, _: Path) -> int:
        self.looks += 1
        return self.free_bytes

    def leave(self, free_bytes: int) -> None:
        """Leave so much room, and let the guard notice."""
        self.free_bytes = free_bytes
        self.now_s += 1.0


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def small_api(settings: Settings, database: Database, org: Org, disk: Disk) -> Iterator[Api]:
    guard = DiskGuard(
        [settings.data_dir], LEAST, measure=disk.measure, monotonic=lambda: disk.now_s
    )
    with TestClient(create_app(settings, database, disk=guard)) as client:
        yield Api(client, org)


@pytest.fixture
def phone(small_api: Api) -> Phone:
    return Phone(small_api, small_api.org.rep)


@pytest.fixture
def shop(test_database: TestDatabase, org: Org) -> str:
    add_territory(test_database.owner_url, org, "West", WEST, org.rep)
    return str(add_account(test_database.owner_url, org, "Quán", *IN_WEST))


def _push(phone: Phone, shop: str) -> httpx.Response:
    note = {"account_id": shop, "body": "Đã gặp", "captured_at": "2026-11-22T10:00:00Z"}
    body = phone.push_body(phone.mutation("create", "note", values=note))
    headers = phone.api.as_(phone.actor)
    return phone.api.client.post("/v1/sync/push", headers=headers, content=body)


def test_what_writes_is_refused_and_what_reads_goes_on(phone: Phone, shop: str, disk: Disk) -> None:
    api = phone.api
    assert _push(phone, shop).status_code == 200
    disk.leave(LEAST - 1)
    refused = _push(phone, shop)
    assert (refused.status_code, refused.json()["code"]) == (507, "storage_full")
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert int(refused.headers["retry-after"]) > 0
    headers = api.as_(phone.actor)
    body = {"name": "Neu", "location": [24.92, 60.17]}
    assert api.client.post("/v1/accounts", headers=headers, json=body).status_code == 507
    phone.pull()
    assert len(phone.ids("note")) == 1
    assert phone.get(f"/v1/accounts/{shop}").status_code == 200
    ready = api.client.get("/readyz")
    assert (ready.status_code, ready.json()["disk"]) == (503, "almost full")
    assert api.client.get("/livez").status_code == 200

    disk.leave(LEAST)
    assert _push(phone, shop).status_code == 200
    assert api.client.get("/readyz").status_code == 200


def test_files_are_refused_first(phone: Phone, shop: str, disk: Disk) -> None:
    data = bytes(1000)
    media_id = phone.announce(shop, data)
    url = phone.begin(media_id, len(data)).headers["location"]
    disk.leave(2 * LEAST - 1)
    assert _push(phone, shop).status_code == 200
    for answer in (phone.begin(media_id, len(data)), phone.send(url, 0, data)):
        assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
        assert answer.headers["tus-resumable"] == "1.0.0"
    assert phone.offset(url).headers["upload-offset"] == "0"
    headers = {**phone.api.as_(phone.actor), "Tus-Resumable": "1.0.0"}
    assert phone.api.client.delete(url, headers=headers).status_code == 204


def test_people_can_sign_in_and_out_while_the_disk_is_full(small_api: Api, disk: Disk) -> None:
    disk.leave(0)
    told = {"email": "nobody@example.test", "password": "x" * 12, "device_id": str(uuid4()),
            "device_name": "t", "platform": "test"}  # fmt: skip
    client = small_api.client
    assert client.post("/v1/auth/login", json=told).status_code == 401
    headers = small_api.as_(small_api.org.rep)
    assert client.post("/v1/auth/logout", headers=headers).status_code == 204


def test_the_disk_is_looked_at_once_a_second(phone: Phone, disk: Disk) -> None:
    before = disk.looks
    for _ in range(5):
        _push(phone, str(uuid4()))
    assert disk.looks <= before + 1
    disk.now_s += 0.9
    _push(phone, str(uuid4()))
    assert disk.looks <= before + 1
    disk.now_s += 0.2
    _push(phone, str(uuid4()))
    assert disk.looks == before + 2


def test_the_fullest_place_counts(tmp_path: Path) -> None:
    room = {"data": 900, "wal": 99}
    guard = DiskGuard(
        [tmp_path / "data", tmp_path / "wal"], 100, measure=lambda place: room[place.name]
    )
    assert not guard.has_room()


def test_the_room_of_a_folder_that_is_not_there_yet_is_its_parents(tmp_path: Path) -> None:
    assert measure_free(tmp_path / "not" / "yet") > 0
