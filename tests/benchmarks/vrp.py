"""Published instances of routing with time windows, and the best values that are known for them.

Distances are counted in tenths, cut off, as the DIMACS challenge does; so are times, and prizes.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

DATA = Path(__file__).parents[3] / "shared" / "data" / "vrp"
_SCALE = 10

type Matrix = npt.NDArray[np.int64]
type Tours = Sequence[Sequence[int]]
"""The clients of each tour in their order; no depot among them."""


@dataclass(frozen=True)
class Instance:
    """Node 0 is the depot; a prize is what leaving a client out costs, None where it must be in."""

    name: str
    family: str
    legs: Matrix
    demand: Sequence[int]
    windows: Sequence[tuple[int, int]]
    service: Sequence[int]
    capacity: int
    vehicles: int
    prizes: Sequence[int | None]
    best_known: int | None

    @property
    def clients(self) -> int:
        """How many clients there are."""
        return len(self.demand) - 1


def cost_of(instance: Instance, tours: Tours) -> int:
    """Return what tours cost; raises ValueError for the first rule that one breaks."""
    visited = [client for tour in tours for client in tour]
    if len(set(visited)) < len(visited):
        raise ValueError("A client is visited twice.")
    if sum(bool(tour) for tour in tours) > instance.vehicles:
        raise ValueError("There are too many tours.")
    total = sum(_cost_of_tour(instance, tour) for tour in tours)
    for client in set(range(1, instance.clients + 1)) - set(visited):
        price = instance.prizes[client]
        if price is None:
            raise ValueError(f"{client} is not visited.")
        total += price
    return total


def _cost_of_tour(instance: Instance, tour: Sequence[int]) -> int:
    if sum(instance.demand[client] for client in tour) > instance.capacity:
        raise ValueError(f"{tour} carries too much.")
    total, now = 0, instance.windows[0][0]
    for before, client in pairwise([0, *tour, 0]):
        total += int(instance.legs[before, client])
        now += int(instance.legs[before, client])
        first, last = instance.windows[client]
        if now > last:
            raise ValueError(f"{client} is reached at {now}, after {last}.")
        now = max(now, first) + instance.service[client]
    return total


def instances(family: str, name: str | None = None) -> Iterator[Instance]:
    """Yield the instances of a folder in the order of their names, or the one so named."""
    for path in sorted((DATA / family).iterdir()):
        if name is not None and path.stem.lower() != name.lower():
            continue
        if path.suffix == ".txt":
            yield _solomon(path, family)
        elif path.suffix == ".vrp":
            yield _vrplib(path, family)
        elif path.suffix == ".tsptw":
            yield _tsptw(path, family)


def _solomon(path: Path, family: str) -> Instance:
    lines = [line.split() for line in path.read_text().splitlines()]
    start = next(number for number, line in enumerate(lines) if line[:1] == ["NUMBER"])
    vehicles, capacity = (int(word) for word in lines[start + 1])
    table = np.array([line for line in lines if len(line) == 7 and line[0].isdigit()], float)
    return Instance(
        name=path.stem.upper(),
        family=family,
        legs=_legs(table[:, 1:3]),
        demand=[int(one) for one in table[:, 3]],
        windows=[(int(first) * _SCALE, int(last) * _SCALE) for first, last in table[:, 4:6]],
        service=[int(one) * _SCALE for one in table[:, 6]],
        capacity=capacity,
        vehicles=vehicles,
        prizes=[None] * len(table),
        best_known=_dimacs().get(path.stem.upper()),
    )


def _published(path: Path, instance: Instance) -> int:
    """Return what the published plan costs in tenths: its own figure is rounded at times."""
    tours = re.findall(r"^Route #\d+: (.+)$", path.read_text(), re.MULTILINE)
    return cost_of(instance, [[int(word) for word in tour.split()] for tour in tours])


def _vrplib(path: Path, family: str) -> Instance:
    text = path.read_text()
    parts = {
        found[1]: np.array([line.split() for line in found[2].strip().splitlines()], float)
        for found in re.finditer(r"([A-Z_]+)_SECTION\n((?:\s*-?[\d.]+.*\n)+)", text)
    }
    said = dict(re.findall(r"^([A-Z_]+) : (.+)$", text, re.MULTILINE))
    count = int(said["DIMENSION"])
    service = [0] + [int(said["SERVICE_TIME"]) * _SCALE] * (count - 1)
    prizes: list[int | None] = [None] * count
    if "PRIZE" in parts:
        prizes = [int(one) * _SCALE for one in parts["PRIZE"][:, 1]]
    instance = Instance(
        name=path.stem,
        family=family,
        legs=_legs(parts["NODE_COORD"][:, 1:3]),
        demand=[int(one) for one in parts["DEMAND"][:, 1]],
        windows=[(int(a) * _SCALE, int(b) * _SCALE) for _, a, b in parts["TIME_WINDOW"]],
        service=service,
        capacity=int(said["CAPACITY"]),
        vehicles=int(said["VEHICLES"]),
        prizes=prizes,
        best_known=None,
    )
    return replace(instance, best_known=_published(path.with_suffix(".sol"), instance))


def _tsptw(path: Path, family: str) -> Instance:
    text = path.read_text()
    count = int(re.findall(r"DIMENSION : (\d+)", text)[0])
    body = text.split("EDGE_WEIGHT_SECTION")[1].split("TIME_WINDOW_SECTION")
    legs = np.array(body[0].split()[: count * count], float).astype(np.int64)
    rows = [line.split() for line in body[1].strip().splitlines()[:count]]
    return Instance(
        name=path.stem,
        family=family,
        legs=legs.reshape(count, count),
        demand=[0] * count,
        windows=[(int(float(row[1])), int(float(row[2]))) for row in rows],
        service=[0] * count,
        capacity=0,
        vehicles=1,
        prizes=[None] * count,
        best_known=_tours().get(path.stem),
    )


def _legs(places: npt.NDArray[np.float64]) -> Matrix:
    apart = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=-1))
    # What is whole but for the machine's rounding stays whole.
    return np.floor(_SCALE * apart + 1e-9).astype(np.int64)


def _dimacs() -> Mapping[str, int]:
    lines = (DATA / "bks" / "solomon100_dimacs.txt").read_text().split()
    return {line.split(".")[0]: int(line.split(".")[3]) for line in lines}


def _tours() -> Mapping[str, int]:
    found = re.findall(
        r"^(\S+)\.(\d+)\.tour$", (DATA / "bks" / "tsptw_tours.txt").read_text(), re.MULTILINE
    )
    return {name: int(cost) for name, cost in found}


def other_best() -> Mapping[str, float]:
    """Return best known values in whole units, where there are none in tenths."""
    table = json.loads((DATA / "bks" / "vrptw_bks.json").read_text())
    return {name: one["best_known_cost"] for name, one in table.items()}
