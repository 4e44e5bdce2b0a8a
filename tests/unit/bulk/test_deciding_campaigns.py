"""What an action on a campaign makes of one account."""

from uuid import UUID

import pytest

from backend.bulk.deciding import Decision, Row, decide
from backend.bulk.schemas import ActionAsked, Kind

_ROW = Row(
    id=UUID(int=1), is_seen=True, territory_id=None, territory_is_manual=False, owner_id=None,
    tags=[], visit_every_days=28, visit_frequency=None, priority=3, has_visit=False,
    is_in_campaign=False,
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "is_in", "expected"),
    [
        ("campaign", False, Decision({})),
        ("campaign", True, Decision(None)),
        ("leave_campaign", True, Decision({})),
        ("leave_campaign", False, Decision(None)),
    ],
)
def test_an_account_joins_once_and_leaves_where_it_is(
    kind: Kind,
    is_in: bool,  # noqa: FBT001
    expected: Decision,
) -> None:
    action = ActionAsked(kind=kind, campaign_id=UUID(int=2))
    assert decide(action, _ROW._replace(is_in_campaign=is_in)) == expected
    unseen = _ROW._replace(is_in_campaign=is_in, is_seen=False)
    assert decide(action, unseen) == Decision(None, "not_seen")
