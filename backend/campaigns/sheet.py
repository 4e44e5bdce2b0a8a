"""A campaign's accounts as CSV that a spreadsheet opens as it is."""

from collections.abc import Iterable, Iterator

import msgspec

from backend.api.sheets import write_rows
from backend.campaigns.schemas import CampaignAccount

_COLUMNS = (
    "id", "name", "life_stage", "category", "address", "phone", "longitude", "latitude",
    "territory_name", "added_at", "visited_on", "planned_on", "bought_on", "revenue", "is_open",
)  # fmt: skip


def write_sheet(accounts: Iterable[CampaignAccount]) -> bytes:
    """Return the accounts as CSV in UTF-8, one a row below the columns' names."""
    return write_rows(_COLUMNS, _rows(accounts))


def _rows(accounts: Iterable[CampaignAccount]) -> Iterator[list[object]]:
    for account in accounts:
        values = msgspec.to_builtins(account)
        values["longitude"], values["latitude"] = values.pop("location") or (None, None)
        yield [values[name] for name in _COLUMNS]
