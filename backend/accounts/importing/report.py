"""What an import did: counts, reasons, and examples that name the row."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

MAX_EXAMPLES = 100
MAX_SHOWN = 60
"""Characters of a wrong value that are shown."""


class RowProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One value that is wrong: `ref` is the row (the heading is row 1) or the place's reference."""

    ref: str
    column: str
    value: str
    code: str
    message: str


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did, or in a dry run would do."""

    taken: int = 0
    """New accounts."""
    updated: int = 0
    unchanged: int = 0
    skipped: dict[str, int] = {}
    """Records left out, by reason."""
    warnings: dict[str, int] = {}
    """Values left out of records that were taken, by reason."""
    examples: tuple[RowProblem, ...] = ()
    """The first problems; the counts hold them all."""
    columns: dict[str, str] = {}
    """Which heading each field was read from."""
    ignored_columns: tuple[str, ...] = ()
    is_dry_run: bool = False


@dataclass(slots=True)
class Tally:
    """Counts while an import runs."""

    skipped: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    examples: list[RowProblem] = field(default_factory=list)

    def skip(self, problems: Iterable[RowProblem]) -> None:
        """Count a record that is left out, under its first problem."""
        found = list(problems)
        self.skipped[found[0].code] += 1
        self._show(found)

    def warn(self, problem: RowProblem) -> None:
        """Count a value that is left out of a record that is taken."""
        self.warnings[problem.code] += 1
        self._show([problem])

    def _show(self, problems: list[RowProblem]) -> None:
        room = MAX_EXAMPLES - len(self.examples)
        self.examples.extend(problems[: max(0, room)])
