"""The columns of organisations in memory: read once, then brought up to what a question sees.

A state is of one snapshot of the database. A later question reads the log of changes for what its
own snapshot sees and the state's did not, and only the accounts named there are read anew: the
answer is what the tables say at that moment, whoever wrote and through whatever process.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa

from backend.cube import repository
from backend.cube.atlas import Atlas
from backend.cube.columns import Halves, Mask, Part, joined, with_cells, without
from backend.cube.repository import Moment, Words
from backend.ids import OrgId

_MOST_ORGS = 16
_MOST_FRESH = 5_000
_FRESH_SHARE = 0.02
_MOST_AT_ONCE = 100_000
"""So many transactions may begin between two questions that are asked at once."""


@dataclass(frozen=True)
class State:
    """The columns of one moment: most in `base`, what changed since in `fresh`.

    Of the accounts of `base` those that are `gone` are not counted: `fresh` tells of them.
    """

    moment: Moment
    words: Words
    base: Part
    gone: Mask
    fresh: Part


class _Shelf:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.state: State | None = None


class Cubes:
    """The states of some organisations, the least recently asked for dropped first."""

    def __init__(self) -> None:
        self.atlas = Atlas()
        self._lock = threading.Lock()
        self._shelves: OrderedDict[OrgId, _Shelf] = OrderedDict()

    def open(self, connection: sa.Connection, org_id: OrgId, *, has_cells: bool = False) -> State:
        """Return the columns as this transaction sees them; with the H3 cell of every place."""
        shelf = self._shelf(org_id)
        with shelf.lock:
            state = _brought_up(connection, org_id, shelf.state)
            if has_cells:
                state = replace(state, base=with_cells(state.base), fresh=with_cells(state.fresh))
            shelf.state = state
            return state

    def _shelf(self, org_id: OrgId) -> _Shelf:
        with self._lock:
            shelf = self._shelves.setdefault(org_id, _Shelf())
            self._shelves.move_to_end(org_id)
            while len(self._shelves) > _MOST_ORGS:
                self._shelves.popitem(last=False)
            return shelf


def _brought_up(connection: sa.Connection, org_id: OrgId, state: State | None) -> State:
    moment = repository.read_moment(connection, org_id)
    if state is None or not _can_follow(state.moment, moment):
        return _read(connection, org_id, moment)
    changed = repository.select_changed(connection, org_id, state.moment)
    if changed is None:
        return _read(connection, org_id, moment)
    if not changed:
        # Of two that ask at once the one with the older snapshot may come second.
        newer = moment if moment.xmin >= state.moment.xmin else state.moment
        return replace(state, moment=newer)
    came = repository.read_part(connection, org_id, state.words, moment.time_zone, changed)
    halves = np.frombuffer(b"".join(one.bytes for one in changed), ">u8").reshape(-1, 2)
    high, low = (halves[:, at].astype(np.uint64) for at in (0, 1))
    base, gone = state.base, state.gone | _marked(state.base, high, low)
    fresh = joined(without(state.fresh, _marked(state.fresh, high, low)), came)
    if fresh.size + np.count_nonzero(gone) > max(_MOST_FRESH, _FRESH_SHARE * base.size):
        return _whole(moment, state.words, joined(without(base, gone), fresh))
    return State(moment, state.words, base, gone, fresh)


def _can_follow(known: Moment, now: Moment) -> bool:
    """Tell whether the log holds everything between; a database put back never does."""
    return (
        known.time_zone == now.time_zone
        and now.horizon <= known.xmin
        and known.xmin <= now.xmin + _MOST_AT_ONCE
    )


def _read(connection: sa.Connection, org_id: OrgId, moment: Moment) -> State:
    words = Words()
    base = repository.read_part(connection, org_id, words, moment.time_zone, None)
    return _whole(moment, words, base)


def _whole(moment: Moment, words: Words, base: Part) -> State:
    nothing = without(base, np.ones(base.size, np.bool_))
    return State(moment, words, base, np.zeros(base.size, np.bool_), nothing)


def _marked(part: Part, high: Halves, low: Halves) -> Mask:
    mark = np.zeros(part.size, np.bool_)
    found = part.find(high, low)
    mark[found[found >= 0]] = True
    return mark
