"""A short run of the simulator: every promise holds, whatever happens."""

import pytest

from tests.simulator.house import open_house
from tests.simulator.simulation import Plan, Run
from tests.simulator.tally import Tally
from tests.simulator.weather import Weather

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("simulator")]

_SEEDS = range(1, 9)


def test_nothing_is_lost_whatever_happens() -> None:
    tally = Tally()
    with open_house(tally, services=2) as house:
        Run(house, Weather(), Plan(seeds=_SEEDS, at_once=6)).run()
        log = house.service_log()
    told = [(one.seed, one.who, one.what, one.detail) for one in tally.failures]
    assert not told, log[-2000:]
    assert tally.counts["seeds"] == len(_SEEDS)
    assert tally.counts["checks"] >= 20 * len(_SEEDS)
    # The weather was bad indeed: these come in any few seeds.
    for fault in ("scope flipped during pull", "page asked twice", "client killed before apply"):
        assert tally.faults[fault], fault
