"""Two ways to deal accounts out, beside each other; pure."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
    minutes = tuple(
        one.visits * (one.visit_minutes + _way_minutes(keys, held, at))
        for one, at in zip(accounts, cells, strict=True)
    )
    return Dealt(cells, minutes)


def _way_minutes(keys: Sequence[str], held: Mapping[int, int], at: int | None) -> float:
    return 0.0 if at is None else tour_minutes(h3.cell_area(keys[at], unit="m^2"), held[at])


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
    flows = [
        (was, now, one.open_visits)
        for one, was, now in zip(accounts, before, after, strict=True)
        if was != now
    ]
    return [
        TerritoryBeside(
            territory_id=territory,
            before=sides[at][0],
            after=sides[at][1],
            accounts_in=sum(now == at for _, now, _ in flows),
            accounts_out=sum(was == at for was, _, _ in flows),
            open_visits_in=sum(visits for _, now, visits in flows if now == at),
            open_visits_out=sum(visits for was, _, visits in flows if was == at),
        )
        for at, territory in enumerate(ids)
    ]


def compactness_of(
    problem: DesignProblem, assignment: Sequence[int | None], territory: int
) -> float | None:
    """Return Polsby and Popper's measure of a territory's cells; None where it has none."""
    own = {at for at, one in enumerate(assignment) if one == territory}
    area = math.fsum(problem.units[at].area_m2 for at in own)
    outline = math.fsum(problem.units[at].perimeter_m for at in own) - 2 * math.fsum(
        one.length_m for one in problem.borders if one.first in own and one.second in own
    )
    return 4 * math.pi * area / outline**2 if own and outline > 0 else None


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
