"""Units of H3 cells: accounts put into cells, heavy ones divided, neighbours and their borders."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import h3
import msgspec
import shapely

from backend.territories.design.problem import MAX_UNITS, Border, DesignError, Unit

FINER = 2
"""By so many resolutions a heavy cell is divided at most."""

_HEAVY = 0.1
"""A cell that has more of a territory's mean load is divided."""

_REACH = 12.0
"""A home is near when it is so many edges of a cell away, or less."""

_WAY_M_A_MINUTE = 30_000 / 60
_TOUR = 0.7124
"""A tour of n places in an area A is 0.7124 sqrt(n A) long (Beardwood, Halton, Hammersley)."""

_M_A_DEGREE = 111_320.0
_KINDS = ("work", "visits", "accounts", "prospects", "potential", "revenue")


class Load(msgspec.Struct, frozen=True):
    """What an account brings to its cell in four weeks, and the territory it is in."""

    lon: float
    lat: float
    territory: int
    visits: float
    visit_minutes: float
    is_prospect: bool
    potential: float = 0.0
    revenue: float = 0.0


class Cells(msgspec.Struct, frozen=True):
    """The cells in order, and each account's cell by index."""

    keys: tuple[str, ...]
    of_account: tuple[int, ...]


class CellMap:
    """Which cell a place is in: each is all of the finest cells that belong to it.

    A cell and the parts of another do not fit edge to edge; those of one size do. So places and
    borders go by the smallest size that there is, and no place is in two cells or in none.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self.resolution = max(h3.get_resolution(one) for one in keys)
        self._index = {cell: at for at, cell in enumerate(keys)}

    def find(self, lon: float, lat: float) -> int | None:
        """Return the index of the cell that a place is in; None outside all."""
        return self.owner(cell_at(lon, lat, self.resolution))

    def owner(self, cell: str) -> int | None:
        """Return the index of the cell that a finer one belongs to; None for none."""
        while cell not in self._index and h3.get_resolution(cell) > 0:
            cell = h3.cell_to_parent(cell)
        return self._index.get(cell)


def make_cells(
    loads: Sequence[Load], areas: Iterable[shapely.MultiPolygon], *, resolution: int, count: int
) -> Cells:
    """Return the cells of accounts and areas, heavy ones divided; raises DesignError.

    Without areas the cells around the accounts' join them. `count` is how many territories there
    are to be.
    """
    chosen = {cell_at(one.lon, one.lat, resolution) for one in loads}
    chosen |= _filling(chosen, list(areas), resolution)
    keys = _divided(chosen, loads, resolution, count)
    if len(keys) > MAX_UNITS:
        raise _too_many(len(keys))
    cells = CellMap(keys)
    found = (cells.find(one.lon, one.lat) for one in loads)
    return Cells(keys, tuple(at for at in found if at is not None))


def cell_at(lon: float, lat: float, resolution: int) -> str:
    """Return the cell of a resolution that a place is in."""
    cell: str = h3.latlng_to_cell(lat, lon, resolution)
    return cell


def cells_by_way(keys: Sequence[str], lon: float, lat: float) -> list[int]:
    """Return the cells within reach of a place by index, the one it is in or nearest to first."""
    coarsest = min(h3.get_resolution(cell) for cell in keys)
    reach_m = _REACH * h3.average_hexagon_edge_length(coarsest, unit="m")
    ways = [
        (h3.great_circle_distance((lat, lon), h3.cell_to_latlng(cell), unit="m"), at)
        for at, cell in enumerate(keys)
    ]
    return [at for way_m, at in sorted(ways) if way_m <= reach_m]


def make_units(cells: Cells, loads: Sequence[Load]) -> list[tuple[Unit, dict[str, float]]]:
    """Return each cell as a unit without loads, beside its load by kind of measure."""
    sums = [dict.fromkeys(_KINDS, 0.0) for _ in cells.keys]
    for load, at in zip(loads, cells.of_account, strict=True):
        sums[at]["work"] += load.visits * load.visit_minutes
        sums[at]["visits"] += load.visits
        sums[at]["accounts"] += 1
        sums[at]["prospects"] += load.is_prospect
        sums[at]["potential"] += load.potential
        sums[at]["revenue"] += load.revenue
    places = [h3.cell_to_latlng(cell) for cell in cells.keys]
    middle = math.fsum(lat for lat, _ in places) / len(places)
    units: list[tuple[Unit, dict[str, float]]] = []
    for cell, (lat, lng), load_of in zip(cells.keys, places, sums, strict=True):
        area_m2 = h3.cell_area(cell, unit="m^2")
        if load_of["accounts"]:
            load_of["work"] += tour_minutes(area_m2, load_of["accounts"]) * load_of["visits"]
        unit = Unit(
            key=cell,
            loads=(),
            x_m=lng * _M_A_DEGREE * math.cos(math.radians(middle)),
            y_m=lat * _M_A_DEGREE,
            area_m2=area_m2,
            perimeter_m=math.fsum(
                h3.edge_length(edge, unit="m") for edge in h3.origin_to_directed_edges(cell)
            ),
        )
        units.append((unit, load_of))
    return units


def tour_minutes(area_m2: float, accounts: float) -> float:
    """Return the way to a visit on a tour of a cell's accounts."""
    return _TOUR * math.sqrt(area_m2 / accounts) / _WAY_M_A_MINUTE


