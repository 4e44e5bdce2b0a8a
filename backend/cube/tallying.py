"""Counting: chosen accounts and facts into rows and columns, with every total of its own.

A table has a row and a column more than there are: the last ones are totals. What is counted once
in each cell (buyers, say) is counted anew for each total; all else is added.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from backend.cube.choosing import Chosen
from backend.cube.columns import NEVER, Real, Sales, Whole
from backend.cube.repository import STAGES
from backend.cube.vocabulary import Base

_HUNDRED, _THOUSAND = 100.0, 1000.0
_HALF_BITS = 24
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
    chosen = placed.chosen
    facts = chosen.facts
    if base == "invoices" and isinstance(facts, Sales):
        ids = facts.invoice[chosen.at]
    else:
        ids = chosen.account
    bound = int(ids.max()) + 1 if len(ids) else 1
    width = shape.columns + 1
    cells = _once((placed.row * width + placed.column) * bound + ids)
    place, who = np.divmod(cells, bound)
    row, column = np.divmod(place, width)
    table = np.zeros((shape.rows + 1, width))
    inner = np.bincount(place, minlength=shape.rows * width).reshape(shape.rows, width)
    table[:-1, :-1] = inner[:, :-1]
    table[:-1, -1] = np.bincount(_once(row * bound + who) // bound, minlength=shape.rows)
    across = np.bincount(_once(column * bound + who) // bound, minlength=width)
    table[-1, :-1] = across[:-1]
    table[-1, -1] = len(_once(who))
    return table


def _once(numbers: Whole) -> Whole:
    ordered = np.sort(numbers)
    if not len(ordered):
        return ordered
    once: Whole = ordered[np.append(True, ordered[1:] != ordered[:-1])]
    return once
