"""One pass over an OpenStreetMap extract into hexagons: nothing is kept but the sums of each."""

from array import array
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import numpy as np
import osmium
import osmium.filter
import osmium.geom
import osmium.osm
import shapely
from osmium.osm.types import OSMEntity
from pyproj import Geod

from backend.geo.ground.lines import split_line
from backend.geo.ground.tags import (
    AREA_KEYS,
    COLUMNS,
    CROSSING,
    DISTANCE,
    KEYS,
    MAIN,
    MEASURED,
    Tags,
    building_columns,
    land_column,
    place_column,
    road_column,
    stop_column,
)
from backend.geo.hexagons import FINEST, Cells, Floats, cell_of, centers, spread_area
from backend.geo.osm import OsmFileError, pbf, read_guard
from backend.geo.vocabulary import EARTH_RADIUS_M, OnProgress, Progress

_AT = {name: at for at, name in enumerate(COLUMNS)}
_PROGRESS_EVERY = 10_000
_FROM_YEAR = 2004
"""OpenStreetMap began in August of that year: an older moment is none."""
_CROSSING_ROADS = 3
_ENDS, _THROUGH = 1, 2
_KM, _KM2 = 1e3, 1e6
_GEOD = Geod(ellps="WGS84")


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """Hexagons in rising order with a row of COLUMNS each."""

    resolution: int
    cells: Cells
    values: Floats
    changed_on: date | None
    """The day of the youngest object: how old the map is."""
    skipped: dict[str, int]


def read_ground(
    path: Path, *, resolution: int = FINEST, on_progress: OnProgress | None = None
) -> Ground:
    """Return what lies in each hexagon; raise OsmFileError for an unreadable or empty file."""
    report = on_progress or (lambda _: None)
    tally = _Tally(resolution)
    wanted, areas = osmium.filter.KeyFilter(*KEYS), osmium.filter.KeyFilter(*AREA_KEYS)
    count = 0
    with read_guard(path):
        processor = osmium.FileProcessor(pbf(path)).with_areas(areas).with_filter(wanted)
        for count, entity in enumerate(processor, 1):
            tally.take(entity)
            if count % _PROGRESS_EVERY == 0:
                report(Progress("reading the ground", count))
    report(Progress("reading the ground", count, count))
    if not tally.rows:
        raise OsmFileError("osm_empty", f"{path.name} holds no building, road or place to count.")
    return tally.finish()


