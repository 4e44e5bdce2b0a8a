"""Realignments: accounts and people change territory as one thing, to be previewed and undone.

Whoever carries one out holds the areas' lock alone, then the accounts in the order of their ids.
"""

from datetime import date, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.api.problems import Conflict, NotFound, Problem, malformed_field
from backend.identity import audit
from backend.identity.actor import Actor
from backend.ids import OrgId
from backend.territories import holdover_repository as holdover
from backend.territories import realignment_area_repository as areas
from backend.territories import realignment_people as people
from backend.territories import realignment_repository as repository
from backend.territories.assignment_repository import today_of
from backend.territories.realignment_plan import area_of, check_plan
from backend.territories.realignment_schemas import (
    ApplyRequest,
    Counts,
    RealignmentRead,
)
from backend.territories.repository import lock_areas, place_accounts
from backend.territories.service import check_planner

_OPEN = frozenset({"draft", "scheduled"})


def list_realignments(
    connection: sa.Connection, actor: Actor, *, before: UUID | None, limit: int
) -> list[RealignmentRead]:
    """Return realignments, the newest first, those older than `before`."""
    return repository.select_realignments(connection, actor.org_id, before=before, limit=limit)


def get_realignment(
    connection: sa.Connection, org_id: OrgId, realignment_id: UUID, *, is_locked: bool = False
) -> RealignmentRead:
    """Return a realignment, with `is_locked` kept from other writers; raise NotFound."""
    found = repository.select_realignments(
        connection, org_id, realignment_id=realignment_id, is_locked=is_locked
    )
    if not found:
        raise NotFound(f"There is no realignment {realignment_id}.")
    return found[0]


def get_open(
    connection: sa.Connection, org_id: OrgId, realignment_id: UUID, *, is_locked: bool = False
) -> RealignmentRead:
    """Return a realignment that is not carried out yet; raise NotFound or Conflict otherwise."""
    found = get_realignment(connection, org_id, realignment_id, is_locked=is_locked)
    if found.state not in _OPEN:
        raise Conflict(
            f"The realignment “{found.name}” is {found.state}: make a new one.",
            code="realignment_closed",
        )
    return found


def apply_realignment(
    connection: sa.Connection, actor: Actor, realignment_id: UUID, request: ApplyRequest
) -> RealignmentRead:
    """Carry a plan out, or schedule it where its day is still to come.

    Raise Conflict when it would do something else than its preview said, unless forced.
    """
    check_planner(actor)
    if not request.force and request.fingerprint is None:
        raise malformed_field(
            "fingerprint",
            "Send the fingerprint of the preview that you looked at, or force.",
            code="fingerprint_missing",
        )
    expected = None if request.force else request.fingerprint
    today = today_of(connection, actor.org_id)
    lock_areas(connection, actor.org_id)
    found = get_open(connection, actor.org_id, realignment_id, is_locked=True)
    check_plan(connection, actor.org_id, found.plan)
    _check_borders(connection, actor.org_id, found, is_drawn=False)
    if found.effective_on > today:
        _schedule(connection, actor, found, expected)
    else:
        _carry_out(connection, actor.org_id, found, today, by=actor, expected=expected)
    return get_realignment(connection, actor.org_id, realignment_id)


def undo_realignment(
    connection: sa.Connection, actor: Actor, realignment_id: UUID
) -> RealignmentRead:
    """Put back every account that is still where it was put, and people; count the others."""
    check_planner(actor)
    org_id = actor.org_id
    lock_areas(connection, org_id)
    found = get_realignment(connection, org_id, realignment_id, is_locked=True)
    if found.state != "applied":
        raise Conflict(
            f"The realignment “{found.name}” is {found.state}: only what was applied is undone.",
            code="realignment_not_applied",
        )
    _check_borders(connection, org_id, found, is_drawn=True)
    repository.allow_long_statements(connection)
    areas.write_areas(connection, org_id, realignment_id, is_undone=True)
    back = repository.move_accounts_back(connection, org_id, realignment_id)
    placed = place_accounts(connection, org_id, found.plan.territory_ids)
    changes = repository.read_assignment_changes(connection, org_id, realignment_id)
    people.move_people_back(connection, org_id, changes, today_of(connection, org_id))
    holdover.release_holdovers(connection, org_id, realignment_id)
    counts = msgspec.structs.replace(
        found.counts,
        moved_back=back.moved_back,
        moved_on=back.moved_on,
        deleted=back.deleted,
        placed=placed,
    )
    repository.close_realignment(
        connection, org_id, realignment_id, "undone", actor.user_id, counts
    )
    record(connection, org_id, actor, "realignment.undo", realignment_id, counts)
    return get_realignment(connection, org_id, realignment_id)


