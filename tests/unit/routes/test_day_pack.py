"""A day's pack brings back the day, and says what is wrong with it where it cannot."""

import base64
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.routes.day.pack import PackError, pack_day, unpack_day
from backend.routes.day.problem import DayProblem
from backend.routes.day.reorder import reorder_day
from tests.unit.routes.days import HOUR, NOON_LUNCH, between, street_day, visit

MIDNIGHT = datetime(2026, 11, 22, 17, tzinfo=UTC)
DAY = street_day(
    range(4), visit("a", 1), visit("b", 2, windows=between(8, 10, 13, 15)), visit("c", None),
    lunch=NOON_LUNCH,
)  # fmt: skip


def points(problem: DayProblem) -> list[tuple[float, float]]:
    return [(105.8 + place / 100, 21.0) for place in range(len(problem.durations_s))]


def packed(problem: DayProblem) -> str:
    plan = reorder_day(problem, [])
    text = pack_day(problem, plan, points(problem), MIDNIGHT)
    assert text is not None
    return text


@st.composite
def days(draw: st.DrawFn) -> DayProblem:
    """Draw a day with ways of any length, none among them."""
    size = draw(st.integers(1, 7))
    leg = st.one_of(st.none(), st.integers(0, 2**30), st.integers(0, 5000))

    def matrix() -> list[list[int | None]]:
        return [[0 if one == two else draw(leg) for two in range(size)] for one in range(size)]

    durations, distances = matrix(), matrix()
    for one in range(size):
        for two in range(size):
            if durations[one][two] is None or distances[one][two] is None:
                durations[one][two] = distances[one][two] = None
    return DayProblem(
        stops=tuple(visit(f"Quán {node}", node) for node in range(size)),
        start=0,
        end=size - 1,
        durations_s=tuple(tuple(row) for row in durations),
        distances_m=tuple(tuple(row) for row in distances),
        shift_start_s=8 * HOUR,
        shift_end_s=17 * HOUR,
    )


@given(days())
def test_what_was_packed_comes_back(problem: DayProblem) -> None:
    plan = reorder_day(DAY, [])
    text = pack_day(problem, plan, points(problem), MIDNIGHT)
    assert text is not None
    pack = unpack_day(text)
    assert pack.problem == problem
    assert pack.points == tuple(points(problem))
    assert pack.midnight == MIDNIGHT


def test_the_planned_lunch_goes_along() -> None:
    day = street_day(range(3), visit("a", 1), visit("b", 2, windows=between(14, 15)),
                     lunch=NOON_LUNCH)  # fmt: skip
    plan = reorder_day(day, [])
    assert plan.lunch is not None
    assert unpack_day(packed(day)).lunch_over_s == plan.lunch.end_s
    assert unpack_day(packed(street_day(range(2), visit("a", 1)))).lunch_over_s is None


def test_a_leg_that_no_day_has_room_for_is_packed_all_the_same() -> None:
    far = street_day([0, 2**33], visit("a", 1))
    assert unpack_day(packed(far)).problem.durations_s[0][1] == 2**30


def test_a_day_whose_places_are_not_known_has_no_pack() -> None:
    assert pack_day(DAY, reorder_day(DAY, []), [], MIDNIGHT) is None


def _whole(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


def _text(whole: bytes) -> str:
    return base64.b64encode(zlib.compress(whole)).decode()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("không phải", id="no base64"),
        pytest.param("AAAA", id="nothing deflated"),
        pytest.param(packed(DAY)[:-24], id="cut short"),
        pytest.param(_text(_whole(packed(DAY))[:-4]), id="a number missing"),
        pytest.param(_text(b"\xff\xff\xff\xff" + _whole(packed(DAY))[4:]), id="a false length"),
        pytest.param(_text(_whole(packed(DAY)).replace(b'"format":1', b'"format":9')), id="later"),
        pytest.param(_text(_whole(packed(DAY)).replace(b'"start":0', b'"start":9')), id="no row"),
        pytest.param(_text(bytes(20_000_000)), id="a bomb"),
    ],
)
def test_a_damaged_pack_is_said_to_be_one(text: str) -> None:
    with pytest.raises(PackError):
        unpack_day(text)
