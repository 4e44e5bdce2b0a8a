"""What we write as GeoParquet, another library reads: by the specification's own words."""

import io
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pyarrow.parquet
import shapely
from hypothesis import given
from hypothesis import strategies as st

from backend.geo.geoparquet import Column, Kind, write_geoparquet

ID = UUID("0191e8f0-0000-7000-8000-000000000001")
AT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
SQUARE = shapely.box(105.8, 21.0, 105.9, 21.1)


def read(data: bytes) -> tuple[dict[str, Any], pyarrow.Table]:
    """Return a file's `geo` metadata and its rows."""
    table = pyarrow.parquet.read_table(io.BytesIO(data))
    file = pyarrow.parquet.ParquetFile(io.BytesIO(data))
    assert file.metadata.metadata[b"geo"] == table.schema.metadata[b"geo"]
    return json.loads(table.schema.metadata[b"geo"]), table


def test_values_and_geometries_come_back_in_their_own_types() -> None:
    data = write_geoparquet(
        [
            Column("id", Kind.TEXT, [ID, None]),
            Column("name", Kind.TEXT, ["Tạp hoá Ệ", ""]),
            Column("accounts", Kind.WHOLE, [2**40, None]),
            Column("share", Kind.NUMBER, [0.25, float("nan")]),
            Column("at", Kind.MOMENT, [AT, None]),
        ],
        [SQUARE, None],
    )
    geo, table = read(data)
    first, second = table.to_pylist()
    assert shapely.from_wkb(first.pop("geometry")).equals(SQUARE)
    assert first == {
        "id": str(ID), "name": "Tạp hoá Ệ", "accounts": 2**40, "share": 0.25,
        "at": AT,
    }  # fmt: skip
    assert set(second.values()) == {None, ""}
    assert geo["columns"]["geometry"]["geometry_types"] == ["Polygon"]


def test_the_metadata_are_as_the_specification_wants_them() -> None:
    geo, table = read(write_geoparquet([], [shapely.Point(1, 2), shapely.MultiPolygon([SQUARE])]))
    assert (geo["version"], geo["primary_column"]) == ("1.1.0", "geometry")
    about = geo["columns"]["geometry"]
    assert about["encoding"] == "WKB"
    assert about["geometry_types"] == ["MultiPolygon", "Point"]
    assert about["bbox"] == [1, 2, 105.9, 21.1]
    # Without a crs, coordinates are longitude and latitude on WGS 84.
    assert "crs" not in about
    assert table.schema.field("geometry").type == "binary"


def test_a_table_without_rows_is_a_file_all_the_same() -> None:
    geo, table = read(write_geoparquet([Column("name", Kind.TEXT, [])], []))
    assert table.num_rows == 0
    assert geo["columns"]["geometry"] == {"encoding": "WKB", "geometry_types": []}


POINTS = st.tuples(st.floats(-180, 180, allow_nan=False), st.floats(-90, 90, allow_nan=False)).map(
    shapely.Point
)


@given(st.lists(st.none() | POINTS, max_size=20), st.text(max_size=20))
def test_every_place_and_text_comes_back_as_it_was(
    places: list[shapely.Point | None], text: str
) -> None:
    told = text.encode("utf-8", "ignore").decode()
    geo, table = read(write_geoparquet([Column("n", Kind.TEXT, [told] * len(places))], places))
    rows = table.to_pylist()
    back = [None if one["geometry"] is None else shapely.from_wkb(one["geometry"]) for one in rows]
    assert back == places
    assert {one["n"] for one in rows} <= {told}
    boxes = [one.bounds for one in places if one is not None]
    if boxes:  # of no place there is none
        west, south, east, north = geo["columns"]["geometry"]["bbox"]
        assert all(west <= b[0] and south <= b[1] and east >= b[2] and north >= b[3] for b in boxes)
