"""The folder of files on their way: what is written is safe on the disk when `write` returns."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from backend.api.disk import storage_full


class Turn:
    """One request's right to write to an upload, until it is `stopped` by the next one."""

    def __init__(self) -> None:
        self.stopped = asyncio.Event()
        self.done = asyncio.Event()


class Inbox:
    """Unfinished files by their upload's id, and who writes to them at this moment."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turns: dict[UUID, Turn] = {}

    def path(self, upload_id: UUID) -> Path:
        """Return where an upload's bytes are, whether there are any or not."""
        return self._folder / str(upload_id)

    def write(self, upload_id: UUID, offset: int, data: bytes) -> None:
        """Put bytes at the offset, which ends the file; raise StorageFull when there is no room."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._write(upload_id, offset, data)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise storage_full() from error
            raise

    def _write(self, upload_id: UUID, offset: int, data: bytes) -> None:
        descriptor = os.open(self.path(upload_id), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, offset)
            rest = memoryview(data)
            # A disk that gets full takes a part of the bytes before it says so.
            while rest:
                written = os.pwrite(descriptor, rest, offset)
                offset, rest = offset + written, rest[written:]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def remove(self, upload_id: UUID) -> None:
        """Throw an upload's bytes away, if there are any."""
        self.path(upload_id).unlink(missing_ok=True)

    def ids(self) -> set[UUID]:
        """Return the uploads that have bytes here."""
        if not self._folder.exists():
            return set()
        found = set()
        for path in self._folder.iterdir():
            try:
                found.add(UUID(path.name))
            except ValueError:
                continue  # not ours
        return found

    @asynccontextmanager
    async def turn(self, upload_id: UUID) -> AsyncIterator[Turn]:
        """Be the only one in this process who writes to an upload, in place of whoever did."""
        await self.stop_writer(upload_id)
        turn = self._turns[upload_id] = Turn()
        try:
            yield turn
        finally:
            turn.done.set()
            if self._turns.get(upload_id) is turn:
                del self._turns[upload_id]

    async def stop_writer(self, upload_id: UUID) -> None:
        """Make who writes to an upload stop and put what it holds in safety; then return."""
        while (turn := self._turns.get(upload_id)) is not None:
            turn.stopped.set()
            await turn.done.wait()
