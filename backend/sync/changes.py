"""One mutation: created, merged or deleted by the room that owns the table, and its result."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from backend.api.problems import Problem
from backend.sync.edit import Edit
from backend.sync.holds import Held, Holds
from backend.sync.ledger import rejected, unknown
from backend.sync.protocol.merge import Merge, merge_patch
from backend.sync.protocol.messages import Mutation, MutationResult, Op, Status, Value
from backend.sync.registry import SyncedTable
from backend.sync.resolving import resolve

_WRITTEN = frozenset({Status.APPLIED, Status.MERGED})
_GATHERED = frozenset(
    {
        ("account", Op.PATCH),
        ("visit", Op.CREATE),
        ("visit", Op.PATCH),
        ("check_in", Op.CREATE),
        ("note", Op.CREATE),
    }
)
"""What waits to be written with others of its kind; all else is written where it stands."""


def carry_out(edit: Edit, mutation: Mutation, synced: SyncedTable, holds: Holds) -> MutationResult:
    """Apply one mutation; what a room refuses leaves as its Problem, to be undone and told."""
    if (mutation.table, mutation.op) not in _GATHERED:
        edit.writes.flush()
    if mutation.op is Op.CREATE:
        result = _create(edit, mutation, synced)
    elif mutation.op is Op.PATCH:
        result = _patch(edit, mutation, synced, holds)
    else:
        result = _delete(edit, mutation, synced, holds)
    if result.status in _WRITTEN:
        _forget(holds, mutation)
    return result


def refuse(edit: Edit, mutation: Mutation, problem: Problem) -> MutationResult:
    """Return the result of a mutation that its room refused, after it was undone."""
    if problem.code == "status_not_allowed":
        return _conflict(edit, mutation, problem.code, {})
    if mutation.table == "issue" and problem.code == "record_deleted":
        return _conflict(edit, mutation, problem.code, {})
    return rejected(mutation, problem.code, problem.detail)


def _create(edit: Edit, mutation: Mutation, synced: SyncedTable) -> MutationResult:
    if synced.create is None:
        return rejected(mutation, "read_only", f"A {mutation.table} is not made on a phone.")
    strange = [name for name in mutation.set if synced.table.field(name) is None]
    if strange:
        return rejected(mutation, "unknown_field", f"Unknown fields: {', '.join(strange)}.")
    if mutation.add or mutation.remove or mutation.inc:
        detail = "A new record has no entries or totals yet: write them in `set`."
        return rejected(mutation, "set_only", detail)
    written = synced.create(edit, UUID(mutation.rid), mutation.set)
    return MutationResult(
        id=mutation.id,
        status=Status.APPLIED,
        rv=written.rv,
        duplicate_of=written.duplicate_of,
    )


def _patch(edit: Edit, mutation: Mutation, synced: SyncedTable, holds: Holds) -> MutationResult:
    if synced.change is None and mutation.table != "issue":
        code, detail = "read_only", f"A {mutation.table} cannot be changed by a phone."
        return rejected(mutation, code, detail)
    held = holds.find(mutation.table, mutation.rid)
    if held is None:
        return unknown(mutation)
    if not held.is_live:
        return _conflict(edit, mutation, "record_deleted", {})
    merge = merge_patch(
        synced.table,
        held.values,
        base=mutation.base,
        wanted=mutation.set,
        added=mutation.add,
        removed=mutation.remove,
        inc=mutation.inc,
    )
    if merge.refused:
        names = ", ".join(f"{one.field} ({one.code})" for one in merge.refused)
        return rejected(mutation, merge.refused[0].code, f"Not to be written: {names}.")
    rv = held.rv
    if merge.changes:
        rv = _write(edit, mutation, synced, held, merge.changes, holds) or held.rv
    return _settle(edit, mutation, merge, held, rv)


def _write(
    edit: Edit,
    mutation: Mutation,
    synced: SyncedTable,
    held: Held,
    changes: Mapping[str, Value],
    holds: Holds,
) -> int | None:
    if synced.change is None:
        return resolve(edit, holds, UUID(mutation.rid), changes)
    return synced.change(msgspec.structs.replace(edit, held=held), UUID(mutation.rid), changes).rv


def _settle(edit: Edit, mutation: Mutation, merge: Merge, held: Held, rv: int) -> MutationResult:
    """Tell what a merge came to, keeping the values that lost."""
    if not merge.kept_server:
        return MutationResult(id=mutation.id, status=Status.APPLIED, rv=rv)
    mine = {name: mutation.set[name] for name in merge.kept_server}
    theirs = {name: held.values.get(name) for name in merge.kept_server}
    if not merge.changes:
        return _conflict(edit, mutation, "changed_meanwhile", theirs, mine)
    issue = edit.writes.insert_issue(mutation, code="merged", mine=mine, theirs=theirs)
    return MutationResult(
        id=mutation.id,
        status=Status.MERGED,
        rv=rv,
        kept_server=list(merge.kept_server),
        issue=str(issue),
    )


def _delete(edit: Edit, mutation: Mutation, synced: SyncedTable, holds: Holds) -> MutationResult:
    if synced.delete is None:
        code, detail = "read_only", f"A {mutation.table} cannot be deleted by a phone."
        return rejected(mutation, code, detail)
    held = holds.find(mutation.table, mutation.rid)
    if held is None:
        return unknown(mutation)
    if held.is_live:
        if mutation.base_rv is not None and held.rv != mutation.base_rv:
            return _conflict(edit, mutation, "changed_meanwhile", held.values, {})
        synced.delete(edit, UUID(mutation.rid))
    # What was deleted already is as the device wants it.
    return MutationResult(id=mutation.id, status=Status.APPLIED)


def _conflict(
    edit: Edit,
    mutation: Mutation,
    code: str,
    theirs: Mapping[str, Value],
    mine: Mapping[str, Value] | None = None,
) -> MutationResult:
    """Keep the values that lost; how an issue was resolved is no issue again."""
    mine = _wish(mutation) if mine is None else mine
    issue: UUID | None = None
    if mutation.table != "issue":
        issue = edit.writes.insert_issue(mutation, code=code, mine=mine, theirs=theirs)
    return MutationResult(
        id=mutation.id,
        status=Status.CONFLICT,
        code=code,
        kept_server=sorted(mine),
        issue=str(issue) if issue else None,
    )


def _wish(mutation: Mutation) -> dict[str, Value]:
    """Return all that a mutation wants, entries and differences as documents of their own."""
    wish: dict[str, Value] = dict(mutation.set)
    for name in {**mutation.add, **mutation.remove}:
        wish[name] = {"add": mutation.add.get(name, []), "remove": mutation.remove.get(name, [])}
    for name, difference in mutation.inc.items():
        wish[name] = {"inc": difference}
    return wish


def _forget(holds: Holds, mutation: Mutation) -> None:
    """Read anew what a mutation may have changed, if only by the way."""
    is_moved = mutation.table == "account" and "location" in mutation.set
    if mutation.table in {"issue", "rework"} or is_moved:
        # An account may have moved, and its children with it; visits may have another place.
        holds.forget_all()
        return
    near = [(mutation.table, mutation.rid)]
    if mutation.table == "check_in":
        near.append(("visit", str(mutation.set.get("visit_id"))))
    if mutation.table == "visit":
        # Its account may have been visited by it.
        visit = holds.find("visit", mutation.rid) if mutation.op is Op.PATCH else None
        account = visit.values.get("account_id") if visit else mutation.set.get("account_id")
        near.append(("account", str(account)))
    holds.forget(*near)
