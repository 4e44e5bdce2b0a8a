"""Two ways to deal accounts out, beside each other; pure."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

import h3
import msgspec

from backend.ids import TerritoryId
from backend.territories.design.cells import CellMap, tour_minutes
from backend.territories.design.comparison_schemas import Side, TerritoryBeside
from backend.territories.design.problem import DesignProblem

_MONTH_DAYS = 28
_M_A_KM = 1000.0


class ComparedAccount(msgspec.Struct, frozen=True):
    """An account on the map, with what would move along with it."""

    id: UUID
    name: str
    territory_id: TerritoryId
    lon: float
    lat: float
    life_stage: str
    visit_minutes: float
    visit_every_days: float
    revenue: float
    potential: float
    open_visits: int

    @property
    def visits(self) -> float:
        """Return its visits in four weeks."""
        return _MONTH_DAYS / self.visit_every_days


class Dealt(msgspec.Struct, frozen=True):
    """Accounts in the order given, each with its cell, its work, and its territory by index."""

    cells: tuple[int | None, ...]
    minutes: tuple[float, ...]


def place_in_cells(accounts: Sequence[ComparedAccount], keys: Sequence[str]) -> Dealt:
    """Return each account's cell by index, and the minutes of its visits and ways."""
    found = CellMap(keys)
    cells = tuple(found.find(one.lon, one.lat) for one in accounts)
    held = Counter(at for at in cells if at is not None)
    ways = {
        at: tour_minutes(h3.cell_area(keys[at], unit="m^2"), count) for at, count in held.items()
    }
    minutes = tuple(
        one.visits * (one.visit_minutes + (0.0 if at is None else ways[at]))
        for one, at in zip(accounts, cells, strict=True)
    )
    return Dealt(cells, minutes)


def sum_side(
    accounts: Sequence[ComparedAccount],
    dealt: Dealt,
    chosen: Iterable[int],
    homes: Sequence[tuple[float, float]] = (),
) -> Side:
    """Return what these accounts, by index, come to together."""
    mine = list(chosen)
    some = [accounts[at] for at in mine]
    middle = _middle(some)
    return Side(
        accounts=len(some),
        customers=sum(one.life_stage == "customer" for one in some),
        prospects=sum(one.life_stage == "prospect" for one in some),
        work_hours=math.fsum(dealt.minutes[at] for at in mine) / 60,
        revenue=math.fsum(one.revenue for one in some),
        potential=math.fsum(one.potential for one in some),
        open_visits=sum(one.open_visits for one in some),
        home_km=_mean_km(middle, [(lon, lat, 1.0) for lon, lat in homes]),
        spread_km=_mean_km(middle, [(one.lon, one.lat, one.visits) for one in some]),
    )


def put_beside(
    accounts: Sequence[ComparedAccount],
    ids: Sequence[TerritoryId],
    before: Sequence[int],
    after: Sequence[int],
    sides: Sequence[tuple[Side, Side]],
) -> list[TerritoryBeside]:
    """Return each territory with both sides, and what comes and goes between them."""
    came, went = Counter[int](), Counter[int]()
    visits_came, visits_went = Counter[int](), Counter[int]()
    for one, was, now in zip(accounts, before, after, strict=True):
        if was != now:
            came[now] += 1
            went[was] += 1
            visits_came[now] += one.open_visits
            visits_went[was] += one.open_visits
    return [
        TerritoryBeside(
            territory_id=territory,
            before=sides[at][0],
            after=sides[at][1],
            accounts_in=came[at],
            accounts_out=went[at],
            open_visits_in=visits_came[at],
            open_visits_out=visits_went[at],
        )
        for at, territory in enumerate(ids)
    ]


def group(dealt: Sequence[int], count: int) -> list[list[int]]:
    """Return the accounts of each territory, by index."""
    groups: list[list[int]] = [[] for _ in range(count)]
    for at, territory in enumerate(dealt):
        groups[territory].append(at)
    return groups


def compactness_of(
    problem: DesignProblem, assignment: Sequence[int | None], count: int
) -> list[float | None]:
    """Return Polsby and Popper's measure of each territory's cells; None where it has none."""
    areas, outlines = [0.0] * count, [0.0] * count
    for unit, one in zip(problem.units, assignment, strict=True):
        if one is not None:
            areas[one] += unit.area_m2
            outlines[one] += unit.perimeter_m
    for border in problem.borders:
        one = assignment[border.first]
        if one is not None and one == assignment[border.second]:
            outlines[one] -= 2 * border.length_m
    return [
        4 * math.pi * area / outline**2 if outline > 0 else None
        for area, outline in zip(areas, outlines, strict=True)
    ]


def _middle(accounts: Sequence[ComparedAccount]) -> tuple[float, float] | None:
    visits = math.fsum(one.visits for one in accounts)
    if not visits:
        return None
    return (
        math.fsum(one.lon * one.visits for one in accounts) / visits,
        math.fsum(one.lat * one.visits for one in accounts) / visits,
    )


def _mean_km(
    middle: tuple[float, float] | None, places: Sequence[tuple[float, float, float]]
) -> float | None:
    weight = math.fsum(one for _, _, one in places)
    if middle is None or not weight:
        return None
    ways = (
        h3.great_circle_distance(middle[::-1], (lat, lon), unit="m") * one
        for lon, lat, one in places
    )
    return math.fsum(ways) / weight / _M_A_KM
