"""What the fake server knows: records with versions, scope, and answers to mutations."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from backend.sync.protocol.merge import merge_patch
from backend.sync.protocol.messages import Mutation, MutationResult, Op, Status, Value
from backend.sync.protocol.tables import TABLES

type Key = tuple[str, str]


@dataclass
class Stored:
    """One record; `change` orders all changes of the server."""

    values: dict[str, Value]
    rv: int
    change: int
    is_hidden: bool = False


@dataclass
class Records:
    """All of the fake server's data; a test reads and writes it directly."""

    rows: dict[Key, Stored] = field(default_factory=dict)
    results: dict[str, tuple[str, MutationResult]] = field(default_factory=dict)
    acks: list[tuple[int, MutationResult]] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    """Codes with which mutations of a record or table are rejected."""
    failures: dict[str, int] = field(default_factory=dict)
    """How often mutations of a record still answer `error`."""
    effects: dict[str, int] = field(default_factory=dict)
    """How often each mutation took effect."""
    change: int = 0

    def put(self, table: str, rid: str, **values: Value) -> None:
        """Write a record as somebody else."""
        known = self.rows.get((table, rid))
        self.change += 1
        merged = {**(known.values if known else {}), **values}
        rv = known.rv + 1 if known else 1
        self.rows[table, rid] = Stored(merged, rv, self.change)

    def hide(self, table: str, rid: str) -> None:
        """Take a record out of the device's scope."""
        self.change += 1
        stored = self.rows[table, rid]
        stored.is_hidden, stored.change = True, self.change

    def image(self, table: str) -> dict[str, dict[str, Value]]:
        """Return what a device should hold of a table."""
        return {
            rid: stored.values
            for (name, rid), stored in self.rows.items()
            if name == table and not stored.is_hidden
        }

    def since(self, cursor: int) -> list[tuple[Key, Stored]]:
        """Return what changed after `cursor`, parents first, without what a new device misses."""
        order = list(TABLES)
        found = [
            (key, stored)
            for key, stored in self.rows.items()
            if stored.change > cursor and (cursor or not stored.is_hidden)
        ]
        return sorted(found, key=lambda item: (order.index(item[0][0]), item[0][1]))

    def apply(self, mutations: list[Mutation]) -> list[MutationResult]:
        """Answer a batch: a group is applied all or not at all, a repeat gives its first result."""
        results: dict[str, MutationResult] = {}
        groups: dict[str, list[Mutation]] = {}
        for mutation in mutations:
            groups.setdefault(mutation.group or mutation.id, []).append(mutation)
        for members in groups.values():
            results |= self._apply_group(members)
        return [results[mutation.id] for mutation in mutations]

    def _apply_group(self, members: list[Mutation]) -> dict[str, MutationResult]:
        known = {one.id: self._repeated(one) for one in members}
        repeats = {key: result for key, result in known.items() if result is not None}
        if len(repeats) == len(members):
            return repeats
        kept, effects = dict(self.rows), dict(self.effects)
        results = {one.id: self._apply_one(one) for one in members}
        bad = [r for r in results.values() if r.status not in {Status.APPLIED, Status.MERGED}]
        if bad and len(members) > 1 and bad[0].status is not Status.CONFLICT:
            self.rows, self.effects = kept, effects
            results = {
                key: result if result in bad else _follow(result, bad[0])
                for key, result in results.items()
            }
        for one in members:
            result = results[one.id]
            if result.status not in {Status.DEFERRED, Status.ERROR}:
                self.results[one.id] = (_hash(one), result)
                self.change += 1
                self.acks.append((self.change, result))
        return results

    def _repeated(self, mutation: Mutation) -> MutationResult | None:
        known = self.results.get(mutation.id)
        if known is None:
            return None
        if known[0] != _hash(mutation):
            return MutationResult(mutation.id, Status.REJECTED, code="id_reused")
        first = known[1]
        return msgspec.structs.replace(first, status=Status.DUPLICATE, was=first.status)

    def _apply_one(self, mutation: Mutation) -> MutationResult:
        table = TABLES[mutation.table]
        code = self.refusals.get(mutation.rid) or self.refusals.get(mutation.table)
        if code is not None:
            detail = "The server says no."
            return MutationResult(mutation.id, Status.REJECTED, code=code, detail=detail)
        if self.failures.get(mutation.rid, 0) > 0:
            self.failures[mutation.rid] -= 1
            return MutationResult(mutation.id, Status.ERROR, code="boom", detail="It broke.")
        parent = table.parent and mutation.set.get(f"{table.parent}_id")
        if mutation.op is Op.CREATE and parent and ("account", str(parent)) not in self.rows:
            return MutationResult(mutation.id, Status.DEFERRED, code="parent_unknown")
        self.effects[mutation.id] = self.effects.get(mutation.id, 0) + 1
        if mutation.op is Op.CREATE:
            self.put(mutation.table, mutation.rid, **mutation.set)
            return MutationResult(mutation.id, Status.APPLIED, rv=1)
        stored = self.rows.get((mutation.table, mutation.rid))
        if stored is None:
            return MutationResult(mutation.id, Status.DEFERRED, code="record_unknown")
        return self._patch(mutation, stored)

    def _patch(self, mutation: Mutation, stored: Stored) -> MutationResult:
        merge = merge_patch(
            TABLES[mutation.table],
            stored.values,
            base=mutation.base,
            wanted=mutation.set,
            added=mutation.add,
            removed=mutation.remove,
        )
        if merge.changes:
            self.put(mutation.table, mutation.rid, **merge.changes)
        status = Status.APPLIED
        if merge.kept_server:
            status = Status.MERGED if merge.changes else Status.CONFLICT
        return MutationResult(
            mutation.id,
            status,
            rv=self.rows[mutation.table, mutation.rid].rv,
            kept_server=list(merge.kept_server),
        )


def _follow(result: MutationResult, cause: MutationResult) -> MutationResult:
    code = "group_failed" if cause.status is Status.REJECTED else cause.code
    return MutationResult(result.id, cause.status, code=code, detail=cause.detail)


def _hash(mutation: Mutation) -> str:
    return hashlib.sha256(msgspec.json.encode(mutation)).hexdigest()


def columns(tables: Iterable[str]) -> dict[str, list[str]]:
    """Return the column header of a page."""
    return {name: list(TABLES[name].columns) for name in tables}
