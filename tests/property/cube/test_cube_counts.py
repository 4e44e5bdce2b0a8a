"""Whatever is asked of the cube, by whomever, and whatever changed a moment before: it tells what
a plain query over the tables themselves tells.
"""

import random
from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import psycopg2
import psycopg2.extras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.cube import atlas, tallying
from backend.cube.schemas import MeasureName
from backend.cube.vocabulary import DIMENSIONS, MEASURES, measures_by
from tests.support.databases import TestDatabase
from tests.support.http import Api
from tests.support.market import ACROSS, SOUTH, STEP, WEST, Market, cell_of, make_market
from tests.support.market_units import LEVELS, add_units
from tests.support.people import Org

TODAY = date.today()  # noqa: DTZ011  # the organisation's day is the database's
PERIODS = {
    "day": "YYYY-MM-DD", "week": 'IYYY-"W"IW', "month": "YYYY-MM", "quarter": 'YYYY-"Q"Q',
    "year": "YYYY",
}  # fmt: skip
ADDITIVE = sorted(one.name for one in MEASURES.values() if one.is_additive)
COUNTED = {
    "accounts": ("account", "count(*)"),
    "prospects": ("account", "count(*) FILTER (WHERE a.life_stage = 'prospect')"),
    "customers": ("account", "count(*) FILTER (WHERE a.life_stage = 'customer')"),
    "potential": ("account", "coalesce(sum(m.monthly_amount), 0)"),
    "overdue": ("account", ("count(*) FILTER (WHERE (a.last_visit_at AT TIME ZONE 'UTC')::date"
                " + a.visit_every_days < current_date)")),
    "never_visited": ("account", "count(*) FILTER (WHERE a.last_visit_at IS NULL)"),
    "yearly_buyers": ("account", "count(w.account_id)"),
    "visits": ("visit", "count(*)"),
    "visited_accounts": ("visit", "count(DISTINCT f.account_id)"),
    "revenue": ("sale", "sum(f.amount)"),
    "quantity": ("sale", "sum(f.quantity)"),
    "invoices": ("sale", "count(DISTINCT f.invoice)"),
    "buyers": ("sale", "count(DISTINCT f.account_id)"),
}  # fmt: skip
FACTS = {
    "account": "",
    "visit": "JOIN visit f ON f.org_id = a.org_id AND f.account_id = a.id AND f.status = 'done'"
    " AND f.deleted_at IS NULL AND f.planned_on BETWEEN %(first)s AND %(last)s",
    "sale": "JOIN sale f ON f.org_id = a.org_id AND f.account_id = a.id"
    " AND f.sold_on BETWEEN %(first)s AND %(last)s"
    " JOIN product p ON p.org_id = f.org_id AND p.id = f.product_id",
}
DAY = {"visit": "f.planned_on", "sale": "f.sold_on"}


# Of two units that share a border a shop on it lies in the first by name.
UNIT_AT = """(SELECT n.id::text FROM admin_unit n WHERE n.org_id = a.org_id AND n.level = {level}
  AND n.valid_from <= {day} AND (n.valid_to IS NULL OR n.valid_to > {day})
  AND ST_Intersects(n.area, a.location) ORDER BY n.name_folded, n.name, n.id LIMIT 1)"""


@pytest.fixture
def market(test_database: TestDatabase, org: Org, other_org: Org) -> Market:
    make_market(test_database.owner_url, other_org, TODAY, accounts=20)
    add_units(test_database.owner_url, other_org)
    return make_market(test_database.owner_url, org, TODAY)


@pytest.fixture
def units(market: Market) -> list[str]:
    return [str(one) for one in add_units(market.owner_url, market.org).values()]


@st.composite
def queries(draw: st.DrawFn) -> dict[str, Any]:
    measures = draw(st.lists(st.sampled_from(sorted(COUNTED)), min_size=1, max_size=4, unique=True))
    usable = [
        name for name in DIMENSIONS
        if name != "period" and all(one in measures_by(name) for one in measures)
    ]  # fmt: skip
    dimensions = draw(st.lists(st.sampled_from(usable), max_size=3, unique=True))
    facts = {COUNTED[one][0] for one in measures}
    columns = [*dimensions[2:]]
    if not columns and draw(st.booleans()):
        columns = ["period"]
    rows = dimensions[:2]
    if "period" not in columns and "account" not in facts and len(rows) < 2 and draw(st.booleans()):
        rows = [*rows, "period"]
    first = TODAY - timedelta(days=draw(st.integers(0, 500)))
    last = first + timedelta(days=draw(st.integers(0, 400)))
    return {
        "rows": [_asked(draw, one) for one in rows],
        "columns": [_asked(draw, one) for one in columns],
        "measures": measures,
        "filters": draw(st.sets(st.sampled_from(usable), max_size=2).map(sorted)),
        "from_date": first.isoformat(),
        "to_date": last.isoformat(),
        "grain": draw(st.sampled_from(["week", "month", "quarter", "year"])),
        "territory_of": draw(st.sampled_from(["today", "then"])),
        "units_on": draw(st.sampled_from([None, "2024-01-01", "2025-07-01"])),
        "limit": 20_000,
    }


