"""An independent check of a day's plan: its own arithmetic, nothing taken over from the solver."""

from collections.abc import Iterator, Sequence

from backend.routes.day.plan import DayPlan, PlannedLunch, PlannedStop, Reason
from backend.routes.day.problem import DayProblem, Stop
from backend.routes.day.windows import Window


def check_plan(problem: DayProblem, plan: DayPlan) -> list[str]:
    """Return every rule of the day that a plan breaks, as sentences; empty for a sound plan."""
    unknown = [*_check_keys(problem, plan)]
    if unknown:
        return unknown
    day = [*_check_shift(problem, plan), *_check_limits(problem, plan)]
    day += _check_reasons(problem, plan)
    day += _check_lunch(problem, plan)
    return [*day, *_Walk(problem, plan).faults, *_check_totals(problem, plan)]


def _check_keys(problem: DayProblem, plan: DayPlan) -> Iterator[str]:
    known = {stop.key for stop in problem.stops}
    said = [stop.key for stop in plan.stops] + [stop.key for stop in plan.dropped]
    yield from (f"Unknown stop {key}." for key in said if key not in known)
    yield from (f"Stop {key} is neither planned nor dropped." for key in known - set(said))
    yield from (f"Stop {key} is named twice." for key in known if said.count(key) > 1)


def _check_reasons(problem: DayProblem, plan: DayPlan) -> Iterator[str]:
    """Check whose hours are blamed: those of the shop, or the firm ones of the account."""
    by_key = {stop.key: stop for stop in problem.stops}
    for dropped in plan.dropped:
        stop = by_key[dropped.key]
        if dropped.reason in {Reason.CLOSED_TODAY, Reason.NO_OWN_HOURS_TODAY}:
            is_own = dropped.reason is Reason.NO_OWN_HOURS_TODAY
            if stop.windows or is_own != stop.has_own_hours:
                yield f"Stop {stop.key} is dropped for hours that are not in the way."


def _check_shift(problem: DayProblem, plan: DayPlan) -> Iterator[str]:
    if plan.start_s < problem.shift_start_s:
        yield "The day starts before the shift."
    if plan.end_s > problem.shift_end_s:
        yield "The day ends after the shift."


def _check_limits(problem: DayProblem, plan: DayPlan) -> Iterator[str]:
    if problem.max_travel_s is not None and plan.travel_s > problem.max_travel_s:
        yield "The day has more travel time than it may have."
    if problem.max_distance_m is not None and plan.distance_m > problem.max_distance_m:
        yield "The day is longer than it may be."


def _check_lunch(problem: DayProblem, plan: DayPlan) -> Iterator[str]:
    lunch, taken = problem.lunch, plan.lunch
    if lunch is None or taken is None:
        if taken is not None:
            yield "Lunch was not asked for."
        is_due = lunch is not None and (
            problem.shift_start_s <= lunch.latest_s < plan.end_s
            if lunch.node is None
            else bool(plan.stops) and problem.shift_start_s <= lunch.latest_s
        )
        if is_due:
            yield "Lunch is missing."
        return
    if not lunch.earliest_s <= taken.start_s <= lunch.latest_s:
        yield "Lunch starts outside its time."
    if taken.end_s - taken.start_s != lunch.duration_s:
        yield "Lunch has the wrong length."


class _Walk:
    """Goes through the day from its start, place by place, and notes what does not add up."""

    def __init__(self, problem: DayProblem, plan: DayPlan) -> None:
        self.faults: list[str] = []
        self._now_s = plan.start_s
        self._lunch = plan.lunch
        self._has_place = problem.lunch is not None and problem.lunch.node is not None
        by_key = {stop.key: stop for stop in problem.stops}
        node: int | None = problem.start
        previous: str | None = None
        self._pause(after=None, at=None)
        for planned in plan.stops:
            node = self._go_to_lunch(problem, node, previous)
            stop = by_key[planned.key]
            self.faults += _check_leg(problem, planned, node, stop)
            self._now_s += planned.leg_duration_s
            if planned.arrive_s != self._now_s:
                self.faults.append(f"{stop.key} is not reached by its leg.")
            self._pause(after=previous, at=stop.key)
            self.faults += _check_visit(stop, planned, self._now_s)
            self._now_s = planned.leave_s
            self._pause(after=stop.key, at=stop.key)
            node, previous = stop.node, stop.key
        node = self._go_to_lunch(problem, node, previous)
        self.faults += _check_way_home(problem, plan, node)
        self._now_s += plan.end_leg_duration_s
        self._pause(after=previous, at=None)
        if self._lunch is not None:
            self.faults.append("Lunch is at no place of the day.")
        if self._now_s != plan.end_s:
            self.faults.append(f"The day ends at {self._now_s}, not at {plan.end_s}.")

    def _go_to_lunch(
        self, problem: DayProblem, node: int | None, previous: str | None
    ) -> int | None:
        """Take lunch where it has a place and comes after this visit; return where the rep is."""
        lunch, place = self._lunch, problem.lunch.node if problem.lunch else None
        if lunch is None or place is None or lunch.after != previous or node is None:
            return node
        leg = (problem.durations_s[node][place], problem.distances_m[node][place])
        if leg != (lunch.leg_duration_s, lunch.leg_distance_m):
            self.faults.append("The leg to lunch differs from the matrix.")
        self._now_s += lunch.leg_duration_s
        self._eat(lunch)
        return place

    def _pause(self, *, after: str | None, at: str | None) -> None:
        lunch = self._lunch
        if self._has_place or lunch is None or (lunch.after, lunch.at) != (after, at):
            return
        self._eat(lunch)

    def _eat(self, lunch: PlannedLunch) -> None:
        if lunch.wait_s < 0 or lunch.start_s != self._now_s + lunch.wait_s:
            self.faults.append("Lunch starts at another time than after waiting.")
        self._now_s, self._lunch = lunch.end_s, None


