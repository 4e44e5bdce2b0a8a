"""Trade areas of stores over the demand of a context layer."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import numpy as np
import sqlalchemy as sa

from backend.accounts.service import get_account
from backend.api.problems import Unavailable, malformed_field
from backend.context import repository
from backend.context.huff import metres_between, shares_of
from backend.context.schemas import Measure, StoredLayer
from backend.context.service import box_km2, find_measure, get_layer, measure_told
from backend.context.trade_schemas import (
    Distance,
    StoreAsked,
    StoreDemand,
    TradeAreas,
    TradeAreasRequest,
    TradeCell,
)
from backend.geo.cover import MAX_AREA_LAT
from backend.geo.hexagons import (
    Cells,
    Floats,
    boundary,
    box_cells,
    centers,
    descendants,
    finest_for,
    name_of,
)
from backend.geo.network.provider import NO_WAY, NetworkError, StreetNetwork
from backend.geo.vocabulary import MAX_LON, Bounds, GeoError, LonLat, check_lonlat
from backend.identity.actor import Actor
from backend.ids import AccountId

_MOST_CELLS, _MOST_CELLS_BY_NETWORK = 2_000, 600
"""A matrix of minutes grows with the square."""
_BOX_CELLS = 60
_NEXT_DOOR_M, _NEXT_DOOR_MINUTES = 100.0, 1.0
_KM_A_DEGREE = 111.195
_SECONDS = 60.0


class Store(msgspec.Struct, frozen=True):
    """A store with its place."""

    account_id: UUID | None
    name: str
    place: LonLat
    attractiveness: float


class Market(msgspec.Struct, frozen=True):
    """What trade areas are made of, read before any travel is asked for."""

    layer: StoredLayer
    measure: Measure
    resolution: int
    stores: list[Store]
    cells: Cells
    demand: Floats
    metres: Floats


def read_market(connection: sa.Connection, actor: Actor, asked: TradeAreasRequest) -> Market:
    """Return stores and the hexagons around them with their demand.

    Raise NotFound for a layer or an account that is not there or not the actor's to see, Malformed
    for a store without a place, or a measure that is no amount.
    """
    layer = get_layer(connection, actor.org_id, asked.layer_id)
    measure = find_measure(layer, asked.measure)
    if measure.bottom is not None:
        raise malformed_field(
            "measure",
            f"“{measure.key}” is a rate: demand needs an amount, such as buildings or people.",
            code="demand_is_a_rate",
        )
    stores = [_store(connection, actor, one, at) for at, one in enumerate(asked.stores)]
    box = _box_around(stores, asked.within_km)
    most = _MOST_CELLS if asked.profile is None else _MOST_CELLS_BY_NETWORK
    level = finest_for(box_km2(box), most, finest=layer.resolution)
    rough = min(level, finest_for(box_km2(box), _BOX_CELLS))
    ranges = descendants(box_cells(box, rough), layer.resolution)
    columns = tuple(measure.top)
    cells, sums = repository.sum_cells(connection, actor.org_id, layer, columns, ranges, level)
    demand = sums @ np.array([measure.top[one] for one in columns])
    places = np.array([one.place for one in stores], dtype=np.float64)
    metres = metres_between(centers(cells.tolist()), places)
    near = (metres.min(axis=1, initial=np.inf) <= asked.within_km * 1e3) & (demand > 0)
    return Market(layer, measure, level, stores, cells[near], demand[near], metres[near])


def share_out(
    market: Market, asked: TradeAreasRequest, network: StreetNetwork | None
) -> TradeAreas:
    """Return who draws how much; no connection is held, for the network may take its time."""
    if network is None:
        costs, least = market.metres, _NEXT_DOOR_M
        distance: Distance = "straight_line_m"
        why = None
    else:
        costs, least = _minutes(market, network), _NEXT_DOOR_MINUTES
        distance = "estimated_minutes" if network.is_estimate else "network_minutes"
        why = network.why
    reach = np.where(market.metres <= asked.within_km * 1e3, costs, np.nan)
    attractiveness = np.array([one.attractiveness for one in market.stores])
    shares = shares_of(attractiveness, reach, asked.decay, least=least)
    is_reached = shares.sum(axis=1) > 0
    drawn = market.demand[is_reached] @ shares[is_reached]
    total = float(market.demand[is_reached].sum())
    return TradeAreas(
        distance=distance, why=why, measure=measure_told(market.measure),
        source=market.layer.source, licence=market.layer.licence, vintage=market.layer.vintage,
        resolution=market.resolution, demand=total,
        unreached=float(market.demand[~is_reached].sum()),
        stores=[
            StoreDemand(one.account_id, one.name, list(one.place), amount,
                        amount / total if total else 0.0)
            for one, amount in zip(market.stores, drawn.tolist(), strict=True)
        ],
        cells=[
            TradeCell(name_of(cell), boundary(cell), float(market.demand[at]), shares[at].tolist())
            for at in np.flatnonzero(is_reached).tolist()
            for cell in [int(market.cells[at])]
        ],
    )  # fmt: skip


def _minutes(market: Market, network: StreetNetwork) -> Floats:
    """Return minutes from each hexagon's middle to each store, NaN where no way leads."""
    middles = [LonLat(lon, lat) for lon, lat in centers(market.cells.tolist()).tolist()]
    try:
        matrix = network.matrix([*middles, *(one.place for one in market.stores)])
    except NetworkError as error:
        if error.is_passing:
            raise Unavailable(
                error.message, code=error.code, headers={"Retry-After": "5"}
            ) from error
        raise malformed_field("profile", error.message, code=error.code) from error
    seconds = matrix.durations_s[: len(middles), len(middles) :].astype(np.float64)
    return np.where(seconds == NO_WAY, np.nan, seconds / _SECONDS)


def _store(connection: sa.Connection, actor: Actor, asked: StoreAsked, at: int) -> Store:
    field = f"stores[{at}]"
    if (asked.account_id is None) == (asked.location is None):
        raise malformed_field(
            field, "A store is an account_id or a location: give one.", code="one_place"
        )
    name, pair = asked.name, asked.location
    if asked.account_id is not None:
        account = get_account(connection, actor, AccountId(asked.account_id))
        name, pair = name or account.name, account.location
    if pair is None:
        raise malformed_field(
            field, f"“{name}” has no place on the map: give it one first.", code="no_location"
        )
    try:
        place = check_lonlat(*pair)
    except GeoError as error:
        raise malformed_field(
            f"{field}.location", error.message, code=f"location_{error.code}"
        ) from error
    return Store(asked.account_id, name, place, asked.attractiveness)


def _box_around(stores: Sequence[Store], within_km: float) -> Bounds:
    """Return a box that holds all within the distance; raise Malformed for one across the world."""
    lats = [one.place.lat for one in stores]
    lons = [one.place.lon for one in stores]
    high = within_km / _KM_A_DEGREE
    south, north = min(lats) - high, max(lats) + high
    if max(-south, north) > MAX_AREA_LAT:
        raise malformed_field(
            "stores", f"The map ends at {MAX_AREA_LAT} degrees of latitude.", code="outside_map"
        )
    wide = high / np.cos(np.radians(max(-south, north)))
    west, east = min(lons) - wide, max(lons) + wide
    if west < -MAX_LON or east > MAX_LON or east - west > MAX_LON:
        raise malformed_field(
            "stores",
            "The stores lie across the 180th meridian, or around the world: ask for some of them.",
            code="crosses_antimeridian",
        )
    return Bounds(float(west), south, float(east), north)
