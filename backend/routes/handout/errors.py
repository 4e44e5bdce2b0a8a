"""What handing out can refuse besides what routes refuse."""

import math

from backend.api.problems import Conflict, NotFound, Problem

UNLISTED = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "no-referrer"}
"""An address that is a key neither goes into an index nor along to other sites."""


class NoSuchCalendar(NotFound):
    """One answer for an address that never was, was revoked or is mistyped: it tells nothing."""

    def __init__(self) -> None:
        super().__init__("There is no calendar at this address.", headers=UNLISTED)


class TooManyReads(Problem):
    """A calendar is asked for more often than calendars change."""

    status, code, title = 429, "too_many_reads", "Asked too often"

    def __init__(self, wait_seconds: float) -> None:
        seconds = max(1, math.ceil(wait_seconds))
        super().__init__(
            f"This calendar is read too often: try again in {seconds} seconds.",
            headers={"Retry-After": str(seconds), **UNLISTED},
        )


class TooManyFeeds(Conflict):
    """A person has as many calendars as anybody needs."""

    code = "too_many_feeds"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"There are {most} calendars of this person's visits: revoke one that is not used."
        )
