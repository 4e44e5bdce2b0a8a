"""What kind of file this is, by its content and never by its name, and its features."""

import msgspec

from backend.geo.outlines.archives import Archive
from backend.geo.outlines.geopackages import SQLITE_MAGIC, read_geopackage
from backend.geo.outlines.kml import read_kml
from backend.geo.outlines.layer import Layer, Raw, as_properties, broken, choose_layer
from backend.geo.outlines.shapefiles import read_shapefile
from backend.geo.outlines.wire import Wish
from backend.geo.vocabulary import GeoError

_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
_SHP_MAGIC = b"\x00\x00\x27\x0a"
_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read_layer(content: bytes, wish: Wish) -> Layer:
    """Return a file's features; raise GeoError for what is damaged, hostile or of another kind."""
    if not content.strip():
        raise GeoError("file_empty", "The file is empty.", "file")
    if content.startswith(_ZIP_MAGICS):
        return _read_archive(Archive(content), wish)
    if content.startswith(_SHP_MAGIC):
        raise GeoError(
            "file_kind",
            "This is the .shp file alone: send a ZIP of it with its .dbf, .prj and .shx.",
            "file",
        )
    return _read_single(content, wish)


def _read_single(content: bytes, wish: Wish) -> Layer:
    if content.startswith(SQLITE_MAGIC):
        return read_geopackage(content, wish.layer, wish.max_features)
    text = content.removeprefix(_BOM).lstrip()
    if text.startswith(b"<") or content.startswith(_UTF_16):
        return read_kml(content)
    if text.startswith((b"{", b"[")):
        return _read_geojson(text)
    raise GeoError(
        "file_kind",
        "The file is neither GeoJSON, GeoPackage, KML, KMZ nor a ZIP of a shapefile.",
        "file",
    )


def _read_archive(archive: Archive, wish: Wish) -> Layer:
    shapefiles = archive.with_suffix(".shp")
    others = archive.with_suffix(".gpkg", ".kml", ".geojson", ".json")
    if shapefiles:
        return read_shapefile(archive, choose_layer(shapefiles, wish.layer, "archive"))
    if not others:
        told = ", ".join(f"“{name[:40]}”" for name in archive.names[:10]) or "nothing"
        raise GeoError(
            "no_outlines", f"The archive has no file with outlines; it holds {told}.", "file"
        )
    wanted = wish.layer if wish.layer in others else ""
    return _read_single(archive.read(choose_layer(others, wanted, "archive")), wish)


class _Feature(msgspec.Struct):
    type: str = ""
    properties: dict[str, object] | None = None
    geometry: object = None


class _Collection(msgspec.Struct):
    type: str = ""
    features: list[_Feature] | None = None
    crs: object = None


def _read_geojson(text: bytes) -> Layer:
    try:
        found = msgspec.json.decode(text, type=_Collection)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise broken("GeoJSON file", error) from error
    except RecursionError as error:
        raise GeoError("nested_too_deeply", "The file is nested too deeply.", "file") from error
    if found.type != "FeatureCollection" or found.features is None:
        raise GeoError(
            "not_a_collection", "The file must be a GeoJSON FeatureCollection of areas.", "file"
        )
    features = [Raw(as_properties(one.properties or {}), one.geometry) for one in found.features]
    return Layer("GeoJSON", _system(found.crs), features)


def _system(crs: object) -> str:
    """Return the system that older files name; today's GeoJSON is WGS 84."""
    match crs:
        case {"properties": {"name": str(name)}} if name.strip():
            return name
        case _:
            return "EPSG:4326"
