"""A seeded city of H3 cells: accounts in clusters, a river with bridges, workload in minutes."""

import math

import h3
import msgspec
import numpy as np

from backend.territories.design.problem import Border, DesignProblem, Measure, Territory, Unit

_MIDDLE = (21.03, 105.85)
_RESOLUTION = 9
_VISITS = (8, 4, 4, 2, 2, 1)
"""Visits in four weeks, by kind of account, each of 20 minutes."""

_VISIT_MINUTES = 20.0
_ACCOUNTS_A_CELL = 47
_M_A_DEGREE = 111_320.0


class City(msgspec.Struct, frozen=True):
    """A city's units with the numbers of its H3 cells, and its borders."""

    cells: tuple[str, ...]
    units: tuple[Unit, ...]
    borders: tuple[Border, ...]


def make_city(count: int, *, seed: int) -> City:
    """Return at least so many units, a disc of cells of 0.1 km2."""
    middle = h3.latlng_to_cell(*_MIDDLE, _RESOLUTION)
    rings = next(rings for rings in range(1, 200) if len(h3.grid_disk(middle, rings)) >= count)
    cells = tuple(sorted(h3.grid_disk(middle, rings)))
    index = {cell: number for number, cell in enumerate(cells)}
    places = np.array([_metres(*h3.cell_to_latlng(cell)) for cell in cells])
    minutes, accounts = _accounts(index, places, np.random.default_rng(seed))
    units = tuple(
        Unit(
            key=cell,
            loads=(float(minutes[number]), float(accounts[number])),
            x_m=float(places[number, 0]),
            y_m=float(places[number, 1]),
            area_m2=h3.cell_area(cell, unit="m^2"),
            perimeter_m=sum(_lengths(cell)),
        )
        for cell, number in index.items()
    )
    return City(cells, units, _borders(index, places))


def make_problem(
    city: City, reps: int, *, former: tuple[int, ...] | None = None, seed: int = 1
) -> DesignProblem:
    """Return the city as a problem for so many reps; minutes count, accounts are told."""
    return DesignProblem(
        units=city.units,
        borders=city.borders,
        measures=(Measure(name="minutes"), Measure(name="accounts", weight=0.0)),
        territories=tuple(Territory(key=f"rep {one}") for one in range(reps)),
        former=former,
        seed=seed,
    )


def drifted(city: City, *, seed: int) -> City:
    """Return the city after a year: noise of 15 %, and 40 % more in the eastern fifth."""
    chance = np.random.default_rng(seed)
    east = float(np.quantile([unit.x_m for unit in city.units], 0.8))
    factors = chance.lognormal(0, 0.15, len(city.units))
    units = tuple(
        msgspec.structs.replace(
            unit,
            loads=(float(unit.loads[0] * by * (1.4 if unit.x_m > east else 1)), unit.loads[1]),
        )
        for unit, by in zip(city.units, factors, strict=True)
    )
    return msgspec.structs.replace(city, units=units)


def slices(city: City, reps: int) -> tuple[int, ...]:
    """Return territories as they are drawn by hand: slices of a cake."""
    turn = 2 * math.pi + 1e-9
    return tuple(
        int((math.atan2(unit.y_m, unit.x_m) + math.pi) / turn * reps) for unit in city.units
    )


def _accounts(
    index: dict[str, int], places: np.ndarray, chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return minutes and accounts of each cell; three quarters lie in six quarters of the town."""
    rim = float(np.abs(places).max())
    hubs = chance.normal(0, 0.45 * rim, (6, 2))
    widths = chance.uniform(0.1, 0.3, 6) * rim
    sizes = chance.uniform(0.5, 2, 6)
    count = len(index) * _ACCOUNTS_A_CELL
    hub = chance.choice(6, count, p=sizes / sizes.sum())
    points = hubs[hub] + chance.normal(0, 1, (count, 2)) * widths[hub][:, None]
    is_rural = chance.random(count) < 0.25
    points[is_rural] = chance.uniform(-rim, rim, (int(is_rural.sum()), 2))
    visits = np.array(_VISITS)[chance.integers(0, len(_VISITS), count)]
    minutes, accounts = np.zeros(len(index)), np.zeros(len(index))
    for (x, y), often in zip(points.tolist(), visits.tolist(), strict=True):
        number = index.get(h3.latlng_to_cell(*_degrees(x, y), _RESOLUTION))
        if number is not None:
            minutes[number] += often * _VISIT_MINUTES
            accounts[number] += 1
    return minutes, accounts


def _borders(index: dict[str, int], places: np.ndarray) -> tuple[Border, ...]:
    rim = float(np.abs(places[:, 0]).max())
    bridges = [-0.5 * rim, 0.06 * rim, 0.55 * rim]
    borders = []
    for cell, first in index.items():
        for other in sorted(h3.grid_disk(cell, 1)):
            second = index.get(other, -1)
            if second <= first:
                continue
            way = float(np.hypot(*(places[first] - places[second])))
            is_wet = _is_north(places[first], rim) != _is_north(places[second], rim)
            at = float(places[first, 0] + places[second, 0]) / 2
            is_bridge = any(abs(at - bridge) < 0.7 * way for bridge in bridges)
            borders.append(
                Border(
                    first=first,
                    second=second,
                    length_m=_shared(cell, other),
                    travel=None if is_wet and not is_bridge else way,
                )
            )
    return tuple(borders)


def _is_north(place: np.ndarray, rim: float) -> bool:
    return float(place[1]) > 0.15 * rim * (1 + math.sin(4 * float(place[0]) / rim))


def _shared(cell: str, other: str) -> float:
    """Return the length of two cells' common side: their corners fall together."""
    ours = {(round(lat, 9), round(lng, 9)) for lat, lng in h3.cell_to_boundary(cell)}
    theirs = {(round(lat, 9), round(lng, 9)) for lat, lng in h3.cell_to_boundary(other)}
    one, two = sorted(ours & theirs)[:2]
    return math.dist(_metres(*one), _metres(*two))


def _lengths(cell: str) -> list[float]:
    corners = [_metres(*corner) for corner in h3.cell_to_boundary(cell)]
    return [
        math.dist(one, two) for one, two in zip(corners, corners[1:] + corners[:1], strict=True)
    ]


def _metres(lat: float, lng: float) -> tuple[float, float]:
    return (
        (lng - _MIDDLE[1]) * _M_A_DEGREE * math.cos(math.radians(_MIDDLE[0])),
        (lat - _MIDDLE[0]) * _M_A_DEGREE,
    )


def _degrees(x_m: float, y_m: float) -> tuple[float, float]:
    return (
        _MIDDLE[0] + y_m / _M_A_DEGREE,
        _MIDDLE[1] + x_m / _M_A_DEGREE / math.cos(math.radians(_MIDDLE[0])),
    )
