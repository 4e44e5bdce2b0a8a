"""VROOM at its highest exploration level, ended by its own time-out."""

from datetime import timedelta

import numpy as np
import vroom

from tests.benchmarks.vrp import Instance, Tours


def solve(instance: Instance, seconds: float) -> Tours:
    """Return the tours; VROOM's time-out is by the wall clock."""
    if any(prize is not None for prize in instance.prizes):
        raise ValueError("VROOM counts priorities and knows no prizes.")
    first, last = instance.windows[0]
    problem = vroom.Input()
    problem.set_durations_matrix("car", instance.legs.astype(np.uint32))
    for number in range(instance.vehicles):
        vehicle = vroom.Vehicle(
            number, start=0, end=0, capacity=[instance.capacity], time_window=[first, last]
        )
        problem.add_vehicle(vehicle)
    for number in range(1, instance.clients + 1):
        problem.add_job(
            vroom.Job(
                number,
                location=number,
                default_service=instance.service[number],
                delivery=[instance.demand[number]],
                time_windows=[list(instance.windows[number])],
            )
        )
    limit = timedelta(seconds=seconds)
    table = problem.solve(exploration_level=5, nb_threads=1, timeout=limit).routes
    return [
        [int(job) for job in rows[rows.type == "job"].id] for _, rows in table.groupby("vehicle_id")
    ]
