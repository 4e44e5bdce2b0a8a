"""What happens to files without anybody asking: thumbnails, files that are missed, files lost."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from backend.clock import SystemClock
from backend.db.tenancy import Database
from backend.jobs import Work
from backend.jobs.worker import Worker
from backend.media import uploads
from backend.media.blobs import Blobs, open_blobs
from backend.media.inbox import Inbox
from backend.media.tasks import TASKS
from backend.settings import Settings
from backend.sync.protocol.ids import new_id
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.http import Api
from tests.support.people import Org
from tests.support.phone import Phone


class Upkeep:
    """The service's jobs for files, done when the test says so."""

    def __init__(
        self, settings: Settings, test_database: TestDatabase, database: Database, org: Org
    ) -> None:
        self.blobs = open_blobs(None, settings.blob_dir)
        parts: dict[type, object] = {Blobs: self.blobs, Inbox: Inbox(settings.upload_dir)}
        self.work = Work(database, SystemClock(), parts)
        self.worker = Worker(test_database.app_url, TASKS, self.work)
        self.owner_url = test_database.owner_url
        self.blob_dir = settings.blob_dir
        self.org = org

    def run_due(self) -> None:
        """Do the jobs that were asked for, those for later as well."""
        execute(self.owner_url, "UPDATE jobs.procrastinate_jobs SET scheduled_at = now()")
        self.worker.run_due()

    def reconcile(self) -> None:
        """Do the daily comparison."""
        (task,) = [one for one in TASKS if one.name == "media.reconcile"]
        task.call(self.work, {"org_id": str(self.org.id)})

    def let_days_pass(self, days: int) -> None:
        """Make every file's announcement older."""
        statement = "UPDATE media SET received_at = received_at - make_interval(days => %s)"
        execute(self.owner_url, statement, days)

    def issues(self) -> list[tuple[object, ...]]:
        """Return code, record and resolution of every issue."""
        return execute(
            self.owner_url, "SELECT code, rid::text, resolution FROM issue ORDER BY made_at, id"
        )

    def files(self, rendition: str) -> list[Path]:
        """Return the stored files of a rendition."""
        return [path for path in self.blob_dir.glob(f"{rendition}/**/*") if path.is_file()]


@pytest.fixture
def upkeep(settings: Settings, test_database: TestDatabase, database: Database, org: Org) -> Upkeep:
    return Upkeep(settings, test_database, database, org)


def test_the_thumbnail_of_a_stored_photo_is_made_by_a_job(
    phone: Phone, shop: str, photo: bytes, upkeep: Upkeep
) -> None:
    media_id = phone.upload(shop, photo)
    assert upkeep.files("thumb") == []
    upkeep.run_due()
    (thumb,) = upkeep.files("thumb")
    assert phone.get(f"/v1/media/{media_id}/thumb").content == thumb.read_bytes()
    made_at = thumb.stat().st_mtime_ns
    upkeep.run_due()
    assert upkeep.files("thumb")[0].stat().st_mtime_ns == made_at


def test_a_thumbnail_that_is_not_made_yet_is_made_when_asked_for(
    phone: Phone, shop: str, photo: bytes, upkeep: Upkeep
) -> None:
    media_id = phone.upload(shop, photo)
    assert phone.get(f"/v1/media/{media_id}/thumb").status_code == 200
    assert len(upkeep.files("thumb")) == 1
    upkeep.run_due()


def test_a_voice_note_and_a_refused_photo_ask_for_no_thumbnail(
    phone: Phone, shop: str, upkeep: Upkeep
) -> None:
    text = b"no photo at all" * 9
    media_id = phone.announce(shop, text)
    phone.send(phone.begin(media_id, len(text)).headers["location"], 0, text)
    upkeep.run_due()
    assert upkeep.files("thumb") == []


