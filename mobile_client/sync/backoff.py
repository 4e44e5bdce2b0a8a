"""How long to wait before trying again."""

from random import Random

from mobile_client.store.outbox import LONGEST_WAIT_SECONDS

_FIRST_SECONDS = 2.0
_SHORTEST_SHARE = 0.5
_LATER_SHARE = 0.2


def wait_seconds(tries: int, jitter: Random, *, at_least_s: float = 0.0) -> float:
    """Return a wait that doubles with each failed try, up to 15 minutes, by a random share.

    `at_least_s` is what the server asked for; it is kept up to the same limit, and somewhat more,
    so that not all phones come back in the same second.
    """
    doubled = _FIRST_SECONDS * 2.0 ** min(max(tries, 1) - 1, 20)
    share = _SHORTEST_SHARE + (1 - _SHORTEST_SHARE) * jitter.random()
    asked = min(LONGEST_WAIT_SECONDS, at_least_s) * (1 + _LATER_SHARE * jitter.random())
    return max(min(LONGEST_WAIT_SECONDS, doubled * share), asked)
