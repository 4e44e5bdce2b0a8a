"""A network that is rebuilt, killed or stuck while somebody is asking."""

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from backend.geo.network.build import GRAPH_NAME, build_network
from backend.geo.network.opening import open_network
from backend.geo.network.osrm import OsrmNetwork
from backend.geo.network.pair_cache import PairCache
from backend.geo.network.provider import Matrix, NetworkError
from backend.geo.vocabulary import LonLat
from backend.routes.engines import Engines
from tests.integration.geo.test_odd_ground import EAST, PIER, WAYS, WEST, write_extract

MANY = 1500
"""So many points keep the engine busy for a second or more."""
WAIT_S = 60


def many(points: list[LonLat]) -> list[LonLat]:
    numbers = random.Random(1)
    west, east = (pick(point.lon for point in points) for pick in (min, max))
    south, north = (pick(point.lat for point in points) for pick in (min, max))
    return [LonLat(numbers.uniform(west, east), numbers.uniform(south, north)) for _ in range(MANY)]


def in_mid_answer(network: OsrmNetwork, ask: Callable[[], Matrix], number: int) -> Future[Matrix]:
    """Ask in a thread, and send the worker a signal once it computes."""
    worker = psutil.Process(network.worker_pid)
    spent_s = worker.cpu_times().user
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(ask)
        pause = threading.Event()
        while worker.cpu_times().user < spent_s + 0.1:
            assert not asked.done(), "The answer came before the signal: ask for more."
            pause.wait(0.005)
        os.kill(worker.pid, number)
    return asked


@pytest.fixture
def quick(networks: Path) -> Iterator[OsrmNetwork]:
    """A network that gives up after a few seconds."""
    opened = open_network(networks)
    assert isinstance(opened, OsrmNetwork)
    base = networks / f"car-{opened.version}" / GRAPH_NAME
    with OsrmNetwork(base, profile="car", version=opened.version, timeout_s=8) as network:
        yield network


def test_a_worker_killed_in_mid_answer_is_replaced_and_the_answer_comes(
    network: OsrmNetwork, points: list[LonLat]
) -> None:
    network.matrix(points[:2])
    first = network.worker_pid
    told = in_mid_answer(network, lambda: network.matrix(many(points)), signal.SIGKILL).result()
    assert network.worker_pid != first
    network.cache = PairCache()
    assert told.duration_rows() == network.matrix(many(points)).duration_rows()


def test_a_worker_that_hangs_in_mid_answer_is_killed_and_the_next_answer_comes(
    quick: OsrmNetwork, points: list[LonLat]
) -> None:
    expected = quick.matrix(points[:5]).duration_rows()
    stuck = quick.worker_pid
    with pytest.raises(NetworkError, match="Ask for fewer points") as caught:
        in_mid_answer(quick, lambda: quick.matrix(many(points)), signal.SIGSTOP).result()
    assert caught.value.code == "network_timeout"
    assert stuck is not None
    assert not psutil.pid_exists(stuck)
    assert quick.matrix(points[:5]).duration_rows() == expected
    assert quick.worker_pid is None, "what is known needs no worker"
    assert quick.path(points[:5]).line
    assert quick.worker_pid != stuck


def test_a_worker_that_does_not_read_cannot_hold_a_large_question(
    quick: OsrmNetwork, points: list[LonLat]
) -> None:
    quick.matrix(points[:2])
    assert quick.worker_pid is not None
    os.kill(quick.worker_pid, signal.SIGSTOP)
    with pytest.raises(NetworkError) as caught:
        quick.path(many(points) * 4)
    assert caught.value.code == "too_many_points"
    with pytest.raises(NetworkError) as caught:
        quick.isochrone(points[0], [10])
    assert caught.value.code == "network_timeout"
    assert quick.path(points[:2]).line


def test_a_rebuilt_network_is_picked_up_while_the_old_one_answers_on(tmp_path: Path) -> None:
    folder = tmp_path / "networks"
    (one_way_street, tags), *others = WAYS
    both_ways = [(one_way_street, {**tags, "oneway": "no"}), *others]
    build_network(write_extract(tmp_path / "one.osm.pbf", WAYS), folder)
    engines = Engines(folder)
    old = engines.network("car")
    long_way = old.matrix([EAST, WEST]).distances_m[0, 1]

    fresh = build_network(write_extract(tmp_path / "two.osm.pbf", both_ways), folder)
    new = engines.network("car")
    assert new is not old
    assert new.version == fresh.version != old.version
    short_way = new.matrix([EAST, WEST]).distances_m[0, 1]
    assert short_way < long_way
    # Whoever still holds the old one gets old answers, known and new ones.
    assert old.matrix([EAST, WEST]).distances_m[0, 1] == long_way
    assert old.path([EAST, WEST]).distance_m == long_way
    assert old.matrix([PIER, WEST]).distances_m[0, 1] > long_way
    assert engines.network("car") is new
    old.close()
    engines.close()


def test_a_network_whose_files_are_gone_is_a_problem_that_says_what_to_do(tmp_path: Path) -> None:
    info = build_network(write_extract(tmp_path / "one.osm.pbf", WAYS), tmp_path)
    for part in (tmp_path / f"car-{info.version}").glob("graph.osrm.*"):
        part.unlink()
    network = open_network(tmp_path)
    assert isinstance(network, OsrmNetwork)
    with network:
        with pytest.raises(NetworkError, match="Build it again") as caught:
            network.matrix([EAST, WEST])
        assert caught.value.code == "network_broken"


@pytest.mark.parametrize("pointer", ["", "{", "[]", '{"version": 7}'])
def test_a_damaged_pointer_is_an_estimate_that_says_so(tmp_path: Path, pointer: str) -> None:
    (tmp_path / "car.json").write_text(pointer)
    network = open_network(tmp_path)
    assert network.is_estimate
    assert network.why is not None
    assert network.matrix([EAST, WEST]).is_estimate


def test_the_builds_in_use_and_before_stay_and_older_ones_go(tmp_path: Path) -> None:
    folder = tmp_path / "networks"
    versions = []
    for number in range(3):
        ways = [*WAYS, ([PIER, LonLat(24.91, 60.15 - number / 1000)], {"highway": "residential"})]
        extract = write_extract(tmp_path / f"{number}.osm.pbf", ways)
        versions.append(build_network(extract, folder).version)
    left = {path.name for path in folder.iterdir()}
    assert left == {"car.json", *(f"car-{version}" for version in versions[1:])}
