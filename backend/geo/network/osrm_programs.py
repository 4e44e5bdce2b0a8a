"""Runs OSRM's own programs, which make a graph of an extract, and says why they failed."""

import importlib.util
import os
import re
import subprocess
from collections import deque
from collections.abc import Callable
from pathlib import Path

from backend.geo.network.provider import NetworkError
from backend.geo.vocabulary import OnProgress, Progress

# OSRM snaps to streets of a component at least this large when a smaller one leads nowhere.
COMPONENT_SIZE = 1000
# In a small extract no component is that large; its main one then holds at least a quarter.
COMPONENT_SHARE = 4
KEPT_LOG_LINES = 40
_OWN_PROFILES = Path(__file__).parent / "profiles"
_PERCENT = re.compile(r"^\s*(\d{1,3})%")
_COMPONENTS = re.compile(r"Found \d+ SCC \((\d+) large")
_EDGES = re.compile(r"Processed (\d+) edges")
_REASON = re.compile(r"what\(\):\s*(.+)|\[error\]\s*(.+)")


class NetworkBuildError(NetworkError):
    """A street network cannot be built: the extract is damaged or has no street."""


def _osrm_root() -> Path:
    # Found without importing it: the library is large and only its programs are needed.
    spec = importlib.util.find_spec("osrm")
    if spec is None or not spec.submodule_search_locations:
        raise NetworkBuildError("osrm_missing", "OSRM is not installed: add osrm-bindings.")
    return Path(spec.submodule_search_locations[0])


def profile_files(profile: str) -> list[Path]:
    """Return OSRM's own profile, or ours and the one of OSRM that it changes."""
    ours = _OWN_PROFILES / f"{profile}.lua"
    if ours.exists():
        return [ours, _osrm_profiles() / "car.lua"]
    return [_osrm_profiles() / f"{profile}.lua"]


def _osrm_profiles() -> Path:
    return _osrm_root() / "share" / "profiles"


class OsrmPrograms:
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
            str(profile_files(self._profile)[0]),
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
