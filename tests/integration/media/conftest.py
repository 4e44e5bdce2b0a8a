"""A rep's phone with a shop, and a photo that tells where it was taken."""

import io
import random
from collections.abc import Callable

import pytest
from PIL import ExifTags, Image

from tests.support.databases import TestDatabase
from tests.support.ground import IN_WEST, WEST, add_account, add_territory
from tests.support.http import Api
from tests.support.phone import Phone

type MakePhoto = Callable[..., bytes]


@pytest.fixture
def shop(test_database: TestDatabase, api: Api) -> str:
    add_territory(test_database.owner_url, api.org, "West", WEST, api.org.rep)
    return str(add_account(test_database.owner_url, api.org, "Quán Nguyễn", *IN_WEST))


@pytest.fixture
def phone(api: Api, shop: str) -> Phone:
    assert shop
    return Phone(api, api.org.rep)


@pytest.fixture
def make_photo() -> MakePhoto:
    """Return what makes a JPEG of coloured noise with a place and a time in its EXIF."""

    def make(seed: int = 1, size: tuple[int, int] = (900, 600), **more: object) -> bytes:
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = 6
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:11:22 10:00:00"
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        gps |= {1: "N", 2: (60.0, 10.0, 12.5), 3: "E", 4: (24.0, 56.0, 30.0)}
        out = io.BytesIO()
        noise = random.Random(seed).randbytes(size[0] * size[1] * 3)
        Image.frombytes("RGB", size, noise).save(
            out, "JPEG", quality=85, exif=exif, comment=b"taken at 60.17,24.94", **more
        )
        return out.getvalue()

    return make


@pytest.fixture
def photo(make_photo: MakePhoto) -> bytes:
    """A photo of a few hundred kilobytes."""
    photo = make_photo()
    assert len(photo) > 400_000
    return photo
