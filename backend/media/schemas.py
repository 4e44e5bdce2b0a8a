"""What photos and voice notes look like to the outside."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from backend.api.payloads import Moment, Payload

MAX_PHOTO_BYTES = 15_000_000
MAX_VOICE_BYTES = 20_000_000


class MediaKind(StrEnum):
    """What a file holds."""

    PHOTO = "photo"
    VOICE = "voice"


MIMES: dict[MediaKind, frozenset[str]] = {
    MediaKind.PHOTO: frozenset({"image/jpeg", "image/png", "image/webp"}),
    MediaKind.VOICE: frozenset({"audio/wav", "audio/mp4", "audio/ogg", "audio/amr", "audio/mpeg"}),
}
MAX_BYTES = {MediaKind.PHOTO: MAX_PHOTO_BYTES, MediaKind.VOICE: MAX_VOICE_BYTES}


class MediaCreate(Payload, frozen=True, kw_only=True):
    """A file announced before it is sent: the record first, the bytes later."""

    account_id: UUID
    visit_id: UUID | None = None
    kind: MediaKind
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    size_bytes: Annotated[int, msgspec.Meta(gt=0)]
    mime: Annotated[str, msgspec.Meta(max_length=100)]
    captured_at: Moment


class MediaState(StrEnum):
    """How far a file has come."""

    PENDING = "pending"
    STORED = "stored"
    REFUSED = "refused"


class MediaRow(msgspec.Struct, frozen=True):
    """A file's record."""

    id: UUID
    account_id: UUID
    author_id: UUID
    kind: MediaKind
    sha256: str
    size_bytes: int
    mime: str
    state: MediaState


class MediaItem(msgspec.Struct, frozen=True):
    """A file as those who look after them see it; `arrived_bytes` of `size_bytes` are here."""

    id: UUID
    account_id: UUID
    account_name: str
    visit_id: UUID | None
    author_id: UUID
    author_name: str
    kind: MediaKind
    state: MediaState
    size_bytes: int
    arrived_bytes: int
    captured_at: datetime
    received_at: datetime
    stored_at: datetime | None


class Upload(msgspec.Struct, frozen=True):
    """An upload: `offset_bytes` of `size_bytes` are safe on the server.

    All of them and the file stored, it is kept until it expires, for a client that asks again.
    """

    id: UUID
    media_id: UUID
    user_id: UUID
    size_bytes: int
    offset_bytes: int
    expires_at: datetime
    metadata: str = ""
    """What the client sent as Upload-Metadata."""

    @property
    def is_whole(self) -> bool:
        """Tell whether every byte has arrived."""
        return self.offset_bytes == self.size_bytes
