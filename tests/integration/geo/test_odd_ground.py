"""One-way streets, islands with and without a ferry, the sea: each has its answer."""

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import osmium
import pytest
from osmium.osm.mutable import Node, Way

from backend.geo.network.build import build_network
from backend.geo.network.opening import open_network
from backend.geo.network.osrm import OsrmNetwork
from backend.geo.network.pair_cache import PairCache
from backend.geo.network.provider import NO_WAY, PROFILES, NetworkError, StreetNetwork
from backend.geo.vocabulary import GeoError, LonLat

WEST, EAST = LonLat(24.900, 60.170), LonLat(24.910, 60.170)
"""Ends of a one-way street that leads east; the way back goes around by NORTH."""
NORTH = LonLat(24.905, 60.176)
PIER = LonLat(24.910, 60.160)
FERRY_PORT, FERRY_END = LonLat(24.950, 60.160), LonLat(24.954, 60.160)
LONELY, LONELY_END = LonLat(24.980, 60.200), LonLat(24.984, 60.200)
SEA = LonLat(24.930, 60.130)
WAYS: list[tuple[list[LonLat], dict[str, str]]] = [
    ([WEST, EAST], {"highway": "residential", "oneway": "yes"}),
    ([EAST, NORTH, WEST], {"highway": "residential"}),
    ([EAST, PIER], {"highway": "residential"}),
    ([PIER, FERRY_PORT], {"route": "ferry", "duration": "00:10"}),
    ([FERRY_PORT, FERRY_END], {"highway": "residential"}),
    ([LONELY, LONELY_END], {"highway": "residential"}),
]


def write_extract(path: Path, ways: list[tuple[list[LonLat], dict[str, str]]]) -> Path:
    places = list(dict.fromkeys(place for line, _ in ways for place in line))
    with osmium.SimpleWriter(str(path)) as writer:
        for number, place in enumerate(places, start=1):
            writer.add_node(Node(id=number, version=1, location=tuple(place)))
        for number, (line, tags) in enumerate(ways, start=1):
            nodes = [places.index(place) + 1 for place in line]
            writer.add_way(Way(id=number, version=1, nodes=nodes, tags=tags))
    return path


@pytest.fixture(scope="module")
def coast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("coast")
    extract = write_extract(folder / "coast.osm.pbf", WAYS)
    for profile in PROFILES:
        build_network(extract, folder, profile=profile)
    return folder


@pytest.fixture
def network(coast: Path) -> Iterator[StreetNetwork]:
    opened = open_network(coast)
    yield opened
    opened.close()


def test_every_profile_travels_on_streets(coast: Path) -> None:
    seconds: dict[str, int] = {}
    for profile in PROFILES:
        network = open_network(coast, profile)
        assert isinstance(network, OsrmNetwork), profile
        with network:
            seconds[profile] = int(network.matrix([EAST, PIER]).durations_s[0, 1])
            assert network.path([EAST, PIER]).distance_m == pytest.approx(1112, abs=5)
            assert network.isochrone(EAST, [5]).contours[0].area.is_valid
    assert seconds["scooter"] <= seconds["bicycle"] < seconds["foot"]
    assert seconds["car"] < seconds["bicycle"]


def test_a_one_way_street_is_long_in_the_other_direction(network: StreetNetwork) -> None:
    there, back = network.matrix([WEST, EAST]).distances_m[[0, 1], [1, 0]]
    assert there == pytest.approx(554, abs=5)
    assert back == pytest.approx(1448, abs=20)
    assert network.path([EAST, WEST]).distance_m == back


def test_an_island_with_a_ferry_is_reached_by_it(network: StreetNetwork) -> None:
    matrix = network.matrix([EAST, FERRY_END])
    assert matrix.off_network == ()
    assert 600 <= matrix.durations_s[0, 1] < 1200
    assert network.path([EAST, FERRY_END]).distance_m == matrix.distances_m[0, 1]


