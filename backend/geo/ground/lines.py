"""Lines dealt out among hexagons, measured on WGS 84.

A hexagon is convex, so a straight piece whose two ends lie in one cell lies in it wholly.
"""

from collections import defaultdict
from collections.abc import Sequence

from pyproj import Geod

from backend.geo.hexagons import cell_of

_TOLERANCE_M = 1.0
"""A line is cut where it leaves a cell, to a metre."""
_GEOD = Geod(ellps="WGS84")


def split_line(points: Sequence[tuple[float, float]], resolution: int) -> dict[int, float]:
    """Return how many metres of a line, measured on WGS 84, lie in each cell; none is lost."""
    lons, lats = [lon for lon, _ in points], [lat for _, lat in points]
    metres: dict[int, float] = defaultdict(float)
    cells = [cell_of(lon, lat, resolution) for lon, lat in points]
    for at, length in enumerate(_GEOD.line_lengths(lons, lats)):
        if cells[at] == cells[at + 1]:
            metres[cells[at]] += length
        else:
            ends = (points[at], cells[at]), (points[at + 1], cells[at + 1])
            _split(ends[0], ends[1], float(length), resolution, metres)
    return dict(metres)


type _End = tuple[tuple[float, float], int]


def _split(
    start: _End, end: _End, length: float, resolution: int, metres: dict[int, float]
) -> None:
    """Halve a straight piece until both ends of each part lie in one cell."""
    (a, first), (b, last) = start, end
    if first == last:
        metres[first] += length
        return
    if length <= _TOLERANCE_M:
        metres[first] += length / 2
        metres[last] += length / 2
        return
    middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    here = (middle, cell_of(*middle, resolution))
    _split(start, here, length / 2, resolution, metres)
    _split(here, end, length / 2, resolution, metres)
