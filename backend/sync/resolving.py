"""An issue is resolved: the person's own values are written after all, or the server's stand."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from backend.api.problems import Conflict, Malformed, NotFound
from backend.identity import audit
from backend.sync import issues, ledger
from backend.sync.aliases import find_aliases
from backend.sync.edit import Edit, read_body
from backend.sync.holds import Holds
from backend.sync.issues import IssueRead, Resolution
from backend.sync.protocol.merge import merge_patch
from backend.sync.protocol.messages import Op, Value
from backend.sync.registry import REGISTRY


class RecordDeleted(Conflict):
    """What the values belong to is no longer there, or no longer the person's to see."""

    code, title = "record_deleted", "The record is gone"


class _Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    resolution: Resolution


def resolve(edit: Edit, holds: Holds, issue_id: UUID, values: Mapping[str, Value]) -> int:
    """Carry out what a person chose and close the issue; return its new version.

    The same choice again changes nothing. Raises Conflict for another one, and RecordDeleted when
    the own values have nowhere to go.
    """
    choice = read_body(_Choice, values).resolution
    issue = issues.find_issue(edit.connection, edit.actor.org_id, issue_id, is_locked=True)
    if issue is None:
        raise NotFound(f"There is no issue {issue_id}.")
    if issue.resolution is choice:
        return issue.rv
    if issue.resolution is not None:
        raise Conflict(
            f"This was resolved before, as {issue.resolution.value}.", code="status_not_allowed"
        )
    if choice is Resolution.MINE:
        _write_mine(edit, holds, issue)
    audit.record(
        edit.connection,
        edit.actor,
        "issue.resolved",
        subject="issue",
        subject_id=issue_id,
        detail={"resolution": choice.value, "table": issue.table, "rid": str(issue.rid)},
    )
    return issues.settle_issue(edit.connection, edit.actor, issue_id, choice, edit.now)


def _write_mine(edit: Edit, holds: Holds, issue: IssueRead) -> None:
    """Write the values that lost onto the record as it is now."""
    synced, rid = REGISTRY[issue.table], str(issue.rid)
    if issue.table == "account":
        rid = find_aliases(edit.connection, edit.actor.org_id, [rid]).get(rid, rid)
    held = holds.find(issue.table, rid)
    if held is None or not held.is_live:
        raise RecordDeleted(f"The {issue.table} that these values belong to is gone.")
    op = ledger.find_op(edit.connection, edit.actor.org_id, issue.mutation_id)
    if op == Op.DELETE.value and synced.delete is not None:
        synced.delete(edit, UUID(rid))
        return
    documents = {name: one for name, one in issue.mine.items() if isinstance(one, dict)}
    merge = merge_patch(
        synced.table,
        held.values,
        base=held.values,
        wanted={name: one for name, one in issue.mine.items() if name not in documents},
        added=_part(documents, "add"),
        removed=_part(documents, "remove"),
        inc=_part(documents, "inc"),
    )
    if merge.refused or synced.change is None:
        names = ", ".join(f"{one.field} ({one.code})" for one in merge.refused)
        raise Malformed(f"Not to be written any more: {names or issue.table}.")
    if merge.changes:
        synced.change(edit, UUID(rid), merge.changes)


def _part(documents: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: one[key] for name, one in documents.items() if one.get(key)}
