"""From a file's own coordinate system to degrees on WGS 84."""

import re
from collections.abc import Sequence

import pyproj.network
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from backend.geo.vocabulary import GeoError

_MAX_WKT = 20_000
_CODE = re.compile(
    r"^\s*(?:urn:ogc:def:crs:)?(?:EPSG)?:{0,2}(?:[\d.]*:)?(\d{4,6})\s*$", re.IGNORECASE
)
_LONLAT = re.compile(r"^\s*(?:urn:ogc:def:crs:)?OGC:[\d.]*:?CRS84h?\s*$", re.IGNORECASE)
_GRIDS = re.compile(r"nadgrids\s*=\s*(?!@null)", re.IGNORECASE)

# No grid is ever fetched, whatever a file's system names.
pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]  # exports nothing


class Projection:
    """Moves coordinates; `name` is that of the file's system."""

    def __init__(self, crs: CRS) -> None:
        self.name = str(crs.name)
        self._is_degrees = crs.to_epsg() == 4326  # noqa: PLR2004  # WGS 84 itself
        self._transformer = (
            None if self._is_degrees else Transformer.from_crs(crs, 4326, always_xy=True)
        )

    def move(self, geometry: object) -> object:
        """Return the geometry in degrees; raise GeoError for places where the system is not."""
        if self._transformer is None or not isinstance(geometry, dict):
            return geometry
        kind, coordinates = geometry.get("type"), geometry.get("coordinates")
        match kind:
            case "Polygon":
                return {"type": kind, "coordinates": self._rings(coordinates)}
            case "MultiPolygon" if isinstance(coordinates, list | tuple):
                return {"type": kind, "coordinates": [self._rings(one) for one in coordinates]}
            case _:
                return geometry

    def _rings(self, rings: object) -> object:
        return [self._ring(one) for one in rings] if isinstance(rings, list | tuple) else rings

    def _ring(self, ring: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
        if self._transformer is None or not ring:
            return []
        try:
            xs, ys = ([float(point[axis]) for point in ring] for axis in (0, 1))
            lons, lats = self._transformer.transform(xs, ys)
        except (ProjError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise GeoError(
                "bad_position", "A position of the outline is no pair of numbers."
            ) from error
        if any(number == float("inf") for number in (*lons, *lats)):
            raise GeoError(
                "outside_world",
                f"The outline lies where its coordinate system, {self.name}, has no places. "
                "Is that the right system?",
            )
        return list(zip(lons, lats, strict=True))


def find_projection(text: str | None, wanted: str) -> Projection:
    """Return the projection of a file's system, or of the one named for a file without one."""
    source = text or wanted
    field = "file" if text else "crs"
    if not source:
        raise GeoError(
            "no_projection",
            "The file does not say its coordinate system (a shapefile's .prj is missing): add it, "
            "or name the system, such as EPSG:4326 or EPSG:3405 (VN-2000 / UTM 48N).",
            "crs",
        )
    try:
        return Projection(_parse(source))
    except (ProjError, ValueError, OverflowError) as error:
        raise GeoError(
            "unknown_projection",
            f"The coordinate system “{source[:80]}” cannot be used: name one by its EPSG code, "
            "such as EPSG:4326.",
            field,
        ) from error


def _parse(source: str) -> CRS:
    if _LONLAT.match(source):
        return CRS.from_epsg(4326)
    if found := _CODE.match(source):
        return CRS.from_epsg(int(found[1]))
    if len(source) > _MAX_WKT or _GRIDS.search(source) or "[" not in source or "\0" in source:
        raise ValueError("This is no well-known text.")
    return CRS.from_wkt(source)
