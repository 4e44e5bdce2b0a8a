"""A real service in a process of its own, a rep's shop, and an announced photo of 8 MB."""

import io
import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import ExifTags, Image

from backend.app import create_app
from backend.db.tenancy import Database
from backend.settings import Settings
from tests.support.databases import TestDatabase
from tests.support.ground import IN_WEST, WEST, add_account, add_territory
from tests.support.people import Org
from tests.support.phone import Phone
from tests.support.photo_site import PhotoSite, TokenLine
from tests.support.service_process import service_process


@pytest.fixture(scope="module")
def photo() -> bytes:
    """A photo of more than 8 MB that tells where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (60.0, 10.0, 12.5)})
    out = io.BytesIO()
    noise = random.Random(8).randbytes(4000 * 2700 * 3)
    Image.frombytes("RGB", (4000, 2700), noise).save(out, "JPEG", quality=85, exif=exif)
    assert 8_000_000 < out.tell() < 15_000_000
    return out.getvalue()


@pytest.fixture
def site(
    test_database: TestDatabase,
    database: Database,
    org: Org,
    photo: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[PhotoSite]:
    """Start the service and announce the photo."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    add_territory(test_database.owner_url, org, "West", WEST, org.rep)
    shop = str(add_account(test_database.owner_url, org, "Quán Nguyễn", *IN_WEST))
    file = tmp_path / "photo.jpg"
    file.write_bytes(photo)
    data_dir = tmp_path / "data"
    with (
        service_process(test_database, data_dir) as service,
        httpx.Client(base_url=service.url, trust_env=False, timeout=30) as client,
    ):
        # The same keys: what is signed here is good there.
        token = create_app(Settings(data_dir=data_dir), database).state.tokens.sign(org.rep)
        phone = Phone(TokenLine(client, token), org.rep)
        media_id = phone.announce(shop, photo)
        yield PhotoSite(service, test_database.owner_url, token, phone, media_id, photo, file)
