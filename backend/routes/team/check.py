"""An independent check of a team's day: its own reading of who may do what."""

from collections import Counter
from collections.abc import Iterator

from backend.routes.day.check import check_plan
from backend.routes.day.plan import DayPlan
from backend.routes.team.plan import MemberDay, TeamPlan
from backend.routes.team.problem import Member, TeamProblem, day_of


def check_team(problem: TeamProblem, plan: TeamPlan) -> list[str]:
    """Return every rule that a team's plan breaks, as sentences; empty for a sound one."""
    index = {stop.key: number for number, stop in enumerate(problem.stops)}
    if [day.key for day in plan.days] != [one.key for one in problem.members]:
        return ["The plan is not of this team."]
    told = Counter(plan.forbidden)
    for day in plan.days:
        told.update(_keys(day.plan))
    once = [*_check_once(problem, told, index)]
    if told.keys() - index.keys():
        return once
    return [*once, *_check_forbidden(problem, plan, index), *_check_days(problem, plan, index)]


def _check_once(problem: TeamProblem, told: Counter[str], index: dict[str, int]) -> Iterator[str]:
    for key in index.keys() | told.keys():
        if told[key] != 1 or key not in index:
            yield f"Stop {key} is told {told[key]} times."
    visited = {visit.key for one in problem.members if one.begun for visit in one.begun.visits}
    yield from (f"{key} was begun and is told again." for key in visited & told.keys())


def _check_forbidden(problem: TeamProblem, plan: TeamPlan, index: dict[str, int]) -> Iterator[str]:
    for key in plan.forbidden:
        if any(one.prices_s[index[key]] is not None for one in problem.members):
            yield f"Somebody may visit {key}."


def _check_days(problem: TeamProblem, plan: TeamPlan, index: dict[str, int]) -> Iterator[str]:
    for number, (member, day) in enumerate(zip(problem.members, plan.days, strict=True)):
        keys = sorted(index[key] for key in _keys(day.plan))
        yield from (f"{member.key}: {fault}" for fault in _check_begun(member, day))
        yield from (
            f"{member.key}: {fault}"
            for fault in check_plan(day_of(problem, number, keys), day.plan)
        )
        for stop in day.plan.stops:
            if member.prices_s[index[stop.key]] is None:
                yield f"{member.key} may not visit {stop.key}."


def _check_begun(member: Member, day: MemberDay) -> Iterator[str]:
    """Check what was begun, and that it and the rest together are a day that may be."""
    begun, rest = member.begun, day.plan
    if day.begun != (begun.visits if begun else ()):
        yield "What was begun is not as it was."
    if rest.lunch is not None and begun is not None and begun.ate_s:
        yield "Lunch comes twice."
    if not rest.stops:
        return  # nobody can take back the way so far
    travel_s = rest.travel_s + (begun.travel_s if begun else 0)
    distance_m = rest.distance_m + (begun.distance_m if begun else 0)
    if member.max_travel_s is not None and travel_s > member.max_travel_s:
        yield "The whole day has more travel time than it may have."
    if member.max_distance_m is not None and distance_m > member.max_distance_m:
        yield "The whole day is longer than it may be."


def _keys(plan: DayPlan) -> list[str]:
    return [stop.key for stop in plan.stops] + [stop.key for stop in plan.dropped]
