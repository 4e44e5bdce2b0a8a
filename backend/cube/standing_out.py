"""White space and hot spots: pivots by place, and what stands out in them."""

from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa

from backend.api.problems import malformed_field
from backend.areas.drawing import Reach
from backend.cube.hexagons import boundary
from backend.cube.schemas import (
    MOST_ROWS,
    CubeQuery,
    DimensionAsked,
    HotSpot,
    HotSpotAnswer,
    HotSpotQuery,
    MeasureName,
    RowRead,
    WhiteSpace,
    WhiteSpaceAnswer,
    WhiteSpaceQuery,
)
from backend.cube.service import answer
from backend.cube.spots import class_of, find_spots, smooth
from backend.cube.store import Cubes
from backend.identity.actor import Actor

_COUNTED: list[MeasureName] = ["prospects", "customers", "potential"]


def find_white_space(
    connection: sa.Connection,
    actor: Actor,
    cubes: Cubes,
    asked: WhiteSpaceQuery,
    reach: Reach | None,
) -> WhiteSpaceAnswer:
    """Return where there are fewer customers than elsewhere among as many accounts."""
    if asked.by.dimension not in {"h3", "territory", "admin_unit"}:
        raise malformed_field(
            "by.dimension", "White space is found by 'h3', 'territory' or 'admin_unit'."
        )
    query = CubeQuery(
        rows=[asked.by], measures=_COUNTED, filters=asked.filters, area=asked.area, limit=MOST_ROWS,
        campaign_ids=asked.campaign_ids, units_on=asked.units_on,
        with_boundaries=asked.by.dimension == "admin_unit",
    )  # fmt: skip
    found = answer(connection, actor, cubes, query, [reach, None])
    _check_all(found.rest_count)
    rows = [one for one in found.rows if one.keys[0] is not None]
    counted = np.array([_numbers(one) for one in rows]).reshape(-1, len(_COUNTED))
    tries, hits = counted[:, 0] + counted[:, 1], counted[:, 1]
    enough = np.flatnonzero(tries >= asked.minimum)
    too_few = int((tries > 0).sum()) - len(enough)
    places: list[WhiteSpace] = []
    mean, spread = None, 0.0
    if len(enough):
        rates, mean, spread = smooth(hits[enough], tries[enough])
        gaps = tries[enough] * (mean - rates)
        for place in np.argsort(-gaps, kind="stable")[: asked.limit].tolist():
            at = int(enough[place])
            places.append(_white_space(rows[at], counted[at], float(rates[place]), mean))
    return WhiteSpaceAnswer(
        places, int(tries[enough].sum()), int(hits[enough].sum()), mean, spread, too_few,
        found.as_of, found.currency,
    )  # fmt: skip


def _white_space(row: RowRead, counted: Sequence[float], rate: float, mean: float) -> WhiteSpace:
    prospects, customers, potential = (float(one) for one in counted)
    accounts = prospects + customers
    key = None if row.keys[0] is None else str(row.keys[0])
    is_cell = row.labels[0] is None and key is not None
    return WhiteSpace(
        key=key,
        label=row.labels[0],
        accounts=int(accounts),
        customers=int(customers),
        penetration=customers / accounts,
        smoothed=rate,
        expected=accounts * mean,
        gap=accounts * (mean - rate),
        potential=potential,
        gap_potential=potential * (mean - rate),
        boundary=boundary(key) if is_cell and key is not None else None,
        outline=row.outline,
    )


def find_hot_spots(
    connection: sa.Connection, actor: Actor, cubes: Cubes, asked: HotSpotQuery, reach: Reach | None
) -> HotSpotAnswer:
    """Return the cells whose values are high or low together with their neighbours'."""
    query = CubeQuery(
        rows=[DimensionAsked(dimension="h3", resolution=asked.resolution)],
        measures=list(dict.fromkeys([asked.measure, "accounts"])),
        filters=asked.filters,
        campaign_ids=asked.campaign_ids,
        area=asked.area,
        from_date=asked.from_date,
        to_date=asked.to_date,
        limit=MOST_ROWS,
    )
    found = answer(connection, actor, cubes, query, [reach, None])
    _check_all(found.rest_count)
    rows = [one for one in found.rows if one.keys[0] is not None and one.total[0] is not None]
    cells = [str(one.keys[0]) for one in rows]
    values = np.array([one.total[0] for one in rows], np.float64)
    spots = find_spots(cells, values, rings=asked.rings, correction=asked.correction)
    told = [
        HotSpot(
            cell=cells[at],
            value=float(values[at]),
            neighbours=spots.neighbours[at],
            z=float(spots.z[at]),
            p=float(spots.p[at]),
            p_corrected=float(spots.corrected[at]),
            spot=class_of(float(spots.z[at]), float(spots.corrected[at])),
            boundary=boundary(cells[at]),
        )
        for at in np.argsort(-spots.z, kind="stable").tolist()
    ]
    return HotSpotAnswer(
        cells=told,
        mean=float(values.mean()) if len(values) else None,
        hot=sum(one.spot.startswith("hot") for one in told),
        cold=sum(one.spot.startswith("cold") for one in told),
        period=found.period,
        as_of=found.as_of,
        currency=found.currency,
    )


def _numbers(row: RowRead) -> list[float]:
    return [one or 0.0 for one in row.total]


def _check_all(rest: int) -> None:
    if rest:
        raise malformed_field(
            "resolution",
            f"There are more than {MOST_ROWS:,} places: take larger cells, or a smaller area.",
            code="too_many_cells",
        )
