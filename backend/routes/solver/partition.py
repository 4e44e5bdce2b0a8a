"""The best day made of tours that were seen on the way: a set partition, by CP-SAT.

A search sees thousands of good tours and keeps those of one plan. Tours of different plans often
fit together to a better one than any that was seen whole.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from ortools.sat.python import cp_model


class Tour(msgspec.Struct, frozen=True):
    """Clients in their order for a kind of vehicle, and what they cost together."""

    clients: tuple[int, ...]
    kind: int
    cost: int


def cheapest(tours: Iterable[Tour]) -> list[Tour]:
    """Return of each set of clients the cheapest order."""
    kept: dict[tuple[int, frozenset[int]], Tour] = {}
    for tour in tours:
        key = (tour.kind, frozenset(tour.clients))
        known = kept.get(key)
        if known is None or known.cost > tour.cost:
            kept[key] = tour
    return list(kept.values())


def best_partition(
    tours: Sequence[Tour],
    *,
    vehicles: Sequence[int],
    prices: Mapping[int, int | None],
    known: Sequence[Tour],
    effort: float,
    seed: int,
) -> list[Tour] | None:
    """Return tours that hold each client at most once, at the least cost; None without any.

    `vehicles` says how many there are of each kind. A client whose price is None is in one of them;
    others may be left out for their price. `known` is a plan to begin with, all its tours among
    `tours`. Effort is CP-SAT's deterministic time.
    """
    model = cp_model.CpModel()
    is_used = [model.new_bool_var("") for _ in tours]
    holding: dict[int, list[cp_model.IntVar]] = {client: [] for client in prices}
    for used, tour in zip(is_used, tours, strict=True):
        for client in tour.clients:
            holding[client].append(used)
    costs = [tour.cost * used for tour, used in zip(tours, is_used, strict=True)]
    for client, price in prices.items():
        if price is None:
            model.add_exactly_one(holding[client])
        else:
            is_out = model.new_bool_var("")
            model.add_exactly_one([*holding[client], is_out])
            costs.append(price * is_out)
    for kind, count in enumerate(vehicles):
        of_kind = [used for used, tour in zip(is_used, tours, strict=True) if tour.kind == kind]
        model.add(sum(of_kind) <= count)
    wanted = Counter((tour.kind, tour.clients) for tour in known)
    for used, tour in zip(is_used, tours, strict=True):
        model.add_hint(used, bool(wanted[tour.kind, tour.clients]))
    model.minimize(sum(costs))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = effort
    if solver.solve(model) not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return None
    return [tour for used, tour in zip(is_used, tours, strict=True) if solver.boolean_value(used)]
