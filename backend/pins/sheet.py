"""Doubtful pins as CSV that a spreadsheet opens as it is."""

from collections.abc import Iterable, Iterator

from backend.api.sheets import write_rows
from backend.pins.schemas import DoubtRead

_COLUMNS = (
    "id", "account_id", "account_name", "address", "reason", "distance_m", "longitude", "latitude",
    "suggested_longitude", "suggested_latitude", "radius_m", "check_ins", "people", "days",
    "accounts_on_spot", "unit", "found_at",
)  # fmt: skip


def write_sheet(doubts: Iterable[DoubtRead]) -> bytes:
    """Return doubtful pins as CSV in UTF-8, one a row below the columns' names."""
    return write_rows(_COLUMNS, _rows(doubts))


def _rows(doubts: Iterable[DoubtRead]) -> Iterator[list[object]]:
    for one in doubts:
        told = one.evidence
        yield [
            one.id, one.account_id, one.account_name, one.address, one.reason, one.distance_m,
            *one.location, *(one.suggested or (None, None)), one.radius_m,
            told.agreeing or None, told.people or None, told.days or None, told.accounts or None,
            told.unit_name, one.found_at.isoformat(),
        ]  # fmt: skip
