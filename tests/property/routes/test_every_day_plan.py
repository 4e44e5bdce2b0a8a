"""Laws of every plan, on random and adversarial days."""

from collections.abc import Iterator
from itertools import pairwise, permutations, product

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backend.routes.day.check import check_plan
from backend.routes.day.plan import DayPlan, Dropped, Optimality, Reason
from backend.routes.day.problem import DayProblem, Lunch, Matrix, Stop
from backend.routes.day.reorder import reorder_day
from backend.routes.day.rest import Now, rest_of_day
from backend.routes.day.room import Room, change_without, is_possible_without
from backend.routes.day.room import is_kept as is_kept_in
from backend.routes.day.schedule import schedule_in_order
from backend.routes.day.timetable import Timetable, fits_gap, slack_of
from backend.routes.day.windows import Window, merge_windows
from backend.routes.solver.day import solve_day
from tests.property.routes.random_days import SHIFT_S, days

FAR_TOO_LONG_S = 100_000
_ALL_DAY = (Window(0, 1200),)
_THE_WAY_HOME_IS_SHORTER_BY_ANOTHER_STOP = DayProblem(
    stops=(
        Stop(key="s0", node=0, service_s=1, windows=_ALL_DAY, value_s=20),
        Stop(key="s1", node=0, service_s=59, windows=_ALL_DAY, value_s=20),
        Stop(key="s2", node=1, service_s=0, windows=_ALL_DAY),
    ),
    start=0,
    end=2,
    durations_s=((0, 0, 178), (0, 0, 0), (0, 0, 0)),
    distances_m=((0, 0, 1780), (0, 0, 0), (0, 0, 0)),
    shift_start_s=0,
    shift_end_s=237,
)

_FITS_WITH_LUNCH_AT_ANOTHER_TIME = DayProblem(
    stops=(
        Stop(key="s0", node=0, service_s=36, windows=(Window(0, 234),)),
        Stop(key="s1", node=2, service_s=65, windows=_ALL_DAY, value_s=20),
    ),
    start=0,
    end=1,
    durations_s=((0, 0, 0), (0, 0, 0), (1, 0, 0)),
    distances_m=((0, 0, 0), (0, 0, 0), (10, 0, 0)),
    shift_start_s=163,
    shift_end_s=320,
    lunch=Lunch(earliest_s=0, latest_s=259, duration_s=1, node=1),
)

_LUNCH_IS_MORE_WAY_THAN_ITS_VISITS = DayProblem(
    stops=(Stop(key="s0", node=0, service_s=0, windows=_ALL_DAY),),
    start=0,
    end=0,
    durations_s=((0, 1), (0, 0)),
    distances_m=((0, 10), (0, 0)),
    shift_start_s=0,
    shift_end_s=150,
    lunch=Lunch(earliest_s=0, latest_s=1, duration_s=1, node=1),
)


@settings(max_examples=150, deadline=None)
@given(days())
@example(_FITS_WITH_LUNCH_AT_ANOTHER_TIME)
def test_every_plan_keeps_every_rule_and_tells_the_truth(day: DayProblem) -> None:
    plan = solve_day(day, prove_up_to=0)

    assert check_plan(day, plan) == []
    for dropped in plan.dropped:
        check_reason(day, plan, dropped)


@settings(max_examples=25, deadline=None)
@given(days())
def test_the_same_problem_has_the_same_plan(day: DayProblem) -> None:
    assert solve_day(day) == solve_day(day)


_NO_TIME_IN_ONE_PLACE = DayProblem(
    stops=(
        Stop(key="s0", node=1, service_s=0, windows=(Window(0, 1200),)),
        Stop(key="s1", node=1, service_s=0, windows=(Window(0, 1200),), value_s=20),
    ),
    start=0,
    end=0,
    durations_s=((0, 1), (0, 0)),
    distances_m=((0, 10), (0, 0)),
    shift_start_s=0,
    shift_end_s=150,
)


@settings(max_examples=100, deadline=None)
@given(days(max_stops=4))
@example(_LUNCH_IS_MORE_WAY_THAN_ITS_VISITS)
@example(_NO_TIME_IN_ONE_PLACE)
def test_a_proven_plan_is_as_good_as_trying_everything(day: DayProblem) -> None:
    plan = solve_day(day, proof_effort=10.0)

    assert plan.optimality is Optimality.PROVEN
    assert check_plan(day, plan) == []
    assert plan.objective == best_objective(day)


