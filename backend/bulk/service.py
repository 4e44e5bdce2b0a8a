"""One change of many accounts: previewed, carried out now or by a job, and undone."""

from collections import defaultdict
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend import jobs
from backend.accounts.scope import check_writer
from backend.api.problems import Conflict, Forbidden, NotFound, malformed_field
from backend.areas import service as areas
from backend.areas.drawing import Reach
from backend.areas.schemas import AccountsRequest
from backend.areas.shape_repository import select_unknown_territories
from backend.bulk import repository
from backend.bulk.carrying_out import carry_out_part, finish, rows_of, undo_part
from backend.bulk.deciding import CAMPAIGN_KINDS, decide
from backend.bulk.schemas import (
    MOST_ACCOUNTS,
    MOST_VISITS,
    ActionAsked,
    BulkAsked,
    BulkPreview,
    BulkRead,
    Reason,
    Refused,
)
from backend.campaigns import service as campaigns
from backend.identity.actor import Actor, Role
from backend.ids import UserId, new_id
from backend.visits.repository import is_user

MOST_AT_ONCE = 200
"""More accounts than that are left to a job."""
_NEEDED = {
    "add_tags": "tags", "remove_tags": "tags", "frequency": "visit_every_days",
    "priority": "priority", "visit": "planned_on",
}  # fmt: skip
_FIRST_YEAR, _LAST_YEAR = 1970, 2200


def preview(
    connection: sa.Connection, actor: Actor, asked: BulkAsked, reach: Reach | None
) -> BulkPreview:
    """Tell what an action would do now; raise Malformed for one that cannot be done."""
    ids = _ids(connection, actor, asked, reach)
    rows = rows_of(connection, actor, asked.action, ids)
    decided = {one: decide(asked.action, rows.get(one)) for one in ids}
    refused: dict[Reason, list[UUID]] = defaultdict(list)
    for one, found in decided.items():
        if found.reason:
            refused[found.reason].append(one)
    changes = sum(found.changes is not None for found in decided.values())
    without = sum(len(some) for some in refused.values())
    return BulkPreview(
        accounts=len(ids),
        would_change=changes,
        unchanged=len(ids) - changes - without,
        refused=[
            Refused(
                reason,
                len(some),
                []
                if reason == "not_seen"
                else repository.select_names(connection, actor.org_id, some),
            )
            for reason, some in refused.items()
        ],
        is_job=len(ids) > MOST_AT_ONCE,
    )


def start(
    connection: sa.Connection, actor: Actor, asked: BulkAsked, reach: Reach | None
) -> BulkRead:
    """Carry an action out, at once where there are few accounts, else by a job."""
    ids = _ids(connection, actor, asked, reach)
    action = _with_campaign(connection, actor, asked.action)
    action_id = new_id()
    repository.insert_action(
        connection,
        actor.org_id,
        action_id,
        action,
        ids,
        by=actor.user_id,
        device_id=actor.device_id,
    )
    if len(ids) > MOST_AT_ONCE:
        jobs.enqueue(connection, "bulk.carry_out", org_id=actor.org_id, action_id=action_id)
    else:
        while carry_out_part(connection, actor, action_id, action):
            pass
        finish(connection, actor, action_id)
    return get_action(connection, actor, action_id)


def undo(connection: sa.Connection, actor: Actor, action_id: UUID) -> BulkRead:
    """Put back what nobody changed since; raise NotFound, or Conflict where it is not done."""
    found = get_action(connection, actor, action_id)
    held = repository.hold_action(connection, actor.org_id, action_id)
    if held is None or held.status != "done":
        raise Conflict(
            f"This action is {found.status}: only one that is done can be undone, once.",
            code="bulk_not_done",
        )
    repository.write_status(connection, actor.org_id, action_id, "undoing", undone_by=actor.user_id)
    if found.changed > MOST_AT_ONCE:
        jobs.enqueue(connection, "bulk.carry_out", org_id=actor.org_id, action_id=action_id)
    else:
        while undo_part(connection, actor, action_id, held.action):
            pass
        finish(connection, actor, action_id, is_undo=True)
    return get_action(connection, actor, action_id)


