"""Administrative units as a dimension: the units of a level that hold on a day, and who lies where.

Units are ground, not rows of accounts: an account lies in the unit that covers its place, whatever
its address says. Where two cover it (on their common border) it is the first by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import numpy as np
import sqlalchemy as sa

from backend.api.problems import malformed_field
from backend.cube import unit_repository
from backend.cube.atlas import Atlas, Shapes
from backend.cube.columns import Mask, Part, Whole
from backend.cube.store import State
from backend.cube.unit_repository import Unit
from backend.ids import OrgId


@dataclass(frozen=True)
class Layer:
    """The units of a level with an outline that hold on a day, by name, and where accounts lie."""

    units: Sequence[Unit]
    shapes: Shapes
    codes: Mapping[int, Whole]
    """By the part's identity."""

    def of(self, part: Part) -> Whole:
        """Return for each account of a part its unit, from 1 on."""
        return self.codes[id(part)]


class Units(NamedTuple):
    """The layers that a question needs: by the level that it names, and by the unit wanted."""

    by_level: Mapping[int | None, Layer]
    wanted: Mapping[UUID, tuple[Layer, int]]

    def mask(self, part: Part, values: Sequence[object]) -> Mask:
        """Return which accounts lie in any of some units; null is in none of the finest level."""
        mask = np.zeros(part.size, np.bool_)
        for value in values:
            if value is None:
                mask |= self.by_level[None].of(part) == 0
            else:
                layer, number = self.wanted[UUID(str(value))]
                mask |= layer.of(part) == number
        return mask


NO_UNITS = Units({}, {})


class _Desk(NamedTuple):
    connection: sa.Connection
    org_id: OrgId
    atlas: Atlas
    state: State


def open_units(
    connection: sa.Connection,
    org_id: OrgId,
    atlas: Atlas,
    state: State,
    *,
    levels: Sequence[int | None],
    values: Sequence[object],
    on: date,
) -> Units:
    """Return what a question needs of units; raise Malformed for units that are not there.

    A unit that is filtered by counts with its own outline, also where it does not hold on the day.
    """
    desk = _Desk(connection, org_id, atlas, state)
    wished = [*levels, *([None] if None in values else [])]
    known: dict[tuple[int, date], Layer] = {}
    by_level = {one: _layer(desk, known, _level(desk, one, on), on) for one in wished}
    ids = _ids(values)
    found = unit_repository.find_units(connection, org_id, ids)
    wanted: dict[UUID, tuple[Layer, int]] = {}
    for one in ids:
        if one not in found:
            raise malformed_field(
                "filters",
                f"There is no administrative unit {one} with an outline.",
                code="unknown_reference",
            )
        level, since, until = found[one]
        holds = since <= on and (until is None or on < until)
        layer = _layer(desk, known, level, on if holds else since)
        at = next(at for at, unit in enumerate(layer.units) if unit.id == one)
        wanted[one] = layer, at + 1
    return Units(by_level, wanted)


def _ids(values: Sequence[object]) -> list[UUID]:
    try:
        return [UUID(str(one)) for one in values if one is not None]
    except ValueError:
        raise malformed_field("filters", "Filter by ids of units, or null.") from None


def _level(desk: _Desk, asked: int | None, on: date) -> int:
    levels = unit_repository.select_levels(desk.connection, desk.org_id, on)
    if not levels:
        raise malformed_field(
            "rows",
            f"No administrative unit with an outline holds on {on}: bring some in first, with"
            " “tuyen import admin-units”.",
            code="no_admin_units",
        )
    if asked is None:
        return levels[-1]
    if asked not in levels:
        known = ", ".join(map(str, levels))
        raise malformed_field(
            "rows",
            f"No administrative unit of level {asked} with an outline holds on {on}: there are"
            f" the levels {known}.",
            code="no_admin_units",
        )
    return asked


def _layer(desk: _Desk, known: dict[tuple[int, date], Layer], level: int, on: date) -> Layer:
    if (level, on) not in known:
        units = unit_repository.select_units(desk.connection, desk.org_id, level, on)
        stamp = blake2b(digest_size=16)
        for one in units:
            stamp.update(one.id.bytes + str(one.rv).encode() + b" ")
        ids = [one.id for one in units]
        shapes = desk.atlas.open(desk.connection, desk.org_id, stamp.hexdigest(), ids)
        parts = (desk.state.base, desk.state.fresh)
        codes = {id(part): part.placed(stamp.hexdigest(), shapes.place) for part in parts}
        known[level, on] = Layer(units, shapes, codes)
    return known[level, on]
