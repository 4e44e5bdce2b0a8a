"""What is stored of a file: only what it says it is, once, and without its claims of place."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from litestar.testing import TestClient
from PIL import Image

from backend.app import create_app
from backend.db.tenancy import Database
from backend.settings import Settings
from tests.support.databases import TestDatabase
from tests.support.ground import (
    EAST,
    IN_EAST,
    IN_WEST,
    WEST,
    add_account,
    add_territory,
    execute,
)
from tests.support.http import Api
from tests.support.people import Org
from tests.support.phone import Phone


def _wav(seconds: int = 1) -> bytes:
    samples = bytes(8000 * seconds)
    head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    body = head + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _bomb() -> bytes:
    """A PNG of a few kilobytes that unfolds to 400 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    side = 20_000
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((side // 8 + 1) * side), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _cut(photo: bytes) -> bytes:
    return photo[: len(photo) // 2]


REFUSED: dict[str, tuple[Callable[[bytes], bytes], dict[str, str]]] = {
    "text": (lambda _: b"<script>alert(1)</script>" * 9, {}),
    "page_as_photo": (lambda _: b"<!DOCTYPE html><html></html>", {"mime": "image/png"}),
    "cut_photo": (_cut, {}),
    "bomb": (lambda _: _bomb(), {"mime": "image/png"}),
    "sound_as_photo": (lambda _: _wav(), {}),
    "photo_as_sound": (lambda photo: photo, {"kind": "voice", "mime": "audio/wav"}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_what_it_says_is_refused_for_good(
    phone: Phone, shop: str, photo: bytes, name: str
) -> None:
    make, values = REFUSED[name]
    data = make(photo)
    media_id = phone.announce(shop, data, **values)
    url = phone.begin(media_id, len(data)).headers["location"]
    answer = phone.send(url, 0, data)
    assert (answer.status_code, answer.json()["code"]) == (422, "media_type_refused")
    again = phone.begin(media_id, len(data))
    assert (again.status_code, again.json()["code"]) == (422, "media_type_refused")
    phone.pull()
    assert phone.rows["media", media_id]["state"] == "refused"
    assert phone.get(f"/v1/media/{media_id}").status_code == 404


@pytest.mark.parametrize(
    ("values", "field"),
    [({"mime": "image/svg+xml"}, "mime"), ({"size_bytes": 15_000_001}, "size_bytes"),
     ({"sha256": "Z" * 64}, "sha256"), ({"kind": "film"}, "kind"),
     ({"size_bytes": 0}, "size_bytes")],
)  # fmt: skip
def test_an_announcement_that_cannot_be_is_rejected_by_field(
    phone: Phone, shop: str, values: dict[str, Any], field: str
) -> None:
    told = {
        "account_id": shop, "kind": "photo", "mime": "image/jpeg", "sha256": "0" * 64,
        "size_bytes": 5, "captured_at": "2026-11-22T10:00:00Z", **values,
    }  # fmt: skip
    (result,) = phone.push(phone.mutation("create", "media", values=told))
    assert result.status == "rejected"
    assert field in (result.detail or "").replace("A photo may have", "size_bytes").replace(
        "A photo is one of", "mime"
    )


def test_place_and_time_are_kept_as_claims_and_never_served(
    phone: Phone, shop: str, photo: bytes, test_database: TestDatabase
) -> None:
    media_id = phone.upload(shop, photo)
    ((claimed,),) = execute(test_database.owner_url, "SELECT claimed FROM media")
    assert isinstance(claimed, dict)
    assert claimed["taken_at"] == "2026:11:22 10:00:00"
    assert claimed["gps"]["GPSLatitude"] == "(60.0, 10.0, 12.5)"
    for path, size in (
        (f"/v1/media/{media_id}", (600, 900)),
        (f"/v1/media/{media_id}/thumb", None),
    ):
        answer = phone.get(path)
        assert answer.headers["content-type"] == "image/jpeg"
        with Image.open(io.BytesIO(answer.content)) as served:
            assert not served.getexif()
            assert not {"exif", "comment", "xmp", "icc_profile"} & set(served.info)
            assert size in {None, served.size}, "the photo was turned upright"
            assert size is not None or max(served.size) == 320
        assert b"60.17" not in answer.content
    phone.pull()
    assert "claimed" not in phone.rows["media", media_id]


def test_a_photo_with_damaged_exif_is_stored(
    phone: Phone, shop: str, make_photo: Callable[..., bytes], test_database: TestDatabase
) -> None:
    photo = make_photo(size=(60, 40))
    at = photo.index(b"2026:11:22 10:00:00")
    media_id = phone.upload(shop, photo[:at] + b"2026\x0011:22" + photo[at + 10 :])
    assert phone.get(f"/v1/media/{media_id}").status_code == 200
    ((claimed,),) = execute(test_database.owner_url, "SELECT claimed FROM media")
    assert isinstance(claimed, dict)
    assert claimed["taken_at"].startswith("2026")


def test_a_voice_note_comes_back_as_it_was(phone: Phone, shop: str) -> None:
    sound = _wav()
    media_id = phone.upload(shop, sound, kind="voice", mime="audio/wav")
    answer = phone.get(f"/v1/media/{media_id}")
    assert (answer.content, answer.headers["content-type"]) == (sound, "audio/wav")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert phone.get(f"/v1/media/{media_id}/thumb").json()["code"] == "no_thumb"


def test_an_unchanged_file_is_not_sent_twice_to_the_reader(
    phone: Phone, shop: str, photo: bytes
) -> None:
    path = f"/v1/media/{phone.upload(shop, photo)}"
    tag = phone.get(path).headers["etag"]
    assert phone.get(path, **{"If-None-Match": tag}).status_code == 304


def test_known_content_is_stored_once_and_its_claims_go_along(
    phone: Phone, shop: str, photo: bytes, test_database: TestDatabase
) -> None:
    phone.upload(shop, photo)
    again = phone.announce(shop, photo)
    answer = phone.begin(again, len(photo))
    assert (answer.status_code, answer.headers["tuyen-media-state"]) == (200, "stored")
    assert phone.get(f"/v1/media/{again}").status_code == 200
    rows = execute(test_database.owner_url, "SELECT state, claimed FROM media")
    assert rows[0] == rows[1]


def test_known_content_of_another_kind_or_size_is_looked_at_anew(
    phone: Phone, shop: str, photo: bytes
) -> None:
    """Else a photo could be read as a sound, with all that its EXIF says."""
    phone.upload(shop, photo)
    sound = phone.announce(shop, photo, kind="voice", mime="audio/wav")
    assert phone.begin(sound, len(photo)).status_code == 201
    short = phone.announce(shop, photo, size_bytes=len(photo) - 1)
    assert phone.begin(short, len(photo) - 1).status_code == 201


def test_known_content_of_another_organisation_is_not_known(
    phone: Phone,
    shop: str,
    photo: bytes,
    settings: Settings,
    database: Database,
    other_org: Org,
    test_database: TestDatabase,
) -> None:
    phone.upload(shop, photo)
    add_territory(test_database.owner_url, other_org, "West", WEST, other_org.rep)
    theirs = str(add_account(test_database.owner_url, other_org, "Theirs", *IN_WEST))
    with TestClient(create_app(settings, database)) as client:
        stranger = Phone(Api(client, other_org), other_org.rep)
        assert stranger.begin(stranger.announce(theirs, photo), len(photo)).status_code == 201


def test_a_file_follows_its_account_to_the_next_rep_and_stays_its_authors(
    phone: Phone, api: Api, shop: str, photo: bytes, test_database: TestDatabase
) -> None:
    add_territory(test_database.owner_url, api.org, "East", EAST, api.org.other_rep)
    path = f"/v1/media/{phone.upload(shop, photo)}"
    next_rep = Phone(api, api.org.other_rep)
    assert next_rep.get(path).status_code == 404
    execute(
        test_database.owner_url,
        "UPDATE account SET location = ST_SetSRID(ST_MakePoint(%s, %s), 4326) WHERE id = %s",
        *IN_EAST,
        shop,
    )
    assert next_rep.get(path).status_code == 200
    assert phone.get(path).status_code == 200