@settings(max_examples=200, deadline=None)
@given(days(max_stops=4))
@example(_THE_WAY_HOME_IS_SHORTER_BY_ANOTHER_STOP)
def test_no_plan_costs_less_than_the_bound(day: DayProblem) -> None:
    plan = solve_day(day, prove_up_to=0)

    if plan.bound is not None:
        assert plan.bound <= best_objective(day) <= plan.objective
    assert (plan.optimality is Optimality.PROVEN) == (plan.bound == plan.objective)


@settings(max_examples=60, deadline=None)
@given(days(max_stops=5), st.data())
def test_no_given_order_beats_a_proven_plan(day: DayProblem, data: st.DataObject) -> None:
    plan = solve_day(day, proof_effort=10.0)
    hopeful = [stop.key for stop in day.stops if is_kept(day, [stop.key])]

    given_plan = schedule_in_order(day, data.draw(st.permutations(hopeful)))

    assert check_plan(day, given_plan) == []
    assert given_plan.objective >= plan.objective


@settings(max_examples=300, deadline=None)
@given(days(max_stops=6))
def test_trying_a_gap_agrees_with_trying_the_whole_day(day: DayProblem) -> None:
    table = Timetable(day)
    order: list[int] = []
    for stop in range(len(day.stops)):
        slack = slack_of(table, order)
        options = [[*order[:gap], stop, *order[gap:]] for gap in range(len(order) + 1)]
        possible = [table.is_possible(option) for option in options]

        assert [fits_gap(table, slack, gap, stop) for gap in range(len(options))] == possible

        order = next(
            (option for option, is_good in zip(options, possible, strict=True) if is_good), order
        )


@settings(max_examples=300, deadline=None)
@given(days(max_stops=6), st.data())
def test_leaving_a_stop_out_agrees_with_the_day_without_it(
    day: DayProblem, data: st.DataObject
) -> None:
    table = Timetable(day)
    order = data.draw(st.permutations(range(len(day.stops))))
    room = Room(table, order)
    assert is_kept_in(table, room.slack) == table.is_possible(order)

    for place in range(len(order)):
        fewer = [*order[:place], *order[place + 1 :]]
        assert room.without(place) == slack_of(table, fewer)
        assert is_possible_without(table, room.slack, place) == table.is_possible(fewer)
        change = change_without(table, room.slack, place)
        if fewer or table.meal is None:
            assert change == table.cost(fewer) - table.cost(order)


@settings(max_examples=150, deadline=None)
@given(days(max_stops=6))
def test_the_spare_time_of_a_visit_is_really_there(day: DayProblem) -> None:
    plan = schedule_in_order(day, [stop.key for stop in day.stops if is_kept(day, [stop.key])])
    order = [stop.key for stop in plan.stops]

    for number, planned in enumerate(plan.stops):
        assert planned.spare_s >= 0
        held = Window(start_s=planned.start_s, end_s=planned.leave_s + planned.spare_s)
        longer = [
            msgspec.structs.replace(
                stop, windows=(held,), preferred=(), service_s=held.end_s - held.start_s
            )
            if stop.key == planned.key and held.end_s > held.start_s
            else stop
            for stop in day.stops
        ]
        assert is_kept(msgspec.structs.replace(day, stops=tuple(longer)), order)
        fewer = schedule_in_order(day, order[:number] + order[number + 1 :])
        if len(fewer.stops) == len(order) - 1 and planned.detour_s:
            saved_s = plan.travel_s - fewer.travel_s
            # Without the visit, a lunch that has a place may come at a better time.
            is_lunch_free = day.lunch is not None and day.lunch.node is not None
            assert saved_s == planned.detour_s or (is_lunch_free and saved_s > planned.detour_s)


