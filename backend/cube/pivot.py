"""A pivot: axes, tables of what is counted, and from these the rows that are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from backend.api.problems import malformed_field
from backend.cube.axes import Axis, Member
from backend.cube.choosing import Chosen
from backend.cube.columns import Real, Whole
from backend.cube.hexagons import boundary
from backend.cube.periods import DAYS_A_MONTH, Span, buckets
from backend.cube.schemas import MOST_VALUES, CubeQuery, RowRead, Values
from backend.cube.tallying import Placed, Shape, tally
from backend.cube.vocabulary import FACT_OF, MEASURES, Base, Fact, Measure

_MOST_PLACES = 16_000_000
_MOST_CELLS = 4_000_000
_MOST_COLUMNS = 1_000

type Tables = Mapping[Base, Real]


@dataclass(frozen=True)
class Side:
    """What is counted, of which days: the question's own, or what it is compared with."""

    chosen: Sequence[Chosen]
    span: Span


@dataclass(frozen=True)
class Pivot:
    """Rows as they are told: those shown, the rest as one, and the whole."""

    columns: list[Member]
    rows: list[RowRead]
    rest: RowRead | None
    rest_count: int
    whole: RowRead


@dataclass(frozen=True)
class _Grid:
    """Which row and column the members of axes come to, of those that there are."""

    rows: Sequence[Axis]
    column: Axis | None
    row_places: Whole
    column_places: Whole
    row_of: Whole
    column_of: Whole
    shape: Shape


def kinds_of(asked: CubeQuery) -> list[Fact]:
    """Return from what the measures are counted."""
    measures = [MEASURES[name] for name in asked.measures]
    if asked.order is not None and asked.order.by is not None:
        measures.append(MEASURES[asked.order.by])
    kinds = set(chain.from_iterable(one.facts for one in measures))
    return [kind for kind in ("account", "visit", "sale") if kind in kinds]


def make_pivot(
    asked: CubeQuery, rows: Sequence[Axis], column: Axis | None, sides: Sequence[Side], today: int
) -> Pivot:
    """Count the question's own side, and what it is compared with where there is one."""
    coded = [[_code(rows, column, chosen, side.span) for chosen in side.chosen] for side in sides]
    grid = _grid(rows, column, [*chain.from_iterable(coded)])
    placed = [[_placed(one, grid) for one in side] for side in coded]
    tables = [_count(asked, one, grid.shape, today) for one in placed]
    lengths = [_months(asked, grid, side) for side in sides]
    order = _order(asked, tables[0], lengths[0], grid)
    shown, others = order[: asked.limit], order[asked.limit :]
    if len(shown) * grid.shape.columns > MOST_VALUES * 10:
        raise malformed_field(
            "columns", "So many rows and columns cannot be told: ask for fewer.",
            code="too_many_cells",
        )  # fmt: skip
    told = [
        _read(asked, grid, table, months) for table, months in zip(tables, lengths, strict=True)
    ]
    rest = None
    if len(others):
        taken = [_only(one, others, grid.shape.rows) for one in placed]
        alone = [_count(asked, one, Shape(1, grid.shape.columns), today) for one in taken]
        rest = _row(asked, [], [
            _read(asked, grid, table, months)
            for table, months in zip(alone, lengths, strict=True)
        ], -1)  # fmt: skip
    members = _members(grid, shown)
    return Pivot(
        columns=[] if column is None else column.members(grid.column_places.tolist()),
        rows=[
            _row(asked, [axis[at] for axis in members], told, int(row))
            for at, row in enumerate(shown)
        ],
        rest=rest,
        rest_count=len(others),
        whole=_row(asked, [], told, -1),
    )


def _code(
    rows: Sequence[Axis], column: Axis | None, chosen: Chosen, span: Span
) -> tuple[Chosen, Whole, Whole | None]:
    """Return the chosen with the row and the column that each stands in, of all there can be."""
    _check_size(rows)
    codes: Whole | None = None
    for axis in rows:
        own = axis.codes(chosen, span)
        codes = own if codes is None else codes * axis.size + own
    if codes is None:
        codes = np.zeros(len(chosen.at), np.int64)
    return chosen, codes, None if column is None else column.codes(chosen, span)


def _check_size(rows: Sequence[Axis]) -> int:
    size = int(np.prod([axis.size for axis in rows])) if rows else 1
    if size > _MOST_PLACES:
        raise malformed_field(
            "rows",
            "These dimensions have too many members together: take coarser ones.",
            code="too_many_cells",
        )
    return size


def _grid(
    rows: Sequence[Axis],
    column: Axis | None,
    coded: Sequence[tuple[Chosen, Whole, Whole | None]],
) -> _Grid:
    """Find the rows and columns in which anything stands."""
    there = np.zeros(_check_size(rows), np.bool_)
    across = np.zeros(1 if column is None else column.size + 1, np.bool_)
    for _, row, place in coded:
        there[row] = True
        if place is not None:
            across[place] = True
    if column is not None and column.asked.dimension == "period":
        across[:] = True
    row_places = np.flatnonzero(there) if rows else np.zeros(1, np.int64)
    column_places = np.flatnonzero(across[:-1])
    shape = Shape(len(row_places), len(column_places))
    if shape.columns > _MOST_COLUMNS or shape.rows * (shape.columns + 1) > _MOST_CELLS:
        raise malformed_field(
            "columns",
            f"There are {shape.rows:,} rows and {shape.columns:,} columns: take coarser ones.",
            code="too_many_cells",
        )
    row_of = np.full(len(there), -1, np.int64)
    row_of[row_places] = np.arange(shape.rows)
    column_of = np.full(len(across), shape.columns, np.int64)
    column_of[column_places] = np.arange(shape.columns)
    return _Grid(rows, column, row_places, column_places, row_of, column_of, shape)


