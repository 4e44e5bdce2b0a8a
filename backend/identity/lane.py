"""A lane of its own for work that burns processor time: sign-ins leave the other threads free."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from backend.api.problems import Unavailable


class Lane:
    """Runs functions in a few threads; called from one event loop."""

    def __init__(self, *, threads: int = 2, max_waiting: int = 64) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="sign-in")
        self._room = threads + max_waiting
        self._inside = 0

    async def run[T](self, work: Callable[[], T]) -> T:
        """Return what the work returns; raise Unavailable when too many wait already."""
        if self._inside >= self._room:
            raise Unavailable(
                "Too many people sign in at this moment: try again.", headers={"Retry-After": "5"}
            )
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._inside -= 1