def check_reason(day: DayProblem, plan: DayPlan, dropped: Dropped) -> None:
    """Assert that a reason holds, and that what would let the stop in does let it in."""
    stop = next(stop for stop in day.stops if stop.key == dropped.key)
    facts = dropped.facts
    match dropped.reason:
        case Reason.CLOSED_TODAY | Reason.NO_OWN_HOURS_TODAY as reason:
            assert stop.windows == ()
            assert stop.has_own_hours == (reason is Reason.NO_OWN_HOURS_TODAY)
        case Reason.NO_STREET_NEARBY:
            assert stop.node is None
        case Reason.WINDOW_TOO_SHORT:
            longest_s = max(window.end_s - window.start_s for window in stop.windows)
            assert stop.service_s - longest_s == facts["missing_s"]
        case Reason.UNREACHABLE:
            assert stop.node is not None
            way = (day.durations_s[day.start][stop.node], day.durations_s[stop.node][day.end])
            assert None in way
        case Reason.OUTSIDE_SHIFT | Reason.LUNCH_IN_THE_WAY as reason:
            free = without_limits(day)
            assert not is_kept(free, [stop.key])
            assert is_kept(without_lunch(free), [stop.key]) == (reason is Reason.LUNCH_IN_THE_WAY)
        case Reason.TOO_FAR:
            check_too_far(day, plan, stop, dropped)
        case _:
            check_left_out(day, plan, stop, dropped)


def check_too_far(day: DayProblem, plan: DayPlan, stop: Stop, dropped: Dropped) -> None:
    """Assert that only the limits of travel are in the way, and by how much."""
    facts = dropped.facts
    more_s, more_m = (number(facts.get(fact, 0)) for fact in ("travel_more_s", "distance_more_m"))
    assert more_s or more_m
    longer = msgspec.structs.replace(
        day,
        max_travel_s=None if day.max_travel_s is None else day.max_travel_s + more_s,
        max_distance_m=None if day.max_distance_m is None else day.max_distance_m + more_m,
    )
    keys = [planned.key for planned in plan.stops] if "position" in facts else []
    fitting = [inserted(keys, gap, stop.key) for gap in range(len(keys) + 1)]
    alone = [stop.key]
    assert is_kept(longer, alone) or any(is_kept(longer, order) for order in fitting)


def check_left_out(day: DayProblem, plan: DayPlan, stop: Stop, dropped: Dropped) -> None:
    """Assert that a stop that could be visited alone fits nowhere, or is not worth its way."""
    keys = [planned.key for planned in plan.stops]
    facts = dropped.facts
    fitting = [gap for gap in range(len(keys) + 1) if is_kept(day, inserted(keys, gap, stop.key))]
    if dropped.reason is Reason.LOWER_VALUE:
        assert facts["position"] in fitting
        fuller = schedule_in_order(day, inserted(keys, facts["position"], stop.key))
        if day.lunch is not None and day.lunch.node is not None:
            # The reason counts with lunch where it is in the plan.
            assert fuller.travel_s - plan.travel_s <= number(facts["extra_travel_s"])
            return
        assert fuller.travel_s - plan.travel_s == facts["extra_travel_s"]
        assert fuller.objective > plan.objective
        return
    assert dropped.reason is Reason.NO_TIME_LEFT
    assert fitting == []
    check_remedies(day, keys, stop, dropped)


def check_remedies(day: DayProblem, keys: list[str], stop: Stop, dropped: Dropped) -> None:
    """Assert that each remedy in the facts lets the stop in."""
    facts = dropped.facts
    if "shift_later_s" in facts:
        later_s = day.shift_end_s + number(facts["shift_later_s"])
        order = inserted(keys, facts["shift_later_position"], stop.key)
        assert is_kept(msgspec.structs.replace(day, shift_end_s=later_s), order)
    if "opening_position" in facts:
        is_own = stop.has_own_hours
        names = ("visited_earlier_s", "visited_later_s") if is_own else (
            "opens_earlier_s", "closes_later_s"
        )  # fmt: skip
        earlier_s, later_s = (number(facts.get(fact, 0)) for fact in names)
        assert earlier_s or later_s
        wider = [
            Window(start_s=max(window.start_s - earlier_s, 0), end_s=window.end_s + later_s)
            for window in stop.windows
        ]
        opened = msgspec.structs.replace(stop, windows=merge_windows(wider))
        relaxed = tuple(opened if one.key == stop.key else one for one in day.stops)
        order = inserted(keys, facts["opening_position"], stop.key)
        assert is_kept(msgspec.structs.replace(day, stops=relaxed), order)
    if "pushes_out" in facts:
        fewer = [key for key in keys if key != facts["pushes_out"]]
        assert is_kept(day, inserted(fewer, facts["swap_position"], stop.key))


