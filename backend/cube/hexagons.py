"""H3 cells as shapes."""

from collections.abc import Iterable

import h3

_DECIMALS = 6  # a tenth of a metre


def boundary(cell: str) -> list[list[float]]:
    """Return a cell's corners as [longitude, latitude], the first again at the end."""
    ring = [
        [round(lon, _DECIMALS), round(lat, _DECIMALS)] for lat, lon in h3.cell_to_boundary(cell)
    ]
    return [*ring, ring[0]]


def feature(cell: str, properties: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Return a cell as a GeoJSON feature."""
    return {
        "type": "Feature",
        "id": cell,
        "geometry": {"type": "Polygon", "coordinates": [boundary(cell)]},
        "properties": dict(properties),
    }
