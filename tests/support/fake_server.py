"""A server in memory that keeps to the HTTP contract and fails on command: the client's world."""

import hashlib
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, Self

import msgspec

from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import (
    MutationResult,
    PullRequest,
    PullResponse,
    PushRequest,
    PushResponse,
)
from tests.support.fake_records import Records, columns

type Kind = Literal["drop_before", "drop_after", "cut", "answer"]

SERVER_TIME = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
PASSWORD = "open sesame"


@dataclass
class Fault:
    """Something that goes wrong with the next `times` requests whose path starts so."""

    path: str
    kind: Kind
    times: int = 1
    status: int = 500
    code: str = "internal"
    retry_after: str = ""
    method: str = ""


@dataclass
class Answer:
    """What a door answers."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class UploadState:
    """A tus upload under way."""

    media_id: str
    size: int
    content: bytearray = field(default_factory=bytearray)


def problem(status: int, code: str, **headers: str) -> Answer:
    """Return a problem+json answer."""
    body = {"type": "about:blank", "title": code, "status": status, "code": code}
    return Answer(status, msgspec.json.encode({**body, "detail": f"Fake: {code}."}), headers)


class FakeServer:
    """Listens on a free local port between `start` and `stop`; the data outlives both."""

    def __init__(self) -> None:
        self.records = Records()
        self.user_id, self.org_name = new_id(), "Fake & Sons"
        self.requests: list[tuple[str, str]] = []
        self.push_sizes: list[int] = []
        self.faults: list[Fault] = []
        self.unreadable: set[str] = set()
        self.max_mutations = 100
        self.page_rows = 1000
        self.generation = 0
        self.epoch = "e1"
        self.revoked_code = ""
        self.devices: dict[str, str] = {}
        self.map: tuple[bytes, str] | None = None
        self.uploads: dict[str, UploadState] = {}
        self.stored: dict[str, bytes] = {}
        self._pulls: dict[str, tuple[int, list[PullResponse]]] = {}
        self._refresh = ""
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
            if headers.get("authorization") != f"Bearer access-{self.generation}":
                return problem(401, "token_expired")
            return self._door(method, path)(headers, body)

    def _door(self, method: str, path: str) -> Callable[[dict[str, str], bytes], Answer]:
        last = path.rsplit("/", 1)[-1]
        doors: dict[str, Callable[[dict[str, str], bytes], Answer]] = {
            "/v1/sync/push": lambda _, body: self._push(body),
            "/v1/sync/pull": lambda _, body: self._pull(body),
            "/v1/maps/phone": lambda headers, _: self._map(headers),
        }
        if path.endswith("/upload"):
            return lambda headers, _: self._create_upload(path.split("/")[3], headers)
        if path.startswith("/v1/uploads/") and last in self.uploads:
            if method == "HEAD":
                return lambda _, __: self._offset(last, 200)
            return lambda headers, body: self._patch(last, headers, body)
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
        if path.endswith("/refresh") and asked["refresh_token"] != self._refresh:
            return problem(401, "refresh_reused")
        self.generation += 1
        self._refresh = f"refresh-{self.generation}"
        user = {"id": self.user_id, "full_name": "Anna", "role": "rep", "locale": "vi"}
        grant = {
            "access_token": f"access-{self.generation}",
            "expires_in": 900,
            "refresh_token": self._refresh,
            "device_id": asked["device_id"],
            "user": {**user, "org_name": self.org_name, "org_id": new_id(), "team_id": None},
        }
        return Answer(200, msgspec.json.encode(grant))

    def expire_access(self) -> None:
        """Make every access token that was given out invalid."""
        self.generation += 1

    def _push(self, body: bytes) -> Answer:
        request = msgspec.json.decode(body, type=PushRequest)
        self.push_sizes.append(len(request.mutations))
        if len(request.mutations) > self.max_mutations:
            return problem(413, "batch_too_large")
        if any(mutation.rid in self.unreadable for mutation in request.mutations):
            return problem(422, "bad_envelope")
        results = self.records.apply(request.mutations)
        return Answer(200, msgspec.json.encode(PushResponse(SERVER_TIME, results)))

    def _pull(self, body: bytes) -> Answer:
        request = msgspec.json.decode(body, type=PullRequest)
        token = request.token
        if token is None:
            if request.cursor is not None and not request.cursor.startswith(f"{self.epoch}:"):
                return problem(410, "epoch_changed")
            token = self._begin_pull(int((request.cursor or ":0").split(":")[1]))
        if token not in self._pulls:
            return problem(400, "cursor_invalid")
        _, pages = self._pulls.pop(token)
        page, rest = pages[0], pages[1:]
        if rest:
            following = new_id()
            self._pulls[following] = (0, rest)
            page = msgspec.structs.replace(page, token=following)
        return Answer(200, msgspec.json.encode(page))

    def _begin_pull(self, cursor: int) -> str:
        found = self.records.since(cursor)
        acks = [result for change, result in self.records.acks if cursor and change > cursor]
        size = self.page_rows
        chunks = [found[at : at + size] for at in range(0, len(found), size)] or [[]]
        pages = []
        for number, chunk in enumerate(chunks, start=1):
            rows: list[msgspec.Raw] = []
            drops: list[tuple[str, str]] = []
            for (table, rid), stored in chunk:
                if stored.is_hidden:
                    drops.append((table, rid))
                    continue
                values = [stored.values.get(name) for name in columns([table])[table]]
                rows.append(msgspec.Raw(msgspec.json.encode((table, rid, stored.rv, values))))
            is_last = number == len(chunks)
            tables = {key[0] for key, _ in chunk}
            pages.append(self._page(columns(tables), rows, drops, acks if is_last else None))
        token = new_id()
        self._pulls[token] = (self.records.change, pages)
        return token

    def _page(
        self,
        cols: dict[str, list[str]],
        rows: list[msgspec.Raw],
        drops: list[tuple[str, str]],
        acks: list[MutationResult] | None,
    ) -> PullResponse:
        return PullResponse(
            state="more" if acks is None else "done",
            server_time=SERVER_TIME,
            cols=cols,
            rows=rows,
            drop=drops,
            acks=acks or [],
            cursor=None if acks is None else f"{self.epoch}:{self.records.change}",
        )

    def forget_pulls(self) -> None:
        """Make every token of a page invalid."""
        self._pulls.clear()

    def _map(self, headers: dict[str, str]) -> Answer:
        if self.map is None:
            return problem(404, "not_found")
        content, etag = self.map
        if headers.get("if-none-match") == etag:
            return Answer(304, headers={"ETag": etag})
        return Answer(200, content, {"ETag": etag})

    def _create_upload(self, media_id: str, headers: dict[str, str]) -> Answer:
        if ("media", media_id) not in self.records.rows:
            return problem(404, "not_found")
        if media_id in self.stored:
            return Answer(200, headers={"Tuyen-Media-State": "stored"})
        for key, upload in self.uploads.items():
            if upload.media_id == media_id:
                return Answer(201, headers={"Location": f"/v1/uploads/{key}"})
        key = new_id()
        self.uploads[key] = UploadState(media_id, int(headers["upload-length"]))
        return Answer(201, headers={"Location": f"{self.url}/v1/uploads/{key}"})

    def _offset(self, key: str, status: int) -> Answer:
        upload = self.uploads[key]
        offset = str(len(upload.content))
        return Answer(status, headers={"Upload-Offset": offset, "Upload-Length": str(upload.size)})

    def _patch(self, key: str, headers: dict[str, str], body: bytes) -> Answer:
        upload = self.uploads[key]
        if int(headers["upload-offset"]) != len(upload.content):
            return problem(409, "wrong_offset")
        upload.content += body
        answer = self._offset(key, 204)
        if len(upload.content) == upload.size:
            del self.uploads[key]
            stored = self.records.rows["media", upload.media_id].values
            if hashlib.sha256(upload.content).hexdigest() != stored["sha256"]:
                return problem(460, "checksum_mismatch")
            self.stored[upload.media_id] = bytes(upload.content)
            self.records.put("media", upload.media_id, state="stored")
        return answer


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
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        is_cut = fault is not None and fault.kind == "cut"
        if self.command != "HEAD":
            self.wfile.write(answer.body[: len(answer.body) // 2] if is_cut else answer.body)
        self.close_connection = is_cut or self.close_connection

    do_GET = do_POST = do_PATCH = do_HEAD = _serve  # noqa: N815 - the base class looks for these
