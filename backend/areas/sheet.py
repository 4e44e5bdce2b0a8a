"""A list of accounts as CSV that a spreadsheet opens as it is, and as GeoParquet for a GIS."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import shapely

from backend.api.sheets import write_rows
from backend.areas.schemas import AreaAccount
from backend.geo.geoparquet import Column, Kind, write_geoparquet

_COLUMNS = (
    "id", "name", "life_stage", "category", "channel", "priority", "address", "phone", "longitude",
    "latitude", "territory_id", "visit_every_days", "last_visit_at",
)  # fmt: skip

_KINDS: Mapping[str, Kind] = {
    "priority": Kind.WHOLE, "visit_every_days": Kind.WHOLE, "last_visit_at": Kind.MOMENT,
}  # fmt: skip
_PLACES = frozenset({"longitude", "latitude"})


def write_parquet(accounts: Sequence[AreaAccount]) -> bytes:
    """Return the accounts as GeoParquet, a point each; one without a place has none."""
    columns = [
        Column(name, _KINDS.get(name, Kind.TEXT), [getattr(one, name) for one in accounts])
        for name in _COLUMNS
        if name not in _PLACES
    ]
    points = [None if one.location is None else shapely.Point(one.location) for one in accounts]
    return write_geoparquet(columns, points)


def write_sheet(accounts: Iterable[AreaAccount]) -> bytes:
    """Return the accounts as CSV in UTF-8, one a row below the columns' names."""
    return write_rows(_COLUMNS, _rows(accounts))


def _rows(accounts: Iterable[AreaAccount]) -> Iterator[list[object]]:
    for account in accounts:
        values = msgspec.to_builtins(account)
        values["longitude"], values["latitude"] = values.pop("location") or (None, None)
        yield [values[name] for name in _COLUMNS]
