"""The accounts of an area, counted and listed for whoever may see them."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from math import fsum
from uuid import UUID

import sqlalchemy as sa

from backend.api.problems import malformed_field
from backend.areas.drawing import Drawn, Reach, draw, unknown_territory
from backend.areas.repository import (
    NOTHING_FOLLOWED,
    Days,
    Followed,
    Selection,
    Slice,
    Worth,
)
from backend.areas.schemas import (
    AccountsRequest,
    AreaAccount,
    AreaFilter,
    AreaSnapshot,
    PeriodRead,
    Share,
    SnapshotRequest,
)
from backend.areas.shape_repository import select_unknown_territories
from backend.identity.actor import Actor
from backend.identity.repository import get_currency
from backend.maps.repository import get_org_day
from backend.maps.schemas import Scope
from backend.maps.service import scope_of

MOST_PERIOD_DAYS = 92
MOST_IN_A_SHEET = 50_000
_USUAL_DAYS = 28
_TOP = 10
_MONTH_DAYS = 365.25 / 12
_FIRST_YEAR, _LAST_YEAR = 1970, 2200


def take_snapshot(
    connection: sa.Connection, actor: Actor, asked: SnapshotRequest, reach: Reach | None
) -> AreaSnapshot:
    """Count the accounts of an area in the actor's scope, and the visits of a period there.

    Raise Malformed for an area, a filter or a period that cannot be used.
    """
    days = get_days(connection, actor, asked)
    drawn, selection = select_area(connection, actor, scope_of(connection, actor), asked, reach)
    return count(connection, actor, asked, drawn, selection, days)


def get_days(connection: sa.Connection, actor: Actor, asked: SnapshotRequest) -> Days:
    """Return the period asked for, in the organisation's days; raise Malformed as `days_of`."""
    org_day = get_org_day(connection, actor.org_id)
    return days_of(asked, org_day.today, org_day.time_zone)


def count(
    connection: sa.Connection,
    actor: Actor,
    asked: SnapshotRequest,
    drawn: Drawn,
    selection: Selection,
    days: Days,
) -> AreaSnapshot:
    """Count the accounts of a selection, and the visits of a period there."""
    slices = selection.count_slices(days)
    is_followed = any(one.recent for one in slices)
    followed = selection.follow(days) if is_followed else NOTHING_FOLLOWED
    worths = selection.count_worth(days)
    potential_accounts = sum(one.potential_accounts for one in worths)
    accounts = sum(one.n for one in slices)
    stages = _shares(slices, "life_stage")
    customers, prospects = (
        sum(one.accounts for one in stages if one.value == stage)
        for stage in ("customer", "prospect")
    )
    return AreaSnapshot(
        shape=drawn.shape,
        today=days.today,
        accounts=accounts,
        life_stages=stages,
        categories=_shares(slices, "category"),
        channels=_shares(slices, "channel"),
        priorities=_shares(slices, "priority"),
        penetration=_share_of(customers, customers + prospects),
        overdue=sum(one.overdue for one in slices),
        never_visited=sum(one.never_visited for one in slices),
        period=_period(days, slices, followed, worths),
        before=_period_before(days, slices, followed, worths),
        currency=get_currency(connection, actor.org_id),
        monthly_potential=fsum(one.potential for one in worths) if potential_accounts else None,
        potential_accounts=potential_accounts,
        rfm_classes=_rfm_classes(worths, accounts),
        top=selection.select_top(days, asked.top_by, count=_TOP),
    )


def list_accounts(
    connection: sa.Connection,
    actor: Actor,
    asked: AccountsRequest,
    reach: Reach | None,
    *,
    after: UUID | None,
    limit: int,
) -> list[AreaAccount]:
    """Return the accounts of an area in the actor's scope by id, after the one named."""
    _, selection = select_area(connection, actor, scope_of(connection, actor), asked, reach)
    return selection.select_accounts(after=after, limit=limit)


def list_ids(
    connection: sa.Connection,
    actor: Actor,
    asked: AccountsRequest,
    reach: Reach | None,
    *,
    limit: int,
) -> list[UUID]:
    """Return the ids of an area's accounts in the actor's scope, the first so many."""
    _, selection = select_area(connection, actor, scope_of(connection, actor), asked, reach)
    return selection.select_ids(limit=limit)


def list_for_sheet(
    connection: sa.Connection, actor: Actor, asked: AccountsRequest, reach: Reach | None
) -> list[AreaAccount]:
    """Return all accounts of an area in the actor's scope; raise Malformed for too many."""
    found = list_accounts(connection, actor, asked, reach, after=None, limit=MOST_IN_A_SHEET + 1)
    if len(found) > MOST_IN_A_SHEET:
        raise malformed_field(
            "area",
            f"The area has more than {MOST_IN_A_SHEET:,} accounts: draw a smaller one, or filter.",
            code="area_too_full",
        )
    return found


