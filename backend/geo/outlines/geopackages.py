"""GeoPackages (OGC 12-128): SQLite files, read as plain tables in memory.

Nothing of the file's own schema runs: views are not read, and functions of a schema are not
trusted.
"""

import sqlite3
import struct
from typing import NamedTuple

import shapely
from shapely.geometry import mapping

from backend.geo.outlines.layer import Layer, Raw, as_properties, broken, choose_layer
from backend.geo.vocabulary import GeoError

SQLITE_MAGIC = b"SQLite format 3\0"
_ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
_HEADER = struct.Struct("<2sBBi")
_EMPTY = 0b10000
_LIMIT_BYTES = 100_000_000


class _Table(NamedTuple):
    name: str
    column: str
    srs_id: int


def read_geopackage(content: bytes, wanted: str, max_features: int) -> Layer:
    """Read one table of outlines; raise GeoError for a file that is damaged or none of these."""
    try:
        with _opened(content) as connection:
            tables = {one.name: one for one in _tables(connection)}
            table = tables[choose_layer(list(tables), wanted, "GeoPackage")]
            return Layer(
                "GeoPackage", _system(connection, table), _features(connection, table, max_features)
            )
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
        raise broken("GeoPackage", error) from error


class _opened:  # noqa: N801  # used as a function
    def __init__(self, content: bytes) -> None:
        self._connection = sqlite3.connect(":memory:")
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LIMIT_BYTES)
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        # A file in write-ahead mode cannot be read from memory before it is told to be none.
        self._connection.deserialize(content[:18] + b"\x01\x01" + content[20:])

    def __enter__(self) -> sqlite3.Connection:
        self._connection.execute("PRAGMA trusted_schema = OFF")
        self._connection.execute("PRAGMA query_only = ON")
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _tables(connection: sqlite3.Connection) -> list[_Table]:
    rows = connection.execute(
        "SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns g"
        " WHERE EXISTS (SELECT 1 FROM sqlite_master m WHERE m.type = 'table'"
        " AND lower(m.name) = lower(g.table_name)) LIMIT 1000"
    )
    return [_Table(str(row[0]), str(row[1]), int(row[2])) for row in rows]


def _system(connection: sqlite3.Connection, table: _Table) -> str | None:
    row = connection.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys"
        " WHERE srs_id = ?",
        (table.srs_id,),
    ).fetchone()
    if row is None or table.srs_id <= 0:
        return None  # the standard's "undefined"
    if str(row[0]).upper() == "EPSG":
        return f"EPSG:{int(row[1])}"
    return str(row[2])


def _features(connection: sqlite3.Connection, table: _Table, most: int) -> list[Raw]:
    cursor = connection.execute(f"SELECT * FROM {_quoted(table.name)} LIMIT {most + 1}")  # noqa: S608  # the name is quoted
    names = [one[0] for one in cursor.description]
    at = next((i for i, name in enumerate(names) if name.lower() == table.column.lower()), None)
    if at is None:
        raise broken("GeoPackage", f"it has no column “{table.column[:60]}”")
    return [_feature(names, row, at) for row in cursor]


def _feature(names: list[str], row: tuple[object, ...], at: int) -> Raw:
    found = {name: value for i, (name, value) in enumerate(zip(names, row, strict=True)) if i != at}
    properties = as_properties(found)
    try:
        return Raw(properties, _geometry(row[at]))
    except NotImplementedError:
        message = "The outline has curves: export it again with straight segments."
        return Raw(properties, None, GeoError("not_an_area", message))
    except (struct.error, shapely.errors.ShapelyError, ValueError, KeyError, TypeError) as error:
        return Raw(
            properties,
            None,
            GeoError("invalid_area", f"The outline cannot be read ({str(error)[:80]})."),
        )


def _geometry(blob: object) -> object:
    """Return GeoJSON's form of a GeoPackage geometry: a header, then WKB."""
    if blob is None:
        return None
    if not isinstance(blob, bytes):
        raise TypeError("it is no binary")
    magic, _version, flags, _srs = _HEADER.unpack_from(blob)
    if magic != b"GP":
        raise ValueError("it does not begin with GP")
    if flags & _EMPTY:
        return None
    start = _HEADER.size + _ENVELOPE_BYTES[flags >> 1 & 0b111]
    return mapping(shapely.from_wkb(blob[start:]))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
