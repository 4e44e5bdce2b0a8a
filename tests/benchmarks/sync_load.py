"""Phones as a load: they pull and push over real HTTP, and what they wait is written down."""

import gzip
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import msgspec
import psutil
import zstandard

from tests.benchmarks.service import cpu_seconds
from tests.benchmarks.sync_ground import Rep

PAGE_ROWS = 5000


@dataclass(frozen=True)
class Pulled:
    """What a pull until `done` brought."""

    cursor: str
    rows: int
    drops: int
    wire_bytes: int
    encodings: frozenset[str]


class Device:
    """A signed-in phone with one kept connection."""

    def __init__(self, port: int, headers: dict[str, str], device_id: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = headers
        self.device_id = device_id
        self.cursor: str | None = None

    def post(self, path: str, body: bytes, encoding: str = "zstd") -> tuple[Any, int, str]:
        """Send a body; return the decoded answer, its size on the wire and its encoding."""
        answer, data = self._call(path, body, encoding)
        found = answer.getheader("Content-Encoding") or "identity"
        plain = _DECODERS[found](data)
        if answer.status not in {200, 201}:
            raise RuntimeError(f"{path} answered {answer.status}: {plain[:500]!r}")
        return msgspec.json.decode(plain), len(data), found

    def _call(self, path: str, body: bytes, encoding: str) -> tuple[HTTPResponse, bytes]:
        """Send a body, over a new connection where the server has closed the idle one."""
        headers = {**self._headers, "Accept-Encoding": encoding}
        try:
            self._connection.request("POST", path, body, headers)
            answer = self._connection.getresponse()
        except (BrokenPipeError, ConnectionResetError):
            self._connection.close()
            self._connection.request("POST", path, body, headers)
            answer = self._connection.getresponse()
        return answer, answer.read()

    def post_json(self, path: str, message: object) -> tuple[Any, int, str]:
        """Send a message, or nothing for None."""
        return self.post(path, b"" if message is None else msgspec.json.encode(message))

    def pull(self, encoding: str = "zstd") -> Pulled:
        """Pull until `done` and keep the cursor."""
        rows = drops = size = 0
        encodings = set()
        token = None
        while True:
            asked = {"device_id": self.device_id, "limit": PAGE_ROWS, "protocol": 2}
            asked |= {"token": token} if token else {"cursor": self.cursor}
            page, sent, found = self.post("/v1/sync/pull", msgspec.json.encode(asked), encoding)
            rows, drops, size = rows + len(page["rows"]), drops + len(page["drop"]), size + sent
            encodings.add(found)
            token = page.get("token")
            if token is None:
                self.cursor = page["cursor"]
                return Pulled(page["cursor"], rows, drops, size, frozenset(encodings))

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


type Open = Callable[[Rep], Device]
"""Opens the phone of a person."""

_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
}


@dataclass(frozen=True)
class Run:
    """What a load came to: its wall time, and each call's wait, in seconds."""

    seconds: float
    waits: list[float]

    @property
    def a_second(self) -> float:
        """Calls a second."""
        return len(self.waits) / self.seconds

    @property
    def p50(self) -> float:
        """The median wait in seconds."""
        return statistics.median(self.waits)

    @property
    def p99(self) -> float:
        """The wait in seconds that one call of a hundred exceeds."""
        return sorted(self.waits)[int(len(self.waits) * 0.99)]


def hammer(workers: Sequence[Iterator[object]]) -> Run:
    """Run iterators at the same time, a thread each; every step is one timed call."""
    waits: list[list[float]] = [[] for _ in workers]
    failures: list[BaseException] = []

    def work(steps: Iterator[object], seen: list[float]) -> None:
        try:
            started = time.perf_counter()
            for _ in steps:
                seen.append(time.perf_counter() - started)
                started = time.perf_counter()
        except BaseException as error:  # noqa: BLE001  # raised below, in the caller's thread
            failures.append(error)

    threads = [
        threading.Thread(target=work, args=pair) for pair in zip(workers, waits, strict=True)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    for failure in failures:
        raise failure
    return Run(seconds, [wait for seen in waits for wait in seen])


@dataclass
class CpuShares:
    """CPU seconds that each side used, by the name of what was measured."""

    service: psutil.Process
    database: psutil.Process
    seen: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    """Wall, service, database and load, in seconds a unit."""

    @contextmanager
    def of(self, name: str, units: int = 1) -> Iterator[None]:
        """Write down what is used in the block, a unit."""
        me = psutil.Process()
        before = (time.perf_counter(), *map(cpu_seconds, (self.service, self.database)), _own(me))
        yield
        after = (time.perf_counter(), *map(cpu_seconds, (self.service, self.database)), _own(me))
        wall, service, database, load = (
            (late - early) / units for late, early in zip(after, before, strict=True)
        )
        self.seen[name] = (wall, service, database, load)


def _own(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
