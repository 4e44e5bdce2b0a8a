"""Uploads over a real connection: it breaks, it stalls, or a client of others holds it."""

import hashlib
import io
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest
from litestar import Litestar
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from backend.app import create_app
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.settings import Settings
from tests.support.databases import TestDatabase
from tests.support.ground import IN_WEST, WEST, add_account, add_territory, execute
from tests.support.people import Org
from tests.support.phone import Phone
from tests.support.server import running_service

_LOOKS = 2000


@dataclass(frozen=True)
class Line:
    """A way to the service over HTTP."""

    app: Litestar
    client: httpx.Client

    def as_(self, actor: Actor) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.app.state.tokens.sign(actor)}"}


@dataclass(frozen=True)
class Field:
    """A rep's phone on a real line, a shop, and a large photo."""

    phone: Phone
    shop: str
    photo: bytes
    owner_url: str

    def begin(self) -> tuple[str, str]:
        """Announce the photo; return its id and where to send it."""
        media_id = self.phone.announce(self.shop, self.photo)
        return media_id, self.phone.begin(media_id, len(self.photo)).headers["location"]

    def offset(self, url: str) -> int:
        """Return how far the upload got."""
        return int(self.phone.offset(url).headers["upload-offset"])

    @contextmanager
    def piece(self, url: str, offset: int, *, cut_at: int) -> Iterator[socket.socket]:
        """Announce all bytes from an offset on and send only those before `cut_at`."""
        base = str(self.phone.api.client.base_url)
        to = urlsplit(base)
        head = (
            f"PATCH {url} HTTP/1.1\r\nHost: {to.netloc}\r\nTus-Resumable: 1.0.0\r\n"
            f"Authorization: {self.phone.api.as_(self.phone.actor)['Authorization']}\r\n"
            "Content-Type: application/offset+octet-stream\r\n"
            f"Upload-Offset: {offset}\r\nContent-Length: {len(self.photo) - offset}\r\n\r\n"
        )
        with socket.create_connection((to.hostname or "", to.port or 0)) as connection:
            connection.sendall(head.encode() + self.photo[offset:cut_at])
            yield connection

    def wait_for(self, url: str, offset: int) -> None:
        """Return once the service has made that many bytes safe; to ask it would cut it short."""
        for _ in range(_LOOKS):
            if self.safe(url) >= offset:
                return
        raise AssertionError(f"{offset} bytes were never safe, only {self.safe(url)}")

    def safe(self, url: str) -> int:
        """Return how many bytes the database counts."""
        statement = "SELECT offset_bytes FROM upload WHERE id = %s"
        ((offset,),) = execute(self.owner_url, statement, url.rpartition("/")[2])
        assert isinstance(offset, int)
        return offset

    def resume(self, url: str) -> None:
        """Go on as the protocol says: ask for the offset, send the rest, ask again on conflict."""
        for _ in range(_LOOKS):
            offset = self.offset(url)
            answer = self.phone.send(url, offset, self.photo[offset:])
            if answer.status_code == 204:
                return
            assert answer.status_code == 409, answer.text
        raise AssertionError("the upload never came to its end")

    def stored(self, media_id: str) -> bool:
        """Tell whether the service has the photo whole."""
        answer = self.phone.begin(media_id, len(self.photo))
        return bool(answer.headers.get("tuyen-media-state") == "stored")


@pytest.fixture
def field(
    settings: Settings,
    database: Database,
    test_database: TestDatabase,
    org: Org,
    make_photo: Callable[..., bytes],
) -> Iterator[Field]:
    add_territory(test_database.owner_url, org, "West", WEST, org.rep)
    shop = str(add_account(test_database.owner_url, org, "Quán Nguyễn", *IN_WEST))
    photo = make_photo(size=(2000, 1400))
    assert len(photo) > 1_500_000
    with (
        running_service(create_app(settings, database)) as service,
        httpx.Client(base_url=service.url, trust_env=False, timeout=30) as client,
    ):
        phone = Phone(Line(service.app, client), org.rep)
        yield Field(phone, shop, photo, test_database.owner_url)


def test_a_connection_cut_in_the_middle_of_a_piece_loses_nothing_that_arrived(
    field: Field,
) -> None:
    media_id, url = field.begin()
    with field.piece(url, 0, cut_at=700_001):
        pass
    field.wait_for(url, 700_001)
    assert field.offset(url) == 700_001
    with field.piece(url, 700_001, cut_at=700_011):
        pass
    field.wait_for(url, 700_011)
    field.resume(url)
    assert field.stored(media_id)


def test_going_on_at_once_after_a_cut_ends_whole(field: Field) -> None:
    """The service may still be busy with what the broken connection left."""
    media_id, url = field.begin()
    for cut in (300_000, 650_000, 1_000_003):
        with field.piece(url, field.offset(url), cut_at=cut):
            pass
    field.resume(url)
    assert field.stored(media_id)


def test_a_stalled_piece_does_not_hold_up_the_next(field: Field) -> None:
    media_id, url = field.begin()
    with field.piece(url, 0, cut_at=100_000) as stalled:
        field.resume(url)
        assert field.stored(media_id)
        assert stalled.recv(12) == b"HTTP/1.1 409"
    assert field.offset(url) == len(field.photo)
    assert field.phone.get(f"/v1/media/{media_id}").status_code == 200


def test_the_same_piece_on_two_connections_is_written_once(field: Field) -> None:
    media_id, url = field.begin()
    with field.piece(url, 0, cut_at=900_000), field.piece(url, 0, cut_at=900_000):
        field.resume(url)
    assert field.stored(media_id)


def test_a_tus_client_of_others_uploads_in_chunks_and_resumes(field: Field) -> None:
    phone = field.phone
    media_id = phone.announce(field.shop, field.photo)
    base = str(phone.api.client.base_url)
    tus = TusClient(f"{base}/v1/media/{media_id}/upload", headers=phone.api.as_(phone.actor))
    first = tus.uploader(file_stream=io.BytesIO(field.photo), chunk_size=400_000)
    first.upload(stop_at=800_000)
    assert first.offset == 800_000
    second = tus.uploader(file_stream=io.BytesIO(field.photo), chunk_size=400_000, url=first.url)
    assert second.offset == 800_000
    second.upload()
    assert second.offset == len(field.photo)
    assert field.stored(media_id)


def test_a_tus_client_of_others_is_told_of_a_damaged_file(field: Field) -> None:
    phone = field.phone
    other = hashlib.sha256(b"other").hexdigest()
    media_id = phone.announce(field.shop, field.photo, sha256=other)
    base = str(phone.api.client.base_url)
    tus = TusClient(f"{base}/v1/media/{media_id}/upload", headers=phone.api.as_(phone.actor))
    uploader = tus.uploader(file_stream=io.BytesIO(field.photo), chunk_size=2**22)
    with pytest.raises(TusCommunicationError, match="460"):
        uploader.upload()
