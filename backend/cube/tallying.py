"""Counting: chosen accounts and facts into rows and columns, with every total of its own.

A table has a row and a column more than there are: the last ones are totals. What is counted once
in each cell (buyers, say) is counted anew for each total; all else is added.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from backend.cube.choosing import Chosen
from backend.cube.columns import NEVER, Real, Whole
from backend.cube.repository import STAGES
from backend.cube.vocabulary import Base

_HUNDRED, _THOUSAND = 100.0, 1000.0
_HALF_BITS = 24
_MOST_FLAGS = 100_000_000
_FLAGS_EACH = 100
"""To look through a hundred flags costs about as much as to sort one number."""
_PROSPECT, _CUSTOMER = (STAGES.index(one) + 1 for one in ("prospect", "customer"))


class Shape(NamedTuple):
    """How many rows and columns there are, totals apart."""

    rows: int
    columns: int


@dataclass(frozen=True)
class Placed:
    """Chosen ones with their row (below 0 for those that do not count) and column.

    The column `columns` of a shape is none: it counts in totals alone.
    """

    chosen: Chosen
    row: Whole
    column: Whole
    is_row_of_account: bool
    """Whether all that an account did stands in one row."""


def tally(base: Base, placed: Sequence[Placed], shape: Shape, today: int) -> Real:
    """Return a base in rows and columns; `placed` has facts of the base's kind."""
    table = np.zeros((shape.rows + 1, shape.columns + 1))
    for one in placed:
        counted = one
        if (one.row < 0).any():
            keep = np.flatnonzero(one.row >= 0)
            chosen = one.chosen
            counted = Placed(
                Chosen(chosen.part, chosen.kind, chosen.at[keep], chosen.account[keep]),
                one.row[keep],
                one.column[keep],
                one.is_row_of_account,
            )
        if base in {"visited_accounts", "buyers", "invoices"}:
            table += _distinct(base, counted, shape)
        else:
            table += _added(base, counted, shape, today)
    return table


def _added(base: Base, placed: Placed, shape: Shape, today: int) -> Real:
    width = shape.columns + 1
    flat = placed.row * width + placed.column
    cells = _summed(base, placed.chosen, flat, shape.rows * width, today)
    inner = cells.reshape(shape.rows, width)
    table = np.zeros((shape.rows + 1, width))
    table[:-1, :-1] = inner[:, :-1]
    table[:-1, -1] = inner.sum(axis=1)
    table[-1, :-1] = inner[:, :-1].sum(axis=0)
    table[-1, -1] = inner.sum()
    return table


def _summed(base: Base, chosen: Chosen, flat: Whole, size: int, today: int) -> Real:
    """Return the sum of a base by place."""
    accounts = chosen.part.accounts
    match base:
        case "revenue" | "quantity":
            sales = chosen.part.sales
            amounts = sales.amount if base == "revenue" else sales.quantity
            total = _exact(flat, amounts[chosen.at], size)
            return total / (_HUNDRED if base == "revenue" else _THOUSAND)
        case "potential":
            return _exact(flat, accounts.potential[chosen.at], size) / _HUNDRED
        case "accounts" | "visits":
            return np.bincount(flat, minlength=size).astype(np.float64)
        case "prospects" | "customers":
            is_one = accounts.stage[chosen.at] == (_CUSTOMER if base == "customers" else _PROSPECT)
        case "overdue":
            last = accounts.last_on[chosen.at]
            is_one = (last > NEVER) & (last + accounts.every_days[chosen.at] < today)
        case "never_visited":
            is_one = accounts.last_on[chosen.at] == NEVER
        case _:
            is_one = accounts.rfm[chosen.at] > 0
    return np.bincount(flat[is_one], minlength=size).astype(np.float64)