def _asked(draw: st.DrawFn, name: str) -> dict[str, Any]:
    match name:
        case "territory":
            return {"dimension": name, "level": draw(st.sampled_from([None, 0, 1, 4]))}
        case "h3":
            return {"dimension": name, "resolution": draw(st.integers(5, 9))}
        case "admin_unit":
            return {"dimension": name, "level": draw(st.sampled_from([None, *LEVELS]))}
        case _:
            return {"dimension": name}


@settings(max_examples=120)
@given(
    asked=queries(), who=st.sampled_from(["analyst", "rep", "other_rep"]),
    box=st.none() | st.tuples(*[st.integers(0, ACROSS)] * 4), seed=st.integers(0, 2**32),
    most_flags=st.sampled_from([1, 100_000_000]), at_once=st.sampled_from([3, 100_000]),
)  # fmt: skip
def test_the_cube_tells_what_the_tables_tell(
    market: Market, units: list[str], api: Api, asked: dict[str, Any], who: str,
    box: tuple[int, int, int, int] | None, seed: int, most_flags: int, at_once: int,
) -> None:  # fmt: skip
    chance = random.Random(seed)
    with (
        closing(psycopg2.connect(market.owner_url)) as connection,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(tallying, "_MOST_FLAGS", most_flags)  # one: as with a million buyers
        patch.setattr(atlas, "_AT_ONCE", at_once)  # few: as with a million accounts
        connection.autocommit = True
        with connection.cursor() as cursor:
            _disturb(cursor, market, chance)
            asked["filters"] = [
                {"dimension": one, "values": _values(market, units, one, chance, who)}
                for one in asked["filters"]
            ]
            area = _box(box)
            if area is not None:
                asked = asked | {"area": {"polygon": area}}
            actor = getattr(market.org, who)
            answer = api.client.post("/v1/cube/query", headers=api.as_(actor), json=asked)
            assert answer.status_code == 200, answer.text
            told = answer.json()
            for at, measure in enumerate(asked["measures"]):
                true = _truth(cursor, market, asked, measure, who, area)
                _compare(asked, told, at, measure, true)


def _compare(
    asked: dict[str, Any], told: dict[str, Any], at: int, measure: MeasureName, true: Any
) -> None:
    is_by_period = [one["dimension"] for one in asked["columns"]] == ["period"]
    columns = [one["key"] for one in told["columns"]]
    cells: dict[Any, float] = {}
    for row in told["rows"]:
        cells[tuple(row["keys"]), ...] = row["total"][at]
        for column, values in zip(columns, row["cells"], strict=True):
            cells[tuple(row["keys"]), column] = values[at]
    cells[..., ...] = told["whole"]["total"][at]
    for column, values in zip(columns, told["whole"]["cells"], strict=True):
        cells[..., column] = values[at]
    if is_by_period and COUNTED[measure][0] == "account":
        assert all(value is None for key, value in cells.items() if key[1] is not ...)
        cells = {key: value for key, value in cells.items() if key[1] is ...}
    for key in cells.keys() | true.keys():
        assert cells.get(key, 0) == pytest.approx(float(true.get(key, 0)), rel=1e-12), key
    if measure in ADDITIVE:
        rows = sum(row["total"][at] for row in told["rows"])
        assert rows == pytest.approx(told["whole"]["total"][at], rel=1e-12)


def _truth(
    cursor: Any, market: Market, asked: dict[str, Any], measure: str, who: str, area: Any
) -> dict[Any, Any]:
    """Return each cell and total by a query of its own over the tables."""
    kind, counted = COUNTED[measure]
    values: dict[str, Any] = {
        "org": market.org.id, "first": asked["from_date"], "last": asked["to_date"],
        "area": psycopg2.extras.Json(area), "me": getattr(market.org, who).user_id,
    }  # fmt: skip
    rows = [_expression(one, kind, asked, who) for one in asked["rows"]]
    columns = [_expression(one, kind, asked, who) for one in asked["columns"]]
    if kind == "account" and [one["dimension"] for one in asked["columns"]] == ["period"]:
        columns = []
    where = _where(market, asked, kind, who, area, values)
    found: dict[Any, Any] = {}
    for some_rows in (rows, None):
        for some_columns in (columns, None):
            keys = [*(some_rows or []), *(some_columns or [])]
            grouping = (
                f"GROUP BY {', '.join(str(at + 1) for at in range(len(keys)))}" if keys else ""
            )
            cursor.execute(
                f"SELECT {', '.join([*keys, counted])} FROM account a"
                " LEFT JOIN account_potential m ON m.org_id = a.org_id AND m.account_id = a.id"
                " LEFT JOIN account_value w ON w.org_id = a.org_id AND w.account_id = a.id"
                f" {FACTS[kind]} WHERE {' AND '.join(where)} {grouping}",
                values,
            )
            for row in cursor.fetchall():
                found[_key(row, len(some_rows or []), some_rows, some_columns)] = row[-1] or 0
    return found


def _where(
    market: Market, asked: dict[str, Any], kind: str, who: str, area: Any, values: dict[str, Any]
) -> list[str]:
    where = ["a.org_id = %(org)s", "a.deleted_at IS NULL"]
    if who != "analyst":
        where.append(
            "(a.territory_id IN (SELECT tuyen_territories_of(%(org)s, %(me)s))"
            " OR a.territory_id IS NULL AND a.owner_id = %(me)s OR EXISTS (SELECT FROM"
            " account_holdover h WHERE h.account_id = a.id AND h.user_id = %(me)s))"
        )
    if area is not None:
        where.append("ST_Covers(ST_SetSRID(ST_GeomFromGeoJSON(%(area)s::text), 4326), a.location)")
    for number, one in enumerate(asked["filters"]):
        expression = _filtered(one["dimension"], kind, asked)
        some = [str(value) for value in one["values"] if value is not None]
        if one["dimension"] == "territory":
            some += [str(two) for two in market.territories.values() if str(market.region) in some]
        if one["dimension"] == "h3":
            expression = (
                "(SELECT c.cell FROM cells c WHERE c.id = a.id"
                f" AND c.cell = ANY (%(f{number})s) LIMIT 1)"
            )
        if one["dimension"] == "admin_unit":
            day = _day(asked)
            expression = f"""(SELECT u.id::text FROM admin_unit u
              WHERE u.id::text = ANY (%(f{number})s::text[]) AND u.id::text = {
                UNIT_AT.format(
                    level="u.level",
                    day=f"(CASE WHEN u.valid_from <= {day} AND (u.valid_to IS NULL"
                    f" OR u.valid_to > {day}) THEN {day} ELSE u.valid_from END)",
                )
            } LIMIT 1)"""
        values[f"f{number}"] = some
        absent = {"h3": "a.location", "admin_unit": UNIT_AT.format(level=6, day=_day(asked))}.get(
            one["dimension"], expression
        )
        none = f" OR {absent} IS NULL" if None in one["values"] else ""
        where.append(f"({expression} = ANY (%(f{number})s::text[]){none})")
    return where


def _day(asked: dict[str, Any]) -> str:
    return f"date '{asked['units_on']}'" if asked["units_on"] else "current_date"


def _key(row: Any, count: int, some_rows: Any, some_columns: Any) -> Any:
    across = row[count] if some_columns else ...
    return (tuple(row[:count]) if some_rows is not None else ..., across)


def _expression(asked: dict[str, Any], kind: str, query: dict[str, Any], who: str) -> str:
    name = asked["dimension"]
    if name == "territory":
        own = _filtered(name, kind, query)
        if who == "analyst":
            parent = f"(SELECT t.parent_id::text FROM territory t WHERE t.id::text = {own})"
            return f"coalesce({parent}, {own})" if asked["level"] == 0 else own
        return (
            f"CASE WHEN {own} IN (SELECT tuyen_territories_of(%(org)s, %(me)s)::text) THEN {own}"
            f" WHEN {own} IS NOT NULL THEN 'elsewhere' END"
        )
    if name == "h3":
        resolution = asked["resolution"]
        return f"(SELECT c.cell FROM cells c WHERE c.id = a.id AND c.resolution = {resolution})"
    if name == "admin_unit":
        return UNIT_AT.format(level=asked["level"] or LEVELS[-1], day=_day(query))
    if name == "period":
        return f"to_char({DAY.get(kind, 'NULL')}, '{PERIODS[query['grain']]}')"
    return "a.priority" if name == "priority" else _filtered(name, kind, query)


def _filtered(name: str, kind: str, asked: dict[str, Any]) -> str:
    """Return a dimension as text."""
    if name == "territory" and asked["territory_of"] == "then" and kind == "sale":
        return "f.territory_id::text"
    if name == "territory" and asked["territory_of"] == "then" and kind == "visit":
        return (
            "coalesce((SELECT l.territory_id FROM account_placement l WHERE l.account_id = a.id"
            " AND l.left_at > f.done_at ORDER BY l.left_at LIMIT 1), a.territory_id)::text"
        )
    return {
        "territory": "a.territory_id::text", "rfm_class": "w.rfm_class",
        "rep": "f.rep_id::text", "product": "f.product_id::text", "product_category": "p.category",
        "priority": "a.priority::text",
    }.get(name, f"a.{name}")  # fmt: skip


def _values(
    market: Market, units: Sequence[str], name: str, chance: random.Random, who: str
) -> list[Any]:
    """Return some values of a dimension to filter by."""
    seen = {"analyst": ["Tây", "Đông"], "rep": ["Tây"], "other_rep": ["Đông"]}[who]
    some: dict[str, Sequence[Any]] = {
        "territory": [str(market.territories[one]) for one in seen],
        "life_stage": ("prospect", "customer", "lost"),
        "category": ("cafe", "pharmacy", "nowhere", None),
        "channel": ("modern", "traditional", None),
        "priority": (1, 2, 5),
        "rfm_class": ("champion", "asleep", None),
        "rep": (str(market.org.rep.user_id), str(market.org.other_rep.user_id), None),
        "product": [str(one) for one in market.products],
        "product_category": ("Cà phê", "Trà", None),
        "h3": [
            *(cell_of(WEST + x * STEP, SOUTH + x * STEP, 5 + x % 5) for x in range(0, ACROSS, 3)),
            None,
        ],
        "admin_unit": [*units, None],
    }
    if name == "territory" and who == "analyst":
        some["territory"] = [*some["territory"], str(market.region), None]
    return chance.sample(list(some[name]), chance.randint(1, len(some[name])))


def _box(box: tuple[int, int, int, int] | None) -> dict[str, Any] | None:
    """Return a rectangle whose sides run through places."""
    if box is None or box[0] == box[2] or box[1] == box[3]:
        return None
    x, y = sorted(box[::2]), sorted(box[1::2])
    west, east = (WEST + one * STEP for one in x)
    south, north = (SOUTH + one * STEP for one in y)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _disturb(cursor: Any, market: Market, chance: random.Random) -> None:
    """Change something, and note every account's cells."""
    account = chance.choice(market.accounts)
    x, y = (chance.randrange(ACROSS + 1) * STEP for _ in range(2))
    change = chance.choice([
        "UPDATE account SET life_stage = 'customer', category = 'cafe' WHERE id = %(id)s",
        (f"UPDATE account SET location = ST_SetSRID(ST_MakePoint({WEST + x}, {SOUTH + y}), 4326),"
        " location_source = 'gps' WHERE id = %(id)s"),
        ("UPDATE account SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END"
        " WHERE id = %(id)s"),
        ("UPDATE sale SET amount = amount + 1, account_id = %(id)s"
        " WHERE invoice = (SELECT invoice FROM sale WHERE org_id = %(org)s ORDER BY id LIMIT 1)"),
        "DELETE FROM sale WHERE account_id = %(id)s",
        ("UPDATE visit SET status = 'done', outcome = 'met', done_at = planned_on WHERE id ="
        " (SELECT id FROM visit WHERE org_id = %(org)s AND status = 'planned' LIMIT 1)"),
        "UPDATE visit SET deleted_at = now() WHERE account_id = %(id)s",
        "DELETE FROM account_value WHERE account_id = %(id)s",
        "UPDATE account_potential SET monthly_amount = 5 WHERE account_id = %(id)s",
        "UPDATE account SET priority = 1 + priority %% 5 WHERE org_id = %(org)s",
        "SELECT 1",
    ])  # fmt: skip
    cursor.execute(change, {"id": account, "org": market.org.id})
    cursor.execute("DROP TABLE IF EXISTS cells")
    cursor.execute("CREATE TEMP TABLE cells (id uuid, resolution int, cell text)")
    cursor.execute(
        "SELECT id, ST_X(location), ST_Y(location) FROM account WHERE org_id = %s AND location"
        " IS NOT NULL",
        (market.org.id,),
    )
    psycopg2.extras.execute_values(
        cursor,
        "INSERT INTO cells VALUES %s",
        [
            (one, resolution, cell_of(lon, lat, resolution))
            for one, lon, lat in cursor.fetchall()
            for resolution in range(5, 10)
        ],
        page_size=2000,
    )
