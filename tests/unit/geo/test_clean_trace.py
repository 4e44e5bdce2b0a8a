import math
import random

import pytest

from backend.geo.network.crow_fly import CrowFlyNetwork
from backend.geo.network.provider import Fix, NetworkError
from backend.geo.network.traces import MAX_FIXES, clean_trace
from backend.geo.vocabulary import GeoError, LonLat
from tests.integration.geo.rides import moved

HANOI = LonLat(105.85, 21.03)


def eastwards(count: int, *, every_s: float = 10, step_m: float = 100) -> list[Fix]:
    return [Fix(moved(HANOI, step_m * n, 0), every_s * n, 5.0) for n in range(count)]


def metres(trace: list[Fix], profile: str = "scooter") -> int:
    return CrowFlyNetwork(profile).match(trace).distance_m


def test_a_straight_ride_is_as_long_as_it_is() -> None:
    told = CrowFlyNetwork("scooter").match(eastwards(31))
    assert told.is_estimate
    assert told.distance_m == pytest.approx(3000, abs=2)
    (part,) = told.parts
    assert (part.first_index, part.last_index, part.confidence) == (0, 30, None)
    assert (told.outliers, told.gaps, told.confidence) == ((), (), None)


def test_order_and_repeats_change_nothing() -> None:
    trace = eastwards(31)
    mixed = [*trace, *trace[5:20]]
    random.Random(1).shuffle(mixed)
    assert metres(mixed) == metres(trace)


def test_of_two_fixes_at_one_time_the_better_one_counts() -> None:
    trace = eastwards(11)
    worse = [Fix(moved(fix.position, 0, 80), fix.at_s, 50.0) for fix in trace]
    assert metres([*worse, *trace]) == metres(trace)


@pytest.mark.parametrize("count", [1, 200], ids=["one-fix", "standing-still"])
def test_who_does_not_move_has_travelled_nothing(count: int) -> None:
    numbers = random.Random(4)
    trace = [
        Fix(moved(HANOI, numbers.gauss(0, 4), numbers.gauss(0, 4)), 5.0 * n, 15.0)
        for n in range(count)
    ]
    told = CrowFlyNetwork("scooter").match(trace)
    assert told.distance_m == 0
    assert len(told.parts) == 1
    assert told.gaps == ()


def test_a_long_stop_between_two_rides_adds_nothing() -> None:
    numbers = random.Random(4)
    there = eastwards(11)
    shop = there[-1].position
    stop = [
        Fix(moved(shop, numbers.gauss(0, 4), numbers.gauss(0, 4)), 100.0 + 15 * n, 12.0)
        for n in range(1, 120)
    ]
    back = [Fix(moved(shop, -100.0 * n, 0), 2000.0 + 10 * n, 5.0) for n in range(11)]
    told = CrowFlyNetwork("scooter").match([*there, *stop, *back])
    assert told.distance_m == pytest.approx(2000, rel=0.02)
    assert told.gaps == ()


def test_a_single_jump_is_a_mistake_and_costs_nothing() -> None:
    trace = eastwards(31)
    trace[12] = Fix(moved(HANOI, 0, 30_000), 120, 5.0)
    told = CrowFlyNetwork("scooter").match(trace)
    assert told.outliers == (12,)
    assert told.distance_m == pytest.approx(3000, abs=2)
    assert told.gaps == ()


def test_a_first_fix_from_elsewhere_is_a_mistake() -> None:
    trace = eastwards(31)
    trace[0] = Fix(moved(HANOI, 0, 30_000), 0, 5.0)
    told = CrowFlyNetwork("scooter").match(trace)
    assert told.outliers == (0,)
    assert told.distance_m == pytest.approx(2900, abs=2)


def test_a_jump_for_good_is_a_gap_that_is_not_counted() -> None:
    trace = eastwards(31)
    away = [Fix(moved(fix.position, 0, 40_000), fix.at_s + 310, 5.0) for fix in trace]
    told = CrowFlyNetwork("scooter").match([*trace, *away])
    (gap,) = told.gaps
    assert (gap.from_index, gap.to_index, gap.why) == (30, 31, "jump")
    assert gap.straight_m == pytest.approx(40_112, abs=50)
    assert told.distance_m == pytest.approx(6000, rel=0.01)


def test_silence_is_a_gap_unless_one_stayed() -> None:
    trace = eastwards(31)
    later = [
        Fix(fix.position, fix.at_s + (600 if n > 15 else 0), 5.0) for n, fix in enumerate(trace)
    ]
    told = CrowFlyNetwork("scooter").match(later)
    (gap,) = told.gaps
    assert (gap.from_index, gap.to_index, gap.why, gap.straight_m) == (15, 16, "silence", 100)
    assert told.distance_m == pytest.approx(2900, abs=2)
    asleep = [*trace, *(Fix(f.position, f.at_s, 5.0) for f in (Fix(trace[-1].position, 5000.0),))]
    assert CrowFlyNetwork("scooter").match(asleep).gaps == ()


@pytest.mark.parametrize("accuracy_m", [900.0, -1.0], ids=["cell-tower", "said-to-be-invalid"])
def test_fixes_that_say_nothing_are_left_out(accuracy_m: float) -> None:
    trace = eastwards(31)
    trace[7] = Fix(moved(trace[7].position, 0, 300), 70, accuracy_m)
    told = CrowFlyNetwork("scooter").match(trace)
    assert told.outliers == (7,)
    assert told.distance_m == pytest.approx(3000, abs=2)


def test_an_empty_trace_is_no_way_at_all() -> None:
    told = CrowFlyNetwork("car").match([])
    assert (told.parts, told.distance_m, told.confidence) == ((), 0, None)


@pytest.mark.parametrize(
    ("fix", "code", "names"),
    [
        pytest.param(Fix(LonLat(21.03, 105.85), 0.0), "swapped", "fix 2", id="swapped"),
        pytest.param(Fix(LonLat(math.nan, 21.03), 0.0), "not_a_number", "fix 2", id="nan"),
        pytest.param(Fix(LonLat(200.0, 21.03), 0.0), "outside_world", "fix 2", id="outside"),
        pytest.param(Fix(HANOI, math.inf), "bad_time", "fix 2", id="endless-time"),
        pytest.param(Fix(HANOI, math.nan), "bad_time", "fix 2", id="nan-time"),
        pytest.param(Fix(HANOI, 1.8e12), "bad_time", "fix 2", id="milliseconds"),
        pytest.param(Fix(HANOI, 0.0, math.nan), "not_a_number", "fix 2", id="nan-accuracy"),
    ],
)
def test_what_is_no_fix_is_named(fix: Fix, code: str, names: str) -> None:
    with pytest.raises(GeoError, match=names) as caught:
        clean_trace([Fix(HANOI, 0.0), fix], "car")
    assert caught.value.code == code


def test_a_trace_that_is_too_long_is_refused() -> None:
    with pytest.raises(NetworkError) as caught:
        clean_trace([Fix(HANOI, 0.0)] * (MAX_FIXES + 1), "car")
    assert caught.value.code == "too_many_points"
