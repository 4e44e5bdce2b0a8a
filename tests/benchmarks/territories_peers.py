"""What others make of the same city: GerryChain's ReCom and spopt's regions, judged as ours are."""

import functools
import random
import warnings
from collections.abc import Callable, Sequence

import geopandas
import libpysal
import networkx as nx
import numpy as np
from gerrychain import Graph, MarkovChain, Partition, accept, constraints, updaters
from gerrychain.partition import recursive_tree_part
from gerrychain.proposals import recom
from shapely.geometry import box
from spopt.region import RegionKMeansHeuristic, Skater, WardSpatial

from backend.territories.design.problem import DesignProblem

_STEPS = 300
_EPSILON = 0.05


def recom_chain(problem: DesignProblem) -> list[int]:
    """Return the most compact of 300 plans by ReCom within 5 % (GerryChain)."""
    random.seed(problem.seed)
    graph = Graph.from_networkx(_graph(problem))
    ideal = problem.total(0) / len(problem.territories)
    start = recursive_tree_part(graph, range(len(problem.territories)), ideal, "load", _EPSILON)
    first = Partition(
        graph,
        assignment=start,
        updaters={"load": updaters.Tally("load"), "cut": updaters.cut_edges},
    )
    proposal = functools.partial(recom, pop_col="load", pop_target=ideal, epsilon=_EPSILON)
    even = constraints.within_percent_of_ideal_population(first, _EPSILON, pop_key="load")
    chain = MarkovChain(proposal, [even], accept.always_accept, first, _STEPS)
    best = min(chain, key=lambda plan: len(plan["cut"]))
    return [int(best.assignment[unit]) for unit in range(len(problem.units))]


def region_k_means(problem: DesignProblem) -> list[int]:
    """Return spopt's regions by k-means on a graph."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame, weights = _frame(problem)
        np.random.seed(problem.seed)  # noqa: NPY002  its own source of chance
        model = RegionKMeansHeuristic(
            frame[["x", "y"]].to_numpy(), len(problem.territories), weights
        )
        model.solve()
    return [int(one) for one in model.labels_]


def ward(problem: DesignProblem) -> list[int]:
    """Return spopt's regions by Ward's clustering."""
    return _clustered(
        problem, lambda frame, weights, count: WardSpatial(frame, weights, ["x", "y"], count)
    )


def skater(problem: DesignProblem) -> list[int]:
    """Return spopt's regions by SKATER."""
    return _clustered(
        problem,
        lambda frame, weights, count: Skater(frame, weights, ["x", "y"], n_clusters=count, floor=1),
    )


type _Maker = Callable[[geopandas.GeoDataFrame, libpysal.weights.W, int], object]


def _clustered(problem: DesignProblem, make: _Maker) -> list[int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame, weights = _frame(problem)
        model = make(frame, weights, len(problem.territories))
        model.solve()  # type: ignore[attr-defined]
        labels: Sequence[float] = model.labels_  # type: ignore[attr-defined]
    return [int(one) for one in labels]


def _graph(problem: DesignProblem) -> nx.Graph:
    graph = nx.Graph()
    for index, unit in enumerate(problem.units):
        graph.add_node(index, load=unit.loads[0])
    graph.add_edges_from(
        (one.first, one.second) for one in problem.borders if one.travel is not None
    )
    return graph


def _frame(problem: DesignProblem) -> tuple[geopandas.GeoDataFrame, libpysal.weights.W]:
    near: dict[int, list[int]] = {index: [] for index in range(len(problem.units))}
    for one in problem.borders:
        if one.travel is not None:
            near[one.first].append(one.second)
            near[one.second].append(one.first)
    units = problem.units
    frame = geopandas.GeoDataFrame(
        {
            "x": [unit.x_m for unit in units],
            "y": [unit.y_m for unit in units],
            "load": [unit.loads[0] for unit in units],
        },
        geometry=[box(one.x_m, one.y_m, one.x_m + 1, one.y_m + 1) for one in units],
    )
    return frame, libpysal.weights.W(near, silence_warnings=True)
