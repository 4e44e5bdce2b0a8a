"""Random and adversarial days: any matrix, with one-way and missing streets, tight windows."""

import msgspec
from hypothesis import strategies as st

from backend.routes.day.problem import DayProblem, Lunch, Matrix, Stop
from backend.routes.day.windows import Window, merge_windows

SHIFT_S = 600
"""Days are scaled down to some hundred seconds, so that rounding and edges are met often."""


def mostly[T](usual: st.SearchStrategy[T], rare: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    """Return the usual, and the rare one time in eight."""
    return st.integers(0, 7).flatmap(lambda dice: usual if dice else rare)


def matrices(size: int) -> st.SearchStrategy[Matrix]:
    """Return matrices of any legs, rarely missing ones."""
    leg = mostly(st.integers(1, 70), st.integers(-30, 300))
    rows = st.lists(st.lists(leg, min_size=size, max_size=size), min_size=size, max_size=size)
    return rows.map(_with_diagonal)


def _with_diagonal(rows: list[list[int]]) -> Matrix:
    return tuple(
        tuple(
            0 if row == column else (leg if leg >= 0 else None) for column, leg in enumerate(legs)
        )
        for row, legs in enumerate(rows)
    )


def windows() -> st.SearchStrategy[tuple[Window, ...]]:
    """Return none to three windows of a day, in order and apart."""
    one = st.builds(
        lambda start, length: Window(start_s=start, end_s=start + length),
        st.integers(0, SHIFT_S),
        st.integers(20, 400),
    )
    whole_day = st.just((Window(start_s=0, end_s=2 * SHIFT_S),))
    some = st.lists(one, min_size=1, max_size=3).map(merge_windows)
    return mostly(st.one_of(whole_day, some), st.just(()))


def stops(nodes: int) -> st.SearchStrategy[Stop]:
    """Return stops at given nodes or at none; their keys are set by `days`."""
    return st.builds(
        Stop,
        key=st.just(""),
        node=mostly(st.integers(0, nodes - 1), st.none()),
        service_s=st.integers(0, 120),
        windows=windows(),
        is_required=st.sampled_from([False, False, True]),
        value_s=st.sampled_from([0, 20, 60, 100, 300, 1000]),
        preferred=mostly(st.just(()), windows()),
        preference_s=st.sampled_from([0, 20, 100]),
        is_unwished=st.sampled_from([False, False, False, True]),
        has_own_hours=st.booleans(),
    )


@st.composite
def days(draw: st.DrawFn, max_stops: int = 7) -> DayProblem:
    """Return one rep's day."""
    count = draw(st.sampled_from([*range(max_stops + 1), *[max_stops] * max_stops]))
    nodes = draw(st.integers(max(1, max_stops - 1), max_stops + 2))
    durations_s = draw(matrices(nodes))
    shift_start_s = draw(st.integers(0, 200))
    lunch = st.builds(
        lambda earliest, width, duration, node: Lunch(
            earliest_s=earliest, latest_s=earliest + width, duration_s=duration, node=node
        ),
        st.integers(100, SHIFT_S),
        st.integers(0, 200),
        st.integers(1, 100),
        st.one_of(st.none(), st.integers(0, nodes - 1)),
    )
    start, end = draw(st.integers(0, nodes - 1)), draw(st.integers(0, nodes - 1))
    drawn = draw(st.lists(stops(nodes), min_size=count, max_size=count))
    day = DayProblem(
        stops=tuple(
            Stop(
                key=f"s{number}",
                node=stop.node,
                service_s=stop.service_s,
                windows=stop.windows,
                is_required=stop.is_required,
                value_s=stop.value_s,
                preferred=stop.preferred,
                preference_s=min(stop.preference_s, stop.value_s),
                is_unwished=stop.is_unwished,
                has_own_hours=stop.has_own_hours,
            )
            for number, stop in enumerate(drawn)
        ),
        start=start,
        end=end,
        durations_s=durations_s,
        distances_m=tuple(
            tuple(None if leg is None else 10 * leg for leg in row) for row in durations_s
        ),
        shift_start_s=shift_start_s,
        shift_end_s=shift_start_s + draw(st.integers(SHIFT_S // 4, SHIFT_S)),
        lunch=draw(st.one_of(st.none(), lunch)),
        max_travel_s=draw(mostly(st.none(), st.integers(0, SHIFT_S))),
        max_distance_m=draw(mostly(st.none(), st.integers(0, 10 * SHIFT_S))),
        seed=draw(st.integers(0, 2**31 - 1)),
    )
    return day if can_eat(day) else msgspec.structs.replace(day, lunch=None)


def can_eat(day: DayProblem) -> bool:
    """Return whether lunch, where it has a place, can be taken on a day without visits."""
    lunch = day.lunch
    if lunch is None or lunch.node is None or lunch.latest_s < day.shift_start_s:
        return True
    there_s, home_s = day.durations_s[day.start][lunch.node], day.durations_s[lunch.node][day.end]
    if there_s is None or home_s is None:
        return False
    begin_s = max(day.shift_start_s + there_s, lunch.earliest_s)
    travel_s = there_s + home_s
    return (
        begin_s <= lunch.latest_s
        and begin_s + lunch.duration_s + home_s <= day.shift_end_s
        and (day.max_travel_s is None or travel_s <= day.max_travel_s)
        and (day.max_distance_m is None or 10 * travel_s <= day.max_distance_m)
    )
