import os
import select
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from backend.geo.network.build import GRAPH_NAME, build_network
from backend.geo.network.crow_fly import CrowFlyNetwork, great_circles_m
from backend.geo.network.opening import open_network
from backend.geo.network.osrm import OsrmNetwork
from backend.geo.network.pair_cache import PairCache
from backend.geo.network.provider import NetworkError
from backend.geo.vocabulary import GeoError, LonLat, great_circle_m

FAR_AWAY = LonLat(25.2, 60.4)
ROOT = Path(__file__).parents[3]


def running(network: OsrmNetwork) -> int:
    pid = network.worker_pid
    assert pid is not None
    return pid


def has_ended(pid: int, *, within_s: float = 0) -> bool:
    """Wait for a process that need not be our child; reaped or not, it has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(within_s * 1000))
    finally:
        os.close(descriptor)


def test_all_fifty_places_reach_each_other(network: OsrmNetwork, points: list[LonLat]) -> None:
    matrix = network.matrix(points)
    assert not matrix.is_estimate
    assert matrix.off_network == ()
    assert len(matrix.durations_s) == len(points)
    assert matrix.durations_s.dtype == matrix.distances_m.dtype == np.int32
    assert matrix.durations_s.min() == matrix.distances_m.min() == 0
    assert not matrix.durations_s.diagonal().any()


def test_streets_are_not_shorter_than_the_straight_line(
    network: OsrmNetwork, points: list[LonLat]
) -> None:
    # A place lies up to 200 m from its street here: both ends may gain that much.
    slack_m = 400
    matrix = network.matrix(points)
    assert (matrix.distances_m >= great_circles_m(points) - slack_m).all()


def test_a_paths_legs_are_the_matrix_entries(network: OsrmNetwork, points: list[LonLat]) -> None:
    stops = [*points[:12], points[11], points[3]]
    path, matrix = network.path(stops), network.matrix(stops)
    assert len(path.legs) == len(stops) - 1
    for index, leg in enumerate(path.legs):
        assert leg.duration_s == matrix.durations_s[index, index + 1]
        assert leg.distance_m == matrix.distances_m[index, index + 1]
    assert path.duration_s == sum(leg.duration_s for leg in path.legs)


def test_a_legs_part_of_the_line_is_as_long_as_the_leg(
    network: OsrmNetwork, points: list[LonLat]
) -> None:
    path = network.path([*points[:12], points[11], points[3]])
    starts = [leg.line_start_index for leg in path.legs]
    ends = [*starts[1:], len(path.line) - 1]
    for leg, start, end in zip(path.legs, starts, ends, strict=True):
        part = path.line[start : end + 1]
        length = sum(great_circle_m(a, b) for a, b in pairwise(part))
        assert length == pytest.approx(leg.distance_m, rel=0.02, abs=2)


def test_a_point_off_the_network_is_reported_and_costs_only_itself(
    network: OsrmNetwork, points: list[LonLat]
) -> None:
    matrix = network.matrix([points[0], FAR_AWAY, points[1]])
    (off,) = matrix.off_network
    assert off.index == 1
    assert off.distance_m is not None
    assert 10_000 < off.distance_m < 40_000
    assert "500 m" in off.reason
    assert matrix.duration_rows()[1] == (None, None, None)
    assert [row[1] for row in matrix.duration_rows()] == [None, None, None]
    assert matrix.durations_s[0, 2] == network.matrix([points[0], points[1]]).durations_s[0, 1]
    with pytest.raises(NetworkError, match="Point 2") as caught:
        network.path([points[0], FAR_AWAY])
    assert (caught.value.code, caught.value.field) == ("off_network", "points[1]")


def test_small_questions_have_answers(network: OsrmNetwork, points: list[LonLat]) -> None:
    assert network.matrix([]).duration_rows() == ()
    assert network.matrix(points[:1]).duration_rows() == ((0,),)
    assert network.matrix([FAR_AWAY]).duration_rows() == ((None,),)
    assert network.matrix([points[0], points[0]]).duration_rows() == ((0, 0), (0, 0))
    with pytest.raises(NetworkError, match="at least 2"):
        network.path(points[:1])


def test_swapped_positions_never_reach_the_engine(network: OsrmNetwork) -> None:
    with pytest.raises(GeoError, match="point 2 looks swapped") as caught:
        network.matrix([LonLat(24.94, 60.17), LonLat(21.0, 105.8)])
    assert caught.value.code == "swapped"
    assert network.worker_pid is None


def test_many_threads_share_one_network(network: OsrmNetwork, points: list[LonLat]) -> None:
    expected = network.path(points[:10])
    whole = network.matrix(points).duration_rows()
    pid = running(network)
    network.cache = PairCache()
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(network.path, points[:10]) for _ in range(20)]
        some = [threads.submit(network.matrix, points[first:]) for first in range(20)]
    assert all(answer.result() == expected for answer in asked)
    for first, answer in enumerate(some):
        rows = answer.result().duration_rows()
        assert rows == tuple(row[first:] for row in whole[first:])
    assert running(network) == pid


def test_a_crashed_worker_is_replaced_unnoticed(network: OsrmNetwork, points: list[LonLat]) -> None:
    expected = network.path(points[:5])
    first = running(network)
    os.kill(first, signal.SIGKILL)
    assert network.path(points[:5]) == expected
    assert running(network) != first


def test_a_stuck_worker_is_killed_and_replaced(networks: Path, points: list[LonLat]) -> None:
    opened = open_network(networks)
    assert isinstance(opened, OsrmNetwork)
    with OsrmNetwork(
        networks / f"car-{opened.version}" / GRAPH_NAME,
        profile="car",
        version=opened.version,
        timeout_s=2,
    ) as network:
        expected = network.path(points[:5])
        stuck = running(network)
        os.kill(stuck, signal.SIGSTOP)
        with pytest.raises(NetworkError) as caught:
            network.path(points[:5])
        assert caught.value.code == "network_timeout"
        assert has_ended(stuck)
        assert network.path(points[:5]) == expected


def test_closing_ends_the_worker_and_may_be_repeated(
    network: OsrmNetwork, points: list[LonLat]
) -> None:
    network.matrix(points[:2])
    pid = running(network)
    network.close()
    network.close()
    assert has_ended(pid)
    assert network.worker_pid is None


def test_a_forgotten_network_leaves_no_worker(networks: Path, points: list[LonLat]) -> None:
    network = open_network(networks)
    assert isinstance(network, OsrmNetwork)
    network.matrix(points[:2])
    pid = running(network)
    del network
    assert has_ended(pid)


def test_a_forked_process_takes_a_worker_of_its_own(networks: Path) -> None:
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from backend.geo.network.opening import open_network\n"
        "from backend.geo.vocabulary import LonLat\n"
        "points = [LonLat(24.9414, 60.1719), LonLat(24.9480, 60.1690)]\n"
        "network = open_network(Path(sys.argv[1]))\n"
        "expected, first = network.path(points), network.worker_pid\n"
        "child = os.fork()\n"
        "assert network.path(points) == expected\n"
        "assert (network.worker_pid == first) == bool(child)\n"
        "if child:\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
        "    assert network.path(points) == expected\n"
    )
    subprocess.run([sys.executable, "-c", script, str(networks)], cwd=ROOT, check=True)


@pytest.mark.parametrize("ending", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_worker_does_not_outlive_its_parent(networks: Path, ending: str) -> None:
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from backend.geo.network.opening import open_network\n"
        "from backend.geo.vocabulary import LonLat\n"
        "network = open_network(Path(sys.argv[1]))\n"
        "network.matrix([LonLat(24.9414, 60.1719), LonLat(24.9480, 60.1690)])\n"
        "print(network.worker_pid, flush=True)\n"
        f"{ending}\n"
    )
    parent = subprocess.run(
        [sys.executable, "-c", script, str(networks)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=False,
    )
    pid = int(parent.stdout)
    assert has_ended(pid, within_s=30)


def test_a_damaged_graph_is_an_error_not_a_hang(helsinki: Path, tmp_path: Path) -> None:
    info = build_network(helsinki, tmp_path)
    (tmp_path / f"car-{info.version}" / f"{GRAPH_NAME}.hsgr").write_bytes(b"\0" * 4096)
    network = open_network(tmp_path)
    with pytest.raises(NetworkError) as caught:
        network.matrix([LonLat(24.9414, 60.1719), LonLat(24.9480, 60.1690)])
    assert caught.value.code in {"network_broken", "network_crashed"}
    network.close()


def test_the_estimate_is_of_the_same_order_as_the_streets(
    network: OsrmNetwork, points: list[LonLat]
) -> None:
    measured = network.matrix(points).distances_m.mean()
    estimated = CrowFlyNetwork("car").matrix(points).distances_m.mean()
    assert 0.5 < estimated / measured < 2
