"""Tables as CSV that a spreadsheet opens as they are."""

import csv
import io
from collections.abc import Iterable, Sequence

# A spreadsheet reads a cell that begins with one of these as a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for another encoding


def write_rows(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV in UTF-8 below the columns' names.

    A text that a spreadsheet would run as a formula begins with an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([safe_cell(value) for value in row])
    return (_BYTE_ORDER_MARK + text.getvalue()).encode()


def safe_cell[Value](value: Value) -> Value | str:
    """Return a value that no spreadsheet runs: a text like a formula gets an apostrophe."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
