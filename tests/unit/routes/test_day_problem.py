from typing import Any

import msgspec
import pytest

from backend.routes.day.problem import MAX_STOPS, DayProblem, Lunch, ProblemError
from backend.routes.day.windows import Window
from tests.unit.routes.days import NOON_LUNCH, street_day, visit

DAY = street_day([0, 5, 9], visit("a", 1), visit("b", 2), lunch=NOON_LUNCH)
SQUARE = ((0, 1, 2), (1, 0, 3), (2, 3, 0))


def with_stop(**fields: Any) -> dict[str, Any]:
    return {"stops": (msgspec.structs.replace(visit("a", 1), **fields),)}


@pytest.mark.parametrize(
    ("fields", "field", "stop"),
    [
        ({"shift_end_s": DAY.shift_start_s}, "shift_start_s", None),
        ({"shift_start_s": -1}, "shift_start_s", None),
        ({"seed": -1}, "seed", None),
        ({"seed": 2**31}, "seed", None),
        ({"start": 3}, "start", None),
        ({"end": -1}, "end", None),
        ({"durations_s": ((0, 1), (1, 0))}, "distances_m", None),
        ({"durations_s": ((0, 1, 2), (1, 0), (2, 3, 0))}, "durations_s", None),
        ({"durations_s": ((0, 1, 2), (1, 4, 3), (2, 3, 0))}, "durations_s", None),
        ({"distances_m": ((0, 1, 2), (1, 0, -3), (2, 3, 0))}, "distances_m", None),
        ({"distances_m": ((0, 1, 2), (1, 0, None), (2, 3, 0))}, "distances_m", None),
        ({"stops": (visit("a", 1), visit("a", 2))}, "key", "a"),
        ({"stops": tuple(visit(str(i), 1) for i in range(MAX_STOPS + 1))}, "stops", None),
        (with_stop(node=3), "node", "a"),
        (with_stop(service_s=-1), "service_s", "a"),
        (with_stop(value_s=-1), "value_s", "a"),
        (with_stop(windows=(Window(20, 10),)), "windows", "a"),
        (with_stop(windows=(Window(0, 10), Window(10, 20))), "windows", "a"),
        (with_stop(windows=(Window(50, 60), Window(10, 20))), "windows", "a"),
        ({"lunch": Lunch(earliest_s=5, latest_s=4, duration_s=9)}, "lunch.latest_s", None),
        ({"lunch": Lunch(earliest_s=5, latest_s=9, duration_s=0)}, "lunch.duration_s", None),
    ],
)
def test_a_day_that_contradicts_itself_names_field_and_stop(
    fields: dict[str, Any], field: str, stop: str | None
) -> None:
    with pytest.raises(ProblemError) as caught:
        msgspec.structs.replace(DAY, **fields)

    assert (caught.value.field, caught.value.stop) == (field, stop)
    assert caught.value.detail.endswith(".")


def test_a_sound_day_survives_the_wire() -> None:
    square = msgspec.structs.replace(DAY, durations_s=SQUARE, distances_m=SQUARE)

    for encode, decode in (
        (msgspec.json.encode, msgspec.json.decode),
        (msgspec.msgpack.encode, msgspec.msgpack.decode),
    ):
        assert decode(encode(square), type=DayProblem) == square