def test_a_file_whose_last_byte_is_safe_is_stored_though_nobody_comes_back(
    phone: Phone, shop: str, photo: bytes, upkeep: Upkeep, database: Database, api: Api
) -> None:
    """As if the server died between the last byte and the look at the whole."""
    media_id = phone.announce(shop, photo)
    url = phone.begin(media_id, len(photo)).headers["location"]
    door = upkeep.work.part(Inbox), SystemClock()
    upload_id = UUID(url.rpartition("/")[2])
    with database.for_org(api.org.id) as connection:
        uploads.append(connection, phone.actor, upload_id, door, offset=0, data=photo)
    assert phone.get(f"/v1/media/{media_id}").status_code == 404
    upkeep.run_due()
    assert phone.get(f"/v1/media/{media_id}").status_code == 200


def test_asking_for_the_offset_of_a_whole_file_stores_it(
    phone: Phone, shop: str, photo: bytes, settings: Settings, test_database: TestDatabase
) -> None:
    """A client that lost the last answer takes the full offset for success: so it must be one."""
    media_id = phone.announce(shop, photo)
    url = phone.begin(media_id, len(photo)).headers["location"]
    settings.upload_dir.mkdir(parents=True)
    (settings.upload_dir / url.rpartition("/")[2]).write_bytes(photo)
    execute(test_database.owner_url, "UPDATE upload SET offset_bytes = size_bytes")
    assert phone.offset(url).headers["upload-offset"] == str(len(photo))
    assert phone.get(f"/v1/media/{media_id}").status_code == 200


def test_a_file_missed_for_three_days_is_an_issue_once_until_it_comes(
    phone: Phone, shop: str, photo: bytes, upkeep: Upkeep
) -> None:
    media_id = phone.announce(shop, photo)
    upkeep.let_days_pass(2)
    upkeep.reconcile()
    assert upkeep.issues() == []
    upkeep.let_days_pass(2)
    upkeep.reconcile()
    upkeep.reconcile()
    assert upkeep.issues() == [("media_missing", media_id, None)]
    phone.pull()
    ((_, told),) = [(key, row) for key, row in phone.rows.items() if key[0] == "issue"]
    assert (told["code"], told["tbl"], told["rid"]) == ("media_missing", "media", media_id)
    url = phone.begin(media_id, len(photo)).headers["location"]
    assert phone.send(url, 0, photo).status_code == 204
    assert upkeep.issues() == [("media_missing", media_id, "dismissed")]
    phone.pull()
    assert not phone.ids("issue")
    upkeep.reconcile()
    assert len(upkeep.issues()) == 1


def test_a_person_can_close_the_issue_from_a_device(
    phone: Phone, shop: str, make_photo: Callable[..., bytes], upkeep: Upkeep
) -> None:
    for seed in range(2):
        phone.announce(shop, make_photo(seed, size=(60, 40)))
    upkeep.let_days_pass(4)
    upkeep.reconcile()
    phone.pull()
    for issue_id, choice in zip(sorted(phone.ids("issue")), ("theirs", "dismissed"), strict=True):
        answer = phone.push(
            phone.mutation("patch", "issue", issue_id, values={"resolution": choice})
        )
        assert answer[0].status == "applied", answer
    assert [row[2] for row in upkeep.issues()] == ["theirs", "dismissed"]


def test_an_issue_that_a_person_dismissed_does_not_come_back(
    phone: Phone, shop: str, photo: bytes, upkeep: Upkeep
) -> None:
    phone.announce(shop, photo)
    upkeep.let_days_pass(4)
    upkeep.reconcile()
    execute(upkeep.owner_url, "UPDATE issue SET resolution = 'dismissed', resolved_at = now()")
    upkeep.reconcile()
    assert len(upkeep.issues()) == 1


