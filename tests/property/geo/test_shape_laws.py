from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import mapping

from backend.geo.shapes import parse_area, parse_area_collection
from backend.geo.vocabulary import GeoError

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=30,
)
numbers = st.floats(allow_nan=True) | st.integers(-200, 200)
rings = st.lists(st.lists(numbers, min_size=1, max_size=3), max_size=8)


@given(json_values)
def test_any_json_is_an_area_or_a_geo_error(value: object) -> None:
    for wrapped in (value, {"type": "Polygon", "coordinates": value}):
        with suppress(GeoError):
            assert parse_area(wrapped).is_valid


@given(st.lists(rings, max_size=3), st.booleans())
def test_any_coordinates_give_a_sound_area_or_a_geo_error(
    coordinates: list[list[list[float]]],
    close: bool,  # noqa: FBT001 - drawn by Hypothesis
) -> None:
    if close:
        coordinates = [[*ring, ring[0]] if ring else ring for ring in coordinates]
    try:
        area = parse_area({"type": "Polygon", "coordinates": coordinates})
    except GeoError:
        return
    assert area.is_valid
    assert area.area > 0


@given(st.integers(-179, 170), st.integers(-89, 80), st.integers(1, 9), st.integers(1, 9))
def test_an_area_written_as_geojson_reads_back_the_same(
    west: int, south: int, width: int, height: int
) -> None:
    ring = [
        [west, south],
        [west + width, south],
        [west + width, south + height],
        [west, south + height],
        [west, south],
    ]
    area = parse_area({"type": "Polygon", "coordinates": [ring]})
    assert area.area == width * height
    assert parse_area(mapping(area)) == area


@given(st.lists(json_values, max_size=5))
def test_each_feature_is_either_an_area_or_a_problem(features: list[Any]) -> None:
    found = parse_area_collection({"type": "FeatureCollection", "features": features})
    assert len(found.areas) + len(found.problems) == len(features)
