"""The words of tus 1.0: what its headers say, read and written."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from email.utils import format_datetime
from typing import Protocol
from uuid import UUID

from backend.api.problems import PreconditionFailed, Problem, malformed_field
from backend.media.schemas import MAX_VOICE_BYTES, Upload

VERSION = {"Tus-Resumable": "1.0.0"}
HEADERS = {**VERSION, "Cache-Control": "no-store"}
"""What every answer carries."""
RECEIPT = {**HEADERS, "Tuyen-Media-State": "stored"}
ABILITIES = {
    **HEADERS,
    "Tus-Version": "1.0.0",
    "Tus-Extension": "creation,termination,checksum,expiration",
    "Tus-Max-Size": str(MAX_VOICE_BYTES),
    "Tus-Checksum-Algorithm": "sha1,sha256",
}
_MAX_METADATA = 2000
_MAX_DIGITS = 18


class Digest(Protocol):
    """A checksum in the making."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes in."""
        ...

    def digest(self) -> bytes:
        """Return the checksum so far."""
        ...


_DIGESTS: Mapping[str, Callable[[], Digest]] = {
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
}


def check_version(headers: Mapping[str, str]) -> None:
    """Raise PreconditionFailed when the client speaks another version, or does not say."""
    if headers.get("tus-resumable") != VERSION["Tus-Resumable"]:
        raise PreconditionFailed(
            "This door speaks tus 1.0.0: send the header 'Tus-Resumable: 1.0.0'.",
            code="tus_version",
            headers={"Tus-Version": "1.0.0"},
        )


def read_number(headers: Mapping[str, str], header: str) -> int:
    """Return a header's number of bytes."""
    text = headers.get(header.lower(), "")
    # Python refuses to read thousands of digits, and no file needs twenty.
    if not text.isdecimal() or len(text) > _MAX_DIGITS:
        raise malformed_field(header, f"The header {header} must be a number of bytes.")
    return int(text)


def read_media_id(metadata: str) -> UUID:
    """Return the id that Upload-Metadata names: `media_id <base64>, other <base64>`."""
    if len(metadata) > _MAX_METADATA:
        raise malformed_field("Upload-Metadata", f"At most {_MAX_METADATA} characters.")
    for pair in metadata.split(","):
        name, _, value = pair.strip().partition(" ")
        if name == "media_id":
            try:
                return UUID(base64.b64decode(value, validate=True).decode("ascii"))
            except (binascii.Error, ValueError) as error:
                raise _no_media_id() from error
    raise _no_media_id()


def _no_media_id() -> Problem:
    sentence = "Name the announced file: 'media_id <its id in base64>'."
    return malformed_field("Upload-Metadata", sentence)


def read_checksum(headers: Mapping[str, str]) -> tuple[Digest, bytes] | None:
    """Return a fresh digest and what it has to become; None when the client sent no checksum."""
    text = headers.get("upload-checksum")
    if text is None:
        return None
    name, _, value = text.partition(" ")
    try:
        return _DIGESTS[name](), base64.b64decode(value, validate=True)
    except (KeyError, binascii.Error) as error:
        raise Problem(
            "Send Upload-Checksum as 'sha1 <base64>' or 'sha256 <base64>'.",
            code="checksum_unsupported",
        ) from error


def tell_place(upload: Upload) -> dict[str, str]:
    """Return the headers that answer a creation."""
    return {
        **HEADERS,
        "Location": f"/v1/uploads/{upload.id}",
        "Upload-Offset": str(upload.offset_bytes),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }


def tell_progress(upload: Upload) -> dict[str, str]:
    """Return the headers that tell how far an upload is."""
    told = {
        **HEADERS,
        "Upload-Offset": str(upload.offset_bytes),
        "Upload-Length": str(upload.size_bytes),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }
    return {**told, "Upload-Metadata": upload.metadata} if upload.metadata else told
