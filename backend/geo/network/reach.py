"""How far one gets in so many minutes: contours over a grid that is fine where they run."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import contourpy
import msgspec
import numpy as np
import numpy.typing as npt
import shapely

from backend.geo.network.provider import NO_WAY, Contour, Isochrone, NetworkError, Numbers
from backend.geo.vocabulary import EARTH_RADIUS_M, LonLat

MAX_CONTOURS = 4
MAX_MINUTES = 180.0
_COARSE_CELLS = 24  # across the area that is looked at, before it is refined
_REFINED = 2  # times that cells at an edge are halved
_SHRUNK = 0.7  # a frame that shrinks by less is not drawn again
_FRAMES = 4
_BEYOND = 1.5  # times beyond the last contour are all alike
_CIRCLE_QUARTER = 16
_METRES_A_DEGREE = math.radians(EARTH_RADIUS_M)
_WORLD = shapely.box(-180, -90, 180, 90)

type Seconds = npt.NDArray[np.float64]
type Mask = npt.NDArray[np.bool_]
type AskSeconds = Callable[[Sequence[LonLat]], Numbers]


class _Field(msgspec.Struct, frozen=True, eq=False):
    """Seconds from the origin at the crossings of a grid, in metres east and north of it."""

    step_m: float
    west: int
    south: int
    seconds: Seconds

    def halved(self) -> "_Field":
        """The same field on a grid of half the step, drawn straight between the crossings."""
        rows, columns = self.seconds.shape
        fine = np.empty((2 * rows - 1, 2 * columns - 1))
        fine[::2, ::2] = self.seconds
        fine[1::2, ::2] = (fine[:-1:2, ::2] + fine[2::2, ::2]) / 2
        fine[:, 1::2] = (fine[:, :-1:2] + fine[:, 2::2]) / 2
        return _Field(self.step_m / 2, 2 * self.west, 2 * self.south, fine)

    def axes(self) -> tuple[Seconds, Seconds]:
        """Metres east of the columns and north of the rows."""
        rows, columns = self.seconds.shape
        east_m = (self.west + np.arange(columns, dtype=np.float64)) * self.step_m
        north_m = (self.south + np.arange(rows, dtype=np.float64)) * self.step_m
        return east_m, north_m


class _Plane:
    """Metres east and north of an origin, as degrees; true to 2 % within 60 km of most towns."""

    def __init__(self, origin: LonLat) -> None:
        self._origin = origin
        self._metres_a_lon = _METRES_A_DEGREE * max(math.cos(math.radians(origin.lat)), 0.01)

    def degrees(self, metres: Seconds) -> Seconds:
        """Turn rows of east and north into rows of longitude and latitude."""
        return metres / (self._metres_a_lon, _METRES_A_DEGREE) + self._origin


def check_minutes(minutes: Sequence[float]) -> list[float]:
    """Return the minutes in rising order; NetworkError (bad_minutes) for what is none."""
    rising = sorted(set(minutes))
    is_possible = all(math.isfinite(one) and 0 < one <= MAX_MINUTES for one in rising)
    if not (1 <= len(rising) <= MAX_CONTOURS and is_possible):
        raise NetworkError(
            "bad_minutes",
            f"Give 1 to {MAX_CONTOURS} numbers of minutes, each above 0 and up to {MAX_MINUTES:g}.",
            "minutes",
        )
    return rising


def draw_circles(origin: LonLat, minutes: Sequence[float], *, metres_a_second: float) -> Isochrone:
    """Estimate: circles around the origin, as far as one gets in a straight line."""
    plane = _Plane(origin)
    contours = []
    for one in check_minutes(minutes):
        circle = shapely.Point(0, 0).buffer(one * 60 * metres_a_second, quad_segs=_CIRCLE_QUARTER)
        contours.append(Contour(one, _area([shapely.transform(circle, plane.degrees)])))
    return Isochrone(origin, tuple(contours), is_estimate=True)


def draw_contours(
    origin: LonLat, minutes: Sequence[float], *, fastest_m_s: float, ask: AskSeconds
) -> Isochrone:
    """Draw around what is reached, asking for the seconds to some thousand places around.

    Edges are true to about a hundredth of the area's width.
    """
    rising = check_minutes(minutes)
    limits_s = [one * 60 for one in rising]
    plane = _Plane(origin)
    asker = _Asker(plane, ask, limits_s[-1] * _BEYOND)
    field = _framed(asker, limits_s[-1], fastest_m_s)
    for _ in range(_REFINED):
        field = asker.refined(field, limits_s)
    contours: list[Contour] = []
    for one, limit_s in zip(rising, limits_s, strict=True):
        polygons = [shapely.transform(shape, plane.degrees) for shape in _filled(field, limit_s)]
        within = [contours[-1].area] if contours else []
        contours.append(Contour(one, _area([*polygons, *within])))
    return Isochrone(origin, tuple(contours), is_estimate=False)


class _Asker:
    """Asks for the seconds to crossings of a grid; what lies beyond `most_s` is `most_s`."""

    def __init__(self, plane: _Plane, ask: AskSeconds, most_s: float) -> None:
        self._plane = plane
        self._ask = ask
        self._most_s = most_s

    def whole(self, step_m: float, frame: tuple[int, int, int, int]) -> _Field:
        """Ask for all crossings of a frame: west, south, east, north in steps."""
        west, south, east, north = frame
        blank = np.full((north - south + 1, east - west + 1), self._most_s)
        field = _Field(step_m, west, south, blank)
        self._fill(field, np.ones(blank.shape, bool))
        return field

    def refined(self, field: _Field, limits_s: Sequence[float]) -> _Field:
        """Halve the step, and ask for the new crossings in cells that a contour runs through."""
        cells = _cells_at_edges(field.seconds, limits_s)
        wanted = np.repeat(np.repeat(cells, 2, axis=0), 2, axis=1)
        wanted = _any_corner(wanted)
        wanted[::2, ::2] = False  # these are known
        fine = field.halved()
        self._fill(fine, wanted)
        return fine

    def _fill(self, field: _Field, wanted: Mask) -> None:
        east_m, north_m = field.axes()
        rows, columns = np.nonzero(wanted)
        degrees = self._plane.degrees(np.column_stack((east_m[columns], north_m[rows])))
        is_on_earth = (np.abs(degrees) <= (180, 90)).all(axis=1)
        found = np.full(len(degrees), NO_WAY, np.int32)
        if is_on_earth.any():
            found[is_on_earth] = self._ask([LonLat(*row) for row in degrees[is_on_earth].tolist()])
        field.seconds[wanted] = np.where(found == NO_WAY, self._most_s, found).clip(
            max=self._most_s
        )


def _framed(asker: _Asker, limit_s: float, fastest_m_s: float) -> _Field:
    """Look at the widest frame first, then at the one that holds what is reached."""
    half = _COARSE_CELLS // 2
    step_m = limit_s * fastest_m_s / half
    field = asker.whole(step_m, (-half, -half, half, half))
    for _ in range(_FRAMES):
        rows, columns = np.nonzero(field.seconds <= limit_s)
        south, north = int(rows.min()) + field.south - 1, int(rows.max()) + field.south + 1
        west, east = int(columns.min()) + field.west - 1, int(columns.max()) + field.west + 1
        width = max(east - west, north - south)
        if width > _SHRUNK * _COARSE_CELLS:
            break
        finer = width / _COARSE_CELLS
        step_m *= finer
        field = asker.whole(
            step_m,
            (
                math.floor(west / finer),
                math.floor(south / finer),
                math.ceil(east / finer),
                math.ceil(north / finer),
            ),
        )
    return field


def _cells_at_edges(seconds: Seconds, limits_s: Sequence[float]) -> Mask:
    """Say for each cell between four crossings whether a contour runs through it or beside it."""
    corners = np.stack([seconds[:-1, :-1], seconds[1:, :-1], seconds[:-1, 1:], seconds[1:, 1:]])
    low, high = corners.min(axis=0), corners.max(axis=0)
    at_edge = np.zeros(low.shape, bool)
    for limit_s in limits_s:
        at_edge |= (low <= limit_s) & (limit_s < high)
    wide = at_edge.copy()
    wide[1:] |= at_edge[:-1]
    wide[:-1] |= at_edge[1:]
    wide[:, 1:] |= at_edge[:, :-1]
    wide[:, :-1] |= at_edge[:, 1:]
    return wide


def _any_corner(cells: Mask) -> Mask:
    """Mark the crossings that belong to a marked cell."""
    rows, columns = cells.shape
    crossings = np.zeros((rows + 1, columns + 1), bool)
    for down in (0, 1):
        for right in (0, 1):
            crossings[down : rows + down, right : columns + right] |= cells
    return crossings


def _filled(field: _Field, limit_s: float) -> list[shapely.Polygon]:
    east_m, north_m = field.axes()
    generator = contourpy.contour_generator(
        east_m, north_m, field.seconds, fill_type=contourpy.FillType.OuterOffset
    )
    polygons = []
    for ring_points, ends in zip(*generator.filled(-1, limit_s), strict=True):
        rings = [ring_points[start:end] for start, end in pairwise(ends)]
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    return polygons


def _area(shapes: Sequence[shapely.Geometry]) -> shapely.MultiPolygon:
    """Join shapes into one valid area on the globe."""
    joined = shapely.union_all([shapely.make_valid(shape) for shape in shapes])
    parts = shapely.get_parts(shapely.intersection(joined, _WORLD))
    areas = [part for part in parts if isinstance(part, shapely.Polygon)]
    return shapely.MultiPolygon(areas)
