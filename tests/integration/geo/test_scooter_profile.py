"""A scooter keeps off motorways, passes bollards and obeys signs that are meant for it."""

import itertools
from pathlib import Path

import osmium
import pytest
from osmium.osm.mutable import Node, Way

from backend.geo.network.build import build_network
from backend.geo.network.opening import open_network
from backend.geo.network.provider import PROFILES
from backend.geo.vocabulary import LonLat, great_circle_m

A, B = LonLat(24.900, 60.170), LonLat(24.920, 60.170)
"""Joined by a motorway, and by a street around it."""
AROUND = LonLat(24.910, 60.180)
C, BOLLARD, D = LonLat(24.900, 60.160), LonLat(24.902, 60.160), LonLat(24.904, 60.160)
CORNER = LonLat(24.902, 60.150)
E, NO_SCOOTERS, F = LonLat(24.920, 60.160), LonLat(24.922, 60.160), LonLat(24.924, 60.160)
OTHER_WAY = LonLat(24.922, 60.152)
PLACES = [A, B, AROUND, C, BOLLARD, D, CORNER, E, NO_SCOOTERS, F, OTHER_WAY]
WAYS: list[tuple[list[LonLat], dict[str, str]]] = [
    ([A, B], {"highway": "motorway", "oneway": "no"}),
    ([A, AROUND, B], {"highway": "primary"}),
    ([C, BOLLARD, D], {"highway": "residential"}),
    ([C, CORNER, D], {"highway": "residential"}),
    ([E, NO_SCOOTERS, F], {"highway": "residential", "motorcycle": "no"}),
    ([E, OTHER_WAY, F], {"highway": "residential"}),
    ([A, C], {"highway": "residential"}),
    ([B, E], {"highway": "residential"}),
    ([D, E], {"highway": "residential"}),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scooter")
    with osmium.SimpleWriter(str(folder / "town.osm.pbf")) as writer:
        for number, place in enumerate(PLACES, start=1):
            tags = {"barrier": "bollard"} if place is BOLLARD else {}
            writer.add_node(Node(id=number, version=1, location=tuple(place), tags=tags))
        for number, (places, tags) in enumerate(WAYS, start=1):
            nodes = [PLACES.index(place) + 1 for place in places]
            writer.add_way(Way(id=number, version=1, nodes=nodes, tags=tags))
    for profile in ("car", "scooter"):
        build_network(folder / "town.osm.pbf", folder / "networks", profile=profile)
    return folder / "networks"


@pytest.mark.parametrize(
    ("start", "end", "car_by", "scooter_by"),
    [
        pytest.param(A, B, [], [AROUND], id="motorway"),
        pytest.param(C, D, [CORNER], [BOLLARD], id="bollard"),
        pytest.param(E, F, [NO_SCOOTERS], [OTHER_WAY], id="no-motorcycles"),
    ],
)
def test_car_and_scooter_take_the_way_that_is_theirs(
    folder: Path, start: LonLat, end: LonLat, car_by: list[LonLat], scooter_by: list[LonLat]
) -> None:
    for profile, by in (("car", car_by), ("scooter", scooter_by)):
        network = open_network(folder, profile)
        way = [start, *by, end]
        wanted = sum(great_circle_m(one, two) for one, two in itertools.pairwise(way))
        metres = network.matrix([start, end]).distances_m[0, 1]
        network.close()
        assert metres == pytest.approx(wanted, rel=0.01), profile


def test_every_profile_estimates_without_a_network(tmp_path: Path) -> None:
    seconds = {}
    for profile in PROFILES:
        network = open_network(tmp_path, profile)
        assert network.is_estimate
        seconds[profile] = network.matrix([A, B]).durations_s[0, 1]
    assert seconds["car"] < seconds["scooter"] < seconds["bicycle"] < seconds["foot"]
