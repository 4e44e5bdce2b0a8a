"""What breaks the promise is seen: with each deliberate breakage the simulator fails."""

from collections.abc import Iterator

import pytest

from tests.simulator.house import House, open_house
from tests.simulator.proofs import PROOFS, weather_for
from tests.simulator.simulation import Plan, Run
from tests.simulator.tally import Tally

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("simulator")]

_SEEDS = range(1, 200)
_MINUTES = 1.0


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A house without services: each breakage gets processes of its own."""
    with open_house(Tally(), services=0) as house:
        yield house


@pytest.mark.parametrize("breakage", PROOFS)
def test_a_broken_promise_is_seen(house: House, breakage: str) -> None:
    house.tally = Tally()
    with house.services(1, breakage):
        house.tally.begin()
        plan = Plan(seeds=_SEEDS, minutes=_MINUTES, at_once=4, rounds=10, most_failures=1)
        Run(house, weather_for(breakage), plan).run()
    failures = {one.what for one in house.tally.failures}
    assert failures & SEEN_AS[breakage], sorted(failures)


SEEN_AS = {
    "sequence cursor": {"the device differs from the oracle"},
    "no tests against the target": {"the device differs from the oracle"},
    "deduplication by device": {
        "a mutation has two fates",
        "an increment was lost or applied twice",
        "an acknowledged result is not stored",
        # The second device's push of a stored creation is refused: its record exists already.
        "a refused record is there",
    },
    "results stored apart": {
        "a refused record is there",
        "an increment was lost or applied twice",
    },
    "drops by the device's word": {"the device differs from the oracle"},
    "cursor kept apart": {"the device differs from the oracle"},
}
"""How each breakage shows."""
