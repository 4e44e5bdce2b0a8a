"""The bulk room's tasks, by name."""

from uuid import UUID

import sqlalchemy as sa

from backend.bulk import repository
from backend.bulk.carrying_out import carry_out_part, finish, undo_part
from backend.identity.actor import Actor, Role
from backend.identity.repository import find_user
from backend.ids import DeviceId, OrgId, UserId
from backend.jobs import Task, Work


class WorkerEnding(RuntimeError):
    """The worker is asked to stop in the middle of an action, which goes on later."""


def _carry_out(work: Work, org_id: OrgId, action_id: UUID) -> None:
    """Carry out what still waits of an action, or put back what is still to be undone."""
    while True:
        with work.db.for_org(org_id) as connection:
            if not _carry_on(connection, org_id, action_id):
                return
        if work.is_ending:
            raise WorkerEnding("The worker ends; the rest of the action waits.")


def _carry_on(connection: sa.Connection, org_id: OrgId, action_id: UUID) -> bool:
    """Carry out one part; tell whether to come again."""
    held = repository.hold_action(connection, org_id, action_id)
    if held is None or held.status not in {"running", "undoing"}:
        return False
    is_undo = held.status == "undoing"
    by = UserId(held.undone_by if is_undo and held.undone_by else held.created_by)
    person = find_user(connection, org_id, by)
    if person is None or not person["is_active"]:
        repository.write_status(
            connection, org_id, action_id, "failed", failure="Who asked for it was shut out."
        )
        return False
    actor = Actor(org_id, by, Role(person["role"]), DeviceId(held.device_id))
    part = undo_part if is_undo else carry_out_part
    if part(connection, actor, action_id, held.action):
        return True
    finish(connection, actor, action_id, is_undo=is_undo)
    return False


TASKS = [Task("bulk.carry_out", _carry_out)]
