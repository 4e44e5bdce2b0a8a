"""A rep's planned day: when each stop is visited, and why the others are not."""

from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """Why a stop is not in the plan."""

    CLOSED_TODAY = "closed_today"
    NO_OWN_HOURS_TODAY = "no_own_hours_today"
    NO_STREET_NEARBY = "no_street_nearby"
    UNREACHABLE = "unreachable"
    WINDOW_TOO_SHORT = "window_too_short"
    OUTSIDE_SHIFT = "outside_shift"
    LUNCH_IN_THE_WAY = "lunch_in_the_way"
    TOO_FAR = "too_far"
    NO_TIME_LEFT = "no_time_left"
    LOWER_VALUE = "lower_value"
    NOT_CHOSEN = "not_chosen"


class Optimality(StrEnum):
    """Whether no plan can have a lower objective, or none was found."""

    PROVEN = "proven"
    HEURISTIC = "heuristic"


class PlannedStop(msgspec.Struct, frozen=True, kw_only=True):
    """One visit of the plan; the leg is the way into it.

    `wait_s` is idle time before it starts, after lunch where lunch is taken on arrival.
    `is_preferred` says that the visit lies in a preferred window, or that there is none. Without
    it the day has `detour_s` less travel and is `detour_m` shorter; the rep may leave it `spare_s`
    later and still keep all that comes after.
    """

    key: str
    arrive_s: int
    wait_s: int
    start_s: int
    leave_s: int
    leg_duration_s: int
    leg_distance_m: int
    is_preferred: bool = True
    detour_s: int = 0
    detour_m: int = 0
    spare_s: int = 0


class PlannedLunch(msgspec.Struct, frozen=True, kw_only=True):
    """The break: after which visit it comes, and at which stop's place it is taken.

    `after` is None before the first visit. `at` equals `after`, or is the next stop when the rep
    drives there first, or is None with `after` at the place where the day starts. A lunch with a
    place of its own has a leg into it, and `at` is None; the next leg leads on from there.
    """

    start_s: int
    end_s: int
    wait_s: int
    after: str | None
    at: str | None
    leg_duration_s: int = 0
    leg_distance_m: int = 0


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """A stop that is not planned: a code, a sentence, and the sentence's numbers.

    `facts` lets other languages say the same; times and lengths are seconds, others are keys.
    """

    key: str
    reason: Reason
    detail: str
    facts: dict[str, int | str]


class DayPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The ordered day with its totals.

    The day runs from `start_s` to `end_s`, the last leg leads to its end. `wait_s` counts all idle
    time, `travel_s` and `distance_m` all legs. The objective is travel plus the price of every
    dropped stop and of every visit outside its preferred windows; `bound` is a value it cannot go
    below. A day without stops stays where it starts, without travel or lunch.
    """

    stops: tuple[PlannedStop, ...]
    lunch: PlannedLunch | None
    dropped: tuple[Dropped, ...]
    start_s: int
    end_s: int
    end_leg_duration_s: int
    end_leg_distance_m: int
    distance_m: int
    travel_s: int
    wait_s: int
    objective: int
    bound: int | None
    optimality: Optimality
    engine: str
    seed: int
    is_estimate: bool
