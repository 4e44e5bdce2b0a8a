"""The sheet's map draws the service's own basemap: what is there, and nothing that is not."""

import gzip
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pypdfium2
import pytest
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from backend.geo.basemap.reader import Basemap
from backend.geo.tiles import WORLD_BITS, lonlat_to_world24
from backend.geo.vocabulary import LonLat
from backend.press.frame import fit
from backend.press.ground import read_ground
from backend.routes.handout.service import make_links
from backend.routes.handout.sheet import write_sheet
from backend.routes.handout.words import words_of
from tests.support.handouts import HELSINKI, make_handout

ZOOM = 14
SAIGON = LonLat(106.7, 10.77)
LAND = [[(0, 0), (4096, 0), (4096, 4096), (0, 4096), (0, 0)]]


def _layer(name: str, kind: str, *shapes: Mapping[str, Any], label: str = "") -> dict[str, Any]:
    properties = {"class": kind} | ({"name": label} if label else {})
    features = [{"geometry": shape, "properties": properties} for shape in shapes]
    return {"name": name, "features": features}


def _tile() -> bytes:
    """Squares of water in a wood, streets and towns all over, and a building that is not drawn."""
    wood = {"type": "Polygon", "coordinates": LAND}
    waters, streets, towns = [], [], []
    for x, y in product(range(0, 4096, 512), repeat=2):
        ring = [(x, y), (x + 60, y), (x + 60, y + 60), (x, y + 60), (x, y)]
        waters.append({"type": "Polygon", "coordinates": [ring]})
        line = [(x + 100, y + 300), (x + 200, y + 300), (x + 400, y + 300)]
        streets.append({"type": "LineString", "coordinates": line})
        towns.append({"type": "Point", "coordinates": (x + 200, y + 150)})
    data = mapbox_vector_tile.encode(
        [
            _layer("land", "wood", wood),
            _layer("water", "lake", *waters),
            _layer("roads", "primary", *streets, label="Đường Đồng Khởi"),
            _layer("places", "town", *towns, label="Bến Thành"),
            _layer("buildings", "building", wood),
        ],
        default_options={"y_coord_down": True},
    )
    return gzip.compress(data)


@pytest.fixture
def basemap(tmp_path: Path) -> Iterator[Basemap]:
    """A basemap of nine equal tiles round Helsinki's centre."""
    x, y = (one >> WORLD_BITS - ZOOM for one in lonlat_to_world24(*HELSINKI))
    path = tmp_path / "basemap.pmtiles"
    around = [(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    with path.open("wb") as file:
        writer = Writer(file)
        for tile_id in sorted(zxy_to_tileid(ZOOM, *one) for one in around):
            writer.write_tile(tile_id, _tile())
        header = {
            "tile_type": TileType.MVT, "tile_compression": Compression.GZIP,
            "min_zoom": ZOOM, "max_zoom": ZOOM, "min_lon_e7": 249_000_000,
            "min_lat_e7": 601_000_000, "max_lon_e7": 250_000_000, "max_lat_e7": 602_000_000,
            "center_zoom": ZOOM, "center_lon_e7": 249_440_000, "center_lat_e7": 601_700_000,
        }  # fmt: skip
        writer.finalize(header, {})
    with Basemap(path) as opened:
        yield opened


def _page(basemap: Basemap, centre: LonLat) -> tuple[str, Any]:
    """Return the first page's text and its picture in grey."""
    handout = make_handout(6, centre=centre)
    sheet = write_sheet(handout, make_links(handout), basemap, words_of("vi"))
    with pypdfium2.PdfDocument(sheet) as document:
        page = document[0]
        text = page.get_textpage()
        words = text.get_text_range()
        text.close()
        return words, page.render(scale=2, grayscale=True).to_numpy().copy()


def test_the_ground_is_drawn_with_names_and_its_authors_are_named(basemap: Basemap) -> None:
    words, picture = _page(basemap, HELSINKI)
    assert "Bến Thành" in words
    assert "Đường Đồng Khởi" in words
    assert "© OpenStreetMap contributors (ODbL)" in words
    shades = {int(one) for one in picture.flatten()}
    assert shades >= {0, 219, 244, 255}, "stops, water, wood and paper"


def test_where_the_basemap_ends_the_stops_stand_alone_and_it_is_told(basemap: Basemap) -> None:
    words, _ = _page(basemap, SAIGON)
    assert "Bản đồ nền không phủ khu vực này." in words
    assert "Bến Thành" not in words


def test_only_the_layers_that_are_drawn_are_read(basemap: Basemap) -> None:
    frame = fit([HELSINKI], 500, 250)
    layers = read_ground(basemap, frame)
    assert set(layers) == {"land", "water", "roads", "places"}
    for shape in layers["roads"]:
        (line,) = shape.lines
        assert line[0][0] < line[-1][0], "west is left"
    town, street = layers["places"][0].lines[0][0], layers["roads"][0].lines[0][0]
    assert town[1] > street[1], "north is up"
    assert read_ground(basemap, fit([SAIGON], 500, 250)) == {}
