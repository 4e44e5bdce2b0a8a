"""What every benchmark prints: one row a target, and whether a floor was missed."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """A target: ours against its peer or physical floor; a higher ratio is better."""

    target: str
    ours: str
    peer: str
    ratio: float | None = None
    floor: float | None = None
    aim: str = ""

    @property
    def is_missed(self) -> bool:
        """Whether the ratio lies below the floor that was promised."""
        return self.floor is not None and (self.ratio is None or self.ratio < self.floor)


def report(title: str, rows: Sequence[Row]) -> None:
    """Print the rows and exit 1 when a floor was missed."""
    table = Table("target", "ours", "peer or floor", "ratio", "floor", "aim", title=title)
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        floor = "" if row.floor is None else f"{row.floor:.2f}"
        style = "bold red" if row.is_missed else None
        table.add_row(row.target, row.ours, row.peer, ratio, floor, row.aim, style=style)
    Console(width=120).print(table)
    if any(row.is_missed for row in rows):
        sys.exit(1)