def number(fact: int | str) -> int:
    assert isinstance(fact, int)
    return fact


def inserted(keys: list[str], position: int | str, key: str) -> list[str]:
    place = number(position)
    return [*keys[:place], key, *keys[place:]]


def is_kept(day: DayProblem, order: list[str]) -> bool:
    """Return whether trying everything finds the whole order possible."""
    by_key = {stop.key: stop for stop in day.stops}
    return least_travel_s([by_key[key] for key in order], day) is not None


def without_lunch(day: DayProblem) -> DayProblem:
    return msgspec.structs.replace(day, lunch=None)


def without_limits(day: DayProblem) -> DayProblem:
    return msgspec.structs.replace(day, max_travel_s=None, max_distance_m=None)


def best_objective(day: DayProblem) -> int:
    """Return the lowest objective over every order of every subset, by plain enumeration."""
    required_s = (
        sum(stop.value_s for stop in day.stops if not stop.is_required)
        + sum(stop.preference_s for stop in day.stops)
        + day.shift_end_s
        - day.shift_start_s
        + 1
    )
    prices = {stop.key: required_s if stop.is_required else stop.value_s for stop in day.stops}
    hopeful = [stop for stop in day.stops if is_kept(day, [stop.key])]
    best = sum(prices.values())
    for count in range(1, len(hopeful) + 1):
        for order in permutations(hopeful, count):
            left_s = sum(prices.values()) - sum(prices[stop.key] for stop in order)
            for missed_s, wished in ways(order):
                travel_s = least_travel_s(wished, day)
                if travel_s is not None:
                    best = min(best, travel_s + left_s + missed_s)
    return best


def ways(order: tuple[Stop, ...]) -> Iterator[tuple[int, list[Stop]]]:
    """Yield what missing preferences costs, and the stops with the windows of the others."""
    for choice in product(*([False, True] if stop.preferred else [False] for stop in order)):
        chosen = list(zip(order, choice, strict=True))
        missed_s = sum(
            stop.preference_s for stop, is_kept_ in chosen if not is_kept_ and stop.preferred
        )
        yield missed_s, [preferring(stop) if is_kept_ else stop for stop, is_kept_ in chosen]


def preferring(stop: Stop) -> Stop:
    windows = [
        Window(start_s=max(one.start_s, other.start_s), end_s=min(one.end_s, other.end_s))
        for one in stop.windows
        for other in stop.preferred
        if max(one.start_s, other.start_s) < min(one.end_s, other.end_s)
    ]
    return msgspec.structs.replace(stop, windows=tuple(windows))


def least_travel_s(order: list[Stop], day: DayProblem) -> int | None:
    """Return the least travel of a possible day in this order, trying lunch at every place."""
    if not order:
        return 0
    lunch = day.lunch
    tried: list[list[Stop]] = [order]
    places = range(-1, 2 * len(order) + 1)
    if lunch is not None and lunch.node is not None:
        places = range(-1, 0)
        if lunch.latest_s >= day.shift_start_s:
            meal = meal_of(day)
            tried = [[*order[:gap], meal, *order[gap:]] for gap in range(len(order) + 1)]
        day = without_lunch(day)
    travels = [travel_if_kept(one, day, places) for one in tried]
    return min((one for one in travels if one is not None), default=None)


def meal_of(day: DayProblem) -> Stop:
    """Return a lunch that has a place as a stop."""
    lunch = day.lunch
    assert lunch is not None
    window = Window(start_s=lunch.earliest_s, end_s=lunch.latest_s + lunch.duration_s)
    return Stop(key="", node=lunch.node, service_s=lunch.duration_s, windows=(window,))


def travel_if_kept(order: list[Stop], day: DayProblem, places: range) -> int | None:
    """Return an order's travel, with lunch at any of the places; None where it cannot be kept."""
    end_s = min(end_with_lunch_at(place, order, day) for place in places)
    travel_s = travel_of(order, day)
    is_near = travel_s is not None and (
        (day.max_travel_s is None or travel_s <= day.max_travel_s)
        and (day.max_distance_m is None or distance_of(order, day) <= day.max_distance_m)
    )
    return travel_s if end_s <= day.shift_end_s and is_near else None


