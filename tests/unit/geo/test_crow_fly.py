import pytest

from backend.geo.network.crow_fly import DETOUR_FACTOR, CrowFlyNetwork
from backend.geo.network.provider import MAX_POINTS, NetworkError
from backend.geo.vocabulary import LonLat, great_circle_m

STATION, SQUARE, MARKET = (
    LonLat(24.9414, 60.1719),
    LonLat(24.9522, 60.1696),
    LonLat(24.9535, 60.1676),
)


def test_estimates_are_marked_and_use_the_detour_factor() -> None:
    matrix = CrowFlyNetwork("car").matrix([STATION, SQUARE])
    metres = round(great_circle_m(STATION, SQUARE) * DETOUR_FACTOR)
    assert matrix.is_estimate
    assert matrix.distance_rows() == ((0, metres), (metres, 0))


def test_walking_takes_longer_than_riding_than_driving() -> None:
    car, bicycle, foot = (
        CrowFlyNetwork(profile).path([STATION, MARKET]).duration_s
        for profile in ("car", "bicycle", "foot")
    )
    assert car < bicycle < foot


def test_a_path_joins_its_legs() -> None:
    path = CrowFlyNetwork("foot").path([STATION, SQUARE, MARKET])
    assert path.line == (STATION, SQUARE, MARKET)
    assert [leg.line_start_index for leg in path.legs] == [0, 1]
    assert path.distance_m == sum(leg.distance_m for leg in path.legs)


def test_questions_out_of_bounds_are_refused() -> None:
    network = CrowFlyNetwork()
    assert network.matrix([]).duration_rows() == ()
    for ask, code in (
        (lambda: network.path([STATION]), "too_few_points"),
        (lambda: network.matrix([STATION] * (MAX_POINTS + 1)), "too_many_points"),
        (lambda: CrowFlyNetwork("teleport"), "unknown_profile"),
    ):
        with pytest.raises(NetworkError) as caught:
            ask()
        assert caught.value.code == code
