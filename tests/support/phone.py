"""A phone in a few lines: it speaks the protocol and keeps what it gets."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from backend.identity.actor import Actor
from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import MutationResult, PullResponse, PushResponse
from tests.support.http import Api


class Phone:
    """What one device holds: rows by table and id, and its cursor."""

    def __init__(self, api: Api, actor: Actor) -> None:
        self.api = api
        self.actor = actor
        self.cursor: str | None = None
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        self.acks: list[MutationResult] = []
        self.seq = 0

    def pull(self, limit: int = 1000) -> int:
        """Pull to the end and commit; return how many pages it took."""
        staged: list[PullResponse] = [self.pull_page(limit=limit)]
        while staged[-1].state == "more":
            staged.append(self.pull_page(token=staged[-1].token, limit=limit))
        for page in staged:
            self.keep(page)
        self.cursor = staged[-1].cursor
        return len(staged)

    def pull_page(self, *, token: str | None = None, limit: int = 1000) -> PullResponse:
        """Fetch one page without committing it."""
        body = {"device_id": str(self.actor.device_id), "limit": limit}
        body |= {"token": token} if token else {"cursor": self.cursor}
        answer = self.api.client.post(
            "/v1/sync/pull", headers=self.api.as_(self.actor), content=msgspec.json.encode(body)
        )
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=PullResponse)

    def keep(self, page: PullResponse) -> None:
        """Write a page's rows and drops."""
        for raw in page.rows:
            table, row_id, rv, values = msgspec.json.decode(raw)
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

    def mutation(self, op: str, table: str, rid: str | None = None, **parts: Any) -> dict[str, Any]:
        """Make a mutation; `values` is its set part."""
        self.seq += 1
        values = parts.pop("values", {})
        return {
            "id": new_id(), "seq": self.seq, "op": op, "table": table, "rid": rid or new_id(),
            "set": values, "at": datetime.now(UTC).isoformat(), **parts,
        }  # fmt: skip

    def push(
        self, *mutations: dict[str, Any], client_time: datetime | None = None
    ) -> list[MutationResult]:
        """Push mutations and return their results."""
        body = {
            "device_id": str(self.actor.device_id),
            "batch_id": new_id(),
            "client_time": (client_time or datetime.now(UTC)).isoformat(),
            "mutations": list(mutations),
        }
        answer = self.api.client.post(
            "/v1/sync/push", headers=self.api.as_(self.actor), content=msgspec.json.encode(body)
        )
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=PushResponse).results
