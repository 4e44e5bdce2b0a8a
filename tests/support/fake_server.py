"""A server in memory that keeps to the HTTP contract and fails on command: the client's world."""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Self

import msgspec

from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import (
    ManifestRequest,
    PullRequest,
    PullResponse,
    PushRequest,
    PushResponse,
)
from tests.support.fake_answers import Answer, Fault, problem
from tests.support.fake_pulls import Pulls, Refused
from tests.support.fake_records import Records
from tests.support.fake_uploads import Uploads, UploadState

SERVER_TIME = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
PASSWORD = "open sesame"


def _page(found: PullResponse | Refused) -> Answer:
    if isinstance(found, tuple):
        return problem(*found)
    return Answer(200, msgspec.json.encode(found))


class FakeServer(Uploads):
    """Listens on a free local port between `start` and `stop`; the data outlives both."""

    def __init__(self) -> None:
        self.records = Records()
        self.pushes: list[PushRequest] = []
        self.user_id, self.org_name = new_id(), "Fake & Sons"
        self.requests: list[tuple[str, str]] = []
        self.push_sizes: list[int] = []
        self.faults: list[Fault] = []
        self.unreadable: set[str] = set()
        self.max_mutations = 100
        self.pulls = Pulls(self.records, SERVER_TIME)
        self.mismatches = 0
        self.streams: set[SimpleQueue[bytes | None]] = set()
        self.revoked_code = ""
        self.devices: dict[str, str] = {}
        self.map: tuple[bytes, str] | None = None
        self.uploads: dict[str, UploadState] = {}
        self.stored: dict[str, bytes] = {}
        self.expired: set[str] = set()
        self.terminated: list[str] = []
        self._access: dict[str, str] = {}
        self._refreshes: dict[str, str] = {}
        self._lock = threading.RLock()
        self.connections: set[socket.socket] = set()
        self._http: ThreadingHTTPServer | None = None
        self._port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        server = self

        class Handler(_Handler):
            fake = server

        self._http = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None
        for stream in list(self.streams):
            stream.put(None)
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def take_fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times and path.startswith(fault.path) and fault.method in {"", method}:
                fault.times -= 1
                return fault
        return None

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Answer one request."""
        with self._lock:
            self.requests.append((method, path))
            if path.startswith("/v1/auth/"):
                return self._auth(path, body)
            if self.revoked_code:
                return problem(401, self.revoked_code)
            device = self._access.get(headers.get("authorization", ""))
            if device is None:
                return problem(401, "token_expired")
            if path == "/v1/devices":
                return self._new_device(body)
            if path.startswith("/v1/sync/p") and json.loads(body)["device_id"] != device:
                return problem(403, "device_mismatch")
            self.mismatches += headers.get("tuyen-check") == "mismatch"
            return self._door(method, path)(headers, body)

    def _door(self, method: str, path: str) -> Callable[[dict[str, str], bytes], Answer]:
        last = path.rsplit("/", 1)[-1]
        doors: dict[str, Callable[[dict[str, str], bytes], Answer]] = {
            "/v1/sync/push": lambda _, body: self._push(body),
            "/v1/sync/pull": lambda _, body: self._pull(body),
            "/v1/sync/manifest": lambda _, body: self._manifest(body),
            "/v1/sync/stream": lambda _, __: Answer(200),
            "/v1/maps/phone": lambda headers, _: self._map(headers),
        }
        if path.endswith("/upload"):
            return lambda headers, _: self._create_upload(path.split("/")[3], headers)
        if path.startswith("/v1/uploads/") and last in self.uploads:
            return self._upload_door(method, last)
        return doors.get(path, lambda _, __: problem(404, "not_found"))

    def _auth(self, path: str, body: bytes) -> Answer:
        if path.endswith("/logout"):
            return Answer(204)
        asked = msgspec.json.decode(body, type=dict[str, str])
        if self.revoked_code:
            return problem(401, self.revoked_code)
        if path.endswith("/login") and asked["password"] != PASSWORD:
            return problem(401, "bad_credentials")
        owner = self.devices.setdefault(asked["device_id"], self.user_id)
        if owner != self.user_id:
            return problem(403, "device_of_another_user")
        if path.endswith("/refresh") and self._refreshes.pop(asked["refresh_token"], None) is None:
            return problem(401, "refresh_reused")
        return self._grant(asked["device_id"])

    def _new_device(self, body: bytes) -> Answer:
        asked = msgspec.json.decode(body, type=dict[str, str])
        if asked["refresh_token"] not in self._refreshes:
            return problem(401, "refresh_reused")
        self.devices[asked["device_id"]] = self.user_id
        return self._grant(asked["device_id"])

    def _grant(self, device_id: str) -> Answer:
        access, refresh = new_id(), new_id()
        self._access[f"Bearer {access}"] = device_id
        self._refreshes[refresh] = device_id
        user = {"id": self.user_id, "full_name": "Anna", "role": "rep", "locale": "vi"}
        grant = {
            "access_token": access,
            "expires_in": 900,
            "refresh_token": refresh,
            "device_id": device_id,
            "user": {**user, "org_name": self.org_name, "org_id": new_id(), "team_id": None},
        }
        return Answer(200, msgspec.json.encode(grant))

    def expire_access(self) -> None:
        """Make every access token that was given out invalid."""
        self._access.clear()

    def _push(self, body: bytes) -> Answer:
        request = msgspec.json.decode(body, type=PushRequest)
        self.pushes.append(request)
        self.push_sizes.append(len(request.mutations))
        if len(request.mutations) > self.max_mutations:
            return problem(413, "batch_too_large")
        if any(mutation.rid in self.unreadable for mutation in request.mutations):
            return problem(422, "bad_envelope")
        if self.records.is_forked(request.device_id, request.mutations):
            return problem(409, "device_forked")
        results = self.records.apply(
            request.mutations, device=request.device_id, user_id=self.user_id
        )
        return Answer(200, msgspec.json.encode(PushResponse(SERVER_TIME, results)))

    def _pull(self, body: bytes) -> Answer:
        request = msgspec.json.decode(body, type=PullRequest)
        return _page(self.pulls.pull(request))

    def _manifest(self, body: bytes) -> Answer:
        request = msgspec.json.decode(body, type=ManifestRequest)
        return _page(self.pulls.manifest(request))

    def forget_pulls(self) -> None:
        """Make every token of a page invalid."""
        self.pulls.forget()

    @property
    def epoch(self) -> str:
        return self.pulls.epoch

    @epoch.setter
    def epoch(self, value: str) -> None:
        self.pulls.epoch = value

    @property
    def page_rows(self) -> int:
        return self.pulls.page_rows

    @page_rows.setter
    def page_rows(self, value: int) -> None:
        self.pulls.page_rows = value

    def poke(self) -> None:
        """Tell everybody who listens that something changed."""
        for stream in list(self.streams):
            stream.put(b"event: poke\ndata: {}\n\n")

    def _map(self, headers: dict[str, str]) -> Answer:
        if self.map is None:
            return problem(404, "not_found")
        content, etag = self.map
        if headers.get("if-none-match") == etag:
            return Answer(304, headers={"ETag": etag})
        return Answer(200, content, {"ETag": etag})


class _Handler(BaseHTTPRequestHandler):
    """Carries requests to the fake and faults to the wire."""

    protocol_version = "HTTP/1.1"
    fake: FakeServer

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def setup(self) -> None:
        super().setup()
        self.fake.connections.add(self.connection)

    def finish(self) -> None:
        self.fake.connections.discard(self.connection)
        super().finish()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        fault = self.fake.take_fault(self.command, self.path)
        if fault is not None and fault.kind == "drop_before":
            self.close_connection = True
            return
        if fault is not None and fault.kind == "answer":
            extra = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            answer = problem(fault.status, fault.code, **extra)
        else:
            answer = self.fake.answer(self.command, self.path, headers, body)
        if fault is not None and fault.kind == "drop_after":
            self.close_connection = True
            return
        if self.path == "/v1/sync/stream" and answer.status == HTTPStatus.OK:
            self._stream()
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        is_cut = fault is not None and fault.kind == "cut"
        if self.command != "HEAD":
            self.wfile.write(answer.body[: len(answer.body) // 2] if is_cut else answer.body)
        self.close_connection = is_cut or self.close_connection

    def _stream(self) -> None:
        """Pass pokes on until the test ends the stream or the client hangs up."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        stream: SimpleQueue[bytes | None] = SimpleQueue()
        stream.put(b": hello\n\nevent: poke\ndata: {}\n\n")
        self.fake.streams.add(stream)
        with suppress(OSError):
            while (event := stream.get()) is not None:
                self.wfile.write(event)
                self.wfile.flush()
        self.fake.streams.discard(stream)

    do_GET = do_POST = do_PATCH = do_HEAD = do_DELETE = _serve  # noqa: N815 - the base class looks for these
