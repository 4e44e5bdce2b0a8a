"""The sign-in lane: few threads, a bounded queue."""

import asyncio
import threading

import pytest

from backend.api.problems import Unavailable
from backend.identity.lane import Lane


def test_it_runs_few_at_a_time_and_refuses_beyond_its_queue() -> None:
    lane, gate, running = Lane(threads=2, max_waiting=1), threading.Event(), []

    def work() -> str:
        running.append(threading.current_thread().name)
        gate.wait()
        return "done"

    async def crowd() -> list[str]:
        tasks = [asyncio.create_task(lane.run(work)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable) as refusal:
            await lane.run(work)
        assert refusal.value.headers["Retry-After"]
        assert len(running) <= 2
        gate.set()
        return await asyncio.gather(*tasks)

    assert asyncio.run(crowd()) == ["done"] * 3
    assert all(name.startswith("sign-in") for name in running)


def test_a_failure_makes_room_again() -> None:
    lane = Lane(threads=1, max_waiting=0)

    def fail() -> None:
        raise LookupError

    async def twice() -> None:
        for _ in range(2):
            with pytest.raises(LookupError):
                await lane.run(fail)

    asyncio.run(twice())
