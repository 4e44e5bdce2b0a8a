import gzip
from typing import Any

import mapbox_vector_tile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile_client.presenters.map.vector_tile import LINE, POINT, POLYGON, decode_tile

COORDINATES = st.tuples(st.integers(-64, 4160), st.integers(-64, 4160))
LINES = st.lists(COORDINATES, min_size=2, max_size=20, unique=True)
PROPERTIES = st.dictionaries(
    st.sampled_from(["name", "class", "level", "height", "open"]),
    st.one_of(
        st.text(min_size=1), st.integers(-(2**40), 2**40), st.booleans(), st.floats(-1e6, 1e6)
    ),
)


def encode(features: list[dict[str, Any]]) -> bytes:
    """The reference library's tile, y down as the tile stores it."""
    tile: bytes = mapbox_vector_tile.encode(
        [{"name": "roads", "features": features}], default_options={"y_coord_down": True}
    )
    return tile


@given(st.lists(st.tuples(LINES, PROPERTIES), min_size=1, max_size=6))
def test_lines_and_properties_are_read_as_the_reference_wrote_them(
    wanted: list[tuple[list[tuple[int, int]], dict[str, Any]]],
) -> None:
    features = [
        {"geometry": {"type": "LineString", "coordinates": line}, "properties": properties}
        for line, properties in wanted
    ]
    layer = decode_tile(encode(features))["roads"]
    assert layer.extent == 4096
    read = [(one.kind, one.parts, one.properties) for one in layer.features]
    assert read == [(LINE, [line], properties) for line, properties in wanted]


def test_polygons_keep_their_holes_and_close_their_rings() -> None:
    outer = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    hole = [(20, 20), (20, 40), (40, 40), (40, 20), (20, 20)]
    shape = {"type": "Polygon", "coordinates": [outer, hole]}
    feature = decode_tile(encode([{"geometry": shape, "properties": {}}]))["roads"].features[0]
    assert feature.kind == POLYGON
    assert [set(part) for part in feature.parts] == [set(outer), set(hole)]
    assert all(part[0] == part[-1] for part in feature.parts)


def test_points_and_gzip_are_read() -> None:
    shape = {"type": "Point", "coordinates": (7, 9)}
    blob = gzip.compress(encode([{"geometry": shape, "properties": {"name": "Kamppi"}}]))
    feature = decode_tile(blob)["roads"].features[0]
    assert (feature.kind, feature.parts, feature.properties) == (
        POINT,
        [[(7, 9)]],
        {"name": "Kamppi"},
    )


def test_an_empty_tile_has_no_layers() -> None:
    assert decode_tile(b"") == {}


@given(st.data())
def test_a_broken_tile_is_refused_or_read_but_never_crashes(data: st.DataObject) -> None:
    line = {"type": "LineString", "coordinates": [(0, 0), (10, 10), (20, 5)]}
    whole = encode([{"geometry": line, "properties": {"name": "Esplanadi"}}])
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    for blob in (cut, flipped):
        try:
            decode_tile(blob)
        except ValueError as refused:
            assert str(refused)  # noqa: PT017 - either answer is right


def test_other_bytes_are_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"tile"):
        decode_tile(b"\x1f\x8bnot gzip")