def travel_of(order: list[Stop], day: DayProblem) -> int | None:
    return way_of(order, day, day.durations_s)


def distance_of(order: list[Stop], day: DayProblem) -> int:
    distance_m = way_of(order, day, day.distances_m)
    assert distance_m is not None
    return distance_m


def way_of(order: list[Stop], day: DayProblem, matrix: Matrix) -> int | None:
    """Return the sum of the legs, None where one has no way."""
    nodes = [day.start, *(stop.node for stop in order), day.end]
    total = 0
    for origin, target in pairwise(nodes):
        leg = None if origin is None or target is None else matrix[origin][target]
        if leg is None:
            return None
        total += leg
    return total


def end_with_lunch_at(place: int, order: list[Stop], day: DayProblem) -> int:
    """Return when the day ends with lunch at a place: -1 never, 0 at the start, then two a stop."""
    now_s, node = (eat(day.shift_start_s, day) if place == 0 else day.shift_start_s), day.start
    for number_, stop in enumerate(order):
        leg_s = None if stop.node is None else day.durations_s[node][stop.node]
        if stop.node is None or leg_s is None:
            return FAR_TOO_LONG_S
        now_s += leg_s
        if place == 2 * number_ + 1:
            now_s = eat(now_s, day)
        begins = [
            max(now_s, window.start_s)
            for window in stop.windows
            if max(now_s, window.start_s) + stop.service_s <= window.end_s
        ]
        now_s = min(begins, default=FAR_TOO_LONG_S) + stop.service_s
        if place == 2 * number_ + 2:
            now_s = eat(now_s, day)
        node = stop.node
    home_s = day.durations_s[node][day.end]
    if home_s is None:
        return FAR_TOO_LONG_S
    now_s += home_s
    lunch = day.lunch
    missed = lunch is not None and day.shift_start_s <= lunch.latest_s < now_s
    return FAR_TOO_LONG_S if place == -1 and missed else now_s


def eat(now_s: int, day: DayProblem) -> int:
    if day.lunch is None or max(now_s, day.lunch.earliest_s) > day.lunch.latest_s:
        return FAR_TOO_LONG_S
    return max(now_s, day.lunch.earliest_s) + day.lunch.duration_s


@st.composite
def days_in_order(draw: st.DrawFn) -> tuple[DayProblem, list[str]]:
    """Return a day and its stops in any order."""
    day = draw(days())
    return day, draw(st.permutations([stop.key for stop in day.stops]))


@settings(max_examples=300, deadline=None)
@given(days_in_order())
@example((_FITS_WITH_LUNCH_AT_ANOTHER_TIME, ["s0", "s1"]))
@example((_FITS_WITH_LUNCH_AT_ANOTHER_TIME, ["s1", "s0"]))
def test_a_day_reordered_without_a_solver_keeps_every_rule_too(
    ordered: tuple[DayProblem, list[str]],
) -> None:
    day, keys = ordered

    plan = reorder_day(day, keys)

    assert check_plan(day, plan) == []
    for dropped in plan.dropped:
        check_reason(day, plan, dropped)


@settings(max_examples=100, deadline=None)
@given(days(), st.data())
def test_the_rest_of_any_day_keeps_every_rule(day: DayProblem, data: st.DataObject) -> None:
    now = Now(
        at_s=data.draw(st.integers(0, 2 * SHIFT_S)),
        node=data.draw(st.integers(0, len(day.durations_s) - 1)),
        done=tuple(data.draw(st.sets(st.sampled_from([""] + [s.key for s in day.stops]))) - {""}),
        had_lunch=data.draw(st.booleans()),
        traffic=data.draw(st.sampled_from([100, 100, 60, 230])),
        travel_s=data.draw(st.sampled_from([0, 60, 600])),
        distance_m=data.draw(st.sampled_from([0, 600, 6000])),
    )
    former = [stop.key for stop in solve_day(day, prove_up_to=0).stops]

    rest = rest_of_day(day, now)
    plan = reorder_day(rest, former)

    assert check_plan(rest, plan) == []
    assert {stop.key for stop in plan.stops}.isdisjoint(now.done)
    for dropped in plan.dropped:
        check_reason(rest, plan, dropped)
