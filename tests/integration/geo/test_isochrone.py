"""What is within reach agrees with the matrix that plans are made of."""

import random

import numpy as np
import pytest
import shapely

from backend.geo.network.crow_fly import DETOUR_FACTOR, SPEEDS_M_S, CrowFlyNetwork
from backend.geo.network.osrm import OsrmNetwork
from backend.geo.network.provider import Isochrone, NetworkError, StreetNetwork
from backend.geo.vocabulary import GeoError, LonLat, great_circle_m

MINUTES = (1, 2, 3, 4)
STATION = LonLat(24.9414, 60.1719)


def check_shape(found: Isochrone, origin: LonLat) -> None:
    assert [contour.minutes for contour in found.contours] == sorted(
        contour.minutes for contour in found.contours
    )
    inner = shapely.Point(origin)
    for contour in found.contours:
        assert contour.area.is_valid
        assert not contour.area.is_empty
        assert contour.area.covers(inner)
        inner = contour.area


@pytest.mark.parametrize("number", [0, 17, 33])
def test_contours_are_valid_nested_and_agree_with_the_matrix(
    network: OsrmNetwork, points: list[LonLat], number: int
) -> None:
    origin = points[number]
    found = network.isochrone(origin, MINUTES)
    assert not found.is_estimate
    check_shape(found, origin)
    numbers = random.Random(number)
    west, south, east, north = found.contours[-1].area.buffer(0.002).bounds
    places = [
        LonLat(numbers.uniform(west, east), numbers.uniform(south, north)) for _ in range(400)
    ]
    seconds = network.matrix([origin, *places]).durations_s[0, 1:]
    for contour in found.contours:
        is_inside = shapely.contains_xy(contour.area, np.array(places))
        is_reached = (seconds >= 0) & (seconds <= contour.minutes * 60)
        assert (is_inside == is_reached).mean() > 0.9, contour.minutes


def test_one_contour_and_any_order_will_do(network: OsrmNetwork) -> None:
    one = network.isochrone(STATION, [2])
    check_shape(one, STATION)
    assert [contour.minutes for contour in one.contours] == [2]
    mixed = network.isochrone(STATION, [3, 1, 3])
    assert [contour.minutes for contour in mixed.contours] == [1, 3]


def test_an_estimate_is_a_circle_and_says_so() -> None:
    found = CrowFlyNetwork("scooter").isochrone(STATION, [10, 20])
    assert found.is_estimate
    check_shape(found, STATION)
    reach_m = 600 * SPEEDS_M_S["scooter"] / DETOUR_FACTOR
    for lon, lat in found.contours[0].area.geoms[0].exterior.coords:
        assert great_circle_m(STATION, LonLat(lon, lat)) == pytest.approx(reach_m, rel=0.01)


@pytest.mark.parametrize(
    "origin", [LonLat(179.99, 10), LonLat(-180, 0), LonLat(0, 89.99)], ids=["east", "west", "north"]
)
def test_an_estimate_stays_on_the_globe(origin: LonLat) -> None:
    found = CrowFlyNetwork("car").isochrone(origin, [30])
    check_shape(found, origin)
    west, south, east, north = found.contours[0].area.bounds
    assert west >= -180
    assert south >= -90
    assert east <= 180
    assert north <= 90


@pytest.mark.parametrize(
    "minutes",
    [[], [1, 2, 3, 4, 5], [0], [-3], [float("nan")], [float("inf")], [181]],
    ids=["none", "five", "zero", "negative", "nan", "endless", "too-far"],
)
def test_odd_minutes_are_refused_before_anybody_is_asked(
    network: OsrmNetwork, minutes: list[float]
) -> None:
    both: tuple[StreetNetwork, ...] = (network, CrowFlyNetwork("car"))
    for one in both:
        with pytest.raises(NetworkError) as caught:
            one.isochrone(STATION, minutes)
        assert (caught.value.code, caught.value.field) == ("bad_minutes", "minutes")
    assert network.worker_pid is None


def test_an_origin_off_the_network_is_named(network: OsrmNetwork) -> None:
    with pytest.raises(NetworkError, match="away") as caught:
        network.isochrone(LonLat(25.2, 60.4), [5])
    assert (caught.value.code, caught.value.field) == ("off_network", "origin")
    with pytest.raises(GeoError) as swapped:
        network.isochrone(LonLat(21.0, 105.8), [5])
    assert swapped.value.code == "swapped"