def cancel_realignment(
    connection: sa.Connection, actor: Actor, realignment_id: UUID
) -> RealignmentRead:
    """Call off a draft or what is scheduled; raise Conflict for what is carried out."""
    check_planner(actor)
    get_open(connection, actor.org_id, realignment_id, is_locked=True)
    repository.update_realignment(connection, actor.org_id, realignment_id, state="cancelled")
    record(connection, actor.org_id, actor, "realignment.cancel", realignment_id, Counts())
    return get_realignment(connection, actor.org_id, realignment_id)


def apply_due(connection: sa.Connection, org_id: OrgId, today: date) -> int:
    """Carry out what is scheduled up to today, each as it would be now; return how many.

    One that cannot be carried out any more is called off, with the reason in its counts.
    """
    done = 0
    for realignment_id in repository.select_due(connection, org_id, today):
        lock_areas(connection, org_id)
        found = get_realignment(connection, org_id, realignment_id, is_locked=True)
        if found.state != "scheduled":
            continue
        try:
            check_plan(connection, org_id, found.plan)
            _check_borders(connection, org_id, found, is_drawn=False)
        except Problem as problem:
            counts = Counts(reason=problem.detail)
            repository.update_realignment(
                connection, org_id, realignment_id, state="cancelled", counts=counts
            )
            record(connection, org_id, None, "realignment.cancel", realignment_id, counts)
            continue
        _carry_out(connection, org_id, found, today, by=None, expected=None)
        done += 1
    return done


def end_holdovers(connection: sa.Connection, org_id: OrgId, today: date) -> int:
    """End what is held over until today, or where the open work is done; return how many."""
    return holdover.end_holdovers(connection, org_id, today)


def _schedule(
    connection: sa.Connection, actor: Actor, found: RealignmentRead, expected: str | None
) -> None:
    area = area_of(found.plan)
    _, fingerprint = repository.count_moves(connection, actor.org_id, found, area)
    _check_fingerprint(expected, fingerprint)
    repository.update_realignment(
        connection, actor.org_id, found.id, state="scheduled", applied_by=actor.user_id
    )
    record(connection, actor.org_id, actor, "realignment.schedule", found.id, Counts())


def _carry_out(
    connection: sa.Connection,
    org_id: OrgId,
    found: RealignmentRead,
    today: date,
    *,
    by: Actor | None,
    expected: str | None,
) -> None:
    """Draw borders, move accounts and people; `expected` is the fingerprint they must have."""
    plan = found.plan
    repository.allow_long_statements(connection)
    moved, fingerprint = repository.insert_moves(connection, org_id, found, area_of(plan))
    _check_fingerprint(expected, fingerprint)
    reps = {one.user_id for one in plan.people}
    reps |= holdover.select_reps_at_work(connection, org_id, found.id, today)
    before = holdover.read_holdings(connection, org_id, reps)
    areas.write_areas(connection, org_id, found.id)
    repository.move_accounts(connection, org_id, found.id)
    changes = people.move_people(connection, org_id, plan.people, today)
    held_over = 0
    if found.hold_over_days and reps:
        after = holdover.read_holdings(connection, org_id, reps)
        lost = holdover.lost_work(reps, before, after, today)
        until_on = today + timedelta(days=found.hold_over_days)
        held_over = holdover.hold_over(connection, org_id, found.id, lost, until_on)
    counts = Counts(
        moved=moved, held_over=held_over, people=len(changes), areas=len(plan.territory_ids)
    )
    repository.update_realignment(connection, org_id, found.id, assignments=changes)
    by_id = by.user_id if by else found.applied_by or found.created_by
    repository.close_realignment(connection, org_id, found.id, "applied", by_id, counts)
    record(connection, org_id, by, "realignment.apply", found.id, counts)


def _check_borders(
    connection: sa.Connection, org_id: OrgId, found: RealignmentRead, *, is_drawn: bool
) -> None:
    """Raise Conflict that names the territories whose borders are others than they should be."""
    changed = areas.select_changed(connection, org_id, found.id, is_drawn=is_drawn)
    if changed:
        names = ", ".join(f"“{name}”" for name in changed)
        raise Conflict(
            f"The borders of {names} were changed since “{found.name}” was "
            f"{'carried out' if is_drawn else 'planned'}: nothing was done. Look at them, and make "
            "a new design.",
            code="territory_changed",
        )


def _check_fingerprint(expected: str | None, present: str) -> None:
    if expected is not None and expected != present:
        raise Conflict(
            "Accounts were moved or changed since the preview: look at it again, or force.",
            code="plan_changed",
        )


def record(
    connection: sa.Connection,
    org_id: OrgId,
    by: Actor | None,
    action: str,
    realignment_id: UUID,
    counts: Counts,
) -> None:
    """Write down what was done with a realignment, by the service itself where `by` is None."""
    audit.record_event(
        connection,
        org_id,
        action,
        by=by,
        subject="realignment",
        subject_id=realignment_id,
        detail=msgspec.to_builtins(counts),
    )
