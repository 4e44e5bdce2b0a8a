"""OR-Tools' routing library: cheapest insertion, then guided local search."""

import time

import numpy as np
from ortools.constraint_solver import pywrapcp
from ortools.constraint_solver import routing_enums_pb2 as enums

from tests.benchmarks.vrp import Instance, Tours


def solve(instance: Instance, seconds: float) -> Tours:
    """Return the tours found in so many seconds of this process."""
    started = time.process_time()
    manager = pywrapcp.RoutingIndexManager(instance.clients + 1, instance.vehicles, 0)
    model = pywrapcp.RoutingModel(manager)
    _state(model, manager, instance)
    options = pywrapcp.DefaultRoutingSearchParameters()
    options.first_solution_strategy = enums.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    options.local_search_metaheuristic = enums.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    options.time_limit.FromMilliseconds(int(20_000 * seconds))  # a wall clock: only the last resort

    def look() -> None:
        if time.process_time() - started >= seconds:
            model.solver().FinishCurrentSearch()

    model.AddAtSolutionCallback(look)
    found = model.SolveWithParameters(options)
    return _read(model, manager, found) if found else []


def _read(
    model: pywrapcp.RoutingModel, manager: pywrapcp.RoutingIndexManager, found: pywrapcp.Assignment
) -> Tours:
    tours = []
    for number in range(model.vehicles()):
        index, tour = found.Value(model.NextVar(model.Start(number))), []
        while not model.IsEnd(index):
            tour.append(manager.IndexToNode(index))
            index = found.Value(model.NextVar(index))
        if tour:
            tours.append(tour)
    return tours


def _state(
    model: pywrapcp.RoutingModel, manager: pywrapcp.RoutingIndexManager, instance: Instance
) -> None:
    """Say what legs cost, when clients are open, what a vehicle carries."""
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(instance.legs.tolist()))
    busy = instance.legs + np.array(instance.service)[:, None]
    horizon = instance.windows[0][1]
    transit = model.RegisterTransitMatrix(busy.tolist())
    model.AddDimension(transit, horizon, horizon, False, "time")  # noqa: FBT003  # by position only
    clock = model.GetDimensionOrDie("time")
    for number in range(1, instance.clients + 1):
        index = manager.NodeToIndex(number)
        clock.CumulVar(index).SetRange(*instance.windows[number])
        prize = instance.prizes[number]
        if prize is not None:
            model.AddDisjunction([index], prize)
    for number in range(instance.vehicles):
        clock.CumulVar(model.End(number)).SetRange(0, horizon)
    if instance.capacity:
        load = model.RegisterUnaryTransitVector(list(instance.demand))
        limits = [instance.capacity] * instance.vehicles
        model.AddDimensionWithVehicleCapacity(load, 0, limits, True, "load")  # noqa: FBT003  # as above