def _exact(flat: Whole, amounts: Whole, size: int) -> Real:
    """Return sums of whole numbers, exact as long as a float can tell them (2^53).

    bincount adds floats: the upper and the lower half of each number are added apart.
    """
    if len(amounts) and int(np.abs(amounts).max()) < (1 << 53) // len(amounts):
        return np.bincount(flat, weights=amounts, minlength=size).astype(np.float64)
    upper = np.bincount(flat, weights=amounts >> _HALF_BITS, minlength=size)
    lower = np.bincount(flat, weights=amounts & ((1 << _HALF_BITS) - 1), minlength=size)
    return upper * float(1 << _HALF_BITS) + lower


def _distinct(base: Base, placed: Placed, shape: Shape) -> Real:
    """Return how many different accounts or invoices there are in each place and total."""
    ids, count = _ids(base, placed.chosen)
    width = shape.columns + 1
    if placed.is_row_of_account or count * shape.rows * width > _MOST_FLAGS:
        found = _mostly_of_one_row(ids, placed, count, shape)
    else:
        who, place = _once(ids, placed.row * width + placed.column, count, shape.rows * width)
        row, column = np.divmod(place, width)
        by_row = row if shape.columns <= 1 else _once(who, row, count, shape.rows)[1]
        found = _Once(row, column, by_row, _once(who, column, count, width)[1])
    table = np.zeros((shape.rows + 1, width))
    cells = np.bincount(found.row * width + found.column, minlength=shape.rows * width)
    table[:-1, :-1] = cells.reshape(shape.rows, width)[:, :-1]
    table[:-1, -1] = np.bincount(found.by_row, minlength=shape.rows)
    table[-1, :-1] = np.bincount(found.by_column, minlength=width)[:-1]
    table[-1, -1] = len(_once(ids, np.zeros_like(ids), count, 1)[0])
    return table


class _Once(NamedTuple):
    """Rows and columns of what is counted once in each place; in each row; in each column."""

    row: Whole
    column: Whole
    by_row: Whole
    by_column: Whole


def _mostly_of_one_row(ids: Whole, placed: Placed, count: int, shape: Shape) -> _Once:
    """Find each once where most stand in one row: the others alone are told apart by row."""
    width = shape.columns + 1
    row_of = np.zeros(count, np.int64)
    row_of[ids] = placed.row
    is_other = np.zeros(0, np.bool_) if placed.is_row_of_account else placed.row != row_of[ids]
    if not is_other.any():
        who, column = _once(ids, placed.column, count, width)
        every, _ = _once(who, np.zeros_like(who), count, 1)
        return _Once(row_of[who], column, row_of[every], column)
    who, column = _once(ids[~is_other], placed.column[~is_other], count, width)
    every, _ = _once(who, np.zeros_like(who), count, 1)
    others, row = ids[is_other], placed.row[is_other]
    place = row * width + placed.column[is_other]
    more_row, more_column = np.divmod(_once(others, place, count, shape.rows * width)[1], width)
    return _Once(
        np.concatenate((row_of[who], more_row)),
        np.concatenate((column, more_column)),
        np.concatenate((row_of[every], _once(others, row, count, shape.rows)[1])),
        _once(ids, placed.column, count, width)[1],
    )


def _ids(base: Base, chosen: Chosen) -> tuple[Whole, int]:
    """Return a number of what is counted once for each of the chosen, and how many there are."""
    if base == "invoices":
        return chosen.part.sales.invoice[chosen.at], chosen.part.invoices
    numbers, count = chosen.part.buyers if chosen.kind == "sale" else chosen.part.visited
    return numbers[chosen.at], count


def _once(ids: Whole, places: Whole, count: int, size: int) -> tuple[Whole, Whole]:
    """Return each pair of an id and a place once: by a flag for each, or sorted where too many."""
    pairs = ids * size + places
    if count * size <= min(_MOST_FLAGS, _FLAGS_EACH * len(pairs)):
        flags = np.zeros(count * size, np.bool_)
        flags[pairs] = True
        once = np.flatnonzero(flags)
    else:
        ordered = np.sort(pairs)
        once = ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered
    if size == 1:
        return once, np.zeros_like(once)
    who, place = np.divmod(once, size)
    return who, place
