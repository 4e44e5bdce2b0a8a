"""Which faults there are, how often each may strike, and a run's choice of them."""

import random
from collections.abc import Mapping

RATES: Mapping[str, float] = {
    # At each push.
    "answer lost after commit": 0.05,
    "hung up before the answer": 0.03,
    "answer cut at a random byte": 0.03,
    "duplicate push": 0.05,
    "concurrent duplicate push": 0.04,
    "pushes reordered": 0.10,
    "body cut at a random byte": 0.03,
    "body trickled": 0.008,
    "compression bomb": 0.008,
    "server disk full": 0.01,
    "server killed in mid-push": 0.009,
    "deadlock in push": 0.01,
    "serialization failure in push": 0.01,
    "statement timeout in push": 0.006,
    "token expires in mid-batch": 0.12,
    "poison": 0.05,
    # At each page of a pull.
    "page asked twice": 0.04,
    "page lost": 0.03,
    "page cut at a random byte": 0.01,
    "client killed in mid-page": 0.02,
    "server killed in mid-pull": 0.0015,
    "database error in pull": 0.01,
    "token expires between pages": 0.02,
    "pause between pages": 0.10,
    # At each commit of a pull.
    "client killed before apply": 0.03,
    "client killed between apply and cursor": 0.03,
    # At each round of a device.
    "forged cursor": 0.012,
    "foreign cursor": 0.012,
    "wrong-epoch cursor": 0.01,
    "device restored from backup": 0.012,
    "database cloned to a second phone": 0.006,
    "clock jumps": 0.03,
    # At each file.
    "server killed in mid-PATCH": 0.10,
    "upload cut": 0.15,
    # At each round of the real phone.
    "phone killed": 0.50,
    "phone disk full": 0.25,
    # At each transaction of a writer.
    "writer rolls back": 0.08,
    "writer dawdles": 0.06,
    "writers cross": 0.06,
    "scope flips": 0.16,
    # Once a world.
    "3 s writer": 0.50,
    "role downgraded": 0.25,
    "user disabled": 0.25,
    "old client": 0.30,
    "phone": 0.30,
    # For the whole house, a minute.
    "PostgreSQL restarted": 8.0,
    "tombstones purged": 9.0,
    "epoch changed": 1.7,
}
"""How likely each fault is at each chance; those of the house are how many there are a minute."""

_KEPT_ALONE = frozenset({"phone", "old client", "scope flips", "pause between pages"})
"""What goes on where only one fault is asked for: without it there would be little to see."""
_SHARED = frozenset({"PostgreSQL restarted", "tombstones purged", "epoch changed"})


class Weather:
    """What may strike in a run."""

    def __init__(self, *, only: str = "", more: Mapping[str, float] | None = None) -> None:
        if only and only not in RATES:
            names = "\n  ".join(RATES)
            raise ValueError(f"There is no fault {only!r}. There are:\n  {names}")
        self.rates = dict(RATES)
        if only:
            for name in self.rates:
                if name not in _KEPT_ALONE:
                    self.rates[name] = 0.0
            self.rates[only] = RATES[only] * 3 if only in _SHARED else max(0.3, RATES[only])
        self.rates.update(more or {})
        self.haste = 0.3
        """How many transactions the writers may do for each page of a pull."""

    def strikes(self, rng: random.Random, name: str) -> bool:
        """Tell whether a fault is to be tried now."""
        return rng.random() < self.rates[name]
