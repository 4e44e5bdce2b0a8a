"""Tables with a geometry as GeoParquet 1.1: what GIS programs and data tools open as it is.

https://geoparquet.org/releases/v1.1.0/: geometries are WKB, and the file's metadata say what they
are. Longitude and latitude on WGS 84 (OGC:CRS84) is what a file without a `crs` has.
"""

import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from math import isfinite
from uuid import UUID

import msgspec
import shapely
from arro3.core import Array, DataType, Field, Schema, Table
from arro3.io import write_parquet

MEDIA_TYPE = "application/vnd.apache.parquet"
_VERSION = "1.1.0"
_GEOMETRY = "geometry"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

type Value = str | UUID | float | datetime | None


class Kind(Enum):
    """What a column holds."""

    TEXT = DataType.string()
    WHOLE = DataType.int64()
    NUMBER = DataType.float64()
    MOMENT = DataType.timestamp("us", tz="UTC")


class Column(msgspec.Struct, frozen=True):
    """A column: its name, what it holds, and a value a row."""

    name: str
    kind: Kind
    values: Sequence[Value]


def write_geoparquet(
    columns: Sequence[Column], geometries: Sequence[shapely.Geometry | None]
) -> bytes:
    """Return the table as a file; a row without a place has no geometry."""
    fields = [Field(one.name, one.kind.value, nullable=True) for one in columns]
    arrays = [_array(one) for one in columns]
    shapes = [None if one is None or shapely.is_empty(one) else one for one in geometries]
    wkb = [None if one is None else shapely.to_wkb(one) for one in shapes]
    fields.append(Field(_GEOMETRY, DataType.binary(), nullable=True))
    arrays.append(Array(wkb, DataType.binary()))
    about = msgspec.json.encode(_describe(shapes)).decode()
    file = io.BytesIO()
    # Some readers look into the file's own metadata, others into those of the Arrow schema.
    write_parquet(
        Table.from_arrays(arrays, schema=Schema(fields, metadata={"geo": about})),
        file,
        compression="zstd(3)",
        key_value_metadata={"geo": about},
    )
    return file.getvalue()


def _describe(shapes: Sequence[shapely.Geometry | None]) -> dict[str, object]:
    """Return the file's `geo` metadata; a box is told only where there is one."""
    placed = [one for one in shapes if one is not None]
    about: dict[str, object] = {
        "encoding": "WKB",
        "geometry_types": sorted({type(one).__name__ for one in placed}),
    }
    if placed:
        about["bbox"] = [float(side) for side in shapely.total_bounds(placed)]
    return {"version": _VERSION, "primary_column": _GEOMETRY, "columns": {_GEOMETRY: about}}


def _array(column: Column) -> Array:
    values = [_stored(value) for value in column.values]
    if column.kind is Kind.MOMENT:
        # The library makes no times of Python's, but takes their microseconds for them.
        return Array(values, DataType.int64()).cast(column.kind.value)
    return Array(values, column.kind.value)


def _stored(value: Value) -> object:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return (value - _EPOCH) // timedelta(microseconds=1)
    if isinstance(value, float) and not isfinite(value):
        return None
    return value
