"""Reads all of a report in one moment, in the scope of who asks."""

import math
from datetime import datetime
from uuid import UUID

import shapely
import sqlalchemy as sa

from backend.areas import service as areas
from backend.areas.drawing import Reach
from backend.areas.ground import ground_of
from backend.areas.repository import Days, Selection
from backend.areas.repository import Place as Ground
from backend.areas.schemas import AreaFilter, AreaShape, TopAccount, TopBy
from backend.areas.shape_repository import find_unit_area
from backend.geo.tiles import WORLD_BITS, WORLD_SIZE, world24_to_lonlat
from backend.geo.vocabulary import LonLat
from backend.identity.actor import Actor
from backend.maps.schemas import Scope
from backend.maps.service import scope_of
from backend.press.frame import Frame, fit
from backend.reports import repository
from backend.reports.schemas import Author, Place, Places, Report, ReportRequest, Spot, Subject

_WIDTH_PT = 515.0
_LOW_PT, _HIGH_PT = 290.0, 400.0
"""A map's height on paper: of a wide area and of a tall one."""
CLUSTER_PT = 17.0
MOST_DOTS = 400
"""With more accounts than that on a map, those near each other are drawn as one."""
_MOST_CELLS = 4000
_MOST_PLACES = 40
_TOP = 10
_TOPS: tuple[TopBy, ...] = ("revenue", "potential", "overdue")


def read_report(
    connection: sa.Connection,
    actor: Actor,
    asked: ReportRequest,
    reach: Reach | None,
    *,
    author: Author,
    now: datetime,
) -> Report:
    """Return what a report tells; raise Malformed as a snapshot of the area does."""
    scope = scope_of(connection, actor)
    days = areas.get_days(connection, actor, asked)
    drawn, selection = areas.select_area(connection, actor, scope, asked, reach)
    snapshot = areas.count(connection, actor, asked, drawn, selection, days)
    extent = repository.read_extent(selection)
    frame = _frame(drawn.shape, extent)
    return Report(
        asked=asked.area,
        title=asked.title.strip(),
        subject=_subject(connection, actor, asked),
        author=author,
        made_at=now,
        time_zone=days.time_zone,
        filters=asked.filters,
        snapshot=snapshot,
        frame=frame,
        spots=[] if frame is None else _spots(selection, frame, extent.placed),
        placed=extent.placed,
        months=repository.select_months(selection, days),
        tops={one: _top(selection, days, one) for one in _TOPS},
        places=_places(connection, scope, asked, selection, days),
        accounts=repository.select_listed(selection, days, limit=asked.most_accounts),
        ground=ground_of(connection, actor.org_id, drawn),
    )


def get_author(connection: sa.Connection, actor: Actor) -> Author:
    """Return who asks, and for which organisation."""
    return repository.get_author(connection, actor.org_id, actor.user_id)


def find_locale(connection: sa.Connection, actor: Actor) -> str | None:
    """Return the actor's own language."""
    return repository.find_locale(connection, actor.org_id, actor.user_id)


def _top(selection: Selection, days: Days, by: TopBy) -> list[TopAccount]:
    return selection.select_top(days, by, count=_TOP)


def _subject(connection: sa.Connection, actor: Actor, asked: ReportRequest) -> Subject:
    """Return the area's name; the area was found in the actor's scope before."""
    area, found = asked.area, None
    if area.territory_id is not None:
        found = repository.find_territory(connection, actor.org_id, area.territory_id)
    elif area.admin_unit_id is not None:
        found = repository.find_unit(connection, actor.org_id, area.admin_unit_id)
    return found or Subject()


def _frame(shape: AreaShape, extent: repository.Extent) -> Frame | None:
    """Return the map's piece of the world: the outline's, else that of the accounts."""
    if shape.geometry is not None:
        west, south, east, north = shapely.geometry.shape(shape.geometry).bounds
        corners = [LonLat(west, south), LonLat(east, north)]
    elif None not in (extent.west, extent.south, extent.east, extent.north):
        corners = [
            world24_to_lonlat(extent.west or 0, extent.south or 0),
            world24_to_lonlat(extent.east or 0, extent.north or 0),
        ]
    else:
        return None
    low = fit(corners, _WIDTH_PT, _LOW_PT)
    (west, south), (east, north) = (low.place(one) for one in corners)
    is_tall = north - south > east - west
    return fit(corners, _WIDTH_PT, _HIGH_PT) if is_tall else low


def _spots(selection: Selection, frame: Frame, placed: int) -> list[Spot]:
    """Return the accounts on the map: one by one, or many together by squares of paper."""
    bits = 0
    if placed > MOST_DOTS:
        bits = math.ceil(math.log2(max(1.0, CLUSTER_PT / frame.scale * WORLD_SIZE)))
    west, south = frame.west * WORLD_SIZE, frame.south * WORLD_SIZE
    return repository.select_spots(
        selection,
        bits=min(bits, WORLD_BITS),
        limit=_MOST_CELLS,
        box=(
            math.floor(west),
            math.floor(south - frame.height / frame.scale * WORLD_SIZE),
            math.ceil(west + frame.width / frame.scale * WORLD_SIZE),
            math.ceil(south),
        ),
    )


def _places(
    connection: sa.Connection,
    scope: Scope,
    asked: ReportRequest,
    selection: Selection,
    days: Days,
) -> Places:
    """Return the parts of the area: the units below one, else the territories of its accounts."""
    unit_id = asked.area.admin_unit_id
    if unit_id is not None and not asked.area.buffer_m:
        units = repository.select_units_below(connection, scope.org_id, unit_id)
        if units:
            rows = [
                _count_unit(connection, scope, asked.filters, days, *unit)
                for unit in units[:_MOST_PLACES]
            ]
            rows.sort(key=lambda one: -one.accounts)
            return Places(is_units=True, rows=rows, left_out=max(0, len(units) - _MOST_PLACES))
    rows, count = repository.select_by_territory(selection, days, limit=_MOST_PLACES)
    return Places(is_units=False, rows=rows, left_out=count - len(rows))


def _count_unit(
    connection: sa.Connection,
    scope: Scope,
    filters: AreaFilter,
    days: Days,
    unit_id: UUID,
    name: str,
) -> Place:
    area = find_unit_area(connection, scope.org_id, unit_id)
    if area is None:
        return Place(name, "", 0, 0, 0, 0, 0.0, None)
    inside = Selection(connection, scope, Ground(area), filters)
    slices, worths = inside.count_slices(days), inside.count_worth(days)
    knows = any(one.potential_accounts for one in worths)
    return Place(
        name,
        "",
        accounts=sum(one.n for one in slices),
        prospects=sum(one.n for one in slices if one.life_stage == "prospect"),
        customers=sum(one.n for one in slices if one.life_stage == "customer"),
        overdue=sum(one.overdue for one in slices),
        revenue=math.fsum(one.revenue for one in worths),
        monthly_potential=math.fsum(one.potential for one in worths) if knows else None,
    )
