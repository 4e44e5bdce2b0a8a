"""Laying out an order of stops as a day: arrivals, waiting, lunch, totals."""

from collections.abc import Sequence

import msgspec

from backend.routes.day.moves import as_preferred
from backend.routes.day.plan import (
    DayPlan,
    Dropped,
    Optimality,
    PlannedLunch,
    PlannedStop,
    Reason,
)
from backend.routes.day.problem import DayProblem, ProblemError, Stop
from backend.routes.day.timetable import Timetable, shift
from backend.routes.day.windows import start_ranges
from backend.routes.day.worth import effects_of


class LunchPlace(msgspec.Struct, frozen=True):
    """Lunch comes after so many visits; on arrival means at the next place, not the last one."""

    visits_before: int
    on_arrival: bool


_LUNCH_FIRST = LunchPlace(0, on_arrival=False)


class Proof(msgspec.Struct, frozen=True):
    """What is known about how good an order is."""

    engine: str
    optimality: Optimality = Optimality.HEURISTIC
    bound: int | None = None


def lay_out(
    table: Timetable, order: Sequence[int], dropped: Sequence[Dropped], proof: Proof
) -> DayPlan:
    """Return the plan that visits stops in this order, which must be possible, as early as can be.

    The rep leaves as late as the first visit allows, rather than waiting at its door.
    """
    if tuple(order) == table.nothing:
        order = ()
    place = find_lunch(table, order)
    start_s = _day_start(table, order, place)
    stops, lunch, end_s = _walk(table, order, place, start_s)
    last = order[-1] if order else table.start
    end_leg_m = table.leg_m[last][table.end] if order else 0
    travel_s = table.travel_s(order)
    busy_s = sum(table.service_s[option] for option in order)
    lunch_s = lunch.end_s - lunch.start_s if lunch and table.meal is None else 0
    return DayPlan(
        stops=tuple(stops),
        lunch=lunch,
        dropped=tuple(sorted(dropped, key=lambda one: one.key)),
        start_s=start_s,
        end_s=end_s,
        end_leg_duration_s=table.leg_s[last][table.end] if order else 0,
        end_leg_distance_m=end_leg_m,
        distance_m=table.distance_m(order),
        travel_s=travel_s,
        wait_s=end_s - start_s - travel_s - busy_s - lunch_s,
        objective=table.cost(order),
        bound=proof.bound,
        optimality=proof.optimality,
        engine=proof.engine,
        seed=table.problem.seed,
        is_estimate=table.problem.is_estimate,
    )


def schedule_in_order(problem: DayProblem, order: Sequence[str]) -> DayPlan:
    """Return the day as somebody else ordered it, by stop keys, to compare with.

    Where the whole order cannot be kept, a stop that cannot be kept after those before it is
    skipped. Raises ProblemError for a key that is unknown or given twice.
    """
    table = Timetable(problem)
    index = {stop.key: number for number, stop in enumerate(problem.stops)}
    asked: list[int] = []
    for key in order:
        if key not in index:
            raise ProblemError(f"The day has no stop {key}.", field="order", stop=key)
        asked.append(index.pop(key))
    skipped = [
        Dropped(
            key=key,
            reason=Reason.NOT_CHOSEN,
            detail=f"{problem.stops[stop].name} is not in this order.",
            facts={},
        )
        for key, stop in index.items()
    ]
    day = _with_lunch(table, asked)
    if day is None:
        day = _what_can_be_kept(table, asked, skipped)
    return lay_out(table, as_preferred(table, day), skipped, Proof(engine="given_order"))


def _what_can_be_kept(table: Timetable, asked: list[int], skipped: list[Dropped]) -> list[int]:
    kept: list[int] = []
    day: list[int] = []
    for stop in asked:
        longer = _with_lunch(table, [*kept, stop])
        if longer is not None:
            kept.append(stop)
            day = longer
            continue
        wish = table.wishes[stop]
        detail = f"{wish.name} cannot be kept at its place in this order."
        facts: dict[str, int | str] = {"position": len(kept)}
        skipped.append(
            Dropped(key=wish.key, reason=Reason.NO_TIME_LEFT, detail=detail, facts=facts)
        )
    return day


def _with_lunch(table: Timetable, order: list[int]) -> list[int] | None:
    """Return a possible order with lunch at its place where it has one; None when there is none."""
    if table.meal is None:
        return order if table.is_possible(order) else None
    longer = [[*order[:gap], table.meal, *order[gap:]] for gap in range(len(order) + 1)]
    return min((one for one in longer if table.is_possible(one)), key=table.travel_s, default=None)


