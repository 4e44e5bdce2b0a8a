"""From what a planner asks, and what is known of the accounts, to the problem that is solved."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
import shapely
from shapely.geometry import MultiPolygon

from backend.territories.design.cells import (
    Cells,
    Load,
    cells_by_way,
    make_borders,
    make_cells,
    make_units,
)
from backend.territories.design.ground_repository import Ground
from backend.territories.design.problem import (
    DesignError,
    DesignProblem,
    Limit,
    Measure,
    Territory,
)
from backend.territories.design.schemas import DesignCreate, TerritoryWish

_MONTH_DAYS = 28
_MONEY = frozenset({"potential", "revenue"})


def make_problem(request: DesignCreate, ground: Ground) -> DesignProblem:
    """Return the problem; raises DesignError that names the field which cannot be used."""
    if not ground.accounts:
        raise DesignError(
            "These territories have no account on the map: there is nothing to deal out.",
            field="territories",
        )
    order = {wish.territory_id: at for at, wish in enumerate(request.territories)}
    loads = [
        Load(
            one.lon,
            one.lat,
            order[one.territory_id],
            _MONTH_DAYS / one.visit_every_days,
            one.visit_minutes,
            one.is_prospect,
            one.potential,
            one.revenue,
        )
        for one in ground.accounts
    ]
    cells = make_cells(loads, _areas(ground), resolution=request.resolution, count=len(order))
    kinds, made = _kinds(request), make_units(cells, loads)
    _check_known(request, [load_of for _, load_of in made])
    units = tuple(
        msgspec.structs.replace(unit, loads=tuple(load_of[kind] for kind in kinds))
        for unit, load_of in made
    )
    at = {one.id: cells.of_account[number] for number, one in enumerate(ground.accounts)}
    return DesignProblem(
        units=units,
        borders=make_borders(cells.keys, request.barriers),
        measures=_measures(request),
        territories=_territories(request, cells, at),
        former=_former(cells, loads, len(order)),
        seed=request.seed,
    )


def _check_known(request: DesignCreate, loads: Sequence[Mapping[str, float]]) -> None:
    """Refuse to balance money that nobody told of: everything would be even."""
    for index, one in enumerate(request.measures):
        if one.kind in _MONEY and one.weight > 0 and not any(load[one.kind] for load in loads):
            raise DesignError(
                f"No account of these territories has any {one.kind}: import it, or balance "
                "something else.",
                field=f"measures[{index}].kind",
            )


def _areas(ground: Ground) -> list[MultiPolygon]:
    shapes = (shapely.from_wkb(one) for one in ground.areas.values())
    return [one for one in shapes if isinstance(one, MultiPolygon)]


def _kinds(request: DesignCreate) -> list[str]:
    """Return the measures by name: those asked for, then those that only limits name."""
    asked = [one.kind for one in request.measures]
    limited = [limit.kind for wish in request.territories for limit in wish.limits]
    return list(dict.fromkeys([*asked, *limited]))


def _measures(request: DesignCreate) -> tuple[Measure, ...]:
    asked = {one.kind: one for one in request.measures}
    return tuple(
        Measure(name=kind, weight=asked[kind].weight, tolerance=asked[kind].tolerance)
        if kind in asked
        else Measure(name=kind, weight=0.0)
        for kind in _kinds(request)
    )


def _territories(
    request: DesignCreate, cells: Cells, at: Mapping[UUID, int]
) -> tuple[Territory, ...]:
    kinds = _kinds(request)
    taken: set[int] = set()
    told: list[Territory] = []
    for number, wish in enumerate(request.territories):
        field = f"territories[{number}]"
        locked = _cells_named(wish.locked_account_ids, at, f"{field}.locked_account_ids")
        forbidden = _cells_named(wish.forbidden_account_ids, at, f"{field}.forbidden_account_ids")
        home = _home(cells, wish, taken, f"{field}.home")
        told.append(
            Territory(
                key=str(wish.territory_id),
                share=wish.share,
                home=home,
                locked=locked,
                forbidden=forbidden,
                limits=tuple(
                    Limit(measure=kinds.index(one.kind), least=one.least, most=one.most)
                    for one in wish.limits
                ),
            )
        )
    return tuple(told)


def _cells_named(accounts: Sequence[UUID], at: Mapping[UUID, int], field: str) -> tuple[int, ...]:
    for one in accounts:
        if one not in at:
            raise DesignError(
                f"The account {one} is not on the map in one of these territories.", field=field
            )
    return tuple(sorted({at[one] for one in accounts}))


def _home(cells: Cells, wish: TerritoryWish, taken: set[int], field: str) -> int | None:
    """Return the home's cell, or the nearest that is nobody's home; raises DesignError far off."""
    if wish.home is None:
        return None
    lon, lat = wish.home
    near = [at for at in cells_by_way(cells.keys, lon, lat) if at not in taken]
    if not near:
        raise DesignError("This home is far from every account: choose another.", field=field)
    taken.add(near[0])
    return near[0]


def _former(cells: Cells, loads: Sequence[Load], count: int) -> tuple[int | None, ...]:
    """Return the territory that has most of each cell now, by visits; None for empty ones."""
    held: list[dict[int, float]] = [defaultdict(float) for _ in cells.keys]
    for load, at in zip(loads, cells.of_account, strict=True):
        held[at][load.territory] += load.visits
    return tuple(_most(own, count) if own else None for own in held)


def _most(held: Mapping[int, float], count: int) -> int:
    most = max(held.values())
    return next(one for one in range(count) if held.get(one) == most)
