"""What an action makes of one account: pure, the same in preview and in earnest."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from backend.bulk.schemas import ActionAsked, Kind, Reason

MOST_TAGS = 50
CAMPAIGN_KINDS = frozenset[Kind]({"campaign", "leave_campaign"})

type Values = Mapping[str, object]


class Row(NamedTuple):
    """What actions look at in an account."""

    id: UUID
    is_seen: bool
    territory_id: UUID | None
    territory_is_manual: bool
    owner_id: UUID | None
    tags: list[str]
    visit_every_days: int
    visit_frequency: str | None
    priority: int
    has_visit: bool
    """Planned or made on the action's day."""
    is_in_campaign: bool
    """In the action's campaign."""


class Decision(NamedTuple):
    """The new values; None for none, with the reason where the account is refused."""

    changes: Values | None
    reason: Reason | None = None


def decide(action: ActionAsked, row: Row | None) -> Decision:
    """Return what becomes of an account; None is one that is not there."""
    if row is None or not row.is_seen:
        return Decision(None, "not_seen")
    reason = _reason(action, row)
    if reason is not None:
        return Decision(None, reason)
    if action.kind in CAMPAIGN_KINDS:
        return Decision({} if row.is_in_campaign == (action.kind == "leave_campaign") else None)
    wanted = _wanted(action, row)
    is_same = wanted and all(getattr(row, name) == value for name, value in wanted.items())
    return Decision(None) if is_same else Decision(wanted)


def _reason(action: ActionAsked, row: Row) -> Reason | None:
    """Return why an account that is seen stays as it is all the same."""
    if action.kind == "owner" and row.territory_id is not None:
        return "in_territory"
    if action.kind == "visit" and row.has_visit:
        return "planned_already"
    if action.kind == "add_tags" and len({*row.tags, *action.tags}) > MOST_TAGS:
        return "too_many_tags"
    return None


def _wanted(action: ActionAsked, row: Row) -> Values:
    """Return the values that an account should have; visits and campaigns are none of them."""
    is_manual = action.territory_id is not None
    wanted: dict[Kind, Values] = {
        "territory": {
            "territory_is_manual": is_manual,
            "territory_id": action.territory_id if is_manual else row.territory_id,
        },
        "owner": {"owner_id": action.owner_id},
        "add_tags": {"tags": list(dict.fromkeys([*row.tags, *action.tags]))},
        "remove_tags": {"tags": [one for one in row.tags if one not in action.tags]},
        "frequency": {"visit_every_days": action.visit_every_days, "visit_frequency": None},
        "priority": {"priority": action.priority},
        "visit": {},
        "campaign": {},
        "leave_campaign": {},
    }
    return wanted[action.kind]
