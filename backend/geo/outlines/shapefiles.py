"""Shapefiles: outlines, table, coordinate system and encoding out of one archive."""

import codecs
import io
import struct
from itertools import zip_longest

import shapefile

from backend.geo.outlines.archives import Archive
from backend.geo.outlines.layer import Layer, Raw, as_properties, broken
from backend.geo.outlines.wire import Value
from backend.geo.vocabulary import GeoError

_HEADER_BYTES, _MAGIC = 100, 9994
_FALLBACKS = ("utf-8", "cp1258", "latin-1")
_CODE_PAGES = {"65001": "utf-8", "1252": "cp1252", "1258": "cp1258", "88591": "latin-1"}


def read_shapefile(archive: Archive, name: str) -> Layer:
    """Read the shapefile whose `.shp` is so called; raise GeoError for a damaged one."""
    shapes = _read_shapes(archive.read(name))
    table = archive.beside(name, ".dbf")
    rows = (
        [{} for _ in shapes] if table is None else _read_table(table, archive.beside(name, ".cpg"))
    )
    features = []
    for shape, row in zip_longest(shapes, rows):
        if shape is None or row is None:
            raise GeoError(
                "file_broken",
                f"The shapefile has {len(shapes):,} outlines and {len(rows):,} rows in its table; "
                "they must be as many: export it again.",
                "file",
            )
        geometry, problem = shape
        features.append(Raw(row, geometry, problem))
    return Layer("Shapefile", _read_projection(archive, name), features)


def _read_shapes(content: bytes) -> list[tuple[object, GeoError | None]]:
    if len(content) < _HEADER_BYTES or int.from_bytes(content[:4]) != _MAGIC:
        raise broken(".shp file")
    told = int.from_bytes(content[24:28]) * 2
    if told != len(content):
        raise broken(".shp file", f"it says {told:,} bytes and has {len(content):,}")
    found: list[tuple[object, GeoError | None]] = []
    try:
        with shapefile.Reader(shp=io.BytesIO(content)) as reader:
            found.extend(_as_geometry(shape) for shape in reader.iterShapes())
    except _DAMAGE as error:
        raise broken(".shp file", error) from error
    return found


def _as_geometry(shape: shapefile.Shape) -> tuple[object, GeoError | None]:
    try:
        return (None if shape.shapeType == shapefile.NULL else shape.__geo_interface__), None
    except _DAMAGE as error:
        return None, GeoError("invalid_area", f"The outline cannot be read ({str(error)[:80]}).")


def _read_table(content: bytes, page: bytes | None) -> list[dict[str, Value]]:
    """Read the table in the encoding that is told, else in the first that fits."""
    names = [_codec(page)] if page is not None else []
    for encoding in [*filter(None, names), *_FALLBACKS]:
        try:
            with shapefile.Reader(dbf=io.BytesIO(content), encoding=encoding) as reader:
                return [as_properties(row.as_dict()) for row in reader.iterRecords()]
        except UnicodeDecodeError:
            continue
        except _DAMAGE as error:
            raise broken(".dbf file", error) from error
    raise broken(".dbf file", "its texts are in no known encoding")


def _codec(page: bytes) -> str | None:
    text = page[:40].decode("ascii", "ignore").strip().lower()
    name = _CODE_PAGES.get(text.removeprefix("ansi ").removeprefix("cp"), text)
    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return None


def _read_projection(archive: Archive, name: str) -> str | None:
    content = archive.beside(name, ".prj")
    text = "" if content is None else content.decode("utf-8-sig", "replace").strip(" \r\n\t\0")
    return text or None


_DAMAGE = (
    shapefile.ShapefileException, struct.error, ValueError, IndexError, KeyError, TypeError,
    AttributeError, OSError, EOFError, OverflowError, AssertionError,
)  # fmt: skip  # pyshp lets through whatever a damaged record causes
