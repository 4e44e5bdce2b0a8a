"""What the fake server knows: records with versions, scope, and answers to mutations."""

import hashlib
import uuid
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

    user_id: str = ""
    rows: dict[Key, Stored] = field(default_factory=dict)
    results: dict[str, tuple[str, MutationResult]] = field(default_factory=dict)
    acks: list[tuple[int, MutationResult]] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    """Codes with which mutations of a record or table are rejected."""
    failures: dict[str, int] = field(default_factory=dict)
    """How often mutations of a record still answer `error`."""
    effects: dict[str, int] = field(default_factory=dict)
    """How often each mutation took effect."""
    duplicates: dict[str, str] = field(default_factory=dict)
    """Records whose creation is answered with another one that may be the same."""
    seqs: dict[tuple[str, int], str] = field(default_factory=dict)
    """Which mutation a device counted with a number."""
    change: int = 0

    def put(self, table: str, rid: str, /, **values: Value) -> None:
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
        """Return what changed after `cursor` in order, without what a new device misses."""
        return sorted(
            (key, stored)
            for key, stored in self.rows.items()
            if stored.change > cursor and (cursor or not stored.is_hidden)
        )

    def versions(self, table: str) -> list[tuple[str, int]]:
        """Return what a device should hold of a table, and in which versions."""
        return [
            (rid, stored.rv)
            for (name, rid), stored in self.rows.items()
            if name == table and not stored.is_hidden
        ]

    def is_forked(self, device: str, mutations: list[Mutation]) -> bool:
        """Tell whether a number was used by this device for another mutation, or twice."""
        numbers = [one.seq for one in mutations]
        has_doubles = len(set(numbers)) < len(numbers) or min(numbers, default=1) < 1
        return has_doubles or any(
            self.seqs.get((device, one.seq), one.id) != one.id for one in mutations
        )

    def apply(
        self, mutations: list[Mutation], *, device: str = "", user_id: str = ""
    ) -> list[MutationResult]:
        """Answer a batch: a group is applied all or not at all, a repeat gives its first result."""
        self.user_id = user_id
        for mutation in mutations:
            self.seqs.setdefault((device, mutation.seq), mutation.id)
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
            other = self.duplicates.get(mutation.rid)
            return MutationResult(mutation.id, Status.APPLIED, rv=1, duplicate_of=other)
        stored = self.rows.get((mutation.table, mutation.rid))
        if stored is None:
            return MutationResult(mutation.id, Status.DEFERRED, code="record_unknown")
        change = self._resolve if mutation.table == "issue" else self._patch
        return change(mutation, stored)

    def _resolve(self, mutation: Mutation, issue: Stored) -> MutationResult:
        """Take a choice: with `mine` the values that lost are written on top of what is there."""
        wanted, known = mutation.set["resolution"], issue.values.get("resolution")
        if known is not None:
            status = Status.APPLIED if known == wanted else Status.CONFLICT
            return MutationResult(mutation.id, status, code="resolved_otherwise")
        table, rid, mine = (issue.values[name] for name in ("tbl", "rid", "mine"))
        if wanted == "mine" and isinstance(mine, dict):
            if (str(table), str(rid)) not in self.rows:
                return MutationResult(mutation.id, Status.CONFLICT, code="record_deleted")
            self.put(str(table), str(rid), **mine)  # type: ignore[arg-type] # values of the wire
        self.put("issue", mutation.rid, resolution=wanted)
        self.hide("issue", mutation.rid)
        return MutationResult(mutation.id, Status.APPLIED)

    def _raise_issue(self, mutation: Mutation, kept: tuple[str, ...], stored: Stored) -> str:
        issue_id = str(uuid.uuid5(uuid.NAMESPACE_OID, mutation.id))
        document: dict[str, object] = {name: mutation.set[name] for name in kept}
        theirs: dict[str, object] = {name: stored.values.get(name) for name in kept}
        self.put(
            "issue",
            issue_id,
            mutation_id=mutation.id,
            user_id=self.user_id,
            tbl=mutation.table,
            rid=mutation.rid,
            code="changed_meanwhile",
            mine=document,
            theirs=theirs,
            base={name: mutation.base.get(name) for name in kept},
            made_at="2026-11-22T10:00:00.000000Z",
        )
        return issue_id

    def _patch(self, mutation: Mutation, stored: Stored) -> MutationResult:
        merge = merge_patch(
            TABLES[mutation.table],
            stored.values,
            base=mutation.base,
            wanted=mutation.set,
            added=mutation.add,
            removed=mutation.remove,
        )
        changes = dict(merge.changes)
        for name, difference in mutation.inc.items():
            held = stored.values.get(name)
            changes[name] = (held if isinstance(held, int | float) else 0) + difference
            if changes[name] < 0:  # type: ignore[operator] # a number, see above
                detail = "A quantity cannot be below zero."
                return MutationResult(mutation.id, Status.REJECTED, code="invalid", detail=detail)
        if changes:
            self.put(mutation.table, mutation.rid, **changes)
        status, issue = Status.APPLIED, None
        if merge.kept_server:
            status = Status.MERGED if changes else Status.CONFLICT
            issue = self._raise_issue(mutation, merge.kept_server, stored)
        return MutationResult(
            mutation.id,
            status,
            rv=self.rows[mutation.table, mutation.rid].rv,
            kept_server=list(merge.kept_server),
            issue=issue,
        )


def _follow(result: MutationResult, cause: MutationResult) -> MutationResult:
    code = "group_failed" if cause.status is Status.REJECTED else cause.code
    return MutationResult(result.id, cause.status, code=code, detail=cause.detail)


def _hash(mutation: Mutation) -> str:
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(mutation, seq=0))).hexdigest()


def columns(tables: Iterable[str]) -> dict[str, list[str]]:
    """Return the column header of a page."""
    return {name: list(TABLES[name].columns) for name in tables}
