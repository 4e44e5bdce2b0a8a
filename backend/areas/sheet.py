"""A list of accounts as CSV that a spreadsheet opens as it is."""

import csv
import io
from collections.abc import Iterable

import msgspec

from backend.areas.schemas import AreaAccount

_COLUMNS = (
    "id", "name", "life_stage", "category", "channel", "priority", "address", "phone", "longitude",
    "latitude", "territory_id", "visit_every_days", "last_visit_at",
)  # fmt: skip
# A spreadsheet reads a cell that begins with one of these as a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for another encoding


def write_sheet(accounts: Iterable[AreaAccount]) -> bytes:
    """Return the accounts as CSV in UTF-8, one a row below the columns' names.

    A text that a spreadsheet would run as a formula begins with an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for account in accounts:
        values = msgspec.to_builtins(account)
        values["longitude"], values["latitude"] = values.pop("location") or (None, None)
        writer.writerow([_cell(values[name]) for name in _COLUMNS])
    return (_BYTE_ORDER_MARK + text.getvalue()).encode()


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
