"""A disk that fills up while phones push: nothing acknowledged is lost, and nothing panics."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.app import create_app
from backend.db.cluster import OWNER_ROLE, Cluster
from backend.db.tenancy import open_database
from backend.runtime import DATABASE
from backend.settings import Settings
from tests.support.ground import IN_WEST, WEST, add_account, add_territory, execute
from tests.support.people import make_org
from tests.support.phone import Phone
from tests.support.photo_site import TokenLine
from tests.support.service_process import ServiceProcess, service_process

pytestmark = [pytest.mark.e2e, pytest.mark.root]

MB = 1_000_000
DISK_MB = 700
LEAST_MB = 150
NOTES = 20
_BATCHES = 2000


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 700 MB that PostgreSQL's user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="tuyen-disk-"))
    folder.chmod(0o755)
    options = f"size={DISK_MB * MB},mode=0755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


@pytest.fixture
def service(small_disk: Path) -> Iterator[ServiceProcess]:
    """The service with everything it keeps, its database included, on the small disk."""
    with service_process(None, small_disk / "data", TUYEN_MIN_FREE_MB=str(LEAST_MB)) as service:
        yield service
        service.stop()


class Pusher(threading.Thread):
    """A phone that pushes notes until it is refused, and remembers what was acknowledged."""

    def __init__(self, phone: Phone, shop: str) -> None:
        super().__init__(name="pusher")
        self.phone = phone
        self.shop = shop
        self.acknowledged: list[str] = []
        self.refusal: httpx.Response | None = None
        self.failures: list[str] = []

    def run(self) -> None:
        for _ in range(_BATCHES):
            answer = self.push()
            if answer.status_code == 507:
                self.refusal = answer
                return
            if answer.status_code != 200:
                self.failures.append(answer.text)
                return

    def push(self) -> httpx.Response:
        """Push a batch of long notes; those that are applied are acknowledged."""
        mutations: list[dict[str, Any]] = []
        for _ in range(NOTES):
            told = {
                "account_id": self.shop,
                "body": os.urandom(2000).hex(),
                "captured_at": datetime.now(UTC).isoformat(),
            }
            mutations.append(self.phone.mutation("create", "note", values=told))
        headers = self.phone.api.as_(self.phone.actor)
        body = self.phone.push_body(*mutations)
        answer = self.phone.api.client.post("/v1/sync/push", headers=headers, content=body)
        if answer.status_code == 200:
            for made, result in zip(mutations, answer.json()["results"], strict=True):
                assert result["status"] == "applied", result
                self.acknowledged.append(made["rid"])
        return answer


def fill(disk: Path, leave_mb: int) -> Path:
    """Write a file that leaves so much room."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - leave_mb * MB)
    return ballast


def test_pushes_are_refused_before_the_database_stops_and_go_on_once_there_is_room(
    service: ServiceProcess, small_disk: Path
) -> None:
    cluster = Cluster(service.data_dir / "pg")
    owner_url = cluster.url(DATABASE, OWNER_ROLE)
    org = make_org(owner_url)
    add_territory(owner_url, org, "West", WEST, org.rep)
    shop = str(add_account(owner_url, org, "Quán Nguyễn", *IN_WEST))
    database = open_database(owner_url, connections=1)
    tokens = create_app(Settings(data_dir=service.data_dir), database).state.tokens
    with httpx.Client(base_url=service.url, trust_env=False, timeout=60) as client:
        pushers = [
            Pusher(Phone(TokenLine(client, tokens.sign(actor)), actor), shop)
            for actor in (org.rep, org.admin)
        ]
        assert pushers[0].push().status_code == 200
        ballast = fill(small_disk, leave_mb=LEAST_MB + 40)
        for pusher in pushers:
            pusher.start()
        for pusher in pushers:
            pusher.join()
            assert not pusher.failures
            assert pusher.refusal is not None, "the disk never got full"
            assert pusher.refusal.json()["code"] == "storage_full"
        assert shutil.disk_usage(small_disk).free > LEAST_MB * MB // 2, "with much to spare"
        ready = client.get("/readyz").json()
        assert (ready["database"], ready["disk"]) == ("reachable", "almost full")
        pushers[0].phone.pull()
        assert pushers[0].phone.ids("note") >= set(pushers[0].acknowledged)

        ballast.unlink()
        for _ in range(_BATCHES):
            if pushers[0].push().status_code == 200:
                break
        assert client.get("/readyz").status_code == 200
    database.close()
    assert service.starts == 1
    acknowledged = {one for pusher in pushers for one in pusher.acknowledged}
    assert len(acknowledged) > NOTES
    kept = {str(one) for (one,) in execute(owner_url, "SELECT id FROM note")}
    assert kept == acknowledged
    assert "PANIC" not in (cluster.folder / "log.txt").read_text()