def select_area(
    connection: sa.Connection,
    actor: Actor,
    scope: Scope,
    asked: SnapshotRequest | AccountsRequest,
    reach: Reach | None,
) -> tuple[Drawn, Selection]:
    """Return the shape asked for and its accounts; raise Malformed for what cannot be used."""
    check_filters(connection, scope, asked.filters)
    drawn = draw(connection, actor, scope, asked.area, reach)
    return drawn, Selection(connection, scope, drawn.place, asked.filters)


def check_filters(connection: sa.Connection, scope: Scope, filters: AreaFilter) -> None:
    """Refuse territories that are not there, or not the person's to see."""
    wanted = filters.territory_ids
    if not wanted:
        return
    if scope.territory_ids is None:
        unknown = select_unknown_territories(connection, scope.org_id, wanted)
    else:
        unknown = [one for one in wanted if one not in scope.territory_ids]
    if unknown:
        raise unknown_territory("filters.territory_ids", unknown[0])


def days_of(asked: SnapshotRequest, today: date, time_zone: str) -> Days:
    """Return the period asked for and the one before it; raise Malformed for one that is none."""
    to_date = asked.to_date or today
    from_date = asked.from_date
    for field, day in (("to_date", to_date), ("from_date", from_date)):
        if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise malformed_field(field, f"Give a day of the years {_FIRST_YEAR} to {_LAST_YEAR}.")
    from_date = from_date or to_date - timedelta(days=_USUAL_DAYS - 1)
    if to_date < from_date:
        raise malformed_field("to_date", "The period ends before it begins.", code="dates_reversed")
    count = (to_date - from_date).days + 1
    if count > MOST_PERIOD_DAYS:
        raise malformed_field(
            "to_date",
            f"The period is longer than {MOST_PERIOD_DAYS} days: ask for less at once.",
            code="period_too_long",
        )
    before_to = from_date - timedelta(days=1)
    before_from = from_date - timedelta(days=count)
    return Days(today, time_zone, from_date, to_date, before_from, before_to)


def _shares(slices: Sequence[Slice], by: str) -> list[Share]:
    """Return the accounts by one of the ways in which slices differ, the most first."""
    counted: Counter[str | int | None] = Counter()
    for one in slices:
        counted[getattr(one, by)] += one.n
    ordered = sorted(counted.items(), key=lambda item: (-item[1], str(item[0])))
    return [Share(value, accounts) for value, accounts in ordered]


def _rfm_classes(worths: Sequence[Worth], accounts: int) -> list[Share]:
    """Return the accounts by class, the most first; the rest of them bought nothing in a year."""
    counted = {one.rfm_class: one.accounts for one in worths if one.rfm_class is not None}
    rest = accounts - sum(counted.values())
    shares = [Share(value, count) for value, count in counted.items()]
    if rest:
        shares.append(Share(None, rest))
    return sorted(shares, key=lambda one: (-one.accounts, str(one.value)))


def _of_potential(days: Days, worths: Sequence[Worth], revenue: float) -> float | None:
    potential = fsum(one.potential for one in worths)
    months = ((days.to_date - days.from_date).days + 1) / _MONTH_DAYS
    return revenue / (potential * months) if potential else None


def _period(
    days: Days, slices: Sequence[Slice], followed: Followed, worths: Sequence[Worth]
) -> PeriodRead:
    due = sum(one.due for one in slices) + followed.due
    return PeriodRead(
        days.from_date,
        days.to_date,
        visits=followed.visits,
        visited_accounts=followed.visited,
        due=due,
        covered=followed.covered,
        coverage=_share_of(followed.covered, due),
        revenue=fsum(one.revenue for one in worths),
        buyers=sum(one.buyers for one in worths),
        share=_of_potential(days, worths, sum(one.of_potential for one in worths)),
    )


def _period_before(
    days: Days, slices: Sequence[Slice], followed: Followed, worths: Sequence[Worth]
) -> PeriodRead:
    due = sum(one.due_before for one in slices) + followed.due_before
    return PeriodRead(
        days.before_from,
        days.before_to,
        visits=followed.visits_before,
        visited_accounts=followed.visited_before,
        due=due,
        covered=followed.covered_before,
        coverage=_share_of(followed.covered_before, due),
        revenue=fsum(one.revenue_before for one in worths),
        buyers=sum(one.buyers_before for one in worths),
        share=_of_potential(days, worths, sum(one.of_potential_before for one in worths)),
    )


def _share_of(part: int, whole: int) -> float | None:
    return part / whole if whole else None
