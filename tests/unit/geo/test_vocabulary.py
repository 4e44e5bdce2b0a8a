import math

import pytest

from backend.geo.vocabulary import Bounds, GeoError, LonLat, check_lonlat, great_circle_m

HANOI, SAIGON = LonLat(105.8342, 21.0278), LonLat(106.6297, 10.8231)


def test_great_circle_of_hanoi_to_saigon_is_about_1138_km() -> None:
    assert great_circle_m(HANOI, SAIGON) == pytest.approx(1_138_000, rel=0.005)


def test_great_circle_half_round_the_world_is_half_the_circumference() -> None:
    assert great_circle_m(LonLat(0, 0), LonLat(180, 0)) == pytest.approx(20_015_114, abs=10)


def test_good_positions_come_back_as_longitude_latitude() -> None:
    assert check_lonlat(105.8, 21.0) == LonLat(105.8, 21.0)
    assert check_lonlat(-180, 90) == LonLat(-180.0, 90.0)


@pytest.mark.parametrize(
    ("lon", "lat", "code", "said"),
    [
        (21.0, 105.8, "swapped", "looks swapped"),
        (200.0, 21.0, "outside_world", "outside the world"),
        (-181.0, -91.0, "outside_world", "outside the world"),
        (11_783_000.0, 2_396_000.0, "projected", "not in degrees"),
        (math.nan, 1.0, "not_a_number", "two finite numbers"),
        (1.0, math.inf, "not_a_number", "two finite numbers"),
    ],
)
def test_bad_positions_are_refused_with_their_reason(
    lon: float, lat: float, code: str, said: str
) -> None:
    with pytest.raises(GeoError, match=said) as caught:
        check_lonlat(lon, lat, field="home")
    assert caught.value.code == code
    assert caught.value.field == "home"
    assert "home" in caught.value.message


def test_bounds_hold_their_edges() -> None:
    bounds = Bounds(24, 60, 25, 61)
    assert bounds.holds(LonLat(24, 61))
    assert not bounds.holds(LonLat(24, 61.001))
