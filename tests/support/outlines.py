"""Files with outlines as GIS programs write them, and as nobody should."""

import io
import json
import sqlite3
import struct
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import shapefile
import shapely
from pyproj import CRS

type Ring = list[tuple[float, float]]
type Feature = tuple[Mapping[str, object], object]

SQUARE: Ring = [(106, 10), (107, 10), (107, 11), (106, 11), (106, 10)]
BOW_TIE: Ring = [(106, 10), (107, 11), (107, 10), (106, 11), (106, 10)]


def polygon(ring: Sequence[Sequence[float]] = SQUARE) -> dict[str, Any]:
    """Return a Polygon of one ring."""
    return {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}


def moved(by: float, ring: Ring = SQUARE) -> dict[str, Any]:
    """Return the ring as a Polygon, so many degrees to the east."""
    return polygon([(x + by, y) for x, y in ring])


def geojson(*features: Feature, **members: object) -> bytes:
    """Return a FeatureCollection of properties and geometries."""
    told = [
        {"type": "Feature", "properties": properties, "geometry": geometry}
        for properties, geometry in features
    ]
    return json.dumps({"type": "FeatureCollection", "features": told, **members}).encode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def shapefile_parts(
    rows: Sequence[tuple[str, Ring]], *, epsg: int | None = 4326, encoding: str = "utf-8"
) -> dict[str, bytes]:
    """Return the files of a shapefile whose table has TEN and MA."""
    shp, shx, dbf = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with shapefile.Writer(shp=shp, shx=shx, dbf=dbf, encoding=encoding) as writer:
        writer.field("TEN", "C", 80)
        writer.field("MA", "N", 10)
        for number, (name, ring) in enumerate(rows):
            if ring:
                writer.poly([[list(point) for point in reversed(ring)]])
            else:
                writer.null()
            writer.record(name, number + 1)
    parts = {"vung.shp": shp.getvalue(), "vung.shx": shx.getvalue(), "vung.dbf": dbf.getvalue()}
    if epsg is not None:
        parts["vung.prj"] = CRS.from_epsg(epsg).to_wkt("WKT1_ESRI").encode()
    return parts


def zipped_shapefile(rows: Sequence[tuple[str, Ring]], *, epsg: int | None = 4326) -> bytes:
    """Return a shapefile as people send it."""
    return zipped(shapefile_parts(rows, epsg=epsg))


def geopackage(tables: Mapping[str, Sequence[tuple[str, bytes]]], *, epsg: int = 4326) -> bytes:
    """Return a GeoPackage with tables of `name` and WKB."""
    database = sqlite3.connect(":memory:")
    database.executescript("""
      PRAGMA application_id = 1196444487;
      CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY,
        organization TEXT, organization_coordsys_id INTEGER, definition TEXT);
      CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT);
      CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT,
        geometry_type_name TEXT, srs_id INTEGER, z INTEGER, m INTEGER);""")
    database.execute(
        "INSERT INTO gpkg_spatial_ref_sys VALUES ('x', ?, 'EPSG', ?, 'undefined')", (epsg, epsg)
    )
    for table, rows in tables.items():
        quoted = '"' + table.replace('"', '""') + '"'
        database.execute(f"CREATE TABLE {quoted} (fid INTEGER PRIMARY KEY, geom BLOB, name TEXT)")
        database.execute("INSERT INTO gpkg_contents VALUES (?, 'features')", (table,))
        database.execute(
            "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'POLYGON', ?, 0, 0)",
            (table, epsg),
        )
        for name, wkb in rows:
            blob = struct.pack("<2sBBi", b"GP", 0, 1, epsg) + wkb
            database.execute(f"INSERT INTO {quoted} (geom, name) VALUES (?, ?)", (blob, name))
    database.commit()
    content = database.serialize()
    database.close()
    return content


def wkb(ring: Ring = SQUARE) -> bytes:
    """Return a polygon as WKB."""
    return shapely.to_wkb(shapely.Polygon(ring), byte_order=1)


def kml(*placemarks: tuple[str, str]) -> bytes:
    """Return a KML document of names and shapes."""
    told = "".join(
        f"<Placemark><name>{name}</name>{shape}</Placemark>" for name, shape in placemarks
    )
    space = "http://www.opengis.net/kml/2.2"
    return f'<?xml version="1.0"?><kml xmlns="{space}"><Document>{told}</Document></kml>'.encode()


def kml_polygon(ring: Ring = SQUARE) -> str:
    """Return a KML polygon with heights."""
    corners = " ".join(f"{x},{y},0" for x, y in ring)
    return (
        "<Polygon><outerBoundaryIs><LinearRing><coordinates>"
        f"{corners}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
    )
