"""The thread that keeps the phone in step while the app is open."""

import threading
from collections.abc import Callable

from mobile_client.device.clock import Clock
from mobile_client.sync.engine import SyncEngine

_IDLE_SECONDS = 300.0
_SHORTEST_SECONDS = 0.05


class Background:
    """Runs the engine when something is due, when it is woken, and every five minutes."""

    def __init__(
        self, engine: SyncEngine, clock: Clock, next_due_at: Callable[[], float | None]
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._next_due_at = next_due_at
        self._condition = threading.Condition()
        self._is_woken = True
        self._is_changed = False
        self._is_poked = False
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name="sync", daemon=True)

    def start(self) -> None:
        """Start the thread; its first run comes at once."""
        self._thread.start()

    def wake(self) -> None:
        """Run as soon as possible."""
        with self._condition:
            self._is_woken = True
            self._condition.notify_all()

    def poke(self) -> None:
        """Run soon, unless the server asked to be left alone for a while."""
        with self._condition:
            self._is_poked = True
            self._condition.notify_all()

    def reconsider(self) -> None:
        """Look again at what is due, after something was queued."""
        with self._condition:
            self._is_changed = True
            self._condition.notify_all()

    def close(self) -> None:
        """End the thread after the request that is under way."""
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while self._wait():
            self._engine.run(is_forced=False)

    def _wait(self) -> bool:
        """Wait until a run is due; False when the thread is to end."""
        with self._condition:
            while not self._is_closed and not self._is_woken and not self._may_follow_poke():
                self._is_changed = False
                if not self._condition.wait(self._seconds()) and not self._is_changed:
                    break
            self._is_woken = self._is_poked = False
            return not self._is_closed

    def _may_follow_poke(self) -> bool:
        """A poke tells that the server is there again, but not that it has time."""
        state = self._engine.state
        return self._is_poked and (state.next_try_at is None or state.state == "offline")

    def _seconds(self) -> float:
        now_s = self._clock.now().timestamp()
        blocked_until = self._engine.state.next_try_at
        if blocked_until is not None:
            return max(_SHORTEST_SECONDS, min(_IDLE_SECONDS, blocked_until.timestamp() - now_s))
        due_at = self._next_due_at()
        until_due = _IDLE_SECONDS if due_at is None else due_at - now_s
        return max(_SHORTEST_SECONDS, min(_IDLE_SECONDS, until_due))