def list_actions(
    connection: sa.Connection, actor: Actor, *, before: UUID | None, limit: int
) -> list[BulkRead]:
    """Return actions, the newest first: a planner sees everybody's, others their own."""
    return repository.select_actions(
        connection, actor.org_id, user_id=_whose(actor), before=before, limit=limit
    )


def get_action(connection: sa.Connection, actor: Actor, action_id: UUID) -> BulkRead:
    """Return an action; raise NotFound for none, or somebody else's."""
    found = repository.select_actions(
        connection, actor.org_id, user_id=_whose(actor), action_id=action_id
    )
    if not found:
        raise NotFound(f"There is no bulk action {action_id}, or it is not yours to see.")
    return found[0]


def _whose(actor: Actor) -> UUID | None:
    return None if actor.is_planner else actor.user_id


def _ids(
    connection: sa.Connection, actor: Actor, asked: BulkAsked, reach: Reach | None
) -> list[UUID]:
    """Return the accounts that are meant; raise Malformed for too many or for a wrong action."""
    _check(connection, actor, asked.action)
    if (asked.area is None) == (asked.account_ids is None):
        raise malformed_field("area", "Tell the accounts by an area or by account_ids, not both.")
    if asked.account_ids is not None:
        ids = sorted(set(asked.account_ids))
    else:
        assert asked.area is not None  # noqa: S101  # told above
        area = AccountsRequest(area=asked.area, filters=asked.filters)
        ids = areas.list_ids(connection, actor, area, reach, limit=MOST_ACCOUNTS + 1)
    most = MOST_VISITS if asked.action.kind == "visit" else MOST_ACCOUNTS
    if len(ids) > most:
        raise malformed_field(
            "area",
            f"More than {most:,} accounts are meant: draw a smaller area, or filter.",
            code="too_many_selected",
        )
    return ids


def _check(connection: sa.Connection, actor: Actor, action: ActionAsked) -> None:
    _check_role(actor, action)
    needed = _NEEDED.get(action.kind)
    if needed and not getattr(action, needed):
        raise malformed_field(f"action.{needed}", f"The action {action.kind} needs {needed}.")
    if action.kind in CAMPAIGN_KINDS:
        _check_campaign(connection, actor, action)
    day = action.planned_on
    if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise malformed_field("action.planned_on", "Give a day of the years 1970 to 2200.")
    territory = action.territory_id
    if territory and select_unknown_territories(connection, actor.org_id, [territory]):
        raise malformed_field(
            "action.territory_id", f"There is no territory {territory}.", code="unknown_reference"
        )
    for field, person in (("owner_id", action.owner_id), ("rep_id", action.rep_id)):
        if person and not is_user(connection, actor.org_id, UserId(person)):
            raise malformed_field(
                f"action.{field}",
                "There is no such person in your organisation.",
                code="unknown_reference",
            )


def _check_campaign(connection: sa.Connection, actor: Actor, action: ActionAsked) -> None:
    is_new = action.campaign is not None and action.kind == "campaign"
    if is_new == (action.campaign_id is not None):
        raise malformed_field(
            "action.campaign_id",
            "Name a campaign by campaign_id, or (to start one) describe it in campaign.",
        )
    if action.campaign is not None:
        campaigns.check_days(action.campaign.starts_on, action.campaign.ends_on)
    if action.campaign_id is not None:
        campaigns.check_takes(connection, actor, action.campaign_id, "action.campaign_id")


def _with_campaign(connection: sa.Connection, actor: Actor, action: ActionAsked) -> ActionAsked:
    """Return the action with the campaign's id, where it starts one."""
    if action.campaign is None or action.kind != "campaign":
        return action
    started = campaigns.create_campaign(connection, actor, action.campaign)
    return msgspec.structs.replace(action, campaign_id=started.id, campaign=None)


def _check_role(actor: Actor, action: ActionAsked) -> None:
    check_writer(actor)
    if actor.is_planner:
        return
    if action.kind in {"territory", "owner"}:
        raise Forbidden("Only managers and administrators say whose accounts are.")
    if action.kind in CAMPAIGN_KINDS:
        raise Forbidden("Only managers and administrators say which accounts a campaign has.")
    if action.kind == "visit" and actor.role is Role.AGENT:
        raise Forbidden("Agents plan no visits.")
    if action.kind == "visit" and action.rep_id not in {None, actor.user_id}:
        raise Forbidden("Only managers plan visits for somebody else.")