def test_a_lost_file_is_pending_again_and_asked_for_once_more(
    phone: Phone, shop: str, make_photo: Callable[..., bytes], upkeep: Upkeep
) -> None:
    kept, gone = make_photo(1), make_photo(2)
    kept_id, gone_id = phone.upload(shop, kept), phone.upload(shop, gone)
    twin_id = phone.announce(shop, gone)
    assert phone.begin(twin_id, len(gone)).headers["tuyen-media-state"] == "stored"
    upkeep.reconcile()
    assert upkeep.issues() == []
    sha256 = hashlib.sha256(gone).hexdigest()
    (lost,) = [path for path in upkeep.files("original") if path.name == sha256]
    away = lost.rename(lost.with_suffix(".away"))
    upkeep.reconcile()
    assert {row[:2] for row in upkeep.issues()} == {
        ("media_lost", gone_id), ("media_lost", twin_id),
    }  # fmt: skip
    phone.pull()
    states = {one: phone.rows["media", one]["state"] for one in (kept_id, gone_id, twin_id)}
    assert states == {kept_id: "stored", gone_id: "pending", twin_id: "pending"}
    upkeep.reconcile()
    assert len(upkeep.issues()) == 2

    url = phone.begin(gone_id, len(gone)).headers["location"]
    assert phone.send(url, 0, gone).status_code == 204
    assert phone.get(f"/v1/media/{gone_id}").status_code == 200
    upkeep.reconcile()
    assert {row[2] for row in upkeep.issues()} == {"dismissed"}, "its twin is back with it"
    away.unlink()


def test_a_store_that_was_away_comes_back_with_its_files(
    phone: Phone, shop: str, photo: bytes, upkeep: Upkeep
) -> None:
    media_id = phone.upload(shop, photo)
    away = upkeep.blob_dir.rename(upkeep.blob_dir.with_name("unmounted"))
    upkeep.blob_dir.mkdir()
    upkeep.reconcile()
    phone.pull()
    assert phone.rows["media", media_id]["state"] == "pending"
    upkeep.blob_dir.rmdir()
    away.rename(upkeep.blob_dir)
    upkeep.reconcile()
    phone.pull()
    assert phone.rows["media", media_id]["state"] == "stored"
    assert {row[2] for row in upkeep.issues()} == {"dismissed"}


def test_managers_see_which_files_are_missed_and_how_far_they_came(
    phone: Phone, api: Api, shop: str, photo: bytes, upkeep: Upkeep
) -> None:
    phone.upload(shop, photo)
    old = phone.announce(shop, photo[:-1])
    url = phone.begin(old, len(photo) - 1).headers["location"]
    phone.send(url, 0, photo[:1000])
    upkeep.let_days_pass(4)
    phone.announce(shop, photo[:-2])
    manager = Phone(api, api.org.manager)
    page = manager.get("/v1/media?state=pending&older_than_days=3").json()
    (item,) = page["items"]
    assert (item["id"], item["arrived_bytes"]) == (old, 1000)
    assert item["author_name"] == "Rep"
    assert len(manager.get("/v1/media?state=pending").json()["items"]) == 2
    first = manager.get("/v1/media?limit=2").json()
    rest = manager.get(f"/v1/media?limit=2&cursor={first['next_cursor']}").json()
    assert len(first["items"] + rest["items"]) == 3
    assert phone.get("/v1/media").status_code == 403
    assert manager.get("/v1/media?state=lost").status_code == 422


def test_a_visit_tells_how_many_of_its_files_are_missing(
    phone: Phone, shop: str, make_photo: Callable[..., bytes]
) -> None:
    visit_id = new_id()
    made = phone.mutation(
        "create", "visit", visit_id, values={"account_id": shop, "planned_on": "2026-11-22"}
    )
    (result,) = phone.push(made)
    assert result.status == "applied", result
    photos = [make_photo(seed, size=(60, 40)) for seed in range(5)]
    ids = [phone.announce(shop, photo, visit_id=visit_id) for photo in photos]
    for media_id, photo in list(zip(ids, photos, strict=True))[:2]:
        phone.send(phone.begin(media_id, len(photo)).headers["location"], 0, photo)
    visit: dict[str, Any] = phone.get(f"/v1/visits/{visit_id}").json()
    assert (visit["files_expected"], visit["files_missing"]) == (5, 3)
