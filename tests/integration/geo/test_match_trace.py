"""Rides that are known, disturbed as receivers do, are told as they were."""

import statistics
from itertools import pairwise

import pytest
import shapely

from backend.geo.network.crow_fly import CrowFlyNetwork
from backend.geo.network.matching import PIECE_SAMPLES
from backend.geo.network.osrm import OsrmNetwork
from backend.geo.network.provider import Fix, Path
from backend.geo.vocabulary import LonLat, great_circle_m
from tests.integration.geo.rides import moved, ride


@pytest.fixture
def paths(network: OsrmNetwork, points: list[LonLat]) -> list[Path]:
    """Ways of 1 to 3 km through the town."""
    found = [network.path([a, b]) for a, b in zip(points, reversed(points), strict=True)]
    return [path for path in found if path.distance_m > 1000]


def shift(trace: list[Fix], index_from: int, *, north_m: float, seconds: float) -> list[Fix]:
    return [
        Fix(moved(fix.position, 0, north_m), fix.at_s + seconds, fix.accuracy_m)
        if index >= index_from
        else fix
        for index, fix in enumerate(trace)
    ]


@pytest.mark.parametrize(("every_s", "noise_m"), [(5, 5), (5, 15), (15, 5), (15, 15)])
def test_the_mileage_is_as_true_as_promised(
    network: OsrmNetwork, paths: list[Path], every_s: float, noise_m: float
) -> None:
    assert len(paths) > 15
    errors = [
        abs(
            network.match(ride(path, every_s=every_s, noise_m=noise_m, seed=seed)).distance_m
            / path.distance_m
            - 1
        )
        for seed, path in enumerate(paths)
    ]
    assert statistics.median(errors) < 0.04


def test_a_ride_without_noise_is_its_path(network: OsrmNetwork, paths: list[Path]) -> None:
    path = max(paths, key=lambda one: one.distance_m)
    told = network.match(ride(path, every_s=5, noise_m=0))
    assert not told.is_estimate
    assert told.distance_m == pytest.approx(path.distance_m, rel=0.01)
    (part,) = told.parts
    line = shapely.LineString(part.line)
    assert line.hausdorff_distance(shapely.LineString(path.line)) < 0.0005
    length_m = sum(great_circle_m(a, b) for a, b in pairwise(part.line))
    assert length_m == pytest.approx(part.distance_m, rel=0.01)
    assert part.confidence is not None
    assert told.confidence == pytest.approx(part.confidence)


def test_order_and_repeats_change_nothing(network: OsrmNetwork, paths: list[Path]) -> None:
    trace = ride(paths[0], every_s=5, noise_m=5)
    mixed = [*reversed(trace), *trace[::3]]
    assert network.match(mixed).distance_m == network.match(trace).distance_m


def test_a_long_trace_is_told_in_pieces_that_fit(network: OsrmNetwork, paths: list[Path]) -> None:
    there = max(paths, key=lambda one: one.distance_m)
    whole = network.path([there.line[0], there.line[-1]] * 6)
    trace = ride(whole, every_s=3, noise_m=3)
    assert len(trace) > 2 * PIECE_SAMPLES
    told = network.match(trace)
    assert told.distance_m == pytest.approx(whole.distance_m, rel=0.03)
    for before, after in pairwise(told.parts):
        assert before.last_index <= after.first_index
    assert len(told.gaps) == len(told.parts) - 1


def test_a_jump_is_an_outlier_and_costs_nothing(network: OsrmNetwork, paths: list[Path]) -> None:
    trace = ride(paths[0], every_s=5, noise_m=3)
    middle = len(trace) // 2
    expected = network.match([*trace[:middle], *trace[middle + 1 :]])
    trace[middle] = Fix(moved(trace[middle].position, 9000, 0), trace[middle].at_s, 5.0)
    told = network.match(trace)
    assert set(told.outliers) == {middle, *(i + (i >= middle) for i in expected.outliers)}
    assert told.distance_m == expected.distance_m


def test_silence_splits_a_ride_in_two(network: OsrmNetwork, paths: list[Path]) -> None:
    trace = ride(paths[0], every_s=5, noise_m=3)
    middle = len(trace) // 2
    silent = [*trace[: middle - 5], *shift(trace, 0, north_m=0, seconds=900)[middle + 5 :]]
    told = network.match(silent)
    assert [gap.why for gap in told.gaps] == ["silence"]
    (gap,) = told.gaps
    assert (gap.from_index, gap.to_index) == (middle - 6, middle - 5)
    assert told.distance_m + gap.straight_m < paths[0].distance_m * 1.05


def test_standing_still_is_no_mileage(network: OsrmNetwork, points: list[LonLat]) -> None:
    trace = [
        Fix(moved(points[0], (n * 7) % 11 - 5, (n * 5) % 9 - 4), 10.0 * n, 15.0) for n in range(300)
    ]
    told = network.match(trace)
    assert told.distance_m == 0
    assert network.match(trace[:1]).distance_m == 0
    assert network.match([]).parts == ()
    assert network.worker_pid is None


def test_a_ride_where_no_street_is_has_no_way(network: OsrmNetwork, paths: list[Path]) -> None:
    at_sea = shift(ride(paths[0], every_s=5, noise_m=3), 0, north_m=-30_000, seconds=0)
    told = network.match(at_sea)
    assert (told.parts, told.distance_m) == ((), 0)
    assert len(told.outliers) > len(at_sea) / 3


def test_without_streets_a_ride_is_an_estimate_below_the_truth(paths: list[Path]) -> None:
    trace = ride(paths[0], every_s=5, noise_m=0)
    told = CrowFlyNetwork("car").match(trace)
    assert told.is_estimate
    assert 0.8 < told.distance_m / paths[0].distance_m <= 1.001


def test_ten_fixes_a_second_are_no_different(network: OsrmNetwork, paths: list[Path]) -> None:
    trace = ride(paths[0], every_s=0.1, noise_m=1)
    assert network.match(trace).distance_m == pytest.approx(paths[0].distance_m, rel=0.03)
