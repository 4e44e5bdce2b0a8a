"""Builds a street network from an OpenStreetMap extract with OSRM's own programs.

Layout of a folder: `<profile>-<version>/graph.osrm.*` with `network.json` beside it, and
`<profile>.json`, the pointer to the version in use. A build appears whole or not at all.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import osmium.io
import osmium.osm

from backend.geo.network.provider import NetworkError, check_profile
from backend.geo.osm import OsmFileError, pbf, read_guard
from backend.geo.vocabulary import OnProgress, Progress

RECIPE = 1  # raise it when this file builds differently
GRAPH_NAME = "graph.osrm"
INFO_NAME = "network.json"
# OSRM snaps to streets of a component at least this large when a smaller one leads nowhere.
COMPONENT_SIZE = 1000
# In a small extract no component is that large; its main one then holds at least a quarter.
COMPONENT_SHARE = 4
KEPT_LOG_LINES = 40
# Only extraction and contraction read these; answering does not.
BUILD_ONLY = (".cnbg", ".cnbg_to_ebg", ".ebg", ".enw", ".restrictions", ".turn_penalties_index")
_OWN_PROFILES = Path(__file__).parent / "profiles"
_PERCENT = re.compile(r"^\s*(\d{1,3})%")
_COMPONENTS = re.compile(r"Found \d+ SCC \((\d+) large")
_EDGES = re.compile(r"Processed (\d+) edges")
_REASON = re.compile(r"what\(\):\s*(.+)|\[error\]\s*(.+)")


class NetworkBuildError(NetworkError):
    """A street network cannot be built: the extract is damaged or has no street."""


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
    for rules in _profile_files(profile):
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
        run = _Programs(extract, work / GRAPH_NAME, profile, threads, on_progress)
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


def _osrm_root() -> Path:
    # Found without importing it: the library is large and only its programs are needed.
    spec = importlib.util.find_spec("osrm")
    if spec is None or not spec.submodule_search_locations:
        raise NetworkBuildError("osrm_missing", "OSRM is not installed: add osrm-bindings.")
    return Path(spec.submodule_search_locations[0])


def _profile_files(profile: str) -> list[Path]:
    """Return OSRM's own profile, or ours and the one of OSRM that it changes."""
    ours = _OWN_PROFILES / f"{profile}.lua"
    if ours.exists():
        return [ours, _osrm_profiles() / "car.lua"]
    return [_osrm_profiles() / f"{profile}.lua"]


def _osrm_profiles() -> Path:
    return _osrm_root() / "share" / "profiles"


class _Programs:
    """osrm-extract and osrm-contract over one extract."""

    def __init__(
        self,
        extract: Path,
        base: Path,
        profile: str,
        threads: int | None,
        on_progress: OnProgress | None,
    ) -> None:
        self._extract = extract.resolve()
        self._base = base
        self._profile = profile
        self._threads = threads or os.process_cpu_count() or 1
        self._report = on_progress or (lambda _: None)
        self._passes = 1
        self._percent = 0

    def extract(self) -> None:
        """Read the streets; small extracts are read again with a fitting component size."""
        self._report(Progress("reading streets", 0))
        log = self._read_streets(COMPONENT_SIZE)
        large, edges = _found(_COMPONENTS, log), _found(_EDGES, log)
        if large == 0 and edges is not None:
            self._read_streets(min(max(2, edges // COMPONENT_SHARE), COMPONENT_SIZE // 2))

    def contract(self) -> None:
        """Build the shortcuts that make answers fast."""
        self._run("osrm-contract", str(self._base), on_line=self._on_percent)

    def _read_streets(self, component_size: int) -> str:
        return self._run(
            "osrm-extract",
            "--profile",
            str(_profile_files(self._profile)[0]),
            "--small-component-size",
            str(component_size),
            "--output",
            str(self._base),
            str(self._extract),
        )

    def _on_percent(self, line: str) -> None:
        """Follow the percentages; OSRM starts anew for each class of roads one may avoid."""
        if found := _PERCENT.match(line):
            percent = int(found[1])
            self._passes += percent < self._percent
            self._percent = percent
            self._report(Progress(f"building shortcuts, pass {self._passes}", percent, 100))

    def _run(
        self, program: str, *arguments: str, on_line: Callable[[str], None] | None = None
    ) -> str:
        command = [str(_osrm_root() / "bin" / program), "--threads", str(self._threads), *arguments]
        kept: list[str] = []
        last: deque[str] = deque(maxlen=KEPT_LOG_LINES)
        with subprocess.Popen(  # noqa: S603 - OSRM's own program, no shell
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, "TUYEN_OSRM_PROFILES": str(_osrm_profiles())},
        ) as process:
            try:
                for line in process.stdout or ():
                    last.append(line)
                    if _COMPONENTS.search(line) or _EDGES.search(line):
                        kept.append(line)
                    if on_line:
                        on_line(line)
            except BaseException:
                process.kill()  # never leave a build running behind an interrupt
                raise
        if process.returncode:
            raise self._failure(program, process.returncode, "".join(last))
        return "".join(kept)

    def _failure(self, program: str, code: int, log: str) -> NetworkBuildError:
        reasons = [found[1] or found[2] for found in _REASON.finditer(log)]
        reason = reasons[-1].strip() if reasons else f"{program} ended with code {code}"
        name = self._extract.name
        if "EOF" in reason or "truncated" in reason:
            return NetworkBuildError("osm_truncated", f"{name} is cut off: download it again.")
        if "no edges" in reason.lower() or "no nodes" in reason.lower():
            return NetworkBuildError(
                "no_streets",
                f"{name} has no street for the profile “{self._profile}”. "
                "Take an extract with highway=* ways.",
            )
        return NetworkBuildError(
            "build_failed", f"No street network could be built from {name}: {reason}."
        )


def _found(pattern: re.Pattern[str], log: str) -> int | None:
    found = pattern.findall(log)
    return int(found[-1]) if found else None
