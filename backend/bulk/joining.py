"""Accounts that come into a campaign by an action, or leave it, and back."""

from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa

from backend.bulk.repository import Item
from backend.bulk.schemas import ActionAsked
from backend.campaigns import repository
from backend.identity.actor import Actor

type Told = dict[str, object]


def carry_out(
    connection: sa.Connection, actor: Actor, action: ActionAsked, ids: Sequence[UUID]
) -> list[Told]:
    """Put accounts into a campaign, or take them out; refuse them where it ended meanwhile."""
    campaign_id = _campaign(action)
    held = repository.hold_campaign(connection, actor.org_id, campaign_id)
    if held is None or held.is_ended:
        return [{"account_id": one, "state": "refused", "reason": "campaign_ended"} for one in ids]
    told: dict[UUID, Told]
    if action.kind == "campaign":
        added = repository.insert_accounts(
            connection, actor.org_id, campaign_id, ids, by=actor.user_id
        )
        told = {one: {"before": {}, "after": {"added_at": at}} for one, at in added.items()}
    else:
        taken = repository.delete_accounts(connection, actor.org_id, campaign_id, ids)
        told = {one: {"before": was, "after": {}} for one, was in taken.items()}
    if told:
        repository.touch_campaign(connection, actor.org_id, campaign_id)
    return [
        {"account_id": one, "state": "changed", **told[one]}
        if one in told
        else {"account_id": one, "state": "unchanged"}
        for one in ids
    ]


def undo(
    connection: sa.Connection,
    actor: Actor,
    action: ActionAsked,
    items: Sequence[Item],
    seen: Collection[UUID],
) -> list[Told]:
    """Put back those accounts that are as the action left them; also where the campaign ended."""
    campaign_id = _campaign(action)
    back: set[UUID] = set()
    if repository.hold_campaign(connection, actor.org_id, campaign_id) is not None:
        if action.kind == "campaign":
            added = {one.account_id: one.after or {} for one in items if one.account_id in seen}
            back = repository.delete_added(connection, actor.org_id, campaign_id, added)
        else:
            taken = {one.account_id: one.before or {} for one in items if one.account_id in seen}
            back = repository.restore_accounts(connection, actor.org_id, campaign_id, taken)
    if back:
        repository.touch_campaign(connection, actor.org_id, campaign_id)
    return [
        {"account_id": one.account_id, "state": "undone" if one.account_id in back else "kept"}
        for one in items
    ]


def _campaign(action: ActionAsked) -> UUID:
    if action.campaign_id is None:
        raise AssertionError("A campaign's action without a campaign was let in.")
    return action.campaign_id
