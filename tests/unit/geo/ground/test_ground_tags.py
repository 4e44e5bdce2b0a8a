"""What each object of the map counts as."""

import pytest

from backend.geo.ground.tags import (
    COLUMNS,
    building_columns,
    land_column,
    place_column,
    road_column,
    stop_column,
)


@pytest.mark.parametrize(
    ("tags", "column"),
    [
        ({"highway": "trunk_link"}, "motorway_km"),
        ({"highway": "living_street"}, "minor_km"),
        ({"highway": "pedestrian", "area": "yes"}, None),
        ({"highway": "bus_stop"}, None),
    ],
)
def test_a_road_has_its_class(tags: dict[str, str], column: str | None) -> None:
    assert road_column(tags) == column


@pytest.mark.parametrize(
    ("tags", "column"),
    [
        ({"shop": "supermarket"}, "poi_magnet"),
        ({"shop": "bakery"}, "poi_shop"),
        ({"shop": "vacant"}, None),
        ({"amenity": "marketplace"}, "poi_market"),
        ({"amenity": "cafe", "shop": "books"}, "poi_food"),
        ({"amenity": "bench"}, None),
        ({"tourism": "hotel"}, "poi_culture"),
        ({"office": "company"}, "poi_office"),
        ({"office": "no"}, None),
    ],
)
def test_a_place_is_in_one_group(tags: dict[str, str], column: str | None) -> None:
    assert place_column(tags) == column


@pytest.mark.parametrize(
    ("tags", "column"),
    [
        ({"highway": "bus_stop", "public_transport": "platform", "bus": "yes"}, "stops"),
        ({"public_transport": "platform", "bus": "yes"}, "stops"),
        ({"public_transport": "stop_position", "bus": "yes"}, None),
        ({"public_transport": "platform", "railway": "platform"}, None),
        ({"railway": "station"}, "stations"),
    ],
)
def test_a_stop_counts_once(tags: dict[str, str], column: str | None) -> None:
    assert stop_column(tags) == column


def test_a_building_tells_its_floors_or_has_the_usual_ones() -> None:
    told = building_columns({"building": "apartments", "building:levels": "5"}, 100)
    assert told is not None
    assert (told["floor_m2"], told["levelled_buildings"], told["apartments"]) == (500, 1, 1)
    guessed = building_columns({"building": "yes", "building:levels": "nhiều"}, 100)
    assert guessed is not None
    assert (guessed["floor_m2"], guessed["levelled_buildings"]) == (150, 0)
    assert (guessed["typed_buildings"], guessed["houses"]) == (0, 0)
    for hostile in ("nan", "inf", "-3", "1e300", "9999999"):
        found = building_columns({"building": "house", "building:levels": hostile}, 100)
        assert found is not None
        assert found["floor_m2"] == 150
    assert building_columns({"building": "ruins"}, 100) is None


def test_all_that_is_counted_has_a_column() -> None:
    building = building_columns({"building": "yes"}, 1) or {}
    named = {*building, str(land_column({"landuse": "retail"})), "primary_km", "stations"}
    assert named <= set(COLUMNS)
    assert len(set(COLUMNS)) == len(COLUMNS)
