"""A service in a process of its own with one announced photo, as tus clients meet it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.ground import execute
from tests.support.phone import Phone
from tests.support.service_process import ServiceProcess


@dataclass(frozen=True)
class TokenLine:
    """A way to the service for a phone."""

    client: httpx.Client
    token: str

    def as_(self, _: object) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class PhotoSite:
    """The service, an announced photo, and how the database sees it."""

    service: ServiceProcess
    owner_url: str
    token: str
    phone: Phone
    media_id: str
    photo: bytes
    file: Path

    @property
    def door(self) -> str:
        """The path where unmodified clients create uploads."""
        return "/v1/uploads"

    def state(self) -> str:
        """Return the photo's state in the database."""
        ((state,),) = execute(
            self.owner_url, "SELECT state FROM media WHERE id = %s", self.media_id
        )
        return str(state)

    def stored_bytes(self) -> bytes:
        """Return what the store keeps of the photo."""
        sha256 = hashlib.sha256(self.photo).hexdigest()
        (kept,) = (self.service.data_dir / "blobs" / "original").glob(f"*/{sha256[:2]}/{sha256}")
        return kept.read_bytes()
