"""Asks the OSRM process, in line and with a limit, and starts it again when it is gone."""

import os
import threading
from pathlib import Path

import msgspec

from backend.geo.network.osrm_messages import Answer, Question, Refusal
from backend.geo.network.provider import NetworkError
from backend.geo.network.worker_process import (
    WorkerDiedError,
    WorkerProcess,
    WorkerTimeoutError,
)

START_SECONDS = 120.0  # a country's graph is read from a cold disk
_MODULE = "backend.geo.network.osrm_worker"
_encode = msgspec.msgpack.Encoder().encode
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


class OsrmProcess:
    """The process over one graph, started at the first question; shared by threads.

    Questions of several threads wait in line. A question that takes longer than `timeout_s` kills
    the process; the next one starts it again. A crash is tried once more before it is reported.
    """

    def __init__(self, base: Path, *, timeout_s: float) -> None:
        self._base = base
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._worker: WorkerProcess | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs, None before the first question."""
        return self._worker.pid if self._worker and self._worker.is_alive else None

    @property
    def within_s(self) -> float:
        """How long a question may run until the process ends itself: a little after us."""
        return self._timeout_s + 1

    def ask(self, question: Question) -> Answer:
        """Answer a question; NetworkError (network_busy, _timeout, _crashed, _broken)."""
        payload = _encode(question)
        if not self._lock.acquire(timeout=self._timeout_s):
            raise NetworkError(
                "network_busy",
                f"The street network was busy for {self._timeout_s:g} seconds. Try again.",
            )
        try:
            return self._ask_worker(payload)
        except WorkerTimeoutError as error:
            raise NetworkError(
                "network_timeout",
                f"The street network did not answer within {self._timeout_s:g} seconds. "
                "Ask for fewer points at once.",
            ) from error
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the process; a later question would start it again."""
        with self._lock:
            if self._worker is not None:
                self._worker.close()
                self._worker = None

    def _ask_worker(self, payload: bytes) -> Answer:
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

    def _ask_once(self, payload: bytes) -> Answer:
        return _answers.decode(self._running().ask(payload, timeout_s=self._timeout_s))

    def _running(self) -> WorkerProcess:
        worker = self._worker
        if worker is not None and worker.owner != os.getpid():
            worker.forget()  # inherited over a fork: its pipes belong to the parent
            worker = None
        if worker is not None and worker.is_alive:
            return worker
        worker = WorkerProcess(_MODULE, [str(self._base)])
        ready = _answers.decode(worker.receive(timeout_s=START_SECONDS))
        if isinstance(ready, Refusal):
            worker.close()
            raise NetworkError(
                "network_broken",
                f"The street network “{self._base.parent.name}” cannot be loaded "
                f"({ready.detail}). Build it again.",
            )
        self._worker = worker
        return worker
