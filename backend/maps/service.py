"""Answers tiles from a version look-up (304) or from one query, in the person's scope."""

import gzip
import hashlib
from collections.abc import Callable
from datetime import date
from typing import assert_never

import msgspec
import sqlalchemy as sa

from backend.accounts.filters import normalised
from backend.api.problems import NotFound
from backend.geo.basemap.features import ATTRIBUTION
from backend.geo.basemap.reader import Basemap
from backend.geo.tiles import Tile
from backend.geo.vocabulary import Bounds
from backend.identity.actor import Actor
from backend.identity.repository import get_currency
from backend.maps import prospect_tiles, repository, tiles
from backend.maps.colouring import ColourBy, Lens, SizeBy
from backend.maps.palette import NAMES, STEPS
from backend.maps.schemas import LEGEND, Layer, Scope, Shade, StyleInfo, TileAnswer, TileFilter

_EDITION = 4
"""The version of what tiles hold: raised with any change of a tile query, it ends old ETags."""

HasTag = Callable[[str], bool]
_BASEMAP_MAX_ZOOM = 14


def scope_of(connection: sa.Connection, actor: Actor) -> Scope:
    """Return what the person may see: derived from who they are, never from what they ask."""
    if actor.sees_everything:
        return Scope(actor.org_id, actor.user_id, None)
    held = repository.select_territories_of(connection, actor.org_id, actor.user_id)
    return Scope(actor.org_id, actor.user_id, held)


def read_tile(
    connection: sa.Connection,
    actor: Actor,
    layer: Layer,
    tile: Tile,
    *,
    wanted: TileFilter,
    has_tag: HasTag,
) -> TileAnswer:
    """Return a tile of the organisation's own data, or its ETag alone when the client has it."""
    scope = scope_of(connection, actor)
    today = repository.get_org_day(connection, actor.org_id).today
    on_date = wanted.on_date or today
    version = _read_version(connection, scope, layer, on_date)
    lens = lens_of(connection, scope, wanted.colour_by, wanted.size_by, wanted.shape_by)
    wanted = msgspec.structs.replace(wanted, filters=normalised(wanted.filters))
    if lens.tells_worth:
        version += f".{repository.read_worth_version(connection, actor.org_id)}"
    if wanted.filters.campaign_ids:
        ids = wanted.filters.campaign_ids
        version += f".{repository.read_campaigns_version(connection, actor.org_id, ids)}"
    etag = _etag(layer, tile, wanted, lens, today, on_date, scope, version)
    if has_tag(etag):
        return TileAnswer(etag, None)
    return TileAnswer(etag, _read_data(connection, scope, layer, tile, wanted, lens, on_date))


def lens_of(
    connection: sa.Connection,
    scope: Scope,
    colour_by: ColourBy | None,
    size_by: SizeBy = SizeBy.ACCOUNTS,
    shape_by: ColourBy | None = None,
) -> Lens:
    """Return how accounts are looked at, with what that needs of the database."""
    currency = ""
    reps: tuple[tuple[str, str], ...] = ()
    told = {colour_by, shape_by}
    if ColourBy.POTENTIAL in told or size_by is SizeBy.POTENTIAL:
        currency = get_currency(connection, scope.org_id)
    if ColourBy.REP in told:
        reps = repository.select_holders(connection, scope)
    return Lens(colour_by, size_by, currency, reps, shape_by)


def read_basemap_tile(basemap: Basemap | None, tile: Tile, *, has_tag: HasTag) -> TileAnswer:
    """Return a basemap tile; without a basemap every tile is empty and the page shows its data."""
    if basemap is None:
        return TileAnswer('W/"no-basemap"', b"")
    etag = f'W/"{basemap.etag}-{tile.z}-{tile.x}-{tile.y}"'
    if has_tag(etag):
        return TileAnswer(etag, None)
    data = basemap.tile(*tile)
    # The server compresses what the client takes compressed; here it is not known.
    return TileAnswer(etag, gzip.decompress(data) if data else b"")


def describe_map(connection: sa.Connection, actor: Actor, basemap: Basemap | None) -> StyleInfo:
    """Return where the person's map starts, its attribution and its legend."""
    scope = scope_of(connection, actor)
    bounds = _shared(
        repository.find_territory_extent(connection, scope),
        repository.find_account_extent(connection, scope),
    ) or (basemap.bounds if basemap else None)
    day = repository.get_org_day(connection, actor.org_id)
    return StyleInfo(
        bounds=list(bounds) if bounds else None,
        center=[(bounds.west + bounds.east) / 2, (bounds.south + bounds.north) / 2]
        if bounds
        else None,
        attribution=ATTRIBUTION,
        legend=LEGEND,
        names=[Shade(*one) for one in NAMES],
        steps=[Shade(*one) for one in STEPS],
        has_basemap=basemap is not None,
        basemap_max_zoom=basemap.max_zoom if basemap else _BASEMAP_MAX_ZOOM,
        today=day.today,
        time_zone=day.time_zone,
    )


def find_phone_bounds(connection: sa.Connection, actor: Actor) -> Bounds | None:
    """Return the box that a phone takes along: the territories, else the accounts, else None."""
    scope = scope_of(connection, actor)
    return repository.find_territory_extent(connection, scope) or repository.find_account_extent(
        connection, scope
    )


def _shared(territories: Bounds | None, accounts: Bounds | None) -> Bounds | None:
    """Return where accounts lie inside the territories: neither a stray account nor empty land."""
    if territories is None or accounts is None:
        return accounts or territories
    west, south = (max(pair) for pair in zip(territories[:2], accounts[:2], strict=True))
    east, north = (min(pair) for pair in zip(territories[2:], accounts[2:], strict=True))
    return Bounds(west, south, east, north) if west <= east and south <= north else territories


def _read_version(connection: sa.Connection, scope: Scope, layer: Layer, on_date: date) -> str:
    match layer:
        case Layer.PROSPECTS:
            return repository.read_accounts_version(connection, scope)
        case Layer.TERRITORIES:
            return repository.read_territories_version(connection, scope)
        case Layer.ROUTES:
            return repository.read_routes_version(connection, scope, on_date)
        case Layer.VISITS:
            return repository.read_visits_version(connection, scope, on_date)
        case Layer.BASEMAP:
            raise NotFound("The basemap is not read from the database.")
        case _:
            assert_never(layer)


def _read_data(
    connection: sa.Connection,
    scope: Scope,
    layer: Layer,
    tile: Tile,
    wanted: TileFilter,
    lens: Lens,
    on_date: date,
) -> bytes:
    match layer:
        case Layer.PROSPECTS:
            return prospect_tiles.read_prospects(connection, scope, tile, wanted.filters, lens)
        case Layer.TERRITORIES:
            return tiles.read_territories(connection, scope, tile)
        case Layer.ROUTES:
            return tiles.read_routes(connection, scope, tile, wanted, on_date)
        case Layer.VISITS:
            return tiles.read_visits(connection, scope, tile, wanted, on_date)
        case Layer.BASEMAP:
            raise NotFound("The basemap is not read from the database.")
        case _:
            assert_never(layer)


def _etag(*parts: object) -> str:
    return f'W/"{hashlib.blake2b(repr((_EDITION, *parts)).encode(), digest_size=12).hexdigest()}"'
