"""Where territories are centred: by the former ones, by homes, or found anew.

New centres come from dealing out and moving to the middle in turns (Hess and others, 1965), from
starts that lie far apart (k-means++). Dealing out charges each territory for its load until all
have their share.
"""

import numpy as np
from numpy.random import Generator

from backend.territories.design.ground import Floats, Ground, Whole

_ROUNDS = 8
_CHARGING = 40
"""Turns of charging in each round."""

_STARTS_BY_SIZE = ((1_000, 6), (3_000, 2))
"""So many starts up to so many units; one beyond."""

_UNEVEN = 3.0
"""How much an uneven start is worse than a spread out one."""


def former_centres(ground: Ground) -> tuple[int, ...]:
    """Return the homes, and for other territories the middle of what they had.

    A territory that had nothing gets a centre far from all others.
    """
    former = ground.problem.former
    labels = np.array([-1 if one is None else one for one in former or [None] * ground.count])
    centres = _homes(ground)
    for territory in range(ground.size):
        if centres[territory] is None:
            own = np.flatnonzero(labels == territory)
            own = own[[int(unit) not in centres for unit in own]] if own.size else own
            if own.size:
                centres[territory] = _middle(ground, own)
    return _fill(ground, centres, np.random.default_rng(ground.problem.seed))


def new_centres(ground: Ground) -> tuple[int, ...]:
    """Return centres for a design from scratch, homes kept, the best of several starts."""
    starts = next((many for most, many in _STARTS_BY_SIZE if ground.count <= most), 1)
    random = np.random.default_rng(ground.problem.seed)
    best: tuple[float, tuple[int, ...]] | None = None
    for _ in range(starts):
        found = _settle(ground, _fill(ground, _homes(ground), random))
        if best is None or found[0] < best[0]:
            best = found
    assert best is not None  # noqa: S101  there is one start at least
    return best[1]


def relabelled(ground: Ground, centres: tuple[int, ...]) -> tuple[int, ...]:
    """Return the same centres, each given to the territory that had most of what is around it.

    Territories with a home keep theirs. Greedy: the largest part in common first.
    """
    former = ground.problem.former
    if former is None:
        return centres
    free = [index for index, one in enumerate(_homes(ground)) if one is None]
    labels = _assign(ground, ground.spread(ground.travel_from(centres)))
    common = np.zeros((ground.size, ground.size))
    for unit, had in enumerate(former):
        if had is not None:
            common[had, labels[unit]] += ground.weights[unit]
    pairs = sorted((-common[had, now], had, now) for had in free for now in free)
    given: dict[int, int] = {}
    for _, had, now in pairs:
        if had not in given and now not in given.values():
            given[had] = now
    return tuple(centres[given.get(index, index)] for index in range(ground.size))


def _homes(ground: Ground) -> list[int | None]:
    homes: list[int | None] = [one.home for one in ground.problem.territories]
    for index, home in enumerate(homes):
        anchors = ground.problem.anchors(index)
        if home is None and len(anchors) == 1:
            homes[index] = anchors[0]
    return homes


def _fill(ground: Ground, centres: list[int | None], random: Generator) -> tuple[int, ...]:
    """Return the centres with those that are missing, far from the others by chance."""
    chosen = [one for one in centres if one is not None]
    filled = list(centres)
    near = ground.travel_from(chosen).min(axis=1) if chosen else np.ones(ground.count)
    for index, centre in enumerate(centres):
        if centre is not None:
            continue
        chances = near**2 * (ground.weights + 1e-12)
        chances[[one for one in filled if one is not None]] = 0.0
        if chances.sum() <= 0:
            chances = np.ones(ground.count)
            chances[[one for one in filled if one is not None]] = 0.0
        picked = int(random.choice(ground.count, p=chances / chances.sum()))
        filled[index] = picked
        near = ground.travel_from([one for one in filled if one is not None]).min(axis=1)
    return tuple(one for one in filled if one is not None)


def _settle(ground: Ground, centres: tuple[int, ...]) -> tuple[float, tuple[int, ...]]:
    """Return centres that stay where they are, and how good they are (less is better)."""
    is_fixed = [one is not None for one in _homes(ground)]
    best: tuple[float, tuple[int, ...]] | None = None
    for _ in range(_ROUNDS):
        spread = ground.spread(ground.travel_from(centres))
        labels = _assign(ground, spread)
        loads = np.bincount(labels, _balanced(ground), ground.size)
        uneven = float(np.abs(loads - ground.targets).sum())
        found = float(spread[np.arange(ground.count), labels].sum()) + _UNEVEN * uneven
        if best is None or found < best[0]:
            best = (found, centres)
        moved = _recentred(ground, labels, centres, is_fixed)
        if moved == centres:
            break
        centres = moved
    assert best is not None  # noqa: S101  there is one round at least
    return best


def _recentred(
    ground: Ground, labels: Whole, centres: tuple[int, ...], is_fixed: list[bool]
) -> tuple[int, ...]:
    moved: list[int] = []
    for territory, centre in enumerate(centres):
        own = np.flatnonzero(labels == territory)
        if is_fixed[territory] or not own.size:
            moved.append(centre)
        else:
            moved.append(_middle(ground, own))
    return tuple(moved) if len(set(moved)) == len(moved) else centres


def _middle(ground: Ground, units: Whole) -> int:
    """Return the unit that is nearest to the middle of gravity of some."""
    weights, places = ground.weights[units], ground.places[units]
    middle = (places * weights[:, None]).sum(axis=0) / weights.sum()
    return int(units[np.hypot(*(places - middle).T).argmin()])


def _balanced(ground: Ground) -> Floats:
    """Return each unit's share of everything that is to be balanced, as one number."""
    weights = np.array([one.weight for one in ground.problem.measures])
    weights = np.where(ground.shares.sum(axis=0) > 0, weights, 0.0)
    if weights.sum() <= 0:
        return np.full(ground.count, 1 / ground.count)
    balanced: Floats = ground.shares @ (weights / weights.sum())
    return balanced


def _assign(ground: Ground, spread: Floats) -> Whole:
    """Return each unit's territory when each is charged until all have about their share."""
    loads = _balanced(ground)
    costs = spread
    charges = np.zeros(ground.size)
    labels: Whole = costs.argmin(axis=1)
    best = (np.inf, labels)
    step = float(np.average(costs.min(axis=1) / np.maximum(loads, 1e-12), weights=loads + 1e-12))
    for turn in range(_CHARGING):
        labels = (costs + loads[:, None] * charges).argmin(axis=1)
        filled = np.bincount(labels, loads, ground.size)
        off = filled / ground.targets - 1
        worst = float(np.abs(off).sum())
        if worst < best[0]:
            best = (worst, labels)
        charges += step * 0.5 * np.clip(off, -1, 1) / (1 + turn / 8)
    return best[1]
