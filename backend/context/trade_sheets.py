"""Trade areas as files: a line a hexagon for spreadsheets, GeoJSON for maps, with the source."""

from collections.abc import Iterator

import msgspec

from backend.api.sheets import safe_cell, write_rows
from backend.context.trade_schemas import TradeAreas, TradeCell

_HEADS = ("cell", "demand", "leader", "leader_share")
_SOURCE = ("measure", "source", "licence", "vintage", "distance")


def write_csv(told: TradeAreas) -> bytes:
    """Return hexagons as CSV in UTF-8, with each store's share in a column of its own."""
    names = [safe_cell(one) for one in _names(told)]
    source = [*_source(told).values()]
    lines = (
        [one.cell, one.demand, names[at], one.shares[at], *one.shares, *source]
        for one in told.cells
        for at in [_leader(one)]
    )
    return write_rows([*_HEADS, *names, *_SOURCE], lines)


def write_geojson(told: TradeAreas) -> bytes:
    """Return hexagons and stores as a FeatureCollection that says where its figures come from."""
    collection = {
        "type": "FeatureCollection",
        **_source(told),
        "features": [*_cell_features(told), *_store_features(told)],
    }
    return msgspec.json.encode(collection)


def _cell_features(told: TradeAreas) -> Iterator[dict[str, object]]:
    names = _names(told)
    for one in told.cells:
        at = _leader(one)
        yield {
            "type": "Feature",
            "properties": {
                "kind": "hexagon", "cell": one.cell, "demand": one.demand, "leader": names[at],
                "leader_share": one.shares[at], "shares": dict(zip(names, one.shares, strict=True)),
            },
            "geometry": {"type": "Polygon", "coordinates": [one.boundary]},
        }  # fmt: skip


def _store_features(told: TradeAreas) -> Iterator[dict[str, object]]:
    for name, one in zip(_names(told), told.stores, strict=True):
        yield {
            "type": "Feature",
            "properties": {
                "kind": "store", "name": name, "account_id": one.account_id, "demand": one.demand,
                "share": one.share,
            },
            "geometry": {"type": "Point", "coordinates": one.location},
        }  # fmt: skip


def _names(told: TradeAreas) -> list[str]:
    """Return the stores' names with their numbers: two may be called the same."""
    return [f"{at}. {one.name}".rstrip() for at, one in enumerate(told.stores, start=1)]


def _leader(cell: TradeCell) -> int:
    return max(range(len(cell.shares)), key=cell.shares.__getitem__)


def _source(told: TradeAreas) -> dict[str, str]:
    return {
        "measure": told.measure.label or told.measure.key, "source": told.source,
        "licence": told.licence, "vintage": told.vintage, "distance": told.distance,
    }  # fmt: skip
