"""A team's planned day: everybody's own, and the visits that nobody may make."""

import msgspec

from backend.routes.day.plan import DayPlan
from backend.routes.team.problem import Done


class MemberDay(msgspec.Struct, frozen=True):
    """One rep's day: the visits begun, and the plan of all that follows.

    The stops dropped in it are those this rep would have made.
    """

    key: str
    plan: DayPlan
    begun: tuple[Done, ...] = ()


class TeamPlan(msgspec.Struct, frozen=True):
    """Everybody's day in the order of the members.

    Every stop is planned or dropped in one day, or is among the `forbidden`: nobody may visit it.
    """

    days: tuple[MemberDay, ...]
    forbidden: tuple[str, ...]
