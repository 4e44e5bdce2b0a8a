"""Which accounts are meant: one vocabulary for tiles, legends, areas and what is done to many.

The conditions are SQL on a row `m` with the columns of `account_map`, whatever table that is.
"""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec

from backend.accounts.schemas import Label, LifeStage, Priority
from backend.api.payloads import Line, Payload

MAX_CHOICES = 50

_ZONE = "(SELECT time_zone FROM organisation WHERE id = :org_id)"
TODAY = "(SELECT tuyen_today(:org_id))"
LAST_ON = f"(m.last_visit_at AT TIME ZONE {_ZONE})::date"
"""The organisation's day of the last visit; the zone is looked up once a query."""
IS_OVERDUE = f"({LAST_ON} + m.visit_every_days < {TODAY})"
"""Null for what was never visited: that is due, and not overdue."""
_TAGGED = """EXISTS (SELECT FROM account tagged WHERE tagged.org_id = :org_id
  AND tagged.id = m.account_id AND tagged.tags && cast(:tags AS text[]))"""
_IN_CAMPAIGN = """EXISTS (SELECT FROM campaign_account joined WHERE joined.org_id = :org_id
  AND joined.campaign_id = ANY (cast(:campaigns AS uuid[])) AND joined.account_id = m.account_id)"""


class Filters(Payload, frozen=True, kw_only=True):
    """Which accounts count; an empty list or false leaves everything in."""

    life_stages: Annotated[list[LifeStage], msgspec.Meta(max_length=MAX_CHOICES)] = []
    categories: Annotated[list[Line], msgspec.Meta(max_length=MAX_CHOICES)] = []
    territory_ids: Annotated[list[UUID], msgspec.Meta(max_length=MAX_CHOICES)] = []
    channels: Annotated[list[Line], msgspec.Meta(max_length=MAX_CHOICES)] = []
    priorities: Annotated[list[Priority], msgspec.Meta(max_length=MAX_CHOICES)] = []
    tags: Annotated[list[Label], msgspec.Meta(max_length=MAX_CHOICES)] = []
    """Those that have any of them."""
    campaign_ids: Annotated[list[UUID], msgspec.Meta(max_length=MAX_CHOICES)] = []
    """Those that are in any of them."""
    is_overdue: bool = False
    is_never_visited: bool = False

    @property
    def is_sliced(self) -> bool:
        """Whether only some life stages or categories count."""
        return bool(self.life_stages or self.categories)

    @property
    def is_looked_up(self) -> bool:
        """Whether each account is looked up elsewhere than on the map."""
        return bool(self.tags or self.campaign_ids)

    @property
    def asks_each(self) -> bool:
        """Whether the sums behind tiles far out cannot answer: they know stage and category."""
        return bool(
            self.channels or self.priorities or self.is_overdue or self.is_never_visited
            or self.is_looked_up
        )  # fmt: skip


def summable(filters: Filters) -> Filters:
    """Return what of the filters the sums behind tiles far out can answer."""
    return Filters(
        life_stages=filters.life_stages,
        categories=filters.categories,
        territory_ids=filters.territory_ids,
    )


def normalised(filters: Filters) -> Filters:
    """Return the same filters in one order, each value once."""
    lists = {
        name: sorted(set(value))
        for name, value in msgspec.structs.asdict(filters).items()
        if isinstance(value, list)
    }
    return msgspec.structs.replace(filters, **lists)


def conditions(filters: Filters) -> tuple[list[str], dict[str, Any]]:
    """Return the SQL of the filters, each beginning with AND, and what it binds.

    The statement binds `org_id` besides.
    """
    chosen: dict[str, tuple[Sequence[object], str]] = {
        "life_stage": (filters.life_stages, "text[]"),
        "category": (filters.categories, "text[]"),
        "territory_id": (filters.territory_ids, "uuid[]"),
        "channel": (filters.channels, "text[]"),
        "priority": (filters.priorities, "smallint[]"),
    }
    words: list[str] = []
    values: dict[str, Any] = {}
    for column, (wanted, kind) in chosen.items():
        if wanted:
            words.append(f"AND m.{column} = ANY (cast(:{column} AS {kind}))")
            values[column] = list(wanted)
    if filters.tags:
        words.append(f"AND {_TAGGED}")
        values["tags"] = list(filters.tags)
    if filters.campaign_ids:
        words.append(f"AND {_IN_CAMPAIGN}")
        values["campaigns"] = list(filters.campaign_ids)
    if filters.is_overdue:
        words.append(f"AND {IS_OVERDUE}")
    if filters.is_never_visited:
        words.append("AND m.last_visit_at IS NULL")
    return words, values
