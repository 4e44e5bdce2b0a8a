"""A sealed copy of all that is unsent, with its photos and voice notes, for another phone."""

import os
import re
import tarfile
from io import BytesIO
from pathlib import Path
from typing import IO

import msgspec

from mobile_client.device.sealing import SealedReader, SealedWriter, SealError
from mobile_client.store.captures import hash_file
from mobile_client.store.database import Database
from mobile_client.store.portable import VERSION, Parcel, Unpacked, pack, unpack
from mobile_client.sync.http import FULL, StorageProblem
from mobile_client.sync.package import FREE_BYTES, free_bytes

_LIST = "outbox.json"
_LARGEST_LIST = 256 * 1024 * 1024
_FILE_NAME = re.compile(r"([0-9a-f]{64}|new-[0-9a-f-]{36})\.[0-9a-z]{3}")
_HASH_LETTERS = 64
_BLOCK_BYTES = 1 << 20


class Boxed(msgspec.Struct, frozen=True):
    """What a box holds; `missing` files are spoken of but no longer on the phone."""

    path: str
    mutations: int
    files: int
    missing: int
    drafts: int


def write_box(database: Database, media_folder: Path, target: Path, passphrase: str) -> Boxed:
    """Write everything unsent, of every user of this phone, into one sealed file.

    It appears under its name only when it is whole. Raises SealError, OSError.
    """
    with database.reading() as db:
        parcel = pack(db)
    files = [media_folder / name for name in parcel.files]
    present = [path for path in files if path.is_file()]
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as file:
            writer = SealedWriter(file, passphrase)
            # tarfile asks a stream for `write` only.
            with tarfile.open(fileobj=writer, mode="w|") as tar:  # type: ignore[call-overload] # see above
                _add(tar, _LIST, BytesIO(msgspec.json.encode(parcel)))
                for path in present:
                    with path.open("rb") as content:
                        _add(tar, path.name, content)
            writer.finish()
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    missing = len(files) - len(present)
    return Boxed(str(target), len(parcel.mutations), len(present), missing, len(parcel.drafts))


def _add(tar: tarfile.TarFile, name: str, content: IO[bytes]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = content.seek(0, os.SEEK_END)
    content.seek(0)
    tar.addfile(entry, content)


def read_box(database: Database, media_folder: Path, source: Path, passphrase: str) -> Unpacked:
    """Take over what a box holds and this phone does not; repeating it changes nothing.

    The files come first: what is queued has its recordings. Raises SealError, OSError,
    StorageProblem.
    """
    if free_bytes(media_folder) < source.stat().st_size + FREE_BYTES:
        raise StorageProblem(FULL)
    parcel: Parcel | None = None
    with source.open("rb") as file:
        reader = SealedReader(file, passphrase)
        try:
            with tarfile.open(fileobj=reader, mode="r|") as tar:  # type: ignore[call-overload] # as above
                for entry in tar:
                    content = tar.extractfile(entry)
                    if content is None:
                        continue
                    if entry.name == _LIST and entry.size <= _LARGEST_LIST:
                        parcel = msgspec.json.decode(content.read(), type=Parcel)
                    elif _FILE_NAME.fullmatch(entry.name):
                        _take_file(media_folder / entry.name, content)
        except (tarfile.TarError, msgspec.MsgspecError) as error:
            raise SealError("The file holds no phone's unsent work.") from error
    if parcel is None or parcel.version > VERSION:
        raise SealError("The file comes from a newer app. Update this one first.")
    present = frozenset(name for name in parcel.files if (media_folder / name).is_file())
    with database.writing() as db:
        return unpack(db, parcel, present)


def _take_file(target: Path, content: IO[bytes]) -> None:
    """Write a file whole or not at all; one that is not what its name says is left out."""
    if target.exists():
        return
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as file:
            while block := content.read(_BLOCK_BYTES):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        is_named_by_content = len(target.stem) == _HASH_LETTERS
        if not is_named_by_content or hash_file(part)[0] == target.stem:
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)
