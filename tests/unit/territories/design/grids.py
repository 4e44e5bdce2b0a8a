"""Little countries drawn as grids of squares of a kilometre; `~` in between is a river."""

import msgspec

from backend.territories.design.problem import (
    Border,
    DesignProblem,
    Measure,
    Territory,
    Unit,
)

SIDE_M = 1000.0


def draw(*rows: str, river_after: int | None = None) -> tuple[tuple[Unit, ...], tuple[Border, ...]]:
    """Return units and borders: each digit is a unit with that load, a space is nothing.

    No way leads across the river below row `river_after`.
    """
    at = {
        (x, y): None for y, row in enumerate(rows) for x, letter in enumerate(row) if letter != " "
    }
    index = {place: number for number, place in enumerate(at)}
    units = tuple(
        Unit(
            key=f"{x},{y}",
            loads=(float(rows[y][x]),),
            x_m=SIDE_M * x,
            y_m=-SIDE_M * y,
            area_m2=SIDE_M**2,
            perimeter_m=4 * SIDE_M,
        )
        for x, y in index
    )
    borders = []
    for (x, y), number in index.items():
        for other, is_down in (((x + 1, y), False), ((x, y + 1), True)):
            if other in index:
                travel = None if is_down and y == river_after else SIDE_M
                border = Border(first=number, second=index[other], length_m=SIDE_M, travel=travel)
                borders.append(border)
    return units, tuple(borders)


def problem(*rows: str, count: int = 2, river_after: int | None = None) -> DesignProblem:
    """Return a problem of some territories, balanced in one measure."""
    units, borders = draw(*rows, river_after=river_after)
    return DesignProblem(
        units=units,
        borders=borders,
        measures=(Measure(name="hours"),),
        territories=tuple(Territory(key=f"T{index}") for index in range(count)),
    )


def with_territory(whole: DesignProblem, index: int, **changes: object) -> DesignProblem:
    """Return the problem with another territory in this place."""
    territories = list(whole.territories)
    territories[index] = msgspec.structs.replace(territories[index], **changes)
    return msgspec.structs.replace(whole, territories=tuple(territories))
