"""A device's durable state: what it holds, its cursor and its outbox; it changes whole or not."""

import copy
from typing import Any

import msgspec

from backend.sync.protocol.messages import FINAL, MutationResult, PullResponse, Status
from tests.simulator.truth import Held

_READ = frozenset({"account", "contact", "visit", "issue"})
"""Tables whose values a device needs, to edit them."""
_FACTS = {
    "note": ("author_id", "body", "captured_at", "voids"),
    "check_in": ("visit_id", "rep_id", "captured_at", "location", "corrected_at", "voids"),
    "media": ("author_id", "kind", "sha256", "size_bytes", "captured_at"),
}
"""What never changes in a fact; where it belongs may, when two accounts become one."""

type Fact = tuple[str, str, tuple[object, ...]]


class Store:
    """All that survives a crash of the device."""

    def __init__(self, known: frozenset[str]) -> None:
        self.known = known
        """The tables that this version of the client knows."""
        self.rows: Held = {}
        self.values: dict[str, dict[str, Any]] = {}
        self.cursor: str | None = None
        self.outbox: list[dict[str, Any]] = []
        self.tries: dict[str, int] = {}
        self.seq = 0

    def copy(self) -> "Store":
        """Return a state to change; mutations and values are never changed in place."""
        other = copy.copy(self)
        other.rows = {table: dict(rows) for table, rows in self.rows.items()}
        other.values = dict(self.values)
        other.outbox = list(self.outbox)
        other.tries = dict(self.tries)
        return other

    def apply(self, pages: list[PullResponse], *, is_anew: bool) -> list[Fact]:
        """Take over rows and drops of staged pages; return the facts among them.

        After a pull from nothing, what it did not name is gone. Raises AssertionError for a row
        that is older than what is held.
        """
        if is_anew:
            self.rows, self.values = {}, {}
        facts: list[Fact] = []
        for page in pages:
            for raw in page.rows:
                table, rid, rv, values = msgspec.json.decode(raw)
                if table not in self.known:
                    continue
                rows = self.rows.setdefault(table, {})
                assert rows.get(rid, 0) <= rv, f"{table} {rid} went back from {rows[rid]} to {rv}"
                rows[rid] = rv
                if table in _READ:
                    self.values[rid] = dict(zip(page.cols[table], values, strict=True))
                elif table in _FACTS:
                    named = dict(zip(page.cols[table], values, strict=True))
                    told = tuple(str(named[name]) for name in _FACTS[table])
                    facts.append((table, rid, told))
            for table, rid in page.drop:
                self.rows.get(table, {}).pop(rid, None)
                self.values.pop(rid, None)
        return facts

    def settle(self, result: MutationResult) -> bool:
        """Take an answer to a mutation; a final one takes it out of the outbox."""
        if result.status not in FINAL:
            self.tries[result.id] = self.tries.get(result.id, 0) + 1
            return False
        before = len(self.outbox)
        self.outbox = [one for one in self.outbox if one["id"] != result.id]
        self.tries.pop(result.id, None)
        return len(self.outbox) < before

    def forget_rows(self) -> None:
        """Remove what came from the server, and the cursor; the outbox stays."""
        self.rows, self.values, self.cursor = {}, {}, None

    def ids(self, table: str) -> list[str]:
        """Return the ids held of a table, in an order that a seed can choose from."""
        return sorted(self.rows.get(table, {}))


def fate_of(result: MutationResult) -> tuple[str, str | None, str | None]:
    """Return what became of a mutation when the server first took it: status, code, issue."""
    status = result.was if result.status is Status.DUPLICATE and result.was else result.status
    return status.value, result.code, result.issue