def make_borders(
    keys: Sequence[str], barriers: Sequence[Sequence[Sequence[float]]]
) -> tuple[Border, ...]:
    """Return the borders between cells, also of different sizes; none is crossed by a barrier."""
    index = {cell: at for at, cell in enumerate(keys)}
    lengths: dict[tuple[int, int], float] = defaultdict(float)
    coarsest = min(h3.get_resolution(cell) for cell in keys)
    for cell, at in index.items():
        for edge in h3.origin_to_directed_edges(cell):
            other = _owner(index, h3.get_directed_edge_destination(edge), coarsest)
            if other is None or other == at:
                continue
            is_finer = h3.get_resolution(keys[other]) < h3.get_resolution(cell)
            if is_finer or at < other:
                lengths[min(at, other), max(at, other)] += h3.edge_length(edge, unit="m")
    lines = [shapely.LineString(line) for line in barriers]
    tree = shapely.STRtree(lines) if lines else None
    borders: list[Border] = []
    for (first, second), length_m in sorted(lengths.items()):
        one, other_place = h3.cell_to_latlng(keys[first]), h3.cell_to_latlng(keys[second])
        way = shapely.LineString([one[::-1], other_place[::-1]])
        is_barred = tree is not None and bool(len(tree.query(way, predicate="intersects")))
        travel = h3.great_circle_distance(one, other_place, unit="m")
        borders.append(
            Border(
                first=first,
                second=second,
                length_m=length_m,
                travel=None if is_barred else travel,
            )
        )
    return tuple(borders)


def _owner(index: Mapping[str, int], cell: str, coarsest: int) -> int | None:
    """Return the cell that a neighbour is, or is a part of; None outside, or where it is divided.

    Of what is divided the parts tell the border.
    """
    while cell not in index and h3.get_resolution(cell) > coarsest:
        cell = h3.cell_to_parent(cell)
    return index.get(cell)


def _filling(chosen: set[str], areas: Sequence[shapely.MultiPolygon], resolution: int) -> set[str]:
    """Return the cells that lie between: those of the areas, else those around."""
    if not areas:
        return {other for cell in chosen for other in h3.grid_disk(cell, 1)}
    size = h3.average_hexagon_area(resolution, unit="km^2") * 1e6
    expected = math.fsum(
        area.area * _M_A_DEGREE**2 * math.cos(math.radians(area.centroid.y)) / size
        for area in areas
    )
    if expected > MAX_UNITS:
        raise _too_many(int(expected))
    return {cell for area in areas for cell in h3.geo_to_cells(area, resolution)}


def _divided(
    chosen: set[str], loads: Sequence[Load], resolution: int, count: int
) -> tuple[str, ...]:
    """Return the cells, those divided that have too much in them and can be."""
    most = _HEAVY * math.fsum(one.visits * one.visit_minutes for one in loads) / count
    for level in range(resolution, resolution + FINER):
        heavy = _heavy(chosen, loads, level, most)
        if not heavy:
            break
        chosen -= heavy
        chosen.update(part for cell in heavy for part in h3.cell_to_children(cell, level + 1))
        # By finer cells a place at the rim may belong to a cell beside: that one joins.
        cells = CellMap(tuple(chosen))
        finer = {cell_at(one.lon, one.lat, level + 1) for one in loads}
        chosen.update(
            h3.cell_to_parent(cell, resolution) for cell in finer if cells.owner(cell) is None
        )
    return tuple(sorted(chosen))


def _heavy(chosen: set[str], loads: Sequence[Load], level: int, most: float) -> set[str]:
    """Return the cells of a size that have too much in them."""
    keys = tuple(chosen)
    cells, held = CellMap(keys), [0.0] * len(keys)
    for one in loads:
        at = cells.owner(cell_at(one.lon, one.lat, level))
        if at is not None:
            held[at] += one.visits * one.visit_minutes
    return {
        cell
        for cell, minutes in zip(keys, held, strict=True)
        if minutes > most and h3.get_resolution(cell) == level
    }


def _too_many(count: int) -> DesignError:
    return DesignError(
        f"These territories have about {count} cells; {MAX_UNITS} can be dealt out: choose a "
        "coarser resolution, or fewer territories.",
        field="resolution",
    )
