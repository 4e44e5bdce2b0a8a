import gzip
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import osmium
import pytest
from osmium.osm.mutable import Node

from backend.geo.basemap.build import BasemapInfo, build_basemap
from backend.geo.basemap.features import LAYERS
from backend.geo.basemap.phone_package import write_phone_package
from backend.geo.basemap.reader import Basemap, BasemapError
from backend.geo.osm import OsmFileError, bounds
from backend.geo.tiles import tiles_covering
from backend.geo.vocabulary import Bounds, GeoError, Progress


def layers_at(basemap: Basemap, zoom: int) -> dict[str, list[dict[str, Any]]]:
    """All features of a zoom by layer, with their properties."""
    found: dict[str, list[dict[str, Any]]] = {}
    for tile in tiles_covering(basemap.bounds, zoom):
        if data := basemap.tile(*tile):
            for layer, content in mapbox_vector_tile.decode(gzip.decompress(data)).items():
                found.setdefault(layer, []).extend(content["features"])
    return found


def test_helsinki_is_drawn_in_every_layer(
    helsinki: Path, basemap_build: tuple[Path, BasemapInfo]
) -> None:
    _, info = basemap_build
    assert set(info.features) == set(LAYERS)
    assert info.features["roads"] > 2000
    assert info.features["buildings"] > 400
    assert info.bounds == bounds(helsinki)
    assert info.skipped["line outside the extract"] > 0


def test_streets_have_names_and_the_sea_is_there(basemap: Basemap) -> None:
    layers = layers_at(basemap, 14)
    assert set(layers) == set(LAYERS)
    roads = {
        (road["properties"]["class"], road["properties"].get("name")) for road in layers["roads"]
    }
    assert ("primary", "Mannerheimintie") in roads
    assert {water["properties"]["class"] for water in layers["water"]} >= {"sea", "lake"}
    assert "Kluuvi" in {place["properties"]["name"] for place in layers["places"]}


def test_each_zoom_shows_only_what_it_has_room_for(basemap: Basemap) -> None:
    assert "buildings" not in layers_at(basemap, 12)
    assert "buildings" in layers_at(basemap, 13)
    classes = {road["properties"]["class"] for road in layers_at(basemap, 9)["roads"]}
    assert "primary" in classes
    assert not classes & {"minor", "service", "path"}


def test_a_basemap_tells_its_frame(helsinki: Path, basemap: Basemap) -> None:
    assert (basemap.min_zoom, basemap.max_zoom) == (0, 14)
    assert basemap.bounds == pytest.approx(bounds(helsinki), abs=1e-4)
    assert len(basemap.etag) == 16
    assert "OpenStreetMap contributors" in basemap.metadata["attribution"]


def test_tiles_outside_are_none_and_impossible_ones_refused(basemap: Basemap) -> None:
    assert basemap.tile(14, 0, 0) is None
    assert basemap.tile(15, 0, 0) is None
    with pytest.raises(GeoError):
        basemap.tile(3, 8, 0)


def test_the_same_extract_gives_the_same_etag_only_for_the_same_bytes(
    basemap: Basemap, basemap_build: tuple[Path, BasemapInfo], tmp_path: Path
) -> None:
    copy = tmp_path / "copy.pmtiles"
    copy.write_bytes(basemap_build[0].read_bytes())
    with Basemap(copy) as same:
        assert same.etag == basemap.etag


@pytest.mark.parametrize("content", [None, b"", b"PMTiles", b"text" * 100])
def test_what_is_no_basemap_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "odd.pmtiles"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BasemapError, match=r"basemap|PMTiles"):
        Basemap(path)


def test_a_damaged_extract_leaves_no_basemap(damaged: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out" / "basemap.pmtiles"
    for path in damaged.values():
        with pytest.raises(OsmFileError):
            build_basemap(path, out)
    assert not out.exists()
    assert list((tmp_path / "out").iterdir() if out.parent.exists() else []) == []


def test_an_extract_with_nothing_to_draw_says_so(tmp_path: Path) -> None:
    path = tmp_path / "shops-only.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        writer.add_node(Node(id=1, location=(105.8, 21.0), tags={"shop": "yes"}))
        writer.add_node(Node(id=2, location=(105.9, 21.1)))
    with pytest.raises(BasemapError) as caught:
        build_basemap(path, tmp_path / "basemap.pmtiles")
    assert caught.value.code == "basemap_empty"


def test_progress_ends_with_all_tiles_cut(helsinki: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    build_basemap(helsinki, tmp_path / "basemap.pmtiles", on_progress=seen.append)
    assert seen[-1] == Progress("cutting tiles", 100, 100)
    percents = [progress.done for progress in seen if progress.stage == "cutting tiles"]
    assert percents == sorted(set(percents))


def test_a_phone_package_holds_the_same_tiles_counted_from_the_south(
    basemap: Basemap, tmp_path: Path
) -> None:
    out = tmp_path / "phone.mbtiles"
    info = write_phone_package(basemap, basemap.bounds, out)
    with closing(sqlite3.connect(out)) as database:
        rows = database.execute("SELECT * FROM tiles").fetchall()
        metadata = dict(database.execute("SELECT name, value FROM metadata"))
    assert info.tiles == len(rows) > 0
    assert info.bytes == out.stat().st_size
    for zoom, column, row, data in rows:
        assert basemap.tile(zoom, column, (1 << zoom) - 1 - row) == data
    assert {row[0] for row in rows} == {10, 11, 12, 13, 14}
    assert metadata["format"] == "pbf"
    assert (metadata["minzoom"], metadata["maxzoom"]) == ("10", "14")
    assert "OpenStreetMap contributors" in metadata["attribution"]
    assert '"roads"' in metadata["json"]


def test_a_phone_package_replaces_the_older_one_whole(basemap: Basemap, tmp_path: Path) -> None:
    out = tmp_path / "phone.mbtiles"
    out.write_bytes(b"older")
    assert write_phone_package(basemap, basemap.bounds, out, zooms=(14,)).tiles > 0
    with pytest.raises(BasemapError) as caught:
        write_phone_package(basemap, Bounds(105, 20, 105.1, 20.1), out)
    assert caught.value.code == "package_empty"
    assert out.read_bytes().startswith(b"SQLite")
    assert [path.name for path in tmp_path.iterdir()] == ["phone.mbtiles"]