class _Tally:
    """The rows of all hexagons while a file is read."""

    def __init__(self, resolution: int) -> None:
        self.rows: dict[int, array[float]] = defaultdict(lambda: array("d", bytes(8 * len(_AT))))
        self.skipped: Counter[str] = Counter()
        self._resolution = resolution
        self._youngest = datetime.min.replace(tzinfo=UTC)
        self._shapes = osmium.geom.WKBFactory()
        self._main: list[shapely.LineString] = []
        # A crossing is known when the file is read: of each place on a road how many ways go on.
        self._nodes, self._ways, self._cells = array("q"), array("b"), array("q")

    def take(self, entity: OSMEntity) -> None:
        tags = {tag.k: tag.v for tag in entity.tags}
        match entity:
            case osmium.osm.Node():
                self._see(entity.timestamp)
                if entity.location.valid():
                    self._count_place(tags, entity.lon, entity.lat)
            case osmium.osm.Way():
                self._see(entity.timestamp)
                if column := road_column(tags):
                    self._take_road(column, entity)
            case osmium.osm.Area():
                self._take_area(tags, entity)
            case _:
                pass  # a relation is answered by its area

    def finish(self) -> Ground:
        self._count_crossings()
        cells = np.array(sorted(self.rows), dtype=np.int64)
        values = np.array([self.rows[one] for one in cells.tolist()], dtype=np.float64)
        if self._main:
            values[:, _AT[DISTANCE]] = _metres_to(self._main, centers(cells.tolist()))
            values[:, _AT[MEASURED]] = 1
        is_told = self._youngest.year >= _FROM_YEAR
        return Ground(
            resolution=self._resolution,
            cells=cells,
            values=values,
            changed_on=self._youngest.date() if is_told else None,
            skipped=dict(self.skipped),
        )

    def _see(self, moment: datetime) -> None:
        self._youngest = max(self._youngest, moment)

    def _add(self, cell: int, column: str, value: float) -> None:
        self.rows[cell][_AT[column]] += value

    def _count_place(self, tags: Tags, lon: float, lat: float) -> None:
        for column in (place_column(tags), stop_column(tags)):
            if column is not None:
                self._add(cell_of(lon, lat, self._resolution), column, 1)

    def _take_road(self, column: str, way: osmium.osm.Way) -> None:
        nodes = [(one.ref, (one.lon, one.lat)) for one in way.nodes if one.location.valid()]
        points = [point for _, point in nodes]
        if len(points) < 2:  # noqa: PLR2004  # a line
            self.skipped["road outside the extract"] += 1
            return
        for cell, metres in split_line(points, self._resolution).items():
            self._add(cell, column, metres / _KM)
        if column in CROSSING:
            for at, (ref, (lon, lat)) in enumerate(nodes):
                self._nodes.append(ref)
                self._ways.append(_ENDS if at in {0, len(nodes) - 1} else _THROUGH)
                self._cells.append(cell_of(lon, lat, self._resolution))
        if column in MAIN:
            self._main.append(shapely.LineString(_mercator(np.array(points))))

    def _take_area(self, tags: Tags, area: osmium.osm.Area) -> None:
        if not ("building" in tags or land_column(tags) or place_column(tags) or stop_column(tags)):
            return
        try:
            drawn = shapely.from_wkb(self._shapes.create_multipolygon(area))
        except RuntimeError:  # pyosmium's "invalid geometry": no ring could be closed
            self.skipped["area that is not closed"] += 1
            return
        shape = shapely.orient_polygons(drawn)
        middle = shapely.centroid(shape)
        self._count_place(tags, middle.x, middle.y)
        m2 = abs(_GEOD.geometry_area_perimeter(shape)[0])
        # A building counts where its middle lies: half a building is none.
        for column, value in (building_columns(tags, m2) or {}).items():
            self._add(cell_of(middle.x, middle.y, self._resolution), column, value)
        if land := land_column(tags):
            found = spread_area(shape, self._resolution)
            for cell, share in zip(found.cells.tolist(), found.shares.tolist(), strict=True):
                self._add(cell, land, share * m2 / _KM2)

    def _count_crossings(self) -> None:
        if not self._nodes:
            return
        refs, first, inverse = np.unique(
            np.frombuffer(self._nodes, np.int64), return_index=True, return_inverse=True
        )
        ways = np.bincount(inverse, np.frombuffer(self._ways, np.int8), len(refs))
        where = np.frombuffer(self._cells, np.int64)[first[ways >= _CROSSING_ROADS]]
        for cell, count in zip(*np.unique(where, return_counts=True), strict=True):
            self._add(int(cell), "intersections", int(count))


def _mercator(points: Floats) -> Floats:
    """Return places in metres at the equator: the nearest of two is the nearest on the globe."""
    lon, lat = np.radians(points[:, 0]), np.radians(points[:, 1])
    return EARTH_RADIUS_M * np.stack([lon, np.arcsinh(np.tan(lat))], axis=1)


def _metres_to(lines: list[shapely.LineString], points: Floats) -> Floats:
    """Return how far each place is from the nearest line."""
    flat = shapely.points(_mercator(points))
    tree = shapely.STRtree(lines)
    _, found = tree.query_nearest(flat, return_distance=True, all_matches=False)
    return np.asarray(found * np.cos(np.radians(points[:, 1])))
