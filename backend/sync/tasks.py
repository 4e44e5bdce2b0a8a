"""The sync room's tasks, by name."""

from datetime import timedelta

from backend.jobs import Task, Work
from backend.sync import changelog

TOMBSTONE_LIFE = timedelta(days=90)


def _purge(work: Work) -> None:
    with work.db.without_org() as connection:
        changelog.purge_tombstones(connection, work.clock.now() - TOMBSTONE_LIFE)


TASKS = [Task("sync.purge", _purge, cron="53 1 * * *", is_for_all=True)]
