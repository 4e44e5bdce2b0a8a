"""Small days drawn by hand: places on a line, a minute of travel and 1,000 m apart."""

from collections.abc import Sequence

from backend.routes.day.problem import DayProblem, Lunch, Matrix, Stop
from backend.routes.day.windows import Window

MINUTE = 60
HOUR = 3600
OPEN_ALL_DAY = (Window(start_s=0, end_s=24 * HOUR),)
NOON_LUNCH = Lunch(earliest_s=12 * HOUR, latest_s=13 * HOUR, duration_s=30 * MINUTE)


def line(positions: Sequence[int], unit: int) -> Matrix:
    """Return the matrix of places on a straight street."""
    return tuple(tuple(abs(one - other) * unit for other in positions) for one in positions)


def between(*hours: float) -> tuple[Window, ...]:
    """Return windows from pairs of hours."""
    pairs = zip(hours[::2], hours[1::2], strict=True)
    return tuple(Window(start_s=int(one * HOUR), end_s=int(two * HOUR)) for one, two in pairs)


def visit(
    key: str,
    node: int | None,
    *,
    minutes: int = 10,
    windows: tuple[Window, ...] = OPEN_ALL_DAY,
    is_required: bool = False,
    value_minutes: int = 600,
) -> Stop:
    """Return a stop with friendly defaults; worth far more than any way to it."""
    return Stop(
        key=key,
        node=node,
        service_s=minutes * MINUTE,
        windows=windows,
        is_required=is_required,
        value_s=value_minutes * MINUTE,
    )


def street_day(
    positions: Sequence[int],
    *stops: Stop,
    shift: tuple[float, float] = (8, 17),
    lunch: Lunch | None = None,
    end: int = 0,
    seed: int = 1,
) -> DayProblem:
    """Return a day on a street; the first position is the start, and the end unless told."""
    return DayProblem(
        stops=stops,
        start=0,
        end=end,
        durations_s=line(positions, MINUTE),
        distances_m=line(positions, 1000),
        shift_start_s=int(shift[0] * HOUR),
        shift_end_s=int(shift[1] * HOUR),
        lunch=lunch,
        seed=seed,
    )
