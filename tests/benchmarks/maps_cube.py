"""The cube over a million prospects: pivots of several shapes, for several people, within a lasso.

`make bench-maps` runs it last. A million and a half lines of invoices over 24 months and a quarter
of a million visits are put in by hand first. Times are wall times in the service's process from the
question to the answer, the best of four; the peer is the plain query over the tables themselves,
without row-level security, of the same pivot in the same run.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg2
import shapely
import sqlalchemy as sa
from shapely.geometry import mapping

from backend.clock import SystemClock
from backend.cube import service, standing_out
from backend.cube.schemas import CubeQuery, DimensionAsked, HotSpotQuery, WhiteSpaceQuery
from backend.cube.store import Cubes
from backend.cube.tasks import TASKS
from backend.identity.actor import Actor, Role
from backend.ids import DeviceId, new_id
from backend.jobs.tasks import Work
from tests.benchmarks.maps_ground import Ground
from tests.benchmarks.maps_people import scopes
from tests.benchmarks.maps_sales import sell
from tests.benchmarks.maps_units import divide
from tests.benchmarks.rows import Row

_TURNS = 4
_PIVOT_MS, _CHANGED_MS = 150.0, 250.0
_YEAR = "f.sold_on > current_date - interval '1 year'"


@dataclass(frozen=True)
class _Shape:
    name: str
    asked: dict[str, Any]
    plain: str | None = None


_MONTHLY = {"columns": [{"dimension": "period"}], "grain": "month"}
_SHAPES = (
    _Shape(
        "revenue, buyers by territory and quarter, against last year",
        {
            "rows": [{"dimension": "territory"}], "columns": [{"dimension": "period"}],
            "grain": "quarter", "measures": ["customers", "revenue", "buyers"],
            "compare": {"to": "year_before"},
        },
        "SELECT a.territory_id, date_trunc('quarter', f.sold_on), sum(f.amount),"
        " count(DISTINCT f.account_id) FROM sale f JOIN account a ON a.org_id = f.org_id"
        f" AND a.id = f.account_id WHERE f.org_id = %s AND a.deleted_at IS NULL AND {_YEAR}"
        " GROUP BY 1, 2",
    ),
    _Shape(
        "cafés alone by territory and month",
        {
            "rows": [{"dimension": "territory"}], **_MONTHLY,
            "measures": ["revenue", "invoices", "visits"],
            "filters": [{"dimension": "category", "values": ["cafe"]}],
        },
        "SELECT a.territory_id, date_trunc('month', f.sold_on), sum(f.amount),"
        " count(DISTINCT f.invoice) FROM sale f JOIN account a ON a.org_id = f.org_id"
        f" AND a.id = f.account_id WHERE f.org_id = %s AND a.category = 'cafe' AND {_YEAR}"
        " GROUP BY 1, 2",
    ),
    _Shape(
        "accounts, customers, potential by category and stage",
        {
            "rows": [{"dimension": "category"}], "columns": [{"dimension": "life_stage"}],
            "measures": ["accounts", "customers", "overdue", "never_visited"],
        },
        "SELECT a.category, a.life_stage, count(*), count(*) FILTER (WHERE a.last_visit_at IS NULL)"
        " FROM account a WHERE a.org_id = %s AND a.deleted_at IS NULL GROUP BY 1, 2",
    ),
    _Shape(
        "revenue by H3 cell r8",
        {
            "rows": [{"dimension": "h3", "resolution": 8}], "measures": ["accounts", "revenue"],
            "order": {"by": "revenue"}, "limit": 2000,
        },
        "SELECT h.cell & ~((1 << 21) - 1)::bigint, sum(f.amount) FROM sale f JOIN account_hexagon h"
        f" ON h.org_id = f.org_id AND h.account_id = f.account_id WHERE f.org_id = %s AND {_YEAR}"
        " GROUP BY 1",
    ),
    _Shape(
        "revenue by product category and product, two years",
        {
            "rows": [{"dimension": "product_category"}, {"dimension": "product"}],
            "measures": ["revenue", "quantity", "buyers"], "compare": {"to": "before"},
        },
        "SELECT p.category, p.id, sum(f.amount), count(DISTINCT f.account_id) FROM sale f"
        " JOIN product p ON p.org_id = f.org_id AND p.id = f.product_id"
        f" WHERE f.org_id = %s AND {_YEAR} GROUP BY 1, 2",
    ),
    _Shape(
        "territory by category, different buyers and invoices",
        {
            "rows": [{"dimension": "territory"}, {"dimension": "category"}],
            "measures": ["revenue", "buyers", "invoices"], "limit": 2000,
        },
        "SELECT a.territory_id, a.category, sum(f.amount), count(DISTINCT f.account_id),"
        " count(DISTINCT f.invoice) FROM sale f JOIN account a ON a.org_id = f.org_id"
        f" AND a.id = f.account_id WHERE f.org_id = %s AND {_YEAR} GROUP BY 1, 2",
    ),
)  # fmt: skip
_BY_COMMUNE = _Shape(
    "accounts, revenue and buyers by 3,321 communes",
    {
        "rows": [{"dimension": "admin_unit"}], "measures": ["accounts", "revenue", "buyers"],
        "order": {"by": "revenue"}, "limit": 2000,
    },
    "WITH placed AS MATERIALIZED (SELECT a.id, u.id AS unit FROM account a CROSS JOIN LATERAL"
    " (SELECT u.id FROM admin_unit u WHERE u.org_id = a.org_id AND u.level = 6"
    " AND ST_Covers(u.area, a.location) LIMIT 1) u WHERE a.org_id = %s)"
    " SELECT p.unit, count(DISTINCT p.id), sum(f.amount), count(DISTINCT f.account_id)"
    f" FROM placed p LEFT JOIN sale f ON f.account_id = p.id AND {_YEAR} GROUP BY 1",
)  # fmt: skip
_BY_PROVINCE = _Shape(
    "revenue by province and quarter, against last year",
    {
        "rows": [{"dimension": "admin_unit", "level": 4}], "columns": [{"dimension": "period"}],
        "grain": "quarter", "measures": ["revenue", "buyers"], "compare": {"to": "year_before"},
    },
)  # fmt: skip


def measure_cube(laid: Ground) -> list[Row]:
    """Return the rows of cubes; sales are put in first where there are none."""
    sell(laid)
    divide(laid)
    _place(laid)
    holds_five = scopes(laid)[2].user_id
    cubes, whole = Cubes(), Actor(laid.org_id, laid.user_id, Role.ANALYST, DeviceId(new_id()))
    rep = Actor(laid.org_id, holds_five, Role.REP, DeviceId(new_id()))
    started = time.perf_counter()
    _ask(laid, cubes, whole, CubeQuery(measures=["accounts"]))
    rows = [Row("cube, first question after a start", f"{time.perf_counter() - started:.1f} s",
                "no limit")]  # fmt: skip
    rows += [_first_by(laid, cubes, whole, one) for one in (_BY_COMMUNE, _BY_PROVINCE)]
    for shape in (*_SHAPES, _BY_COMMUNE, _BY_PROVINCE):
        asked = msgspec.convert(shape.asked, CubeQuery)
        ours = _best(_ask, laid, cubes, whole, asked)
        plain = None if shape.plain is None else _plain(laid, shape.plain)
        peer = "" if plain is None else f"plain {plain:.0f} ms, "
        rows.append(Row(f"cube: {shape.name}", f"{ours:.0f} ms", f"{peer}limit {_PIVOT_MS:g}",
                        _PIVOT_MS / ours, 1.0))  # fmt: skip
    for name, who, more in _others(laid, whole, rep):
        asked = msgspec.convert(_SHAPES[0].asked | more, CubeQuery)
        ours = _best(_ask, laid, cubes, who, asked)
        rows.append(Row(f"cube: the first, {name}", f"{ours:.0f} ms", f"limit {_PIVOT_MS:g}",
                        _PIVOT_MS / ours, 1.0))  # fmt: skip
    by_cell, by_commune = (
        WhiteSpaceQuery(),
        WhiteSpaceQuery(by=DimensionAsked(dimension="admin_unit")),
    )
    rows += [
        Row("cube: white space by H3 cell r7",
            f"{_best(_white_space, laid, cubes, whole, by_cell):.0f} ms", "no limit"),
        Row("cube: white space by commune",
            f"{_best(_white_space, laid, cubes, whole, by_commune):.0f} ms", "no limit"),
        Row("cube: hot spots of H3 cells r7", f"{_best(_hot_spots, laid, cubes, whole):.0f} ms",
            "no limit"),
    ]  # fmt: skip
    changed = _after_changes(laid, cubes, whole)
    rows.append(Row("cube: the first, 200 accounts changed since", f"{changed:.0f} ms",
                    f"limit {_CHANGED_MS:g}", _CHANGED_MS / changed, 1.0))  # fmt: skip
    return rows


def _others(laid: Ground, whole: Actor, rep: Actor) -> Iterator[tuple[str, Actor, dict[str, Any]]]:
    yield "for who holds five territories", rep, {}
    lasso = {"area": {"polygon": dict(mapping(_lasso(laid)))}}
    yield "within 10 km", whole, lasso
    yield "within 10 km, for who holds five", rep, lasso
    yield "by where it was sold", whole, {"territory_of": "then"}


def _lasso(laid: Ground) -> shapely.Polygon:
    with closing(psycopg2.connect(laid.owner_url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_X(location), ST_Y(location) FROM account WHERE territory_id = %s LIMIT 1",
            (str(laid.territories[0]),),
        )
        (place,) = cursor.fetchall()
    return shapely.Point(*place).buffer(10 / 111.2, quad_segs=75)


def _ask(laid: Ground, cubes: Cubes, who: Actor, asked: CubeQuery) -> None:
    with laid.database.for_org(laid.org_id, snapshot=True) as connection:
        told = service.answer(connection, who, cubes, asked, [None, None])
    msgspec.json.encode(told)


def _first_by(laid: Ground, cubes: Cubes, who: Actor, shape: _Shape) -> Row:
    took = _timed(_ask, laid, cubes, who, msgspec.convert(shape.asked, CubeQuery))
    return Row(f"cube, first question for {shape.name}", f"{took / 1000:.1f} s", "no limit")


def _white_space(laid: Ground, cubes: Cubes, who: Actor, asked: WhiteSpaceQuery) -> None:
    with laid.database.for_org(laid.org_id, snapshot=True) as connection:
        standing_out.find_white_space(connection, who, cubes, asked, None)


def _hot_spots(laid: Ground, cubes: Cubes, who: Actor) -> None:
    with laid.database.for_org(laid.org_id, snapshot=True) as connection:
        standing_out.find_hot_spots(connection, who, cubes, HotSpotQuery(measure="revenue"), None)


def _after_changes(laid: Ground, cubes: Cubes, who: Actor) -> float:
    """Return the best time of a question that has 200 accounts to read anew."""
    asked = msgspec.convert(_SHAPES[0].asked, CubeQuery)
    times = []
    for turn in range(_TURNS):
        with laid.database.for_org(laid.org_id) as connection:
            connection.execute(
                sa.text(
                    "UPDATE account SET priority = 1 + priority % 5 WHERE id IN (SELECT account_id"
                    " FROM sale ORDER BY id OFFSET :skip LIMIT 200)"
                ),
                {"skip": 200 * turn},
            )
        times.append(_timed(_ask, laid, cubes, who, asked))
    return min(times)


def _plain(laid: Ground, query: str) -> float:
    with closing(psycopg2.connect(laid.owner_url)) as connection, connection.cursor() as cursor:

        def read() -> None:
            cursor.execute(query, (str(laid.org_id),))
            cursor.fetchall()

        return _best(read)


def _place(laid: Ground) -> None:
    """Find cells as the job does."""
    task = next(one for one in TASKS if one.name == "cube.place_cells")
    task.call(Work(laid.database, SystemClock(), {}), {"org_id": str(laid.org_id)})


def _best(run: Callable[..., object], *given: object) -> float:
    return min(_timed(run, *given) for _ in range(_TURNS))


def _timed(run: Callable[..., object], *given: object) -> float:
    started = time.perf_counter()
    run(*given)
    return 1000 * (time.perf_counter() - started)
