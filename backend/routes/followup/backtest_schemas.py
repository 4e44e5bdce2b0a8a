"""What backtests look like to the outside."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.api.payloads import Payload
from backend.routes.weeks.schemas import Failure


class BacktestCreate(Payload, frozen=True, kw_only=True):
    """Days of a rep to plan anew, at most 31, all of them over."""

    rep_id: UUID
    from_date: date
    to_date: date


class BacktestDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day as it was, and as today's planner would have made it of the same accounts.

    Where check-ins alone tell what was driven, both ways are those from visit to visit. Minutes are
    from the first check-in to the last check-out. `problem` says why there is no plan.
    """

    on_date: date
    accounts: int
    visited: int
    would_visit: int | None
    driven_m: int | None
    would_drive_m: int | None
    minutes: int | None
    would_take_minutes: int | None
    is_estimate: bool
    left_out: list[str]
    problem: str | None


class BacktestRead(msgspec.Struct, frozen=True, kw_only=True):
    """A backtest, as far as it has come; `state` is queued, running, done, cancelled or failed.

    One that failed says why in `failure`, and keeps the days that it had come to.
    """

    id: UUID
    rep_id: UUID
    rep_name: str
    from_date: date
    to_date: date
    state: str
    days_total: int | None
    days_done: int
    days: list[BacktestDay]
    failure: Failure | None
    created_at: datetime
    ended_at: datetime | None


class BacktestSum(msgspec.Struct, frozen=True, kw_only=True):
    """The days that have both, together."""

    days: int
    missed: int
    """Visits of the days' accounts that were not made."""
    would_miss: int
    driven_m: int
    would_drive_m: int
    minutes: int
    would_take_minutes: int


class BacktestTold(msgspec.Struct, frozen=True):
    """A backtest and its sum."""

    backtest: BacktestRead
    total: BacktestSum
