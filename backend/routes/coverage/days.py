"""From weeks to single days: a day's own problem, and on which days an account can be visited."""

from collections.abc import Iterable, Sequence

import msgspec

from backend.routes.coverage.account import WEEK, Account
from backend.routes.coverage.problem import CoverageProblem, Workday
from backend.routes.day.explain import find_hopeless
from backend.routes.day.plan import Dropped
from backend.routes.day.problem import DayProblem, Matrix, Stop
from backend.routes.day.timetable import Timetable


class Availability(msgspec.Struct, frozen=True):
    """The open days on which an account can be visited, and why not on any, where that is so."""

    days: tuple[int, ...]
    why_never: str | None


def day_problem(
    problem: CoverageProblem, workday: Workday, accounts: Sequence[Account]
) -> DayProblem:
    """Return one day with visits to these accounts, all required; as small as it can be."""
    known = (account.node for account in accounts if account.node is not None)
    nodes = sorted({problem.start, problem.end, *known})
    row = {node: number for number, node in enumerate(nodes)}
    weekday = workday.day % WEEK
    return DayProblem(
        stops=tuple(
            Stop(
                key=account.key,
                node=None if account.node is None else row[account.node],
                service_s=account.service_s,
                windows=account.windows[weekday],
                is_required=True,
                preferred=account.preferred[weekday] if account.preferred else (),
                preference_s=account.preference_s,
                is_unwished=bool(account.preferred) and not account.preferred[weekday],
                has_own_hours=account.has_own_hours,
                label=account.label,
            )
            for account in accounts
        ),
        start=row[problem.start],
        end=row[problem.end],
        durations_s=_part(problem.durations_s, nodes),
        distances_m=_part(problem.distances_m, nodes),
        shift_start_s=workday.shift_start_s,
        shift_end_s=workday.shift_end_s,
        lunch=problem.lunch,
        is_estimate=problem.is_estimate,
        seed=problem.seed,
    )


def available_days(problem: CoverageProblem, account: Account) -> Availability:
    """Return the open days on which the account could be the day's only visit, its longest one."""
    account = msgspec.structs.replace(account, service_s=account.longest_service_s)
    hopeless: dict[tuple[int, int, int], Dropped | None] = {}
    days: list[int] = []
    why = f"{account.name} is not planned: it is closed on all days of work that are left."
    for workday in problem.open_days:
        weekday = workday.day % WEEK
        is_wanted = weekday in account.weekdays and workday.day not in account.closed_days
        if not is_wanted:
            continue
        kind = (weekday, workday.shift_start_s, workday.shift_end_s)
        if kind not in hopeless:
            table = Timetable(day_problem(problem, workday, [account]))
            hopeless[kind] = find_hopeless(table, 0)
        dropped = hopeless[kind]
        if dropped is None:
            days.append(workday.day)
        else:
            why = dropped.detail
    return Availability(tuple(days), None if days else why)


def _part(matrix: Matrix, nodes: Iterable[int]) -> Matrix:
    chosen = tuple(nodes)
    return tuple(tuple(matrix[origin][target] for target in chosen) for origin in chosen)
