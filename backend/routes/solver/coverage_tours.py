"""The tours of all days as arrays: what an account would cost on every day, in one look."""

import numpy as np
import numpy.typing as npt

from backend.routes.solver.coverage_weeks import FAR_S, Vector, Weeks

_NOWHERE = -100 * FAR_S
"""The length of a gap that is none: nothing is ever inserted there."""


class Tours:
    """One tour a day, from start to end; their travel is exact, windows and lunch are not seen."""

    def __init__(self, weeks: Weeks) -> None:
        self.leg_s = weeks.leg_s.copy()
        np.fill_diagonal(self.leg_s, FAR_S)  # an account is never put beside itself
        self._into = np.ascontiguousarray(self.leg_s.T)
        self._leg = self.leg_s.tolist()
        self._start, self._end = weeks.start, weeks.end
        self._rows = np.arange(len(weeks.days))
        self.routes: list[list[int]] = [[] for _ in weeks.days]
        self.travel_s = np.zeros(len(weeks.days))
        self._make_room(8)

    def insertion(self, account: int) -> tuple[Vector, Vector]:
        """Return what an account adds to each day at its best gap, and the gaps.

        On a day that has it already, the best gap elsewhere once it is taken out.
        """
        extra = self._into[account].take(self._origin)
        extra += self.leg_s[account].take(self._target)
        extra -= self._length
        gaps = extra.argmin(axis=1)
        return extra[self._rows, gaps], gaps

    def saving(self, day: int, account: int) -> int:
        """Return the travel that a day saves without an account of it."""
        route, leg = self.routes[day], self._leg
        if len(route) == 1:
            return int(leg[self._start][account] + leg[account][self._end])
        place = route.index(account)
        before = route[place - 1] if place else self._start
        after = route[place + 1] if place + 1 < len(route) else self._end
        return int(leg[before][account] + leg[account][after] - leg[before][after])

    def insert(self, day: int, account: int, gap: int) -> None:
        """Put an account into a gap of a day."""
        self.routes[day].insert(gap, account)
        self._refresh(day)

    def remove(self, day: int, account: int) -> None:
        """Take an account out of a day."""
        self.routes[day].remove(account)
        self._refresh(day)

    def relocate(self, day: int, account: int, gap: int) -> None:
        """Move an account into another gap of its day; the gap counts with the account there."""
        route = self.routes[day]
        place = route.index(account)
        del route[place]
        route.insert(gap - (gap > place), account)
        self._refresh(day)

    def set_route(self, day: int, route: list[int]) -> None:
        """Give a day a whole tour."""
        self.routes[day] = list(route)
        self._refresh(day)

    def straighten(self, day: int) -> None:
        """Turn stretches of a day's tour around as long as that makes it shorter."""
        route = self.routes[day]
        while len(route) > 1:
            stretch = self._best_turn([self._start, *route, self._end])
            if stretch is None:
                break
            first, last = stretch
            route[first : last + 1] = route[first : last + 1][::-1]
        self._refresh(day)

    def _best_turn(self, path: list[int]) -> tuple[int, int] | None:
        """Return the first and last place of the stretch whose turning saves most."""
        places = np.array(path)
        onward = self.leg_s[places[:-1], places[1:]]
        back = self.leg_s[places[1:], places[:-1]]
        turned = np.concatenate(([0], np.cumsum(back - onward)))[1:-1]
        before, inner, after = places[:-2], places[1:-1], places[2:]
        change = self.leg_s[before][:, inner] + self.leg_s[inner][:, after]
        change -= onward[:-1, None] + onward[None, 1:]
        change += turned[None, :] - turned[:, None]
        change[np.tril_indices(len(inner))] = 0
        best = int(change.argmin())
        first, last = divmod(best, len(inner))
        return (first, last) if change[first, last] < 0 else None

    def _make_room(self, gaps: int) -> None:
        shape = (len(self.routes), gaps)
        self._origin: npt.NDArray[np.int64] = np.full(shape, self._start)
        self._target: npt.NDArray[np.int64] = np.full(shape, self._end)
        self._length: npt.NDArray[np.int64] = np.full(shape, _NOWHERE)
        for day in range(len(self.routes)):
            self._refresh(day)

    def _refresh(self, day: int) -> None:
        route = self.routes[day]
        gaps = len(route) + 1
        if gaps > self._length.shape[1]:
            self._make_room(2 * gaps)
            return
        self._origin[day, 1:gaps] = route
        self._target[day, : gaps - 1] = route
        self._target[day, gaps - 1] = self._end
        length = self.leg_s[self._origin[day, :gaps], self._target[day, :gaps]]
        if not route:
            length[0] = 0  # nobody leaves for a day without visits
        self._length[day, :gaps] = length
        self._length[day, gaps:] = _NOWHERE
        self.travel_s[day] = length.sum()
