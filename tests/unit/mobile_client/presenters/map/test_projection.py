import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile_client.presenters.map.projection import Camera, distance_m, to_lon_lat, to_world

LONS, LATS = st.floats(-179, 179), st.floats(-80, 80)
SCREEN = st.tuples(st.floats(0, 412), st.floats(0, 700))
CAMERAS = st.builds(
    lambda lon, lat, zoom: Camera(*to_world(lon, lat), zoom, 0, 80, 412, 700),
    LONS,
    LATS,
    st.floats(8, 18.5),
)


@given(LONS, LATS)
def test_the_projection_comes_back(lon: float, lat: float) -> None:
    assert to_lon_lat(*to_world(lon, lat)) == pytest.approx((lon, lat), abs=1e-9)


@given(CAMERAS, SCREEN)
def test_the_screen_comes_back(camera: Camera, at: tuple[float, float]) -> None:
    assert camera.to_screen(*camera.from_screen(*at)) == pytest.approx(at, abs=1e-3)


@given(CAMERAS, SCREEN, st.floats(8, 18.5))
def test_zooming_keeps_the_place_under_the_finger(
    camera: Camera, at: tuple[float, float], zoom: float
) -> None:
    place = camera.from_screen(*at)
    assert camera.zoomed(*at, zoom).to_screen(*place) == pytest.approx(at, abs=1e-2)


@given(CAMERAS, st.floats(-300, 300), st.floats(-300, 300))
def test_dragging_moves_the_map_with_the_finger(camera: Camera, dx: float, dy: float) -> None:
    place = camera.from_screen(100, 100)
    assert camera.moved(dx, dy).to_screen(*place) == pytest.approx((100 + dx, 100 + dy), abs=1e-3)


@given(
    CAMERAS,
    st.lists(st.tuples(st.floats(24, 26), st.floats(59, 61)), min_size=1, max_size=9),
)
def test_fitting_shows_every_point_inside_the_margin(
    camera: Camera, points: list[tuple[float, float]]
) -> None:
    fitted = camera.fitted(points, 56, 16)
    for point in points:
        x, y = fitted.to_screen(*to_world(*point))
        assert 55.9 <= x <= 412 - 55.9
        assert 80 + 55.9 <= y <= 780 - 55.9


def test_a_degree_of_latitude_is_111_km() -> None:
    assert distance_m((24, 60), (24, 61)) == pytest.approx(111_195, rel=1e-4)
    shrunk = distance_m((24, 60), (25, 60)) / distance_m((24, 0), (25, 0))
    assert shrunk == pytest.approx(math.cos(math.radians(60)), rel=1e-3)
