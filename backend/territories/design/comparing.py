"""A scenario beside another, or beside today; and the accounts that change territory."""

from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.api.sheets import write_rows
from backend.identity.actor import Actor
from backend.identity.repository import get_currency
from backend.ids import TerritoryId
from backend.territories.design.comparison import (
    ComparedAccount,
    Dealt,
    compactness_of,
    group,
    place_in_cells,
    put_beside,
    sum_side,
)
from backend.territories.design.comparison_repository import (
    select_compared,
    select_homes,
)
from backend.territories.design.comparison_schemas import Comparison, Side
from backend.territories.design.ground_repository import select_names
from backend.territories.design.problem import DesignProblem
from backend.territories.design.service import get_design, get_made

_TODAY = "today"
_COLUMNS = (
    "account_id", "name", "life_stage", "longitude", "latitude", "from_territory", "to_territory",
    "open_visits", "work_hours_4_weeks", "revenue_365_days", "potential_month",
)  # fmt: skip


class _Beside(msgspec.Struct, frozen=True):
    """Everything that two sides are made of; territories are indexes of `ids`."""

    ids: list[TerritoryId]
    problem: DesignProblem
    accounts: list[ComparedAccount]
    dealt: Dealt
    cells_before: tuple[int | None, ...]
    cells_after: tuple[int | None, ...]
    before: list[int]
    after: list[int]

    def moved(self) -> list[int]:
        """Return the accounts, by index, that change territory."""
        return [at for at, was in enumerate(self.before) if was != self.after[at]]


def compare(
    connection: sa.Connection, actor: Actor, design_id: UUID, scenario: str, beside: str
) -> Comparison:
    """Return a scenario beside another, or beside `today`; raise as `get_made`."""
    both = _read(connection, actor, design_id, scenario, beside)
    homes = select_homes(connection, actor.org_id, both.ids)
    homes_of = [homes.get(one, []) for one in both.ids]
    befores = _sides(both, both.before, both.cells_before, homes_of)
    afters = _sides(both, both.after, both.cells_after, homes_of)
    sides = list(zip(befores, afters, strict=True))
    moved = both.moved()
    return Comparison(
        design_id=design_id,
        scenario=scenario,
        beside=beside,
        currency=get_currency(connection, actor.org_id),
        territories=put_beside(both.accounts, both.ids, both.before, both.after, sides),
        moved=sum_side(both.accounts, both.dealt, moved),
        mixed_accounts=sum(_only_follows(both, at) for at in moved),
        outside_accounts=both.dealt.cells.count(None),
    )


def list_moves(
    connection: sa.Connection, actor: Actor, design_id: UUID, scenario: str, beside: str
) -> bytes:
    """Return the accounts that change territory as CSV, by name; raise as `get_made`."""
    both = _read(connection, actor, design_id, scenario, beside)
    names = select_names(connection, actor.org_id, both.ids)
    rows: list[list[object]] = []
    for at in both.moved():
        one = both.accounts[at]
        rows.append(
            [
                str(one.id), one.name, one.life_stage, one.lon, one.lat,
                names.get(both.ids[both.before[at]]), names.get(both.ids[both.after[at]]),
                one.open_visits, round(both.dealt.minutes[at] / 60, 2), one.revenue, one.potential,
            ]
        )  # fmt: skip
    return write_rows(_COLUMNS, rows)


def _read(
    connection: sa.Connection, actor: Actor, design_id: UUID, scenario: str, beside: str
) -> _Beside:
    design = get_design(connection, actor, design_id)
    stated, chosen = get_made(connection, actor, design, scenario)
    problem = stated.problem
    ids = [one.territory_id for one in design.request.territories]
    accounts = select_compared(connection, actor.org_id, ids)
    dealt = place_in_cells(accounts, [unit.key for unit in problem.units])
    order = {one: at for at, one in enumerate(ids)}
    today = [order[one.territory_id] for one in accounts]
    if beside == _TODAY:
        cells_before: tuple[int | None, ...] = problem.former or (None,) * len(problem.units)
        before = today
    else:
        cells_before = get_made(connection, actor, design, beside)[1].assignment
        before = _by_cell(dealt, cells_before, today)
    return _Beside(
        ids,
        problem,
        accounts,
        dealt,
        cells_before,
        chosen.assignment,
        before,
        _by_cell(dealt, chosen.assignment, today),
    )


def _by_cell(dealt: Dealt, assignment: tuple[int | None, ...], today: list[int]) -> list[int]:
    """Return each account's territory by its cell; those outside stay where they are."""
    found = [None if cell is None else assignment[cell] for cell in dealt.cells]
    return [today[at] if one is None else one for at, one in enumerate(found)]


def _only_follows(both: _Beside, at: int) -> bool:
    """Tell whether an account's cell keeps its territory, and it alone was elsewhere."""
    cell = both.dealt.cells[at]
    return cell is not None and both.cells_before[cell] == both.cells_after[cell]


def _sides(
    both: _Beside,
    dealt: list[int],
    cells: tuple[int | None, ...],
    homes: list[list[tuple[float, float]]],
) -> list[Side]:
    """Return what each territory has when accounts and cells are dealt out so."""
    count = len(both.ids)
    compactness = compactness_of(both.problem, cells, count)
    return [
        msgspec.structs.replace(
            sum_side(both.accounts, both.dealt, mine, homes[at]), compactness=compactness[at]
        )
        for at, mine in enumerate(group(dealt, count))
    ]
