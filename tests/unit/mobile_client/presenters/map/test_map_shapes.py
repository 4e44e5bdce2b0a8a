import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mobile_client.i18n import Words
from mobile_client.presenters.map.clusters import cluster, nearest
from mobile_client.presenters.map.marker_card import marker_card
from mobile_client.presenters.map.package import MapPackage
from mobile_client.presenters.map.projection import to_world
from mobile_client.presenters.map.strokes import MAX_INDICES, VERTEX_FLOATS, Triangles, add_lines
from mobile_client.views import MapPoint
from tests.support.fake_core import FakeCore

HERE = (24.94, 60.17)
POINTS = [MapPoint(str(n), f"A{n}", HERE[0] + n * 1e-5, HERE[1], "prospect") for n in range(5)]


def test_near_markers_become_one_with_all_points() -> None:
    (one,) = cluster(POINTS, 12)
    assert sorted(point.account_id for point in one.points) == ["0", "1", "2", "3", "4"]
    assert one.x == pytest.approx(to_world(*HERE)[0] + 2e-5 / 360)


def test_close_up_every_marker_stands_alone() -> None:
    assert len(cluster(POINTS, 17)) == 5


def test_stops_of_the_route_are_never_hidden_in_a_cluster() -> None:
    stop = MapPoint("stop", "Stop", *HERE, "customer", position=3)
    sizes = sorted(len(one.points) for one in cluster([*POINTS, stop], 12))
    assert sizes == [1, 5]


def test_the_nearest_marker_within_reach_is_hit() -> None:
    clusters = cluster(POINTS, 17)
    x, y = to_world(POINTS[3].lon, POINTS[3].lat)
    hit = nearest(clusters, x, y + 1e-9, within=1e-7)
    assert hit is not None
    assert hit.points[0].account_id == "3"
    assert nearest(clusters, x, y + 1e-6, within=1e-7) is None
    assert nearest([], x, y, within=1) is None


def test_a_line_is_one_quad_a_segment_and_skips_empty_ones() -> None:
    chunks: list[Triangles] = []
    add_lines(chunks, [[(0, 0), (10, 0), (10, 0), (10, 5)]])
    (mesh,) = chunks
    assert (len(mesh.vertices) // VERTEX_FLOATS, len(mesh.indices)) == (8, 12)
    assert max(mesh.indices) == 7


def test_long_lines_are_split_before_indices_overflow() -> None:
    chunks: list[Triangles] = []
    add_lines(chunks, [[(n, n % 2), (n + 1, n % 2)] for n in range(25_000)])
    assert len(chunks) > 1
    assert all(len(mesh.indices) <= MAX_INDICES + 6 for mesh in chunks)


def test_package_rows_count_from_the_south(tmp_path: Path) -> None:
    path = tmp_path / "map.mbtiles"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE metadata (name, value)")
        database.executemany(
            "INSERT INTO metadata VALUES (?, ?)",
            [("minzoom", "10"), ("maxzoom", "14"), ("bounds", "24,60,26,61")],
        )
        database.execute("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
        database.execute("INSERT INTO tiles VALUES (10, 582, 727, x'00ff')")
    package = MapPackage(path)
    assert (package.min_zoom, package.max_zoom, package.centre) == (10, 14, (25, 60.5))
    assert package.tile(10, 582, 296) == b"\x00\xff"
    assert package.tile(10, 582, 727) is None
    package.close()


def test_the_marker_of_an_account_that_left_has_no_card(tmp_path: Path) -> None:
    core = FakeCore(tmp_path)
    stop = core.today().stops[0]
    card = marker_card(core, Words("en"), stop.account_id)
    assert card is not None
    assert card.name == stop.name
    assert marker_card(core, Words("en"), "gone") is None
