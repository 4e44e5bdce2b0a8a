from typing import Any

import pytest

from backend.geo.shapes import (
    MAX_VERTICES,
    mend_area,
    parse_area,
    parse_area_collection,
    parse_line,
)
from backend.geo.vocabulary import GeoError

SQUARE: list[list[float]] = [[24, 60], [25, 60], [25, 61], [24, 61], [24, 60]]
BOW_TIE = [[24, 60], [25, 61], [25, 60], [24, 61], [24, 60]]


def polygon(*rings: object) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def test_polygon_multipolygon_and_feature_become_one_shape() -> None:
    expected = parse_area(polygon(SQUARE))
    assert expected.area == pytest.approx(1)
    assert parse_area({"type": "MultiPolygon", "coordinates": [[SQUARE]]}) == expected
    feature = {"type": "Feature", "properties": {}, "geometry": polygon(SQUARE)}
    assert parse_area(feature) == expected


def test_heights_are_dropped_and_outer_rings_turn_counter_clockwise() -> None:
    area = parse_area(polygon([[*point, 12.5] for point in reversed(SQUARE)]))
    assert not area.has_z
    assert area.geoms[0].exterior.is_ccw


def test_holes_stay_holes() -> None:
    hole = [[24.4, 60.4], [24.6, 60.4], [24.6, 60.6], [24.4, 60.6], [24.4, 60.4]]
    assert parse_area(polygon(SQUARE, hole)).area == pytest.approx(1 - 0.04)


@pytest.mark.parametrize(
    ("geojson", "code", "said"),
    [
        (polygon(SQUARE[:-1]), "not_closed", r"coordinates\[0\] is not closed"),
        (polygon(SQUARE[:3]), "too_few_points", "has 3 positions"),
        (polygon([[24, 60]] * 5), "too_few_points", "without an area"),
        (polygon(BOW_TIE), "self_crossing", "longitude 24.500000, latitude 60.500000"),
        (polygon(), "empty", "no ring"),
        ({"type": "MultiPolygon", "coordinates": []}, "empty", "no polygon"),
        (polygon([[60, 124], *SQUARE]), "swapped", r"coordinates\[0\]\[0\] looks swapped"),
        (polygon([[24, 260], *SQUARE]), "outside_world", "outside the world"),
        (polygon([[400_000, 6_600_000], *SQUARE]), "projected", "not in degrees"),
        (polygon([[float("nan"), 1], *SQUARE]), "not_a_number", "finite"),
        (polygon([[10**400, 1], *SQUARE]), "not_a_number", "finite"),
        (polygon([[True, 1], *SQUARE]), "bad_position", r"coordinates\[0\]\[0\]"),
        (polygon([["24", "60"], *SQUARE]), "bad_position", r"\[longitude, latitude\]"),
        (polygon([[24], *SQUARE]), "bad_position", r"\[longitude, latitude\]"),
        (polygon("text"), "bad_nesting", "list of positions"),
        (polygon([[[24, 60]]] * 5), "bad_position", r"coordinates\[0\]\[0\]"),
        (polygon(SQUARE, [[30, 60], [31, 60], [31, 61], [30, 60]]), "hole_outside", "hole"),
        (polygon([[179, 0], [-179, 0], [-179, 1], [179, 0]]), "crosses_antimeridian", "180th"),
        ({"type": "Point", "coordinates": [24, 60]}, "not_an_area", "Point"),
        ({"type": "Feature", "geometry": None}, "not_an_area", "nothing"),
        ({"type": "FeatureCollection", "features": []}, "not_an_area", "FeatureCollection"),
        ([], "not_an_area", "a list"),
        (7, "not_an_area", "a number"),
    ],
)
def test_unsound_areas_are_refused_with_their_own_code(
    geojson: object, code: str, said: str
) -> None:
    with pytest.raises(GeoError, match=said) as caught:
        parse_area(geojson)
    assert caught.value.code == code


def test_too_many_vertices_are_refused_before_they_are_built() -> None:
    ring = [[24 + index * 1e-6, 60] for index in range(MAX_VERTICES + 1)]
    with pytest.raises(GeoError) as caught:
        parse_area(polygon(ring))
    assert caught.value.code == "too_many_vertices"


def test_deep_nesting_is_refused_without_recursion() -> None:
    nested: Any = [24, 60]
    feature: Any = polygon(SQUARE)
    for _ in range(100_000):
        nested = [nested]
        feature = {"type": "Feature", "geometry": feature}
    for hostile in (polygon(nested), feature):
        with pytest.raises(GeoError):
            parse_area(hostile)


def test_collection_keeps_good_features_and_reports_bad_ones() -> None:
    features = [
        {"type": "Feature", "properties": {"name": "Kluuvi"}, "geometry": polygon(SQUARE)},
        {"type": "Feature", "properties": {"name": "knot"}, "geometry": polygon(BOW_TIE)},
        {"type": "Feature", "properties": None, "geometry": polygon(SQUARE)},
        "rubbish",
    ]
    found = parse_area_collection({"type": "FeatureCollection", "features": features})
    assert [properties for properties, _ in found.areas] == [{"name": "Kluuvi"}, {}]
    assert [(problem.index, problem.code) for problem in found.problems] == [
        (1, "self_crossing"),
        (3, "not_an_area"),
    ]


@pytest.mark.parametrize(
    ("geojson", "code"),
    [
        (polygon(SQUARE), "not_a_collection"),
        ({"type": "FeatureCollection"}, "bad_nesting"),
        ({"type": "FeatureCollection", "features": [None] * 2001}, "too_many_features"),
    ],
)
def test_what_is_no_collection_is_refused(geojson: object, code: str) -> None:
    with pytest.raises(GeoError) as caught:
        parse_area_collection(geojson)
    assert caught.value.code == code


def test_a_bow_tie_is_mended_and_what_is_sound_stays() -> None:
    area, is_changed = mend_area(polygon(BOW_TIE))
    assert is_changed
    assert area.is_valid
    assert area.area == pytest.approx(0.5)
    assert mend_area(polygon(SQUARE)) == (parse_area(polygon(SQUARE)), False)


def test_what_encloses_nothing_cannot_be_mended() -> None:
    with pytest.raises(GeoError):
        mend_area(polygon([[24, 60], [25, 60], [24, 60], [24, 60]]))


def test_a_line_is_read_strictly() -> None:
    line = {"type": "LineString", "coordinates": [[24, 60, 5], [25, 61]]}
    assert parse_line(line).coords[:] == [(24, 60), (25, 61)]
    assert parse_line({"type": "Feature", "geometry": line}) == parse_line(line)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (polygon(SQUARE), "not_a_line"),
        ({"type": "LineString", "coordinates": [[1, 1], [1, 1]]}, "too_few_points"),
        ({"type": "LineString", "coordinates": [[-100, 1], [100, 1]]}, "crosses_antimeridian"),
        ({"type": "LineString", "coordinates": [[1, 1]] * (MAX_VERTICES + 1)}, "too_many_vertices"),
        ({"type": "LineString", "coordinates": "far"}, "bad_nesting"),
        ({"type": "LineString", "coordinates": [["1", 1], [2, 2]]}, "bad_position"),
    ],
)
def test_what_is_no_line_is_refused(line: object, code: str) -> None:
    with pytest.raises(GeoError) as refused:
        parse_line(line)
    assert refused.value.code == code
