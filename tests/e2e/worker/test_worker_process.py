"""The worker as a process: beside the service or alone, killed in the middle of a job, stopped."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from uuid import UUID

import psycopg2
import pytest
from PIL import Image

from backend.clock import SystemClock
from backend.db.tenancy import Database
from backend.media import uploads
from backend.media.inbox import Inbox
from backend.settings import Settings
from tests.support.databases import TestDatabase
from tests.support.ground import IN_WEST, WEST, add_account, add_territory, execute
from tests.support.http import Api
from tests.support.phone import Phone
from tests.support.service_process import ROOT, service_process

pytestmark = pytest.mark.e2e

_WAIT_SECONDS = 240
_LOOK_SECONDS = 0.1


def until(is_so: Callable[[], object], what: str) -> None:
    """Return once it is so."""
    looking, end = threading.Event(), time.monotonic() + _WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < end, f"It never came: {what}."
        looking.wait(_LOOK_SECONDS)


@contextmanager
def worker_process(
    database: TestDatabase, settings: Settings, *options: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `tuyen worker` over a test's database until the block ends."""
    environment = {
        **os.environ,
        "TUYEN_DATABASE_URL": database.app_url,
        "TUYEN_OWNER_DATABASE_URL": database.owner_url,
        "TUYEN_DATA_DIR": str(settings.data_dir),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "backend", "worker", *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(_WAIT_SECONDS)


@pytest.fixture
def photo() -> bytes:
    out = BytesIO()
    Image.frombytes("RGB", (90, 60), random.Random(1).randbytes(90 * 60 * 3)).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def phone(api: Api, test_database: TestDatabase) -> Phone:
    add_territory(test_database.owner_url, api.org, "West", WEST, api.org.rep)
    return Phone(api, api.org.rep)


@pytest.fixture
def shop(test_database: TestDatabase, api: Api) -> str:
    return str(add_account(test_database.owner_url, api.org, "Quán Nguyễn", *IN_WEST))


def thumbs(settings: Settings) -> list[Path]:
    """Return the thumbnails that were made."""
    return [path for path in settings.blob_dir.glob("thumb/**/*") if path.is_file()]


def leave_whole(
    phone: Phone, shop: str, photo: bytes, settings: Settings, database: Database
) -> str:
    """Send a photo to a server that dies after the last byte; a job is left to look at it."""
    media_id = phone.announce(shop, photo)
    url = phone.begin(media_id, len(photo)).headers["location"]
    door = Inbox(settings.upload_dir), SystemClock()
    upload_id = UUID(url.rpartition("/")[2])
    with database.for_org(phone.actor.org_id) as connection:
        uploads.append(connection, phone.actor, upload_id, door, offset=0, data=photo)
    return media_id


def test_a_worker_killed_in_the_middle_of_a_job_leaves_it_to_the_next(
    phone: Phone,
    shop: str,
    photo: bytes,
    settings: Settings,
    database: Database,
    test_database: TestDatabase,
) -> None:
    media_id = leave_whole(phone, shop, photo, settings, database)
    owner_url = test_database.owner_url
    execute(owner_url, "UPDATE jobs.procrastinate_jobs SET scheduled_at = now()")
    # The calendar's own jobs run beside it.
    finishing = "SELECT status::text FROM jobs.procrastinate_jobs WHERE task_name = 'media.finish'"
    with closing(psycopg2.connect(owner_url)) as holder, holder.cursor() as cursor:
        cursor.execute("LOCK TABLE upload IN ACCESS EXCLUSIVE MODE")
        with worker_process(test_database, settings, "--queue", "media") as worker:
            # The lock keeps it from its end.
            until(lambda: execute(owner_url, finishing) == [("doing",)], "a job that is begun")
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait(_WAIT_SECONDS)
        holder.rollback()
    assert execute(owner_url, finishing) == [("doing",)]
    assert phone.get(f"/v1/media/{media_id}").json()["code"] == "media_pending"

    # Half a minute of silence, without waiting for it.
    execute(
        owner_url,
        "UPDATE jobs.procrastinate_workers SET last_heartbeat = now() - interval '1 min'",
    )
    with worker_process(test_database, settings) as worker:
        until(lambda: thumbs(settings), "the thumbnail of the photo that was left")
        assert phone.get(f"/v1/media/{media_id}").status_code == 200
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(_WAIT_SECONDS) == 0
    assert execute(owner_url, finishing) == []


def test_the_service_does_its_jobs_itself_unless_told_not_to(
    phone: Phone,
    shop: str,
    photo: bytes,
    settings: Settings,
    database: Database,
    test_database: TestDatabase,
) -> None:
    owner_url = test_database.owner_url
    media_id = leave_whole(phone, shop, photo, settings, database)
    execute(owner_url, "UPDATE jobs.procrastinate_jobs SET scheduled_at = now()")
    with service_process(test_database, settings.data_dir, TUYEN_WORKER="0") as service:
        assert execute(owner_url, "SELECT count(*) FROM jobs.procrastinate_workers") == [(0,)]
        service.stop()
    assert phone.get(f"/v1/media/{media_id}").json()["code"] == "media_pending"
    with service_process(test_database, settings.data_dir) as service:
        until(lambda: thumbs(settings), "the thumbnail of the photo that was left")
        service.stop()
        assert "Traceback" not in service.log()
    assert phone.get(f"/v1/media/{media_id}").status_code == 200
    assert execute(owner_url, "SELECT count(*) FROM jobs.procrastinate_workers") == [(0,)]
