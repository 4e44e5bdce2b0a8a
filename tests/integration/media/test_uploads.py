"""Files come in pieces, are checked whole, and are served without what they say of their place."""

import hashlib

import pytest

from backend.settings import Settings
from tests.support.databases import TestDatabase
from tests.support.ground import (
    EAST,
    add_territory,
    execute,
)
from tests.support.http import Api
from tests.support.people import Org
from tests.support.phone import Phone

PIECE = 150_000


def test_a_photo_sent_in_pieces_arrives_whole(phone: Phone, shop: str, photo: bytes) -> None:
    media_id = phone.announce(shop, photo)
    pending = phone.get(f"/v1/media/{media_id}")
    assert (pending.status_code, pending.json()["code"]) == (404, "media_pending")
    begun = phone.begin(media_id, len(photo))
    assert begun.status_code == 201
    url = begun.headers["location"]
    for at in range(0, len(photo), PIECE):
        assert phone.offset(url).headers["upload-offset"] == str(at)
        sent = phone.send(url, at, photo[at : at + PIECE])
        assert sent.status_code == 204, sent.text
        assert sent.headers["upload-offset"] == str(min(at + PIECE, len(photo)))
    receipt = phone.begin(media_id, len(photo))
    assert (receipt.status_code, receipt.headers["tuyen-media-state"]) == (200, "stored")
    phone.pull()
    assert phone.rows["media", media_id]["state"] == "stored"
    assert phone.get(f"/v1/media/{media_id}").status_code == 200


def test_an_upload_that_was_begun_is_gone_on_with(phone: Phone, shop: str, photo: bytes) -> None:
    media_id = phone.announce(shop, photo)
    first = phone.begin(media_id, len(photo))
    phone.send(first.headers["location"], 0, photo[:PIECE])
    again = phone.begin(media_id, len(photo))
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["upload-offset"] == str(PIECE)


def test_bytes_at_a_wrong_offset_change_nothing(phone: Phone, shop: str, photo: bytes) -> None:
    media_id = phone.announce(shop, photo)
    url = phone.begin(media_id, len(photo)).headers["location"]
    assert phone.send(url, 0, photo[:PIECE]).status_code == 204
    for offset in (0, PIECE - 1, PIECE + 1, len(photo)):
        wrong = phone.send(url, offset, photo[offset:])
        assert (wrong.status_code, wrong.json()["code"]) == (409, "offset_mismatch")
    assert phone.offset(url).headers["upload-offset"] == str(PIECE)
    assert phone.send(url, PIECE, photo[PIECE:]).status_code == 204


def test_more_bytes_than_announced_are_refused(phone: Phone, shop: str, photo: bytes) -> None:
    media_id = phone.announce(shop, photo)
    url = phone.begin(media_id, len(photo)).headers["location"]
    answer = phone.send(url, 0, photo + b"x")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    offset = int(phone.offset(url).headers["upload-offset"])
    assert phone.send(url, offset, photo[offset:]).status_code == 204


def test_another_length_than_announced_is_refused(phone: Phone, shop: str, photo: bytes) -> None:
    media_id = phone.announce(shop, photo)
    answer = phone.begin(media_id, len(photo) + 1)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Upload-Length"


def test_a_damaged_file_is_thrown_away_and_may_be_sent_again(
    phone: Phone, shop: str, photo: bytes
) -> None:
    media_id = phone.announce(shop, photo)
    url = phone.begin(media_id, len(photo)).headers["location"]
    answer = phone.send(url, 0, b"x" + photo[1:])
    assert (answer.status_code, answer.json()["code"]) == (460, "checksum_mismatch")
    assert phone.offset(url).status_code == 404
    url = phone.begin(media_id, len(photo)).headers["location"]
    assert phone.send(url, 0, photo).status_code == 204


def test_a_server_that_stopped_before_the_check_makes_good_for_it(
    phone: Phone, shop: str, photo: bytes, settings: Settings, test_database: TestDatabase
) -> None:
    """Every byte is safe, and nobody looked at them yet: asking again is enough."""
    media_id = phone.announce(shop, photo)
    url = phone.begin(media_id, len(photo)).headers["location"]
    settings.upload_dir.mkdir(parents=True)
    (settings.upload_dir / url.rpartition("/")[2]).write_bytes(photo)
    execute(test_database.owner_url, "UPDATE upload SET offset_bytes = size_bytes")
    assert phone.offset(url).headers["upload-offset"] == str(len(photo))
    assert phone.begin(media_id, len(photo)).headers["tuyen-media-state"] == "stored"
    assert phone.get(f"/v1/media/{media_id}").status_code == 200


def test_a_lost_upload_folder_means_sending_again(
    phone: Phone, shop: str, photo: bytes, settings: Settings
) -> None:
    media_id = phone.announce(shop, photo)
    url = phone.begin(media_id, len(photo)).headers["location"]
    phone.send(url, 0, photo[:PIECE])
    (settings.upload_dir / url.rpartition("/")[2]).unlink()
    assert phone.send(url, PIECE, photo[PIECE:]).status_code == 460
    url = phone.begin(media_id, len(photo)).headers["location"]
    assert phone.send(url, 0, photo).status_code == 204


def test_files_and_uploads_of_others_are_not_there(
    phone: Phone, api: Api, shop: str, photo: bytes, other_org: Org, test_database: TestDatabase
) -> None:
    add_territory(test_database.owner_url, api.org, "East", EAST, api.org.other_rep)
    stored = phone.upload(shop, photo)
    pending = phone.announce(shop, photo[:-1], sha256=hashlib.sha256(b"x").hexdigest())
    url = phone.begin(pending, len(photo) - 1).headers["location"]
    for actor in (api.org.other_rep, api.org.manager, other_org.rep, other_org.admin):
        other = Phone(api, actor)
        assert other.begin(pending, len(photo) - 1).status_code == 404
        assert other.offset(url).status_code == 404
        assert other.send(url, 0, photo[:10]).status_code == 404
        seen = other.get(f"/v1/media/{stored}").status_code
        assert seen == (200 if actor is api.org.manager else 404)
    assert phone.offset(url).headers["upload-offset"] == "0"


@pytest.mark.parametrize("header", ["Upload-Offset", "Content-Type"])
def test_a_piece_without_its_headers_is_refused_by_name(
    phone: Phone, shop: str, photo: bytes, header: str
) -> None:
    url = phone.begin(phone.announce(shop, photo), len(photo)).headers["location"]
    headers = {
        **phone.api.as_(phone.actor),
        "Tus-Resumable": "1.0.0",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": "0",
        header: "nonsense",
    }
    answer = phone.api.client.patch(url, headers=headers, content=photo)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == header
