"""What is counted, as columns: accounts by place, sales and visits by day; none of it changes."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import h3
import numpy as np
import numpy.typing as npt

from backend.geo.tiles import WORLD_SIZE

FINEST = 9
"""The resolution of the cells that are kept; coarser ones follow from it."""
NEVER = -1_000_000
"""The day of what never was."""
_MOST_PLACINGS = 6
_MULTIPLIER = np.uint64(0x9E37_79B9_7F4A_7C15)

type Whole = npt.NDArray[np.int64]
type Halves = npt.NDArray[np.uint64]
type Mask = npt.NDArray[np.bool_]
type Real = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Accounts:
    """The live accounts in order of `key`; a code is a place in a list of words, 0 is none.

    `last_on` counts days since 1970, `potential` hundredths a month; `stage` and `rfm` begin at 1.
    """

    high: Halves
    low: Halves
    key: Whole
    lon: Real
    lat: Real
    territory: Whole
    owner: Whole
    stage: Whole
    category: Whole
    channel: Whole
    priority: Whole
    every_days: Whole
    last_on: Whole
    potential: Whole
    rfm: Whole
    cell: Whole


@dataclass(frozen=True)
class Sales:
    """Lines of invoices by day: amounts in hundredths, quantities in thousandths.

    `invoice` numbers the invoices of each account; no two parts agree on it.
    """

    account: Whole
    day: Whole
    product: Whole
    rep: Whole
    territory: Whole
    amount: Whole
    quantity: Whole
    invoice: Whole


@dataclass(frozen=True)
class Visits:
    """Visits done, by the day that they were planned on."""

    account: Whole
    day: Whole
    rep: Whole
    territory: Whole


@dataclass(frozen=True)
class Part:
    """Some accounts with all that is theirs."""

    accounts: Accounts
    sales: Sales
    visits: Visits
    _hexagons: dict[int, tuple[Whole, Whole]] = field(default_factory=dict)
    _placed: dict[str, Whole] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many accounts these are."""
        return len(self.accounts.key)

    @cached_property
    def _known(self) -> tuple[Halves, Whole]:
        hashes = _hash(self.accounts.high, self.accounts.low)
        order = np.argsort(hashes)
        return hashes[order], order

    def find(self, high: Halves, low: Halves) -> Whole:
        """Return where accounts stand, -1 for those that are not here."""
        hashes, order = self._known
        found = np.full(len(high), -1, np.int64)
        if not self.size:
            return found
        wanted = _hash(high, low)
        at = np.searchsorted(hashes, wanted)
        # Two ids of one hash stand beside each other; more than a few never do.
        for step in range(4):
            here = np.minimum(at + step, self.size - 1)
            place = order[here]
            same = (self.accounts.high[place] == high) & (self.accounts.low[place] == low)
            found[same] = place[same]
        return found

    @cached_property
    def buyers(self) -> tuple[Whole, int]:
        """Return for each sale a number of its account among those with sales, and how many."""
        return _renumbered(self.sales.account)

    @cached_property
    def visited(self) -> tuple[Whole, int]:
        """Return for each visit a number of its account among those with visits, and how many."""
        return _renumbered(self.visits.account)

    @cached_property
    def invoices(self) -> int:
        """Return a number above that of every invoice."""
        return int(self.sales.invoice.max(initial=-1)) + 1

    def hexagons(self, resolution: int) -> tuple[Whole, Whole]:
        """Return the H3 cells of a resolution in order, and each account's by index; 0 is none."""
        if resolution not in self._hexagons:
            cells, codes = np.unique(parents(self.accounts.cell, resolution), return_inverse=True)
            self._hexagons[resolution] = cells, codes.astype(np.int64)
        return self._hexagons[resolution]

    def placed(self, stamp: str, place: Callable[["Part"], Whole]) -> Whole:
        """Return where accounts lie among some shapes; that is found once for each `stamp`."""
        if stamp not in self._placed:
            while len(self._placed) >= _MOST_PLACINGS:
                self._placed.pop(next(iter(self._placed)))
            self._placed[stamp] = place(self)
        return self._placed[stamp]


def _renumbered(places: Whole) -> tuple[Whole, int]:
    there = np.zeros(int(places.max(initial=-1)) + 1, np.bool_)
    there[places] = True
    numbers = np.cumsum(there) - 1
    return numbers[places], int(there.sum())


