"""Named places at which a process may end: tests stop there and see that nothing is lost."""

from collections.abc import Callable

type At = Callable[[str], None]
"""Called with the name of the place that was reached."""

POINTS = frozenset(
    {
        "check_in.kept",
        "check_in.saved",
        "push.marked",
        "push.answered",
        "push.settling",
        "push.settled",
        "pull.begun",
        "pull.answered",
        "pull.staging",
        "pull.staged",
        "apply.page",
        "apply.rows",
        "apply.overlays",
        "apply.cursor",
        "pull.committed",
        "media.patched",
        "media.stored",
    }
)
"""All of them: `-ing` and `apply` lie inside a transaction, the others between two."""


def pass_by(_: str) -> None:
    """Go on: what happens on a real phone."""
