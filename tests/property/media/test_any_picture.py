"""Whatever bytes a phone sends as a photo: they are refused, or stored and shown."""

import io
import random
from functools import cache
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from backend.media.blobs import UnreadableImageError, check_picture, open_blobs, read_claims

_ORG = UUID(int=1)


@cache
def _photo(kind: str) -> bytes:
    """Return a small picture with a place, a time and a turn in its EXIF."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:11:22 10:00:00"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps |= {1: "N", 2: (60.0, 10.0, 12.5), 3: "E", 4: (24.0, 56.0, 30.0)}
    out = io.BytesIO()
    noise = random.Random(1).randbytes(16 * 8 * 3)
    Image.frombytes("RGB", (16, 8), noise).save(out, kind, exif=exif)
    return out.getvalue()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A photo with a few bytes changed, most of them in its head, or cut short."""
    data = bytearray(_photo(draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))))
    for _ in range(draw(st.integers(0, 6))):
        near = min(len(data), 300) if draw(st.booleans()) else len(data)
        data[draw(st.integers(0, near - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(1, len(data)) | st.just(len(data)))])


# Pillow warns of damaged EXIF: that is no reason to refuse a photo.
@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=300, deadline=None)
@given(data=damaged())
def test_any_bytes_are_refused_or_shown(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "photo"
    path.write_bytes(data)
    claims = read_claims(path)
    assert b"\\u0000" not in msgspec.json.encode(claims)
    try:
        check_picture(path)
    except UnreadableImageError:
        return
    blobs = open_blobs(None, tmp_path / "blobs")
    name = f"{abs(hash(data)):064x}"
    blobs.put_file(_ORG, name, path)
    for is_thumb in (False, True):
        with Image.open(io.BytesIO(blobs.get_picture(_ORG, name, is_thumb=is_thumb))) as shown:
            assert shown.format == "JPEG"
            assert not shown.getexif()
