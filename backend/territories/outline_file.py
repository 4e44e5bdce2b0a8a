"""Territories with their outlines as GeoParquet."""

from collections.abc import Sequence

import msgspec
import shapely

from backend.geo.geoparquet import Column, Kind, Value, write_geoparquet
from backend.territories.schemas import TerritoryRead


def write_parquet(territories: Sequence[TerritoryRead]) -> bytes:
    """Return the territories, one a row; one without an outline has no geometry."""

    def column(name: str, kind: Kind, values: Sequence[Value]) -> Column:
        return Column(name, kind, values)

    return write_geoparquet(
        [
            column("id", Kind.TEXT, [one.id for one in territories]),
            column("parent_id", Kind.TEXT, [one.parent_id for one in territories]),
            column("name", Kind.TEXT, [one.name for one in territories]),
            column("code", Kind.TEXT, [one.code for one in territories]),
            column("color", Kind.TEXT, [one.color for one in territories]),
            column("accounts", Kind.WHOLE, [one.account_count for one in territories]),
            column("held_by", Kind.TEXT, [_people(one) for one in territories]),
        ],
        [_shape(one) for one in territories],
    )


def _people(one: TerritoryRead) -> str | None:
    return ", ".join(person.full_name for person in one.assignees) or None


def _shape(one: TerritoryRead) -> shapely.Geometry | None:
    return None if one.area is None else shapely.geometry.shape(msgspec.to_builtins(one.area))
