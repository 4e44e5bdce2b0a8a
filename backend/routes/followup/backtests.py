"""Backtests: asked for, watched, stopped."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from backend.api.problems import Conflict, NotFound, malformed_field
from backend.identity.actor import Actor
from backend.ids import new_id
from backend.jobs import enqueue_in_turn
from backend.routes.followup import backtest_repository, repository
from backend.routes.followup.backtest_schemas import (
    BacktestCreate,
    BacktestDay,
    BacktestRead,
    BacktestSum,
    BacktestTold,
)

TASK = "routes.backtest"
"""The task's name."""
MOST_DAYS = 31
_LISTED = 50


def ask(
    connection: sa.Connection, actor: Actor, data: BacktestCreate, *, now: datetime
) -> BacktestTold:
    """Ask for days to be planned anew; raise Malformed, NotFound or Conflict (one a rep)."""
    zone = ZoneInfo(repository.get_time_zone(connection, actor.org_id))
    _check_dates(data, today=now.astimezone(zone).date())
    if not repository.select_people(connection, actor.org_id, [data.rep_id]):
        raise NotFound("There is no such person in your organisation.")
    backtest_id = new_id()
    backtest_repository.insert_backtest(
        connection,
        actor.org_id,
        {
            "id": backtest_id,
            "rep_id": data.rep_id,
            "from_date": data.from_date,
            "to_date": data.to_date,
            "asked_by": actor.user_id,
        },
    )
    enqueue_in_turn(connection, TASK, org_id=actor.org_id, backtest_id=backtest_id)
    return get(connection, actor, backtest_id)


def get(connection: sa.Connection, actor: Actor, backtest_id: UUID) -> BacktestTold:
    """Return a backtest as far as it has come; raise NotFound."""
    found = backtest_repository.find_backtest(connection, actor.org_id, backtest_id)
    if found is None:
        raise NotFound(f"There is no backtest {backtest_id}.")
    return BacktestTold(found, sum_up(found.days))


def list_latest(connection: sa.Connection, actor: Actor) -> list[BacktestTold]:
    """Return the latest backtests, the newest first."""
    found: list[BacktestRead] = backtest_repository.select_backtests(
        connection, actor.org_id, _LISTED
    )
    return [BacktestTold(one, sum_up(one.days)) for one in found]


def cancel(
    connection: sa.Connection, actor: Actor, backtest_id: UUID, *, now: datetime
) -> BacktestTold:
    """Stop a backtest after the day it is at; what it has found stays. Raise Conflict."""
    get(connection, actor, backtest_id)
    if not backtest_repository.end(connection, actor.org_id, backtest_id, "cancelled", now):
        raise Conflict("This backtest has ended already.")
    return get(connection, actor, backtest_id)


def sum_up(days: list[BacktestDay]) -> BacktestSum:
    """Add up the days that were driven and planned anew."""
    rows = [
        (one, one.would_visit, one.driven_m, one.would_drive_m)
        for one in days
        if one.problem is None and one.driven_m is not None
    ]
    return BacktestSum(
        days=len(rows),
        missed=sum(day.accounts - day.visited for day, *_ in rows),
        would_miss=sum(day.accounts - (visits or 0) for day, visits, *_ in rows),
        driven_m=sum(driven or 0 for _, _, driven, _ in rows),
        would_drive_m=sum(planned or 0 for *_, planned in rows),
        minutes=sum(day.minutes or 0 for day, *_ in rows),
        would_take_minutes=sum(day.would_take_minutes or 0 for day, *_ in rows),
    )


def _check_dates(data: BacktestCreate, *, today: date) -> None:
    if data.to_date < data.from_date:
        raise malformed_field("to_date", "The period ends before it begins.", code="dates_reversed")
    if (data.to_date - data.from_date).days >= MOST_DAYS:
        raise malformed_field(
            "to_date",
            f"The period is longer than {MOST_DAYS} days: ask for less at once.",
            code="period_too_long",
        )
    if data.to_date >= today:
        raise malformed_field("to_date", "Only days that are over can be planned anew.")
