from pathlib import Path

import osmium
import pytest
from osmium.osm.mutable import Node, Relation, Way

from backend.geo.osm import OsmFileError, Place, PlaceReport, bounds, read_places
from backend.geo.vocabulary import LonLat, Progress


def test_helsinki_holds_its_shops_and_amenities(helsinki: Path) -> None:
    report = PlaceReport()
    seen: list[Progress] = []
    places = list(read_places(helsinki, report=report, on_progress=seen.append))
    assert report.taken == len(places) == 956
    assert report.with_opening_hours == 482
    assert report.skipped == {"unnamed": 37, "not_an_area": 3, "closed": 2, "no_location": 1}
    assert report.seen == seen[-1].done == seen[-1].total
    assert len({place.ref for place in places}) == len(places)
    assert report.by_category["restaurant"] > 200


def test_every_place_lies_in_the_extract(helsinki: Path, places: list[Place]) -> None:
    box = bounds(helsinki)
    assert box.west == pytest.approx(24.935, abs=0.001)
    assert all(box.holds(LonLat(place.lon, place.lat)) for place in places)


def test_a_restaurant_ship_is_read_in_full(places: list[Place]) -> None:
    ship = next(place for place in places if place.ref == "node/56418307")
    assert ship == Place(
        ref="node/56418307",
        name="Ravintolalaiva M/S Maria",
        group="amenity",
        category="restaurant",
        lon=24.9528524,
        lat=60.1780028,
        address="Hakaniemenranta 3, 00530 Helsinki",
        phone="+358 44 945 9423",
        website="https://www.facebook.com/RavintolalaivaMaria",
    )


def test_ways_and_multipolygons_are_places_too(places: list[Place]) -> None:
    mall = next(place for place in places if place.ref == "relation/9630")
    assert (mall.name, mall.category) == ("Kauppakeskus Citycenter", "mall")
    assert any(place.ref.startswith("way/") for place in places)


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("cut", "osm_truncated", "cut off"),
        ("text", "osm_not_pbf", "not an OpenStreetMap PBF"),
        ("empty", "osm_not_pbf", "not an OpenStreetMap PBF"),
    ],
)
def test_unreadable_files_are_named(
    damaged: dict[str, Path], name: str, code: str, said: str
) -> None:
    with pytest.raises(OsmFileError, match=said) as caught:
        list(read_places(damaged[name]))
    assert caught.value.code == code
    assert damaged[name].name in caught.value.message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for read in (lambda path: list(read_places(path)), bounds):
        with pytest.raises(OsmFileError, match="no file") as caught:
            read(tmp_path / "nothing.osm.pbf")
        assert caught.value.code == "osm_missing"


def test_each_skip_has_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "small.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        corners = [(105.80, 21.00), (105.82, 21.00), (105.82, 21.02), (105.80, 21.02)]
        for number, corner in enumerate(corners, 1):
            writer.add_node(Node(id=number, location=corner))
        shop = {"shop": "convenience"}
        writer.add_node(Node(id=10, location=corners[0], tags={**shop, "name": "Tạp hoá Hường"}))
        writer.add_node(Node(id=11, location=corners[0], tags=shop))
        writer.add_node(Node(id=12, location=corners[0], tags={"shop": "vacant", "name": "Trống"}))
        writer.add_node(Node(id=13, location=corners[0], tags={"amenity": "bench", "name": "Ghế"}))
        named = {**shop, "name": "Chợ"}
        writer.add_way(Way(id=20, nodes=[1, 2, 3, 4, 1], tags=named))
        writer.add_way(Way(id=21, nodes=[1, 2, 3], tags=named))
        writer.add_way(Way(id=22, nodes=[91, 92, 93, 91], tags=named))
        members = [("w", 99, "outer")]
        outline = {**named, "type": "multipolygon"}
        writer.add_relation(Relation(id=30, members=members, tags=outline))
    report = PlaceReport()
    places = list(read_places(path, country="VN", report=report))
    assert [place.ref for place in places] == ["node/10", "way/20"]
    assert (places[1].lon, places[1].lat) == pytest.approx((105.81, 21.01))
    assert dict(report.skipped) == {
        "unnamed": 1,
        "closed": 1,
        "not_an_area": 1,
        "no_location": 2,
    }


def test_bounds_come_from_the_nodes_when_the_header_has_none(tmp_path: Path) -> None:
    path = tmp_path / "headless.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        writer.add_node(Node(id=1, location=(105.8, 21.0)))
        writer.add_node(Node(id=2, location=(105.9, 21.1)))
    assert bounds(path) == pytest.approx((105.8, 21.0, 105.9, 21.1))


def test_a_file_without_a_node_covers_nothing(tmp_path: Path) -> None:
    path = tmp_path / "hollow.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        writer.add_way(Way(id=1, nodes=[1, 2], tags={"highway": "service"}))
    with pytest.raises(OsmFileError) as caught:
        bounds(path)
    assert caught.value.code == "osm_empty"
