"""Carrying an action out, and back: part by part, each in one transaction with what is kept of it.

Whoever dies in the middle leaves whole parts behind, and what waits still waits. Locks come in one
order: the action, areas, accounts by id.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa

from backend.accounts import many_repository
from backend.accounts.repository import lock_areas
from backend.api.problems import Problem
from backend.bulk import joining, repository
from backend.bulk.deciding import CAMPAIGN_KINDS, Row, decide
from backend.bulk.repository import Item
from backend.bulk.schemas import ActionAsked
from backend.identity import audit
from backend.identity.actor import Actor
from backend.visits import service as visits
from backend.visits.schemas import VisitCreate, VisitStatus

PART = 500

type Told = dict[str, object]


def rows_of(
    connection: sa.Connection,
    actor: Actor,
    action: ActionAsked,
    ids: Sequence[UUID],
    *,
    is_locked: bool = False,
) -> dict[UUID, Row]:
    """Return the live accounts among the ids as actions see them."""
    found = many_repository.select_rows(
        connection,
        actor.org_id,
        ids,
        rep=None if actor.sees_everything else actor.user_id,
        on_date=action.planned_on if action.kind == "visit" else None,
        campaign_id=action.campaign_id if action.kind in CAMPAIGN_KINDS else None,
        is_locked=is_locked,
    )
    return {row.id: Row._make(row) for row in found}


def carry_out_part(
    connection: sa.Connection, actor: Actor, action_id: UUID, action: ActionAsked
) -> bool:
    """Carry out a part of what waits; tell whether there may be more."""
    items = repository.select_items(
        connection, actor.org_id, action_id, state="waiting", limit=PART
    )
    if not items:
        return False
    lock_areas(connection, actor.org_id)
    ids = [one.account_id for one in items]
    rows = rows_of(connection, actor, action, ids, is_locked=True)
    decided = {one: decide(action, rows.get(one)) for one in ids}
    wanted = {one: found.changes for one, found in decided.items() if found.changes is not None}
    if action.kind == "visit":
        told = [_visit(connection, actor, action, one) for one in wanted]
    elif action.kind in CAMPAIGN_KINDS:
        told = joining.carry_out(connection, actor, action, list(wanted))
    else:
        after = many_repository.write_rows(connection, actor.org_id, wanted)
        told = [
            {"account_id": one, "state": "changed", "before": _kept(rows[one], changes),
             "after": after[one]}
            for one, changes in wanted.items()
        ]  # fmt: skip
    told += [
        {"account_id": one, "state": "refused" if found.reason else "unchanged",
         "reason": found.reason}
        for one, found in decided.items() if one not in wanted
    ]  # fmt: skip
    repository.write_items(connection, actor.org_id, action_id, told)
    return True


def undo_part(
    connection: sa.Connection, actor: Actor, action_id: UUID, action: ActionAsked
) -> bool:
    """Put back a part of what was changed and is still as it was left; tell of more."""
    items = repository.select_items(
        connection, actor.org_id, action_id, state="changed", limit=PART
    )
    if not items:
        return False
    lock_areas(connection, actor.org_id)
    rows = rows_of(connection, actor, action, [one.account_id for one in items], is_locked=True)
    if action.kind == "visit":
        told = [_unvisit(connection, actor, one) for one in items]
    elif action.kind in CAMPAIGN_KINDS:
        seen = {one for one, row in rows.items() if row.is_seen}
        told = joining.undo(connection, actor, action, items, seen)
    else:
        back = {one.account_id: one.before or {} for one in items if _is_as_left(one, rows)}
        many_repository.write_rows(connection, actor.org_id, back)
        told = [
            {"account_id": one.account_id,
             "state": "undone" if one.account_id in back else "kept"}
            for one in items
        ]  # fmt: skip
    repository.write_items(connection, actor.org_id, action_id, told)
    return True


def finish(
    connection: sa.Connection, actor: Actor, action_id: UUID, *, is_undo: bool = False
) -> None:
    """Write down that all is done, once, with who did what to how many."""
    status = "undone" if is_undo else "done"
    repository.write_status(connection, actor.org_id, action_id, status)
    (told,) = repository.select_actions(connection, actor.org_id, user_id=None, action_id=action_id)
    counts = {"undone": told.undone, "kept": told.kept} if is_undo else {
        "changed": told.changed, "refused": sum(one.accounts for one in told.refused),
    }  # fmt: skip
    audit.record(
        connection,
        actor,
        "bulk_action.undo" if is_undo else "bulk_action.carry_out",
        subject="bulk_action",
        subject_id=action_id,
        detail={"kind": told.action.kind, "accounts": told.accounts, **counts},
    )


def _kept(row: Row, changes: Mapping[str, object]) -> Told:
    return {name: getattr(row, name) for name in changes}


def _is_as_left(item: Item, rows: Mapping[UUID, Row]) -> bool:
    """Whether an account still has the values that the action gave it, and may be changed."""
    row = rows.get(item.account_id)
    if row is None or not row.is_seen or item.after is None:
        return False
    return all(_plain(getattr(row, name)) == value for name, value in item.after.items())


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value


def _visit(connection: sa.Connection, actor: Actor, action: ActionAsked, account_id: UUID) -> Told:
    if action.planned_on is None:
        raise AssertionError("A visit without a day was let in.")
    asked = VisitCreate(account_id=account_id, planned_on=action.planned_on, rep_id=action.rep_id)
    try:
        visit_id = visits.create_visit(connection, actor, asked)
    except Problem:
        return {"account_id": account_id, "state": "refused", "reason": "not_allowed"}
    return {"account_id": account_id, "state": "changed", "before": {},
            "after": {"visit_id": visit_id}}  # fmt: skip


def _unvisit(connection: sa.Connection, actor: Actor, item: Item) -> Told:
    """Cancel a visit that is still to be made."""
    visit_id = UUID(str((item.after or {})["visit_id"]))
    try:
        if visits.get_visit(connection, actor, visit_id).status != VisitStatus.PLANNED:
            return {"account_id": item.account_id, "state": "kept"}
        visits.move_visit(
            connection,
            actor,
            visit_id,
            at=repository.read_now(connection),
            status=VisitStatus.CANCELLED,
        )
    except Problem:
        return {"account_id": item.account_id, "state": "kept"}
    return {"account_id": item.account_id, "state": "undone"}
