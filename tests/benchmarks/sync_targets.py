"""A target of sync: ours beside a peer of the same run, the floor to hold and the aim to reach."""

import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Target:
    """What was measured, in `unit`, each time anew; the floor is judged by the median."""

    name: str
    unit: str
    ours: Sequence[float]
    floor: float
    aim: float
    peer_name: str = ""
    peer: Sequence[float] = ()
    is_rate: bool = False
    """Whether more is better."""

    @property
    def median(self) -> float:
        """The middle of ours."""
        return statistics.median(self.ours)

    @property
    def best(self) -> float:
        """The best of ours: what the code does when the machine leaves it alone."""
        return max(self.ours) if self.is_rate else min(self.ours)

    @property
    def ratio(self) -> float | None:
        """Ours against the peer, by the medians; 1 is as good as the peer, more is better."""
        if not self.peer:
            return None
        peer = statistics.median(self.peer)
        return self.median / peer if self.is_rate else peer / self.median

    @property
    def is_missed(self) -> bool:
        """Whether the floor is not held."""
        return not self._reaches(self.floor)

    @property
    def verdict(self) -> str:
        """How far it got, in a word."""
        if self.is_missed:
            return "MISSED"
        return "aim" if self._reaches(self.aim) else "floor"

    def _reaches(self, mark: float) -> bool:
        return self.median >= mark if self.is_rate else self.median <= mark


def report_targets(targets: Sequence[Target]) -> None:
    """Print a row a target."""
    table = Table(
        "target", "unit", "median", "best", "peer or floor of the machine", "ratio", "floor", "aim",
        "verdict", title="Sync: ours against peers of the same run",
    )  # fmt: skip
    for one in targets:
        peer = f"{one.peer_name} {number(statistics.median(one.peer))}" if one.peer else ""
        table.add_row(
            one.name, one.unit, number(one.median), number(one.best), peer,
            "" if one.ratio is None else f"{one.ratio:.2f}", number(one.floor), number(one.aim),
            one.verdict, style="bold red" if one.is_missed else None,
        )  # fmt: skip
    Console(width=150).print(table)


def report_table(title: str, columns: Sequence[str], rows: Mapping[str, Sequence[float]]) -> None:
    """Print figures by name."""
    table = Table(*columns, title=title)
    for name, values in rows.items():
        table.add_row(name, *map(number, values))
    Console(width=150).print(table)


def number(value: float) -> str:
    """Return a figure with three digits that matter."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def judge(targets: Sequence[Target]) -> None:
    """Exit 1 when a floor was missed."""
    if any(one.is_missed for one in targets):
        sys.exit(1)