def find_lunch(table: Timetable, order: Sequence[int]) -> LunchPlace | None:
    """Return where lunch lets the day end earliest; None for a day without lunch in it."""
    if not order or table.lunch is None:
        return None
    start_s = table.problem.shift_start_s
    hungry_s, place, fed_s = start_s, _LUNCH_FIRST, table.lunch_over(start_s)
    for number, (origin, stop) in enumerate(zip([table.start, *order], order, strict=False)):
        hungry_s, fed_s = shift((hungry_s, fed_s), table.leg_s[origin][stop])
        over_s = table.lunch_over(hungry_s)
        if over_s < fed_s:
            fed_s, place = over_s, LunchPlace(number, on_arrival=True)
        hungry_s = table.first_start(stop, hungry_s) + table.service_s[stop]
        fed_s = table.first_start(stop, fed_s) + table.service_s[stop]
        over_s = table.lunch_over(hungry_s)
        if over_s < fed_s:
            fed_s, place = over_s, LunchPlace(number + 1, on_arrival=False)
    home_s = table.leg_s[order[-1]][table.end]
    is_over = table.day_over((hungry_s + home_s, fed_s + home_s)) < fed_s + home_s
    return None if is_over else place


def _day_start(table: Timetable, order: Sequence[int], place: LunchPlace | None) -> int:
    start_s, lunch = table.problem.shift_start_s, table.lunch
    if not order:
        return start_s
    if lunch is not None and place == _LUNCH_FIRST:
        return max(start_s, lunch.earliest_s)
    if place is not None and place.visits_before == 0:
        return start_s
    leg_s = table.leg_s[table.start][order[0]]
    return table.first_start(order[0], start_s + leg_s) - leg_s


class _Break:
    """Takes lunch once, when the walk comes to its place."""

    def __init__(self, table: Timetable, place: LunchPlace | None) -> None:
        self._table = table
        self._place = place
        self.taken: PlannedLunch | None = None

    def pass_by(self, place: LunchPlace, now_s: int, *, after: str | None, at: str | None) -> int:
        lunch = self._table.lunch
        if lunch is None or place != self._place:
            return now_s
        end_s = self._table.lunch_over(now_s)
        start_s = end_s - lunch.duration_s
        self.taken = PlannedLunch(
            start_s=start_s, end_s=end_s, wait_s=start_s - now_s, after=after, at=at
        )
        return end_s

    def sit_down(self, now_s: int, *, after: str | None, leg_s: int, leg_m: int) -> int:
        """Take lunch at its own place, which was just reached."""
        meal = self._table.meal
        assert meal is not None  # noqa: S101  # it is in the order
        start_s = self._table.first_start(meal, now_s)
        end_s = start_s + self._table.service_s[meal]
        self.taken = PlannedLunch(
            start_s=start_s,
            end_s=end_s,
            wait_s=start_s - now_s,
            after=after,
            at=None,
            leg_duration_s=leg_s,
            leg_distance_m=leg_m,
        )
        return end_s


def _walk(
    table: Timetable, order: Sequence[int], place: LunchPlace | None, now_s: int
) -> tuple[list[PlannedStop], PlannedLunch | None, int]:
    stops: list[PlannedStop] = []
    leaves: list[tuple[int, bool]] = []
    lunch = _Break(table, place)
    previous: str | None = None
    now_s = lunch.pass_by(_LUNCH_FIRST, now_s, after=None, at=None)
    for number, (origin, option) in enumerate(zip([table.start, *order], order, strict=False)):
        leg_s, leg_m = table.leg_s[origin][option], table.leg_m[origin][option]
        arrive_s = now_s + leg_s
        if option == table.meal:
            now_s = lunch.sit_down(arrive_s, after=previous, leg_s=leg_s, leg_m=leg_m)
            leaves.append((now_s, True))
            continue
        key = table.wishes[option].key
        on_arrival = LunchPlace(number, on_arrival=True)
        ready_s = lunch.pass_by(on_arrival, arrive_s, after=previous, at=key)
        start_s = table.first_start(option, ready_s)
        leave_s = start_s + table.service_s[option]
        leaves.append((leave_s, table.lunch is None or lunch.taken is not None))
        stops.append(
            PlannedStop(
                key=key,
                arrive_s=arrive_s,
                wait_s=start_s - ready_s,
                start_s=start_s,
                leave_s=leave_s,
                leg_duration_s=leg_s,
                leg_distance_m=leg_m,
                is_preferred=_is_preferred(table.wishes[option], start_s),
            )
        )
        on_leaving = LunchPlace(number + 1, on_arrival=False)
        now_s = lunch.pass_by(on_leaving, leave_s, after=key, at=key)
        previous = key
    now_s += table.leg_s[order[-1]][table.end] if order else 0
    return _with_effects(table, order, stops, leaves), lunch.taken, now_s


def _with_effects(
    table: Timetable,
    order: Sequence[int],
    stops: Sequence[PlannedStop],
    leaves: Sequence[tuple[int, bool]],
) -> list[PlannedStop]:
    effects = zip(order, effects_of(table, order, leaves), strict=True)
    of_visits = [effect for option, effect in effects if option != table.meal]
    return [
        msgspec.structs.replace(
            stop, detour_s=one.detour_s, detour_m=one.detour_m, spare_s=one.spare_s
        )
        for stop, one in zip(stops, of_visits, strict=True)
    ]


def _is_preferred(wish: Stop, start_s: int) -> bool:
    ranges = start_ranges(wish.preferred, wish.service_s)
    if wish.is_unwished or not wish.preferred:
        return not wish.is_unwished
    return any(first <= start_s <= last for first, last in ranges)
