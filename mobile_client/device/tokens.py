"""Where the refresh token is kept: a private file, or the phone's key store."""

import os
from pathlib import Path
from typing import Protocol


class TokenStore(Protocol):
    """Keeps one secret text."""

    def read(self) -> str | None:
        """Return the secret, None when there is none."""
        ...

    def write(self, secret: str) -> None:
        """Replace the secret, durably, before it returns."""
        ...

    def clear(self) -> None:
        """Forget the secret."""
        ...


class FileTokenStore:
    """A file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str | None:
        """Return the secret, None when there is none."""
        try:
            return self._path.read_text(encoding="utf-8") or None
        except FileNotFoundError:
            return None

    def write(self, secret: str) -> None:
        """Replace the file by a synced new one of mode 0600."""
        write_private(self._path, secret.encode())

    def clear(self) -> None:
        """Delete the file."""
        self._path.unlink(missing_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 that is whole or not there at all."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
