"""Runs blocking work beside the window's loop."""

import threading
from collections.abc import Callable
from functools import partial

from kivy.clock import Clock


def run_in_background[Result](work: Callable[[], Result], done: Callable[[Result], None]) -> None:
    """Calls `done` on the window's thread; `work` returns its expected errors as values.

    Anything it raises is raised again on the window's thread, where the app's edge reports it.
    """

    def run() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - carried to the window's thread
            Clock.schedule_once(partial(_raise, error))
        else:
            Clock.schedule_once(lambda _: done(result))

    threading.Thread(target=run, name="tuyen-work", daemon=True).start()


def _raise(error: Exception, _elapsed: float) -> None:
    raise error
