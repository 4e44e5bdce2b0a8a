"""From a file's features to areas that can be kept: moved to WGS 84, checked, measured."""

import shapely
from pyproj import Geod
from shapely.geometry import MultiPolygon

from backend.geo.cover import MAX_AREA_LAT
from backend.geo.outlines.files import read_layer
from backend.geo.outlines.layer import Raw
from backend.geo.outlines.projection import Projection, find_projection
from backend.geo.outlines.wire import Outline, OutlineFile, Wish
from backend.geo.shapes import MAX_VERTICES, mend_area, parse_area, simplify_area
from backend.geo.vocabulary import GeoError

MAX_RAW_VERTICES = 500_000
"""Of an area that may be simplified."""
_SMALLEST_KM2, _LARGEST_KM2 = 1e-6, 20_000_000.0
_GEOD = Geod(ellps="WGS84")


def read_file(content: bytes, wish: Wish) -> OutlineFile:
    """Return every feature with its area or its problem; raise GeoError for the whole file."""
    layer = read_layer(content, wish)
    if len(layer.features) > wish.max_features:
        raise GeoError(
            "too_many_features",
            f"The file has more than {wish.max_features:,} areas, the most at once: split it.",
            "file",
        )
    if not layer.features:
        raise GeoError("no_outlines", "The file has no areas.", "file")
    projection = find_projection(layer.crs, wish.crs)
    return OutlineFile(
        format=layer.format,
        crs=projection.name,
        outlines=[
            _outline(index, raw, projection, wish) for index, raw in enumerate(layer.features)
        ],
    )


def _outline(index: int, raw: Raw, projection: Projection, wish: Wish) -> Outline:
    try:
        return _sound(index, raw, projection, wish)
    except GeoError as error:
        return Outline(
            index=index, properties=raw.properties, problem=error.code, message=error.message
        )
    except (RecursionError, ValueError, TypeError) as error:
        message = f"The outline cannot be read ({str(error)[:80]})."
        return Outline(
            index=index, properties=raw.properties, problem="invalid_area", message=message
        )


def _sound(index: int, raw: Raw, projection: Projection, wish: Wish) -> Outline:
    if raw.problem is not None:
        raise raw.problem
    if raw.geometry is None:
        raise GeoError("empty", "The feature has no outline.")
    geometry = projection.move(raw.geometry)
    most = MAX_RAW_VERTICES if wish.is_simplified else MAX_VERTICES
    if wish.is_mended:
        area, is_mended = mend_area(geometry, max_vertices=most)
    else:
        area, is_mended = parse_area(geometry, max_vertices=most), False
    thin = simplify_area(area) if shapely.get_num_coordinates(area) > MAX_VERTICES else area
    return Outline(
        index=index,
        properties=raw.properties,
        area=shapely.to_wkb(thin),
        area_km2=_measure(thin),
        vertices=int(shapely.get_num_coordinates(thin)),
        is_mended=is_mended,
        is_simplified=thin is not area,
    )


def _measure(area: MultiPolygon) -> float:
    """Return the size on WGS 84; raise GeoError for what lies off the map, or is no size."""
    _, south, _, north = area.bounds
    if max(-south, north) > MAX_AREA_LAT:
        raise GeoError(
            "outside_map",
            f"The area reaches latitude {north if north > -south else south:g}; the map ends at "
            f"{MAX_AREA_LAT} degrees. Cut it there.",
        )
    km2 = abs(_GEOD.geometry_area_perimeter(area)[0]) / 1e6
    if km2 < _SMALLEST_KM2:
        raise GeoError("area_too_small", f"The area has {km2 * 1e6:.3g} m²; the least is 1 m².")
    if km2 > _LARGEST_KM2:
        raise GeoError(
            "area_too_large", f"The area has {km2:,.0f} km²; the most is {_LARGEST_KM2:,.0f} km²."
        )
    return float(km2)
