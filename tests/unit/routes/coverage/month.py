"""Small months drawn by hand: accounts on a straight street, a minute of travel apart."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from backend.accounts.frequency import parse_frequency
from backend.routes.coverage.account import Account
from backend.routes.coverage.problem import CoverageProblem, Workday
from backend.routes.day.windows import Window
from tests.unit.routes.days import HOUR, MINUTE, line

OPEN = ((Window(start_s=8 * HOUR, end_s=18 * HOUR),),) * 5 + ((), ())
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = range(5)


def shop(key: str, node: int | None, frequency: str, **others: Any) -> Account:
    """Return an account that is open on workdays; 10 minutes a visit."""
    fields = {"windows": OPEN, "service_s": 10 * MINUTE, **others}
    return Account(key=key, node=node, frequency=parse_frequency(frequency), **fields)


def workdays(days: Sequence[int], hours: tuple[float, float] = (8, 17)) -> tuple[Workday, ...]:
    """Return days of work of the same hours."""
    start_s, end_s = (int(hour * HOUR) for hour in hours)
    return tuple(Workday(day=day, shift_start_s=start_s, shift_end_s=end_s) for day in days)


def month(*accounts: Account, weeks: int = 4, **others: Any) -> CoverageProblem:
    """Return weeks of five days, the start at the street's beginning; a place for each account."""
    places = range(1 + max((one.node or 0 for one in accounts), default=0))
    fields: dict[str, Any] = {
        "first_on": date(2026, 2, 2),
        "weeks": weeks,
        "workdays": workdays([day for day in range(7 * weeks) if day % 7 < 5]),
        "start": 0,
        "end": 0,
        "durations_s": line(places, MINUTE),
        "distances_m": line(places, 1000),
        **others,
    }
    return CoverageProblem(accounts=accounts, **fields)
