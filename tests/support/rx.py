"""A collection as RxDB keeps it, in a few lines: every page at once, pushes with assumed states."""

from typing import Any

import httpx
import msgspec

from backend.identity.actor import Actor
from tests.support.phone import Service

type Document = dict[str, Any]

_MAX_PAGES = 3000


class Collection:
    """The documents of one table on one device, and its checkpoint."""

    def __init__(self, api: Service, actor: Actor, table: str) -> None:
        self.api = api
        self.actor = actor
        self.table = table
        self.checkpoint: dict[str, Any] | None = None
        self.documents: dict[str, Document] = {}

    def pull(self, batch: int = 100) -> int:
        """Pull as RxDB does, until a page is not full; return how many pages it took."""
        for number in range(1, _MAX_PAGES):
            if self.pull_page(batch) < batch:
                return number
        raise AssertionError("the pull does not end")

    def pull_page(self, batch: int = 100) -> int:
        """Fetch and keep a page; return how many documents it had."""
        answer = self.ask_page(batch)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        if page["documents"]:
            # RxDB forgets a checkpoint that came without documents, and lays new keys over old.
            self.checkpoint = {**(self.checkpoint or {}), **page["checkpoint"]}
        for document in page["documents"]:
            if document["_deleted"]:
                self.documents.pop(document["id"], None)
            else:
                self.documents[document["id"]] = document
        return len(page["documents"])

    def ask_page(self, batch: int = 100) -> httpx.Response:
        """Ask for a page and return whatever the service answers."""
        body = {"checkpoint": self.checkpoint, "batchSize": batch}
        return self._post("pull", body)

    def row(self, rid: str, **changes: Any) -> dict[str, Any]:
        """Return the push row of a change of a document that is held."""
        held = self.documents[rid]
        return {"newDocumentState": {**held, **changes}, "assumedMasterState": held}

    def push(self, *rows: dict[str, Any]) -> dict[str, Any]:
        """Push rows and return the conflicts, and the results by document."""
        answer = self.ask_push(*rows, query="?results=true")
        assert answer.status_code == 200, answer.text
        outcome = answer.json()
        by_id = {one["id"]: one for one in outcome["results"]}
        return {"conflicts": outcome["conflicts"], "results": by_id}

    def ask_push(self, *rows: dict[str, Any], query: str = "") -> httpx.Response:
        """Push rows and return whatever the service answers."""
        return self._post(f"push{query}", list(rows))

    def versions(self) -> dict[tuple[str, str], int]:
        """Return the version of everything held."""
        return {(self.table, rid): one["rv"] for rid, one in self.documents.items()}

    def _post(self, door: str, body: object) -> httpx.Response:
        return self.api.client.post(
            f"/v1/rx/{self.table}/{door}",
            headers=self.api.as_(self.actor),
            content=msgspec.json.encode(body),
        )