def parents(cells: Whole, resolution: int) -> Whole:
    """Return the cells of a resolution that hold cells of resolution FINEST; of 0 it is 0.

    An H3 index has its resolution in bits 52 to 55, then three bits a digit, ones where unused.
    """
    if resolution == FINEST:
        return cells
    unused = (1 << 3 * (15 - resolution)) - 1
    found: Whole = (cells & ~np.int64(15 << 52)) | np.int64(resolution << 52) | np.int64(unused)
    return np.where(cells == 0, 0, found)


def with_cells(part: Part) -> Part:
    """Return the part with the cells of those accounts that have none yet."""
    accounts = part.accounts
    missing = np.flatnonzero((accounts.cell == 0) & ~np.isnan(accounts.lon))
    if not len(missing):
        return part
    cell = accounts.cell.copy()
    cell[missing] = [
        h3.str_to_int(h3.latlng_to_cell(lat, lon, FINEST))
        for lon, lat in zip(accounts.lon[missing], accounts.lat[missing], strict=True)
    ]
    return Part(replace(accounts, cell=cell), part.sales, part.visits)


def morton(lon: Real, lat: Real) -> Whole:
    """Return the map's keys of places, -1 where there is none."""
    with np.errstate(invalid="ignore"):
        x = np.floor((lon + 180) / 360 * WORLD_SIZE)
        angle = np.radians(lat)
        y = np.floor((1 - np.arcsinh(np.tan(angle)) / np.pi) / 2 * WORLD_SIZE)
    is_none = np.isnan(lon)
    x, y = (
        np.clip(np.where(is_none, 0, one), 0, WORLD_SIZE - 1).astype(np.int64) for one in (x, y)
    )
    return np.where(is_none, -1, _spread(x) | (_spread(y) << 1))


def arranged(part: Part) -> Part:
    """Return the part in order: accounts by place, sales and visits by day."""
    order = np.argsort(part.accounts.key, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return Part(
        _taken(part.accounts, order),
        _by_day(part.sales, place),
        _by_day(part.visits, place),
    )


def without(part: Part, gone: Mask) -> Part:
    """Return the part without some accounts and what is theirs."""
    kept = np.flatnonzero(~gone)
    place = np.full(part.size, -1, np.int64)
    place[kept] = np.arange(len(kept))
    return Part(_taken(part.accounts, kept), _of(part.sales, place), _of(part.visits, place))


def joined(one: Part, other: Part) -> Part:
    """Return two parts as one, in order."""
    shift = one.size
    invoices = int(one.sales.invoice.max(initial=-1)) + 1
    sales = replace(
        other.sales,
        account=other.sales.account + shift,
        invoice=other.sales.invoice + invoices,
    )
    return arranged(
        Part(
            _both(one.accounts, other.accounts),
            _both(one.sales, sales),
            _both(one.visits, replace(other.visits, account=other.visits.account + shift)),
        )
    )


def numbered(hashes: Whole, accounts: Whole) -> Whole:
    """Return a number from 0 on for each invoice of each account, told by a hash of its name."""
    order = np.lexsort((accounts, hashes))
    ordered = hashes[order], accounts[order]
    is_new = np.zeros(len(order), np.int64)
    for one in ordered:
        is_new[1:] |= one[1:] != one[:-1]
    found = np.empty(len(order), np.int64)
    found[order] = np.cumsum(is_new)
    return found


def _by_day[Facts: (Sales, Visits)](facts: Facts, place: Whole) -> Facts:
    moved = replace(facts, account=place[facts.account])
    return _taken(moved, np.argsort(facts.day, kind="stable"))


def _of[Facts: (Sales, Visits)](facts: Facts, place: Whole) -> Facts:
    moved = replace(facts, account=place[facts.account])
    return _taken(moved, np.flatnonzero(moved.account >= 0))


def _taken[Columns: (Accounts, Sales, Visits)](columns: Columns, order: Whole) -> Columns:
    return _made(columns, lambda name: getattr(columns, name)[order])


def _both[Columns: (Accounts, Sales, Visits)](one: Columns, other: Columns) -> Columns:
    return _made(one, lambda name: np.concatenate([getattr(one, name), getattr(other, name)]))


def _made[Columns: (Accounts, Sales, Visits)](
    like: Columns, column: Callable[[str], Any]
) -> Columns:
    return type(like)(**{one.name: column(one.name) for one in fields(like)})


def _hash(high: Halves, low: Halves) -> Halves:
    return low + high * _MULTIPLIER


def _spread(value: Whole) -> Whole:
    for shift, mask in (
        (16, 0x0000_FFFF_0000_FFFF),
        (8, 0x00FF_00FF_00FF_00FF),
        (4, 0x0F0F_0F0F_0F0F_0F0F),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555),
    ):
        value = (value | (value << shift)) & mask
    return value
