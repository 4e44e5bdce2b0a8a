"""ZIP archives from anywhere, unpacked into memory only, within limits."""

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from backend.geo.outlines.layer import broken
from backend.geo.vocabulary import GeoError

MAX_ENTRIES = 500
MAX_UNPACKED_BYTES = 300 * 1024 * 1024
MAX_RATIO = 200
"""Outlines shrink to a third, tables to a fiftieth; what shrinks more is made to fill memory."""
_RATIO_FROM_BYTES = 20 * 1024 * 1024
_CHUNK = 1 << 20
_NESTED = frozenset({".zip", ".kmz", ".7z", ".rar", ".gz", ".bz2", ".xz", ".tar", ".tgz"})


class Archive:
    """A ZIP archive whose directory has been looked over; raise GeoError for what is hostile."""

    def __init__(self, content: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
            entries = [one for one in self._zip.infolist() if not one.is_dir()]
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
            raise broken("ZIP archive", error) from error
        self._entries = {one.filename: one for one in entries if not _is_clutter(one.filename)}
        self._left = MAX_UNPACKED_BYTES
        _check_directory(entries, len(content))

    @property
    def names(self) -> list[str]:
        """The files in it, without what operating systems add."""
        return list(self._entries)

    def with_suffix(self, *suffixes: str) -> list[str]:
        """Return the files that end so, whatever their capitals."""
        return [one for one in self._entries if PurePosixPath(one.lower()).suffix in suffixes]

    def beside(self, name: str, suffix: str) -> bytes | None:
        """Return the file that differs from `name` by its ending alone; None when missing."""
        wanted = str(PurePosixPath(name.lower()).with_suffix(suffix))
        found = next((one for one in self._entries if one.lower() == wanted), None)
        return None if found is None else self.read(found)

    def read(self, name: str) -> bytes:
        """Unpack one file; raise GeoError when it is damaged, or larger than it says."""
        size, parts = 0, []
        try:
            with self._zip.open(self._entries[name]) as file:
                while part := file.read(_CHUNK):
                    size += len(part)
                    if size > self._left:
                        raise _too_large()
                    parts.append(part)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error, OSError) as error:
            raise broken(f"file “{name[:60]}” in the archive", error) from error
        except RuntimeError as error:
            raise GeoError(
                "zip_locked", "The archive is locked with a password: send one without.", "file"
            ) from error
        self._left -= size
        return b"".join(parts)


def _check_directory(entries: list[zipfile.ZipInfo], packed: int) -> None:
    if len(entries) > MAX_ENTRIES:
        raise GeoError(
            "zip_too_many_files",
            f"The archive has {len(entries):,} files; {MAX_ENTRIES} is the most.",
            "file",
        )
    unpacked = sum(one.file_size for one in entries)
    is_bomb = unpacked > _RATIO_FROM_BYTES and unpacked > MAX_RATIO * packed
    if unpacked > MAX_UNPACKED_BYTES or is_bomb:
        raise _too_large()
    for one in entries:
        name = one.filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or ":" in name.split("/")[0]:
            raise GeoError(
                "zip_path_climbs",
                f"The archive's file “{name[:60]}” leads out of its folder: pack it again.",
                "file",
            )
        if PurePosixPath(name.lower()).suffix in _NESTED:
            raise GeoError(
                "zip_nested",
                f"The archive holds another archive, “{name[:60]}”: unpack that first.",
                "file",
            )


def _is_clutter(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def _too_large() -> GeoError:
    return GeoError(
        "unpacks_too_large",
        f"The archive unpacks to more than {MAX_UNPACKED_BYTES // 1024**2} MB, or to more than "
        f"{MAX_RATIO} times its size: split it.",
        "file",
    )
