"""A search for tours with time windows, made of PyVRP's parts and a set partition over what it saw.

PyVRP's own `solve` is made for minutes. Here the first seconds count: a shorter memory, penalties
that begin near where they end, and phases. A phase ends with the best partition of the tours seen
so far, from which the next one goes on with a fresh memory. A search for few clients that is stuck
with thirty neighbours gets on with twenty, and the other way round; for visits with prizes the
partition is most of what there is to win.
"""

import warnings

import msgspec
from pyvrp import (
    CostEvaluator,
    IteratedLocalSearch,
    IteratedLocalSearchParams,
    PenaltyManager,
    PenaltyParams,
    ProblemData,
    RandomNumberGenerator,
    Route,
    Solution,
)
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks
from pyvrp.search import (
    OPERATORS,
    LocalSearch,
    NeighbourhoodParams,
    PerturbationManager,
    PerturbationParams,
    compute_neighbours,
)

from backend.routes.solver.budget import Budget
from backend.routes.solver.partition import Tour, best_partition, cheapest


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the search; it ends when so much of the budget is used."""

    until: float
    neighbours: int
    """How many clients near each one a move looks at."""
    partition: float = 0.0
    """The share of the budget that the partition at its end may take; 0 for none."""


class Tuning(msgspec.Struct, frozen=True, kw_only=True):
    """How the search goes about it; the defaults are measured by `make bench-routes`."""

    phases: tuple[Phase, ...]
    perturbations: int = 25
    history: int = 100
    penalty: float = 100.0
    """What a unit of lateness or of load too much costs at first."""
    near: float = 1.02
    """Tours of plans that are dearer than the best by more than this factor are not kept."""
    pool: int = 4000
    """So many tours are kept, the newest ones."""


_FEW, _MANY = 150, 400
"""Up to so many clients a search comes to where it is stuck, or at least near the ground."""


def tuning_for(data: ProblemData) -> Tuning:
    """Return how a problem is best gone about, by its size and by what may be left out."""
    if data.num_clients <= _FEW:
        return _in_phases(30, 20, 30)
    if data.num_clients <= _MANY or not all(client.required for client in data.clients()):
        return _in_phases(40, 40, 40)
    return Tuning(phases=(Phase(until=1.0, neighbours=40),))


def _in_phases(first: int, second: int, last: int) -> Tuning:
    """Return a search with two partitions; phases differ in how many neighbours they look at."""
    return Tuning(
        phases=(
            Phase(until=0.45, neighbours=first, partition=0.07),
            Phase(until=0.88, neighbours=second, partition=0.07),
            Phase(until=1.0, neighbours=last),
        )
    )


def search(
    data: ProblemData,
    *,
    seed: int,
    budget: Budget,
    start: Solution | None = None,
    tuning: Tuning | None = None,
) -> Solution:
    """Return the best plan found within the budget; it may be impossible where none was found.

    Same problem, seed, start and count of iterations: same plan.
    """
    tuning = tuning or tuning_for(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)  # a full day is no fault of ours
        return _Search(data, seed, budget, tuning).run(start)


class _Search:
    """One search: the penalties and what was seen live through all phases."""

    def __init__(self, data: ProblemData, seed: int, budget: Budget, tuning: Tuning) -> None:
        self._data, self._seed, self._budget, self._tuning = data, seed, budget, tuning
        self._rng = RandomNumberGenerator(seed=seed)
        widths = {phase.neighbours for phase in tuning.phases}
        self._locals = {width: self._local(width) for width in sorted(widths)}
        penalty = tuning.penalty
        loads = [penalty] * data.num_load_dimensions
        self._penalties = PenaltyManager((loads, penalty, penalty), PenaltyParams())
        self._collector = _Collector(tuning.pool, tuning.near)

    def run(self, start: Solution | None) -> Solution:
        """Go through the phases until the budget is used."""
        best = start or self._first()
        for phase in self._tuning.phases:
            best = self._improve(best, phase)
            # A client of a group stands for others: tours say nothing of that.
            if phase.partition and best.is_feasible() and not self._data.num_groups:
                best = self._combine(best, phase.partition)
        return best

    def _local(self, neighbours: int) -> LocalSearch:
        around = NeighbourhoodParams(num_neighbours=neighbours)
        shaking = PerturbationManager(PerturbationParams(1, self._tuning.perturbations))
        data = self._data
        local = LocalSearch(data, self._rng, compute_neighbours(data, around), shaking)
        for operator in OPERATORS:
            if operator.supports(data):
                local.add_operator(operator(data))
        return local

    def _first(self) -> Solution:
        """Begin with a random plan, improved as far as it goes."""
        evaluator = self._penalties.max_cost_evaluator()
        local = self._locals[self._tuning.phases[0].neighbours]
        return local(Solution.make_random(self._data, self._rng), evaluator, exhaustive=True)

    def _improve(self, begin: Solution, phase: Phase) -> Solution:
        budget, local = self._budget, self._locals[phase.neighbours]

        def is_over(best_cost: int) -> bool:
            budget.step(best_cost)
            return budget.used() >= phase.until

        params = IteratedLocalSearchParams(
            history_length=self._tuning.history, callbacks=self._collector
        )
        algorithm = IteratedLocalSearch(self._data, self._penalties, local, begin, params)
        found: Solution = algorithm.run(is_over, collect_stats=False).best
        return found

    def _combine(self, best: Solution, share: float) -> Solution:
        """Return the best plan that the tours seen so far make, where it is better."""
        known = tours_of(best)
        tours = self._collector.tours()
        present = {(tour.kind, tour.clients) for tour in tours}
        tours += [tour for tour in known if (tour.kind, tour.clients) not in present]
        chosen = best_partition(
            tours,
            vehicles=[kind.num_available for kind in self._data.vehicle_types()],
            prices={
                number: None if client.required else client.prize
                for number, client in enumerate(self._data.clients())
            },
            known=known,
            effort=self._budget.effort(share),
            seed=self._seed,
        )
        if chosen is None:
            return best
        routes = [Route(self._data, list(tour.clients), tour.kind) for tour in chosen]
        plan = Solution(self._data, routes)
        evaluator = self._penalties.max_cost_evaluator()
        is_better = evaluator.penalised_cost(plan) < evaluator.penalised_cost(best)
        return plan if is_better else best


class _Collector(IteratedLocalSearchCallbacks):
    """Keeps the newest tours of possible plans that come near the best.

    Most tours of a plan are those of the plan before: they are told by their looks, since to ask
    them for their clients takes half as long as the search itself.
    """

    def __init__(self, limit: int, near: float) -> None:
        self._limit, self._near = limit, near
        self._routes: dict[tuple[int, ...], Route] = {}

    def tours(self) -> list[Tour]:
        """Return the cheapest order seen of each set of clients."""
        self._forget()
        return cheapest(_tour(route) for route in self._routes.values())

    def _forget(self) -> None:
        for looks in list(self._routes)[: max(len(self._routes) - self._limit, 0)]:
            del self._routes[looks]

    def on_iteration(
        self,
        current: Solution,
        candidate: Solution,
        best: Solution,
        cost_evaluator: CostEvaluator,
    ) -> None:
        """Take the candidate's tours where they may be of use."""
        del current
        if not candidate.is_feasible():
            return
        if cost_evaluator.cost(candidate) > self._near * cost_evaluator.cost(best):
            return
        for route in candidate.routes():
            self._routes.setdefault(_looks(route), route)
        if len(self._routes) > 2 * self._limit:
            self._forget()


def tours_of(plan: Solution) -> list[Tour]:
    """Return a plan's tours with their costs; prizes are not part of them."""
    return [_tour(route) for route in plan.routes()]


def _looks(route: Route) -> tuple[int, ...]:
    """Return what hardly two tours have in common."""
    return (
        route.vehicle_type(),
        route.distance(),
        route.duration(),
        route.start_time(),
        route.slack(),
        route.num_clients(),
        route.prizes(),
    )


def _tour(route: Route) -> Tour:
    clients = tuple(activity.idx for activity in route if activity.is_client())
    cost = route.distance_cost() + route.duration_cost() + route.fixed_vehicle_cost()
    return Tour(clients=clients, kind=route.vehicle_type(), cost=cost)