def _placed(coded: tuple[Chosen, Whole, Whole | None], grid: _Grid) -> Placed:
    chosen, row, place = coded
    column = np.zeros(len(row), np.int64) if place is None else grid.column_of[place]
    is_of_account = all(axis.is_of_account for axis in grid.rows)
    return Placed(chosen, grid.row_of[row], column, is_of_account)


def _only(placed: Sequence[Placed], rows: Whole, count: int) -> list[Placed]:
    """Return some rows as one, without the others."""
    row_of = np.full(count, -1, np.int64)
    row_of[rows] = 0
    return [
        Placed(one.chosen, row_of[one.row], one.column, one.is_row_of_account) for one in placed
    ]


def _count(asked: CubeQuery, placed: Sequence[Placed], shape: Shape, today: int) -> Tables:
    names = [*asked.measures]
    if asked.order is not None and asked.order.by is not None:
        names.append(asked.order.by)
    bases = dict.fromkeys(chain.from_iterable(MEASURES[name].bases for name in names))
    return {
        base: tally(base, [one for one in placed if one.chosen.kind == FACT_OF[base]], shape, today)
        for base in bases
    }


def _months(asked: CubeQuery, grid: _Grid, side: Side) -> Real:
    """Return for how many months of its period each column, and the total, stands."""
    if grid.column is None or grid.column.asked.dimension != "period":
        return np.full(grid.shape.columns + 1, side.span.days / DAYS_A_MONTH)
    days = buckets(side.span, asked.grain).lengths()[: grid.shape.columns]
    days += [0] * (grid.shape.columns - len(days))
    return np.array([*days, side.span.days]) / DAYS_A_MONTH


def _measured(measure: Measure, tables: Tables, months: Real, *, is_by_period: bool) -> Real:
    """Return a measure in rows and columns, NaN where it says nothing."""
    upper = tables[measure.bases[0]].copy()
    if "account" in measure.facts and is_by_period and measure.facts == {"account"}:
        upper[:, :-1] = np.nan
    if len(measure.bases) == 1:
        return upper
    lower = tables[measure.bases[1]]
    if FACT_OF[measure.bases[1]] == "account" and is_by_period:
        lower = np.broadcast_to(lower[:, -1:], lower.shape)
    if measure.name == "penetration":
        lower = lower + upper
    elif measure.name == "share":
        lower = lower * months
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(lower == 0, np.nan, upper / lower)


def _read(asked: CubeQuery, grid: _Grid, tables: Tables, months: Real) -> Real:
    """Return all measures: [row, column, measure]."""
    is_by_period = grid.column is not None and grid.column.asked.dimension == "period"
    return np.stack(
        [
            _measured(MEASURES[name], tables, months, is_by_period=is_by_period)
            for name in asked.measures
        ],
        axis=2,
    )


def _order(asked: CubeQuery, tables: Tables, months: Real, grid: _Grid) -> Whole:
    """Return the rows in order; those without a value come last."""
    if asked.order is None or asked.order.by is None:
        rows = np.arange(grid.shape.rows)
        return rows[::-1] if asked.order is not None and asked.order.is_descending else rows
    found = _measured(MEASURES[asked.order.by], tables, months, is_by_period=True)[:-1, -1]
    key = -found if asked.order.is_descending else found
    return np.argsort(key, kind="stable")


def _members(grid: _Grid, shown: Whole) -> list[list[Member]]:
    """Return each axis's member for every row shown."""
    place = grid.row_places[shown]
    found: list[list[Member]] = []
    for axis in reversed(grid.rows):
        place, code = np.divmod(place, axis.size)
        found.append(axis.members(code.tolist()))
    return found[::-1]


def _row(asked: CubeQuery, members: Sequence[Member], told: Sequence[Real], row: int) -> RowRead:
    own = told[0]
    compared = told[1] if len(told) > 1 else None
    corners = None
    if asked.with_boundaries:
        cells = [
            one.key for one, axis in zip(members, asked.rows, strict=False)
            if axis.dimension == "h3"
        ]  # fmt: skip
        corners = boundary(cells[0]) if cells and isinstance(cells[0], str) else None
    has_columns = bool(asked.columns)
    return RowRead(
        keys=[one.key for one in members],
        labels=[one.label for one in members],
        cells=_told(own[row, :-1]) if has_columns else [],
        total=_told(own[row, -1:])[0],
        compared_cells=None if compared is None or not has_columns else _told(compared[row, :-1]),
        compared_total=None if compared is None else _told(compared[row, -1:])[0],
        boundary=corners,
        outline=next((one.outline for one in members if one.outline), None)
        if asked.with_boundaries
        else None,
    )


def _told(values: Real) -> list[Values]:
    return [[None if value != value else value for value in one] for one in values.tolist()]  # noqa: PLR0124  # NaN alone is not itself
