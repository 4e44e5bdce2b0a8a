"""A phone in a few lines: it speaks the protocol and keeps what it gets."""

import hashlib
import secrets
from collections import Counter
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx
import msgspec

from backend.identity.actor import Actor
from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import MutationResult, PullResponse, PushResponse, Status
from backend.sync.protocol.version import PROTOCOL_VERSION

_MAX_PAGES = 2000
_TUS = {"Tus-Resumable": "1.0.0"}


class Service(Protocol):
    """Where a phone calls: in process or over HTTP."""

    @property
    def client(self) -> httpx.Client:
        """The client that sends its requests."""
        ...

    def as_(self, actor: Actor) -> dict[str, str]:
        """Return the headers of a signed-in person."""
        ...


class Phone:
    """What one device holds: rows by table and id, and its cursor."""

    def __init__(self, api: Service, actor: Actor) -> None:
        self.api = api
        self.actor = actor
        self.cursor: str | None = None
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        self.acks: list[MutationResult] = []
        self.received: Counter[tuple[str, str, int]] = Counter()
        """How often each version of each record came down."""
        self.seq = secrets.randbits(48)
        """Its count of mutations; another object of the same device counts from elsewhere."""

    def pull(self, limit: int = 1000) -> int:
        """Pull to the end and commit; return how many pages it took."""
        return self.finish([self.pull_page(limit=limit)], limit=limit)

    def finish(self, staged: list[PullResponse], *, limit: int = 1000) -> int:
        """Go on after staged pages to the end and commit them all; return how many they were."""
        while staged[-1].state == "more":
            assert len(staged) < _MAX_PAGES, "the pull does not end"
            staged.append(self.pull_page(token=staged[-1].token, limit=limit))
        for page in staged:
            self.keep(page)
        self.cursor = staged[-1].cursor
        return len(staged)

    def pull_page(self, *, token: str | None = None, limit: int = 1000) -> PullResponse:
        """Fetch one page without committing it."""
        return self.read_page(self.ask_page(token=token, limit=limit))

    @staticmethod
    def read_page(answer: httpx.Response) -> PullResponse:
        """Return the page of an answer."""
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=PullResponse)

    def ask_page(self, *, token: str | None = None, limit: int = 1000) -> httpx.Response:
        """Ask for a page and return whatever the service answers."""
        body: dict[str, Any] = {"device_id": str(self.actor.device_id), "limit": limit}
        body |= {"token": token} if token else {"cursor": self.cursor}
        return self.api.client.post(
            "/v1/sync/pull", headers=self.api.as_(self.actor), content=msgspec.json.encode(body)
        )

    def keep(self, page: PullResponse) -> None:
        """Write a page's rows and drops; a version never goes back."""
        for raw in page.rows:
            table, row_id, rv, values = msgspec.json.decode(raw)
            held = self.rows.get((table, row_id))
            assert held is None or held["rv"] <= rv, f"{table} {row_id} went back"
            self.received[table, row_id, rv] += 1
            self.rows[table, row_id] = {
                "rv": rv,
                **dict(zip(page.cols[table], values, strict=True)),
            }
        for table, row_id in page.drop:
            self.rows.pop((table, row_id), None)
        self.acks += page.acks

    def ids(self, table: str) -> set[str]:
        """Return the ids held of a table."""
        return {row_id for name, row_id in self.rows if name == table}

    def versions(self) -> dict[tuple[str, str], int]:
        """Return the version of everything held."""
        return {key: row["rv"] for key, row in self.rows.items()}

    def mutation(self, op: str, table: str, rid: str | None = None, **parts: Any) -> dict[str, Any]:
        """Make a mutation; `values` is its set part."""
        self.seq += 1
        values = parts.pop("values", {})
        return {
            "id": new_id(), "seq": self.seq, "op": op, "table": table, "rid": rid or new_id(),
            "set": values, "at": datetime.now(UTC).isoformat(), **parts,
        }  # fmt: skip

    def push(
        self, *mutations: dict[str, Any], client_time: datetime | None = None, **more: Any
    ) -> list[MutationResult]:
        """Push mutations and return their results; `more` are other parts of the message."""
        answer = self.try_push(*mutations, client_time=client_time, **more)
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=PushResponse).results

    def try_push(
        self, *mutations: dict[str, Any], client_time: datetime | None = None, **more: Any
    ) -> httpx.Response:
        """Push mutations and return whatever the service answers."""
        return self.api.client.post(
            "/v1/sync/push",
            headers=self.api.as_(self.actor),
            content=self.push_body(*mutations, client_time=client_time, **more),
        )

    def push_body(
        self, *mutations: dict[str, Any], client_time: datetime | None = None, **more: Any
    ) -> bytes:
        """Return the message of a push."""
        body = {
            "device_id": str(self.actor.device_id),
            "batch_id": new_id(),
            "client_time": (client_time or datetime.now(UTC)).isoformat(),
            "mutations": list(mutations),
            "protocol": PROTOCOL_VERSION,
            **more,
        }
        return msgspec.json.encode(body)

    def announce(self, account_id: str, data: bytes, **values: Any) -> str:
        """Push the record of a file, a photo unless said otherwise; return its id."""
        media_id = new_id()
        told = {
            "account_id": account_id,
            "kind": "photo",
            "mime": "image/jpeg",
            "sha256": hashlib.sha256(data).hexdigest(),
            "size_bytes": len(data),
            "captured_at": datetime.now(UTC).isoformat(),
        }
        (result,) = self.push(self.mutation("create", "media", media_id, values={**told, **values}))
        assert result.status is Status.APPLIED, result
        return media_id

    def begin(self, media_id: str, size: int) -> httpx.Response:
        """Ask where to send a file (tus creation)."""
        headers = {**self.api.as_(self.actor), **_TUS, "Upload-Length": str(size)}
        return self.api.client.post(f"/v1/media/{media_id}/upload", headers=headers)

    def offset(self, url: str) -> httpx.Response:
        """Ask how far an upload got."""
        return self.api.client.head(url, headers={**self.api.as_(self.actor), **_TUS})

    def send(self, url: str, offset: int, data: bytes) -> httpx.Response:
        """Send bytes of a file from an offset on."""
        headers = {
            **self.api.as_(self.actor),
            **_TUS,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
        }
        return self.api.client.patch(url, headers=headers, content=data)

    def upload(self, account_id: str, data: bytes, **values: Any) -> str:
        """Bring a file over in one piece, unless its content is known; return its id."""
        media_id = self.announce(account_id, data, **values)
        answer = self.begin(media_id, len(data))
        if answer.status_code == 201:
            answer = self.send(answer.headers["location"], 0, data)
            assert answer.status_code == 204, answer.text
        return media_id

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Read a resource."""
        return self.api.client.get(path, headers={**self.api.as_(self.actor), **headers})
