"""Work that is done later: asked for in the transaction that causes it, done by a worker.

A job is there exactly when its transaction was committed. It may run more than once (a worker may
die after the work and before saying so), so every task can be repeated without harm.
"""

from backend.jobs.queue import enqueue, enqueue_behind, enqueue_in, enqueue_in_turn
from backend.jobs.tasks import Task, Work

__all__ = ["Task", "Work", "enqueue", "enqueue_behind", "enqueue_in", "enqueue_in_turn"]
