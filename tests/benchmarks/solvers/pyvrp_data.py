"""An instance as PyVRP states it."""

from pyvrp import Client, Depot, Location, ProblemData, VehicleType

from tests.benchmarks.vrp import Instance


def problem_data(instance: Instance) -> ProblemData:
    """Return the problem; client 0 is the instance's first."""
    first, last = instance.windows[0]
    clients = [
        Client(
            number,
            delivery=[instance.demand[number]],
            service_duration=instance.service[number],
            tw_early=instance.windows[number][0],
            tw_late=instance.windows[number][1],
            required=instance.prizes[number] is None,
            prize=instance.prizes[number] or 0,
        )
        for number in range(1, instance.clients + 1)
    ]
    kind = VehicleType(
        instance.vehicles, capacity=[instance.capacity], tw_early=first, tw_late=last
    )
    return ProblemData(
        [Location(0, 0)] * (instance.clients + 1),
        clients,
        [Depot(0, tw_early=first, tw_late=last)],
        [kind],
        [instance.legs],
        [instance.legs],
    )