def test_an_island_without_a_ferry_has_no_way_but_streets_of_its_own(
    network: StreetNetwork,
) -> None:
    matrix = network.matrix([EAST, LONELY, WEST, LONELY_END])
    assert matrix.off_network == ()
    assert matrix.durations_s[0, 1] == matrix.distances_m[1, 0] == NO_WAY
    assert matrix.duration_rows()[1][0] is None
    assert matrix.distances_m[1, 3] == pytest.approx(221, abs=3)
    assert matrix.distances_m[0, 2] == network.matrix([EAST, WEST]).distances_m[0, 1]
    with pytest.raises(NetworkError, match="No street leads from point 2 to point 3") as caught:
        network.path([EAST, WEST, LONELY])
    assert (caught.value.code, caught.value.field) == ("no_path", "points[1]")


def test_what_lies_on_the_island_is_not_within_reach(network: StreetNetwork) -> None:
    (contour,) = network.isochrone(EAST, [60]).contours
    west, south, east, north = contour.area.bounds
    assert east < LONELY.lon
    assert (west < WEST.lon, south < PIER.lat, north > NORTH.lat) == (True, True, True)
    assert east > FERRY_END.lon


def test_a_stop_in_the_sea_is_named_with_its_distance(network: StreetNetwork) -> None:
    matrix = network.matrix([SEA, EAST, PIER, SEA])
    assert [off.index for off in matrix.off_network] == [0, 3]
    for off in matrix.off_network:
        assert off.distance_m is not None
        assert 3000 < off.distance_m < 4000
        assert "500 m is the most" in off.reason
    assert (matrix.durations_s[[0, 3], :] == NO_WAY).all()
    assert (matrix.distances_m[:, [0, 3]] == NO_WAY).all()
    assert matrix.distances_m[1, 2] > 0
    again = network.matrix([EAST, SEA])
    assert [off.index for off in again.off_network] == [1]
    assert again.off_network[0].distance_m == matrix.off_network[0].distance_m


@pytest.mark.parametrize(
    ("position", "code"),
    [
        pytest.param(LonLat(60.17, 124.9), "swapped", id="swapped"),
        pytest.param(LonLat(200.0, 60.17), "outside_world", id="200-degrees"),
        pytest.param(LonLat(math.nan, 60.17), "not_a_number", id="nan"),
        pytest.param(LonLat(24.9, -math.inf), "not_a_number", id="endless"),
        pytest.param(LonLat(2_771_000.0, 8_437_000.0), "projected", id="metres"),
    ],
)
def test_no_position_is_refused_by_number_before_the_engine_is_asked(
    network: StreetNetwork, coast: Path, position: LonLat, code: str
) -> None:
    assert isinstance(network, OsrmNetwork)
    estimate = open_network(coast / "elsewhere")
    assert estimate.is_estimate
    for one in (network, estimate):
        for ask in (one.matrix, one.path):
            with pytest.raises(GeoError, match="point 2") as caught:
                ask([EAST, position])
            assert caught.value.code == code
    assert network.worker_pid is None


def test_swapped_positions_that_are_somewhere_else_on_earth_are_off_the_network(
    network: StreetNetwork,
) -> None:
    swapped = LonLat(EAST.lat, EAST.lon)
    (off,) = network.matrix([EAST, swapped]).off_network
    assert off.index == 1
    assert off.distance_m is not None
    assert off.distance_m > 1_000_000


def test_pairs_from_the_cache_are_those_of_the_engine(network: StreetNetwork) -> None:
    places = [EAST, SEA, LONELY, WEST, NORTH, PIER, FERRY_END]
    assert isinstance(network, OsrmNetwork)
    for pair in pairwise(places):
        network.matrix(pair)
    network.matrix(places[::2])
    mixed = network.matrix([*places, WEST])
    network.cache = PairCache()
    plain = network.matrix([*places, WEST])
    assert mixed.duration_rows() == plain.duration_rows()
    assert mixed.distance_rows() == plain.distance_rows()
    assert mixed.off_network == plain.off_network
