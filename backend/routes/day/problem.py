"""One rep's day as a problem to solve: stops, travel, shift and lunch, checked on creation."""

from collections.abc import Sequence
from typing import Never

import msgspec

from backend.routes.day.windows import LATEST_S, Window

MAX_STOPS = 500
"""More candidates than a rep sees in a month; a day with more is a mistake of the caller."""

MAX_VALUE_S = 7 * 24 * 3600
"""A visit is worth a week's travel at most, which keeps sums far from overflow."""

MAX_SEED = 2**31 - 1
"""What every engine takes."""

type Matrix = tuple[tuple[int | None, ...], ...]
"""Row is from, column is to; None where no street leads."""


class ProblemError(ValueError):
    """A day that cannot be stated; names the field and, where there is one, the stop's key."""

    def __init__(self, detail: str, *, field: str, stop: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.stop = stop


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate visit.

    `node` is its row in the matrices, None when no street is near. `windows` are in order, apart
    from each other and empty when it is closed all day. `value_s` is the seconds of travel that
    an optional visit is worth. A visit that is not wholly inside one of the `preferred` windows
    costs `preference_s`; without preferred windows any time is as good, unless `is_unwished`
    says that it prefers other days: then no visit is as preferred, and `value_s` is lower for it.
    `has_own_hours` says that the `windows` are hours of its own, and that it is open at others
    too. `label` is how people's sentences call it.
    """

    key: str
    node: int | None
    service_s: int
    windows: tuple[Window, ...]
    is_required: bool = False
    value_s: int = 0
    preferred: tuple[Window, ...] = ()
    preference_s: int = 0
    is_unwished: bool = False
    has_own_hours: bool = False
    label: str = ""

    @property
    def name(self) -> str:
        """Return the word for it in a sentence."""
        return self.label or self.key


class Lunch(msgspec.Struct, frozen=True, kw_only=True):
    """A break that starts between two times; it is taken where the rep is, without a detour.

    A day that is over by the latest time, or starts after it, has no break in it. With a `node`,
    a row in the matrices, the break is taken there, and every day that visits anybody and begins
    by the latest time goes there.
    """

    earliest_s: int
    latest_s: int
    duration_s: int
    node: int | None = None


class DayProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One rep's day; raises ProblemError when it contradicts itself.

    Times are seconds since local midnight. `start` and `end` are rows of the square matrices and
    may be the same. The whole day's legs take `max_travel_s` and measure `max_distance_m` at
    most. `is_estimate` says that the matrices do not come from a street network.
    """

    stops: tuple[Stop, ...]
    start: int
    end: int
    durations_s: Matrix
    distances_m: Matrix
    shift_start_s: int
    shift_end_s: int
    lunch: Lunch | None = None
    max_travel_s: int | None = None
    max_distance_m: int | None = None
    is_estimate: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        _check_shift(self)
        _check_lunch(self)
        _check_matrix("durations_s", self.durations_s)
        _check_matrix("distances_m", self.distances_m)
        _check_nodes(self)
        _check_stops(self.stops)


def price_of_leaving_out(problem: DayProblem, stop: Stop) -> int:
    """Return what the objective pays for a dropped stop: a required one outweighs all others."""
    return required_price_s(problem) if stop.is_required else stop.value_s


def required_price_s(problem: DayProblem) -> int:
    """Return a price above any day's travel, all preferences and all optional visits together."""
    wishes_s = sum(stop.preference_s for stop in problem.stops)
    optional_s = sum(stop.value_s for stop in problem.stops if not stop.is_required)
    return optional_s + wishes_s + problem.shift_end_s - problem.shift_start_s + 1


def _fail(detail: str, field: str, stop: str | None = None) -> Never:
    raise ProblemError(detail, field=field, stop=stop)


def _check_shift(problem: DayProblem) -> None:
    start_s, end_s = problem.shift_start_s, problem.shift_end_s
    if not 0 <= start_s < end_s <= LATEST_S:
        _fail(
            f"The shift runs from {start_s} to {end_s} seconds; it must start before it ends, "
            f"between 0 and {LATEST_S}.",
            "shift_start_s",
        )
    if not 0 <= problem.seed <= MAX_SEED:
        _fail(f"The seed is {problem.seed}; give 0 to {MAX_SEED}.", "seed")
    for field, limit in (
        ("max_travel_s", problem.max_travel_s),
        ("max_distance_m", problem.max_distance_m),
    ):
        if limit is not None and limit < 0:
            _fail(f"The limit {field} is {limit}; give 0 or more, or none.", field)


def limit_left(most: int | None, so_far: int) -> int | None:
    """Return what is left of a day's limit; None where it has none."""
    return None if most is None else max(most - so_far, 0)


def _check_lunch(problem: DayProblem) -> None:
    lunch = problem.lunch
    if lunch is None:
        return
    if lunch.duration_s <= 0:
        _fail("Lunch takes no time; give its length in seconds, or no lunch.", "lunch.duration_s")
    if lunch.earliest_s > lunch.latest_s:
        _fail(
            f"Lunch may start from {lunch.earliest_s} until {lunch.latest_s} seconds, "
            "which is no time at all; swap the two.",
            "lunch.latest_s",
        )
    size = len(problem.durations_s)
    if lunch.node is not None and not 0 <= lunch.node < size:
        _fail(f"Lunch is at row {lunch.node} of a matrix of {size} rows.", "lunch.node")


def _check_matrix(field: str, matrix: Matrix) -> None:
    size = len(matrix)
    for number, row in enumerate(matrix):
        if len(row) != size:
            _fail(f"Row {number} has {len(row)} entries for {size} rows; make it square.", field)
        if row[number]:  # None is a place off every street
            _fail(f"Row {number} is {row[number]} from itself to itself; it must be 0.", field)
        if any(entry is not None and entry < 0 for entry in row):
            _fail(f"Row {number} has a negative entry; write None where no street leads.", field)


def _check_nodes(problem: DayProblem) -> None:
    size = len(problem.durations_s)
    if len(problem.distances_m) != size:
        _fail(
            f"There are {size} rows of durations and {len(problem.distances_m)} of distances; "
            "both must cover the same places.",
            "distances_m",
        )
    for durations, distances in zip(problem.durations_s, problem.distances_m, strict=True):
        if [entry is None for entry in durations] != [entry is None for entry in distances]:
            _fail("A leg has a duration without a distance, or the reverse.", "distances_m")
    for field, node in (("start", problem.start), ("end", problem.end)):
        if not 0 <= node < size:
            _fail(f"The day's {field} is row {node} of a matrix of {size} rows.", field)
    for stop in problem.stops:
        if stop.node is not None and not 0 <= stop.node < size:
            _fail(f"{stop.name} is row {stop.node} of a matrix of {size} rows.", "node", stop.key)


def _check_stops(stops: Sequence[Stop]) -> None:
    if len(stops) > MAX_STOPS:
        _fail(f"{len(stops)} stops for one day; choose {MAX_STOPS} at most.", "stops")
    seen: set[str] = set()
    for stop in stops:
        if stop.key in seen:
            _fail(f"The stop {stop.key} is given twice; give it once.", "key", stop.key)
        seen.add(stop.key)
        _check_stop(stop)


def _check_stop(stop: Stop) -> None:
    if not 0 <= stop.service_s <= LATEST_S:
        _fail(
            f"{stop.name} takes {stop.service_s} seconds; give 0 to {LATEST_S}.",
            "service_s",
            stop.key,
        )
    if not 0 <= stop.value_s <= MAX_VALUE_S:
        _fail(
            f"{stop.name} is worth {stop.value_s} seconds; give 0 to {MAX_VALUE_S}.",
            "value_s",
            stop.key,
        )
    if not 0 <= stop.preference_s <= (MAX_VALUE_S if stop.is_required else stop.value_s):
        _fail(
            f"To visit {stop.name} when it prefers is worth {stop.preference_s} seconds; give 0 or "
            "more, and no more than the visit itself is worth.",
            "preference_s",
            stop.key,
        )
    _check_windows(stop, stop.windows, "windows")
    _check_windows(stop, stop.preferred, "preferred")


def _check_windows(stop: Stop, windows: Sequence[Window], field: str) -> None:
    previous_end_s = -1
    for window in windows:
        if not 0 <= window.start_s < window.end_s <= LATEST_S:
            _fail(
                f"{stop.name} has a window from {window.start_s} to {window.end_s} seconds; it "
                f"must start before it ends, between 0 and {LATEST_S}.",
                field,
                stop.key,
            )
        if window.start_s <= previous_end_s:
            _fail(
                f"The windows of {stop.name} overlap, touch or are out of order; "
                "pass them through merge_windows.",
                field,
                stop.key,
            )
        previous_end_s = window.end_s
