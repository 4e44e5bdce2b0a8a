"""The tus extensions: creation by metadata, termination, checksum, expiration, and the version."""

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from backend.db.tenancy import Database
from backend.jobs import Work
from backend.media.blobs import open_blobs
from backend.media.inbox import Inbox
from backend.media.tasks import TASKS
from backend.settings import Settings
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.http import Api
from tests.support.phone import Phone

PIECE = 150_000


class FixedClock:
    """A clock that stands where it was set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def run_task(name: str, settings: Settings, database: Database, *, days: float = 0) -> None:
    """Run a task of no organisation, so many days from now."""
    clock = FixedClock(datetime.now(UTC) + timedelta(days=days))
    parts = {Inbox: Inbox(settings.upload_dir), **_blobs(settings)}
    (task,) = [one for one in TASKS if one.name == name]
    task.call(Work(database, clock, parts), {})


def _blobs(settings: Settings) -> dict[type, object]:
    blobs = open_blobs(None, settings.blob_dir)
    return {type(blobs): blobs}


def create(phone: Phone, media_id: str, size: int, **headers: str) -> httpx.Response:
    """Create an upload as a client does that knows only tus."""
    named = base64.b64encode(media_id.encode()).decode()
    told = {
        **phone.api.as_(phone.actor),
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(size),
        "Upload-Metadata": f"filename Zm9v,media_id {named}",
        **headers,
    }
    return phone.api.client.post("/v1/uploads", headers=told)


def send(phone: Phone, url: str, offset: int, data: bytes, **headers: str) -> httpx.Response:
    """Send a piece with more headers."""
    told = {
        **phone.api.as_(phone.actor),
        "Tus-Resumable": "1.0.0",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
        **headers,
    }
    return phone.api.client.patch(url, headers=told, content=data)


def checksum(name: str, data: bytes) -> str:
    """Return the value of Upload-Checksum."""
    return f"{name} {base64.b64encode(hashlib.new(name, data).digest()).decode()}"


@pytest.mark.parametrize("path", ["/v1/uploads", "/v1/uploads/{id}", "/v1/media/{id}/upload"])
def test_anybody_may_ask_what_the_door_can_do(api: Api, path: str) -> None:
    answer = api.client.options(path.format(id="01890000-0000-7000-8000-000000000000"))
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,termination,checksum,expiration"
    assert answer.headers["tus-max-size"] == "20000000"
    assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256"


@pytest.mark.parametrize("version", ["0.2.2", "", "1.0"])
def test_another_version_of_the_protocol_is_refused_and_told_ours(
    phone: Phone, shop: str, photo: bytes, version: str
) -> None:
    media_id = phone.announce(shop, photo)
    url = phone.begin(media_id, len(photo)).headers["location"]
    headers = {**phone.api.as_(phone.actor), "Tus-Resumable": version}
    client = phone.api.client
    for answer in (
        client.head(url, headers=headers),
        client.delete(url, headers=headers),
        client.post("/v1/uploads", headers=headers),
        send(phone, url, 0, photo[:10], **{"Tus-Resumable": version}),
    ):
        assert answer.status_code == 412
        assert answer.headers["tus-version"] == "1.0.0"
        assert answer.headers["tus-resumable"] == "1.0.0"
    assert phone.offset(url).headers["upload-offset"] == "0"


def test_a_client_that_knows_only_tus_creates_by_metadata_and_gets_it_back(
    phone: Phone, shop: str, photo: bytes
) -> None:
    created = create(phone, phone.announce(shop, photo), len(photo))
    assert created.status_code == 201
    url = created.headers["location"]
    assert send(phone, url, 0, photo).status_code == 204
    asked = phone.offset(url)
    assert asked.headers["upload-offset"] == str(len(photo))
    assert asked.headers["upload-metadata"].startswith("filename Zm9v,media_id ")


def test_such_a_client_begins_anew_from_nothing(phone: Phone, shop: str, photo: bytes) -> None:
    media_id = phone.announce(shop, photo)
    first = create(phone, media_id, len(photo)).headers["location"]
    send(phone, first, 0, photo[:PIECE])
    second = create(phone, media_id, len(photo)).headers["location"]
    assert second != first
    assert phone.offset(first).status_code == 404
    assert phone.offset(second).headers["upload-offset"] == "0"


def test_such_a_client_learns_of_a_stored_file_by_its_offset(
    phone: Phone, shop: str, photo: bytes
) -> None:
    media_id = phone.upload(shop, photo)
    url = create(phone, media_id, len(photo)).headers["location"]
    assert send(phone, url, 0, photo).json()["code"] == "offset_mismatch"
    assert phone.offset(url).headers["upload-offset"] == str(len(photo))
    assert send(phone, url, len(photo), b"").status_code == 204


@pytest.mark.parametrize(
    ("headers", "status", "field"),
    [({"Upload-Metadata": "filename Zm9v"}, 422, "Upload-Metadata"),
     ({"Upload-Metadata": "media_id !"}, 422, "Upload-Metadata"),
     ({"Upload-Metadata": "media_id Zm9v"}, 422, "Upload-Metadata"),
     ({"Upload-Metadata": "x" * 2001}, 422, "Upload-Metadata"),
     ({"Upload-Length": "many"}, 422, "Upload-Length"),
     ({"Upload-Length": "7"}, 422, "Upload-Length")],
)  # fmt: skip
def test_a_creation_that_cannot_be_is_refused_by_header(
    phone: Phone, shop: str, photo: bytes, headers: dict[str, str], status: int, field: str
) -> None:
    answer = create(phone, phone.announce(shop, photo), len(photo), **headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)


def test_more_than_the_largest_file_is_refused(phone: Phone, shop: str, photo: bytes) -> None:
    answer = create(phone, phone.announce(shop, photo), 20_000_001)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_nobody_creates_uploads_for_files_of_others(
    phone: Phone, api: Api, shop: str, photo: bytes
) -> None:
    media_id = phone.announce(shop, photo)
    for actor in (api.org.other_rep, api.org.manager):
        assert create(Phone(api, actor), media_id, len(photo)).status_code == 404


def test_an_upload_that_is_given_up_leaves_nothing_and_can_begin_again(
    phone: Phone, shop: str, photo: bytes, settings: Settings
) -> None:
    media_id = phone.announce(shop, photo)
    url = phone.begin(media_id, len(photo)).headers["location"]
    phone.send(url, 0, photo[:PIECE])
    headers = {**phone.api.as_(phone.actor), "Tus-Resumable": "1.0.0"}
    assert phone.api.client.delete(url, headers=headers).status_code == 204
    assert phone.offset(url).status_code == 404
    assert not list(settings.upload_dir.iterdir())
    assert phone.api.client.delete(url, headers=headers).status_code == 404
    assert phone.upload(shop, photo)


def test_giving_up_the_upload_of_a_stored_file_keeps_the_file(
    phone: Phone, shop: str, photo: bytes
) -> None:
    media_id = phone.announce(shop, photo)
    url = phone.begin(media_id, len(photo)).headers["location"]
    phone.send(url, 0, photo)
    headers = {**phone.api.as_(phone.actor), "Tus-Resumable": "1.0.0"}
    assert phone.api.client.delete(url, headers=headers).status_code == 204
    assert phone.get(f"/v1/media/{media_id}").status_code == 200


@pytest.mark.parametrize("name", ["sha1", "sha256"])
def test_a_piece_counts_only_when_its_checksum_is_right(
    phone: Phone, shop: str, make_photo: Callable[..., bytes], name: str
) -> None:
    photo = make_photo(size=(1200, 900))
    assert len(photo) > 3 * 256 * 1024, "several writes a piece"
    media_id = phone.announce(shop, photo)
    url = phone.begin(media_id, len(photo)).headers["location"]
    half = len(photo) * 2 // 3
    wrong = send(phone, url, 0, photo[:half], **{"Upload-Checksum": checksum(name, b"else")})
    assert (wrong.status_code, wrong.json()["code"]) == (460, "checksum_mismatch")
    assert phone.offset(url).headers["upload-offset"] == "0"
    right = {"Upload-Checksum": checksum(name, photo[:half])}
    assert send(phone, url, 0, photo[:half], **right).headers["upload-offset"] == str(half)
    # What a wrong piece left behind the offset does no harm to a right one.
    bad = send(phone, url, half, photo[half:], **{"Upload-Checksum": checksum(name, b"")})
    assert bad.status_code == 460
    assert send(phone, url, half, photo[half:]).status_code == 204
    assert phone.get(f"/v1/media/{media_id}").status_code == 200


@pytest.mark.parametrize("told", ["md5 AAAA", "sha1", "sha1 !", "nonsense"])
def test_a_checksum_that_cannot_be_read_is_refused(
    phone: Phone, shop: str, photo: bytes, told: str
) -> None:
    url = phone.begin(phone.announce(shop, photo), len(photo)).headers["location"]
    answer = send(phone, url, 0, photo, **{"Upload-Checksum": told})
    if answer.status_code != 460:
        assert (answer.status_code, answer.json()["code"]) == (400, "checksum_unsupported")
    assert phone.offset(url).headers["upload-offset"] == "0"


def test_an_upload_tells_when_it_expires_and_is_gone_then(
    phone: Phone, shop: str, photo: bytes, test_database: TestDatabase, settings: Settings
) -> None:
    media_id = phone.announce(shop, photo)
    begun = phone.begin(media_id, len(photo))
    url = begun.headers["location"]
    sent = phone.send(url, 0, photo[:PIECE])
    for answer in (begun, sent, phone.offset(url)):
        left = parsedate_to_datetime(answer.headers["upload-expires"]) - datetime.now(UTC)
        assert timedelta(days=13) < left <= timedelta(days=14)
    execute(test_database.owner_url, "UPDATE upload SET expires_at = now() - interval '1 s'")
    assert phone.offset(url).status_code == 410
    gone = phone.send(url, PIECE, photo[PIECE:])
    assert (gone.status_code, gone.json()["code"]) == (410, "upload_expired")
    anew = phone.begin(media_id, len(photo)).headers
    assert anew["location"] != url
    assert anew["upload-offset"] == "0"
    assert (settings.upload_dir / url.rpartition("/")[2]).exists(), "until the job comes"


def test_dead_uploads_lose_their_files_and_living_ones_keep_them(
    phone: Phone, shop: str, make_photo: Any, settings: Settings, database: Database
) -> None:
    living, dead = make_photo(1), make_photo(2)
    urls = []
    for photo in (living, dead):
        url = phone.begin(phone.announce(shop, photo), len(photo)).headers["location"]
        phone.send(url, 0, photo[:PIECE])
        urls.append(url)
    stray = settings.upload_dir / "01890000-0000-7000-8000-000000000000"
    stray.write_bytes(b"left behind")
    foreign = settings.upload_dir / "notes.txt"
    foreign.write_text("not ours")
    run_task("media.expire", settings, database)
    assert not stray.exists()
    assert foreign.exists()
    assert [phone.offset(url).status_code for url in urls] == [200, 200]
    run_task("media.expire", settings, database, days=15)
    assert [path.name for path in settings.upload_dir.iterdir()] == ["notes.txt"]
    assert [phone.offset(url).status_code for url in urls] == [404, 404]
