"""A small town drawn by hand, read into hexagons."""

from datetime import date
from pathlib import Path

import numpy as np
import osmium
import osmium.osm.mutable
import pytest

from backend.geo.ground.reading import Ground, read_ground
from backend.geo.ground.tags import COLUMNS
from backend.geo.hexagons import cell_of
from backend.geo.osm import OsmFileError

# A degree of longitude has 107 km at this latitude, one of latitude 110.7 km.
_LON, _LAT = 108.2, 16.0
_SOME_DAY = "2024-05-06T07:08:09Z"


def write(path: Path, *, nodes: dict[int, tuple[float, float]], ways: dict[int, object]) -> Path:
    """Write nodes, and ways of (node ids, tags)."""
    writer = osmium.SimpleWriter(str(path))
    for ref, (east, north) in nodes.items():
        place = (_LON + east, _LAT + north)
        writer.add_node(
            osmium.osm.mutable.Node(id=ref, location=place, timestamp=_SOME_DAY, version=1)
        )
    for ref, (refs, tags) in ways.items():  # type: ignore[misc]
        writer.add_way(
            osmium.osm.mutable.Way(id=ref, nodes=refs, tags=tags, timestamp=_SOME_DAY, version=1)
        )
    writer.close()
    return path


def total(ground: Ground, column: str) -> float:
    return float(ground.values[:, COLUMNS.index(column)].sum())


def test_streets_are_measured_and_their_crossings_counted(tmp_path: Path) -> None:
    # Two streets cross in node 5; a third one ends there; a path crosses nothing.
    nodes = {
        1: (-0.01, 0), 2: (0.01, 0), 3: (0, -0.01), 4: (0, 0.01), 5: (0, 0), 6: (0.005, 0.01),
    }  # fmt: skip
    ways = {
        1: ([1, 5, 2], {"highway": "primary"}), 2: ([3, 5, 4], {"highway": "residential"}),
        3: ([5, 6], {"highway": "footway"}),
    }  # fmt: skip
    ground = read_ground(write(tmp_path / "x.osm.pbf", nodes=nodes, ways=ways))
    assert total(ground, "primary_km") == pytest.approx(2.14, abs=0.01)
    assert total(ground, "minor_km") == pytest.approx(2.213, abs=0.01)
    assert total(ground, "intersections") == 1
    at = ground.cells.tolist().index(cell_of(_LON, _LAT, 9))
    assert ground.values[at, COLUMNS.index("intersections")] == 1
    assert len(ground.cells) > 10
    assert (np.diff(ground.cells) > 0).all()
    # The primary road runs from west to east: hexagons in the north are as far as they are.
    north = ground.cells.tolist().index(cell_of(_LON, _LAT + 0.01, 9))
    away = ground.values[north, COLUMNS.index("primary_m")]
    assert away == pytest.approx(1107, abs=200)
    assert ground.changed_on == date(2024, 5, 6)


def test_a_square_of_land_is_shared_out_and_a_house_stands_in_one_hexagon(tmp_path: Path) -> None:
    nodes = {
        1: (0, 0), 2: (0.02, 0), 3: (0.02, 0.02), 4: (0, 0.02),
        11: (0.001, 0.001), 12: (0.0011, 0.001), 13: (0.0011, 0.0011), 14: (0.001, 0.0011),
    }  # fmt: skip
    ways = {
        1: ([1, 2, 3, 4, 1], {"landuse": "residential"}),
        2: ([11, 12, 13, 14, 11], {"building": "house"}),
    }
    ground = read_ground(write(tmp_path / "x.osm.pbf", nodes=nodes, ways=ways))
    assert total(ground, "residential_km2") == pytest.approx(2.14 * 2.213, rel=0.01)
    land = ground.values[:, COLUMNS.index("residential_km2")]
    assert (land > 0).sum() > 30
    assert land.max() < 0.13  # no hexagon holds more land than it has
    assert total(ground, "buildings") == total(ground, "houses") == 1
    assert total(ground, "footprint_m2") == pytest.approx(10.7 * 11.07, rel=0.01)
    assert total(ground, "measured") == 0  # there is no main road


def test_an_extract_with_nothing_on_the_ground_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "x.osm.pbf", nodes={1: (0, 0)}, ways={})
    with pytest.raises(OsmFileError) as caught:
        read_ground(path)
    assert caught.value.code == "osm_empty"


def test_a_street_outside_the_extract_is_left_out_and_told(tmp_path: Path) -> None:
    nodes = {1: (0, 0), 2: (0.001, 0)}
    ways = {1: ([1, 2], {"highway": "primary"}), 2: ([1, 99], {"highway": "primary"})}
    ground = read_ground(write(tmp_path / "x.osm.pbf", nodes=nodes, ways=ways))
    assert ground.skipped == {"road outside the extract": 1}
