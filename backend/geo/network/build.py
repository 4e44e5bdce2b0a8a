"""Builds a street network from an OpenStreetMap extract with OSRM's own programs.

Layout of a folder: `<profile>-<version>/graph.osrm.*` with `network.json` beside it, and
`<profile>.json`, the pointer to the version in use. A build appears whole or not at all.
"""

import hashlib
import importlib.metadata
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import osmium.io
import osmium.osm

from backend.geo.network.osrm_programs import NetworkBuildError, OsrmPrograms, profile_files
from backend.geo.network.provider import check_profile
from backend.geo.osm import OsmFileError, pbf, read_guard
from backend.geo.vocabulary import OnProgress

RECIPE = 1  # raise it when this file builds differently
GRAPH_NAME = "graph.osrm"
INFO_NAME = "network.json"
# What a build writes until it is done, as a multiple of its extract: 5 were seen.
DISK_FACTOR = 8
# Only extraction and contraction read these; answering does not.
BUILD_ONLY = (".cnbg", ".cnbg_to_ebg", ".ebg", ".enw", ".restrictions", ".turn_penalties_index")


class NetworkInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A built network; `seconds` and `bytes` are those of its build, also when it was cached."""

    profile: str
    version: str
    source: str
    seconds: float
    bytes: int
    was_cached: bool = False


class NetworkPointer(msgspec.Struct, frozen=True):
    """Which version of a profile is in use."""

    version: str


def build_network(
    extract: Path,
    folder: Path,
    *,
    profile: str = "car",
    threads: int | None = None,
    on_progress: OnProgress | None = None,
) -> NetworkInfo:
    """Build the network of an extract for a profile, or find it built; NetworkBuildError.

    The build that was in use before stays for whoever is still asking it; older ones go.
    """
    check_profile(profile)
    _check_readable(extract)
    folder.mkdir(parents=True, exist_ok=True)
    version = network_version(extract, profile)
    target = folder / f"{profile}-{version}"
    info = read_info(target)
    if info is None:
        _check_room(extract, folder)
        info = _build(extract, target, profile=profile, threads=threads, on_progress=on_progress)
    else:
        info = msgspec.structs.replace(info, was_cached=True)
    _point_to(folder, profile, version)
    return info


def read_pointer(folder: Path, profile: str) -> NetworkPointer | None:
    """Say which version of a profile is in use, None when none is."""
    with suppress(FileNotFoundError, msgspec.DecodeError):
        return msgspec.json.decode((folder / f"{profile}.json").read_bytes(), type=NetworkPointer)
    return None


def network_version(extract: Path, profile: str) -> str:
    """Hash what decides every answer: the extract's content, the profile, OSRM and this recipe."""
    digest = hashlib.sha256()
    with extract.open("rb") as file:
        digest.update(hashlib.file_digest(file, "sha256").digest())
    for rules in profile_files(profile):
        digest.update(rules.read_bytes())
    digest.update(f"{importlib.metadata.version('osrm-bindings')} {RECIPE}".encode())
    return digest.hexdigest()[:16]


def read_info(target: Path) -> NetworkInfo | None:
    """Give the manifest of a complete build, None when there is none."""
    with suppress(FileNotFoundError, msgspec.DecodeError):
        return msgspec.json.decode((target / INFO_NAME).read_bytes(), type=NetworkInfo)
    return None


def _check_readable(extract: Path) -> None:
    try:
        with read_guard(extract):
            osmium.io.Reader(pbf(extract), osmium.osm.NOTHING).header()
    except OsmFileError as error:
        raise NetworkBuildError(error.code, error.message) from error


def _check_room(extract: Path, folder: Path) -> None:
    needed, free = DISK_FACTOR * extract.stat().st_size, shutil.disk_usage(folder).free
    if free < needed:
        raise NetworkBuildError(
            "disk_full",
            f"Building from {extract.name} may take {needed / 1e9:.1f} GB of disk, and "
            f"{free / 1e9:.1f} GB are free in {folder}. Make room, or take a smaller extract.",
        )


def _build(
    extract: Path,
    target: Path,
    *,
    profile: str,
    threads: int | None,
    on_progress: OnProgress | None,
) -> NetworkInfo:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=".building-", dir=target.parent) as scratch:
        work = Path(scratch) / "network"
        work.mkdir()
        run = OsrmPrograms(extract, work / GRAPH_NAME, profile, threads, on_progress)
        run.extract()
        run.contract()
        for suffix in BUILD_ONLY:
            (work / f"{GRAPH_NAME}{suffix}").unlink(missing_ok=True)
        info = NetworkInfo(
            profile=profile,
            version=target.name.removeprefix(f"{profile}-"),
            source=extract.name,
            seconds=round(time.monotonic() - started, 3),
            bytes=sum(file.stat().st_size for file in work.iterdir()),
        )
        (work / INFO_NAME).write_bytes(msgspec.json.encode(info))
        if target.exists() and read_info(target) is None:
            shutil.rmtree(target)  # what an interrupted copy left behind
        with suppress(OSError):  # another process was faster: its build is the same
            work.rename(target)
    return info


def _point_to(folder: Path, profile: str, version: str) -> None:
    before = read_pointer(folder, profile)
    fresh = folder / f".{profile}.{os.getpid()}.json"
    fresh.write_bytes(msgspec.json.encode(NetworkPointer(version)))
    fresh.replace(folder / f"{profile}.json")
    if before is not None and before.version != version:
        kept = {f"{profile}-{version}", f"{profile}-{before.version}"}
        for build in folder.glob(f"{profile}-*"):
            if build.name not in kept:
                shutil.rmtree(build, ignore_errors=True)
