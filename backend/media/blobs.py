"""Where files are kept, by content, and what is served of them."""

import hashlib
import io
import os
import struct
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import filetype
import obstore
from obstore.store import LocalStore, ObjectStore, from_url
from PIL import ExifTags, Image, ImageOps

from backend.media.schemas import MIMES, MediaKind

_MAX_PIXELS = 40_000_000
_THUMB_PIXELS = 320
_READ_BYTES = 1 << 20
# What the sniffer calls the types that we name otherwise.
_SAME_MIME = {"audio/x-wav": "audio/wav", "video/mp4": "audio/mp4", "audio/m4a": "audio/mp4"}
_SAME_MIME |= {"audio/x-m4a": "audio/mp4", "video/3gpp": "audio/mp4"}


class UnreadableImageError(ValueError):
    """The bytes are no picture that can be shown safely."""


class Blobs:
    """Files by organisation and content hash, in a local folder or an object store."""

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    def put_file(self, org_id: UUID, sha256: str, path: Path) -> None:
        """Store a file; storing the same content again changes nothing."""
        key = _key("original", org_id, sha256)
        obstore.put(self._store, key, path)
        if self._folder is not None:
            _make_safe(self._folder / key)

    def has(self, org_id: UUID, sha256: str) -> bool:
        """Tell whether the file is here; raise when the store cannot say."""
        try:
            obstore.head(self._store, _key("original", org_id, sha256))
        except FileNotFoundError:
            return False
        return True

    def list_hashes(self, org_id: UUID, prefix: str) -> set[str]:
        """Return the content hashes of the files here whose first two digits are these."""
        place = f"original/{org_id}/{prefix}/"
        return {
            one["path"].rpartition("/")[2]
            for page in obstore.list(self._store, place)
            for one in page
        }

    def get(self, org_id: UUID, sha256: str) -> bytes:
        """Return a stored file; raise FileNotFoundError when it is missing."""
        return bytes(obstore.get(self._store, _key("original", org_id, sha256)).bytes())

    def get_picture(self, org_id: UUID, sha256: str, *, is_thumb: bool) -> bytes:
        """Return a picture as JPEG without its EXIF, made once and kept."""
        key = _key("thumb" if is_thumb else "served", org_id, sha256)
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError:
            made = _render(self.get(org_id, sha256), _THUMB_PIXELS if is_thumb else None)
            obstore.put(self._store, key, made)
            return made


def open_blobs(url: str | None, folder: Path) -> Blobs:
    """Open the store of an `obstore` URL, or of a local folder when there is none."""
    if url is not None:
        return Blobs(from_url(url))
    folder.mkdir(parents=True, exist_ok=True)
    return Blobs(LocalStore(folder, mkdir=True), folder)


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while chunk := source.read(_READ_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def sniff(path: Path, kind: MediaKind) -> str | None:
    """Return the file's own type when the kind allows it, else None."""
    found = filetype.guess_mime(str(path))
    mime = _SAME_MIME.get(found, found) if found else None
    return mime if mime in MIMES[kind] else None


def read_claims(path: Path) -> dict[str, object]:
    """Return what a picture says of its time and place: claims, not facts; {} where unreadable."""
    claims: dict[str, object] = {}
    # Damaged EXIF makes Pillow fail in many ways, and a photo is worth keeping without it.
    with suppress(Exception), _open_image(path.read_bytes()) as image:
        exif = image.getexif()
        taken_at = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
        if taken_at:
            claims["taken_at"] = _claim(taken_at, 40)
        place = exif.get_ifd(ExifTags.IFD.GPSInfo)
        if place:
            names = ExifTags.GPSTAGS
            claims["gps"] = {
                str(names.get(tag, tag)): _claim(value, 80) for tag, value in place.items()
            }
    return claims


def _claim(value: object, length: int) -> str:
    """Return a value as text that JSON in the database can hold."""
    return str(value).replace("\x00", "")[:length]


def check_picture(path: Path) -> None:
    """Raise UnreadableImageError for bytes that are broken, or a bomb of pixels."""
    with _open_image(path.read_bytes()) as image:
        try:
            image.load()
        except (OSError, SyntaxError, ValueError, struct.error) as error:
            raise UnreadableImageError(str(error)) from error


def _render(data: bytes, longest: int | None) -> bytes:
    with _open_image(data) as image:
        upright = _upright(image).convert("RGB")
        # Comments and profiles ride along otherwise, and may tell what EXIF must not.
        upright.info = {}
        if longest is not None:
            upright.thumbnail((longest, longest))
        out = io.BytesIO()
        upright.save(out, "JPEG", quality=85)
        return out.getvalue()


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, struct.error):
        # Where its EXIF is damaged nobody knows which side is up.
        return image


def _open_image(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP"))
    except (
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombWarning,
        Image.DecompressionBombError,
    ) as error:
        raise UnreadableImageError(str(error)) from error
    if image.width * image.height > _MAX_PIXELS:
        raise UnreadableImageError(f"{image.width} x {image.height} pixels are too many.")
    return image


def _make_safe(path: Path) -> None:
    """Bring a file and its name to the disk: the store renames without waiting for it."""
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _key(rendition: str, org_id: UUID, sha256: str) -> str:
    return f"{rendition}/{org_id}/{sha256[:2]}/{sha256}"
