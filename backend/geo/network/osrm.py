"""The street network answered by OSRM in a process of its own."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Self

import msgspec

from backend.geo.network import osrm_worker
from backend.geo.network.provider import (
    MIN_PATH_POINTS,
    Leg,
    Matrix,
    NetworkError,
    OffNetwork,
    Path,
    check_points,
    check_profile,
)
from backend.geo.network.worker_process import (
    WorkerDiedError,
    WorkerProcess,
    WorkerTimeoutError,
)
from backend.geo.vocabulary import LonLat, check_lonlat

SNAP_RADIUS_M = 500.0
TIMEOUT_SECONDS = 30.0
START_SECONDS = 120.0  # a country's graph is read from a cold disk
_SCRIPT = FilePath(osrm_worker.__file__)
_encode = msgspec.msgpack.Encoder().encode
_answers: msgspec.msgpack.Decoder[osrm_worker.Answer] = msgspec.msgpack.Decoder(osrm_worker.Answer)


class OsrmNetwork:
    """Measured travel over a built graph; starts its process at the first question.

    Questions of several threads wait in line. A question that takes longer than `timeout_s` kills
    the process; the next one starts it again. A crash is tried once more before it is reported.
    """

    is_estimate = False
    why = None

    def __init__(
        self,
        base: FilePath,
        *,
        profile: str,
        version: str,
        snap_radius_m: float = SNAP_RADIUS_M,
        timeout_s: float = TIMEOUT_SECONDS,
    ) -> None:
        self.profile = check_profile(profile)
        self.version = version
        self.snap_radius_m = snap_radius_m
        self.timeout_s = timeout_s
        self._base = base
        self._lock = threading.Lock()
        self._worker: WorkerProcess | None = None

    def matrix(self, points: Sequence[LonLat]) -> Matrix:
        """Travel seconds and metres between all points, see StreetNetwork."""
        check_points(points)
        question = osrm_worker.MatrixQuestion(
            _checked(points), self.snap_radius_m, self.timeout_s + 1
        )
        if not points:
            return Matrix((), (), is_estimate=False)
        answer = self._ask(question)
        if not isinstance(answer, osrm_worker.MatrixAnswer):
            raise self._refused(answer)
        off = dict(answer.off)
        return Matrix(
            durations_s=_with_gaps(answer.durations_s, len(points), off),
            distances_m=_with_gaps(answer.distances_m, len(points), off),
            is_estimate=False,
            off_network=tuple(
                OffNetwork(index, self._off_sentence(metres), metres)
                for index, metres in answer.off
            ),
        )

    def path(self, points: Sequence[LonLat]) -> Path:
        """The way over streets through all points, see StreetNetwork."""
        check_points(points, least=MIN_PATH_POINTS)
        question = osrm_worker.PathQuestion(
            _checked(points), self.snap_radius_m, self.timeout_s + 1
        )
        answer = self._ask(question)
        if not isinstance(answer, osrm_worker.PathAnswer):
            raise self._refused(answer)
        legs = tuple(Leg(*leg) for leg in answer.legs)
        return Path(
            line=tuple(LonLat(*place) for place in answer.line),
            legs=legs,
            distance_m=sum(leg.distance_m for leg in legs),
            duration_s=sum(leg.duration_s for leg in legs),
            is_estimate=False,
        )

    @property
    def worker_pid(self) -> int | None:
        """The process id of the running worker, None before the first question."""
        return self._worker.pid if self._worker and self._worker.is_alive else None

    def close(self) -> None:
        """End the worker; a later question would start it again."""
        with self._lock:
            if self._worker is not None:
                self._worker.close()
                self._worker = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, question: osrm_worker.Question) -> osrm_worker.Answer:
        payload = _encode(question)
        if not self._lock.acquire(timeout=self.timeout_s):
            raise NetworkError(
                "network_busy",
                f"The street network was busy for {self.timeout_s:g} seconds. Try again.",
            )
        try:
            return self._ask_worker(payload)
        except WorkerTimeoutError as error:
            raise NetworkError(
                "network_timeout",
                f"The street network did not answer within {self.timeout_s:g} seconds. "
                "Ask for fewer points at once.",
            ) from error
        finally:
            self._lock.release()

    def _ask_worker(self, payload: bytes) -> osrm_worker.Answer:
        try:
            return self._ask_once(payload)
        except WorkerDiedError:
            self._worker = None  # once more, in a new process
        try:
            return self._ask_once(payload)
        except WorkerDiedError as error:
            raise NetworkError(
                "network_crashed", f"The street network's process ended: {error}."
            ) from error

    def _ask_once(self, payload: bytes) -> osrm_worker.Answer:
        return _answers.decode(self._running().ask(payload, timeout_s=self.timeout_s))

    def _running(self) -> WorkerProcess:
        worker = self._worker
        if worker is not None and worker.owner != os.getpid():
            worker.forget()  # inherited over a fork: its pipes belong to the parent
            worker = None
        if worker is not None and worker.is_alive:
            return worker
        worker = WorkerProcess(_SCRIPT, [str(self._base)])
        ready = _answers.decode(worker.receive(timeout_s=START_SECONDS))
        if isinstance(ready, osrm_worker.Refusal):
            worker.close()
            raise NetworkError(
                "network_broken",
                f"The street network “{self._base.parent.name}” cannot be loaded "
                f"({ready.detail}). Build it again.",
            )
        self._worker = worker
        return worker

    def _refused(self, answer: osrm_worker.Answer) -> NetworkError:
        if not isinstance(answer, osrm_worker.Refusal):
            return NetworkError("network_failed", "The street network gave a wrong answer.")
        number = answer.index + 1
        sentences = {
            "off_network": f"Point {number} is farther than {self.snap_radius_m:g} m from any "
            "street, so no path leads there.",
            "no_path": f"No street leads from point {number} to point {number + 1}.",
        }
        field = f"points[{answer.index}]" if answer.index >= 0 else "points"
        message = sentences.get(
            answer.code, f"The street network could not answer: {answer.detail}."
        )
        return NetworkError(answer.code, message, field)

    def _off_sentence(self, metres: int | None) -> str:
        limit = f"{self.snap_radius_m:g} m"
        if metres is None:
            return f"No street lies within {limit}."
        return f"The nearest street is {metres:,} m away; {limit} is the most."


def _checked(points: Sequence[LonLat]) -> Sequence[tuple[float, float]]:
    return [
        check_lonlat(lon, lat, field=f"position of point {index + 1}")
        for index, (lon, lat) in enumerate(points)
    ]


def _with_gaps(
    rows: list[list[int | None]], size: int, off: dict[int, int | None]
) -> tuple[tuple[int | None, ...], ...]:
    """Put rows and columns of None back where points were left out."""
    if not off:
        return tuple(tuple(row) for row in rows)
    kept = [index for index in range(size) if index not in off]
    full: list[list[int | None]] = [[None] * size for _ in range(size)]
    for index, row in zip(kept, rows, strict=True):
        for column, value in zip(kept, row, strict=True):
            full[index][column] = value
    return tuple(tuple(row) for row in full)