def _check_leg(
    problem: DayProblem, planned: PlannedStop, origin: int | None, stop: Stop
) -> Iterator[str]:
    if stop.node is None or origin is None:
        yield f"{stop.key} is planned without a street."
        return
    if problem.durations_s[origin][stop.node] != planned.leg_duration_s:
        yield f"The leg to {stop.key} has another duration in the matrix."
    if problem.distances_m[origin][stop.node] != planned.leg_distance_m:
        yield f"The leg to {stop.key} has another length in the matrix."


def _check_visit(stop: Stop, planned: PlannedStop, ready_s: int) -> Iterator[str]:
    if planned.wait_s < 0 or planned.start_s != ready_s + planned.wait_s:
        yield f"{stop.key} starts at another time than after waiting."
    if planned.leave_s != planned.start_s + stop.service_s:
        yield f"{stop.key} is left before or after its visit."
    if not _is_within(planned, stop.windows):
        yield f"The visit to {stop.key} is not wholly inside one window."
    is_at_wish = not stop.preferred or _is_within(planned, stop.preferred)
    if planned.is_preferred != (is_at_wish and not stop.is_unwished):
        yield f"The visit to {stop.key} is wrong about its preferred windows."


def _check_way_home(problem: DayProblem, plan: DayPlan, node: int | None) -> Iterator[str]:
    home: tuple[int | None, int | None] = (0, 0)
    if plan.stops and node is not None:
        home = (problem.durations_s[node][problem.end], problem.distances_m[node][problem.end])
    if (plan.end_leg_duration_s, plan.end_leg_distance_m) != home:
        yield "The last leg differs from the matrix."


def _check_totals(problem: DayProblem, plan: DayPlan) -> Iterator[str]:
    parts: list[PlannedStop | PlannedLunch] = [*plan.stops]
    if plan.lunch:
        parts.append(plan.lunch)
    travel_s = sum(part.leg_duration_s for part in parts) + plan.end_leg_duration_s
    if plan.travel_s != travel_s:
        yield "The travel time is not the sum of the legs."
    if plan.distance_m != sum(part.leg_distance_m for part in parts) + plan.end_leg_distance_m:
        yield "The distance is not the sum of the legs."
    if plan.wait_s != sum(part.wait_s for part in parts):
        yield "The waiting time is not the sum of the waits."
    if plan.objective != travel_s + _price(problem, plan):
        yield "The objective is not travel and the price of what is left out or not preferred."
    if plan.bound is not None and plan.bound > plan.objective:
        yield "The bound is above the objective."


def _price(problem: DayProblem, plan: DayPlan) -> int:
    optional_s = sum(stop.value_s for stop in problem.stops if not stop.is_required)
    wishes_s = sum(stop.preference_s for stop in problem.stops)
    required_s = optional_s + wishes_s + problem.shift_end_s - problem.shift_start_s + 1
    visits = {stop.key: stop for stop in plan.stops}
    total = 0
    for stop in problem.stops:
        visit = visits.get(stop.key)
        if visit is None:
            total += required_s if stop.is_required else stop.value_s
        elif stop.preferred and not _is_within(visit, stop.preferred):
            total += stop.preference_s
    return total


def _is_within(visit: PlannedStop, windows: Sequence[Window]) -> bool:
    return any(
        window.start_s <= visit.start_s and visit.leave_s <= window.end_s for window in windows
    )
