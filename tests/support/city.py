"""A city to look at: Helsinki's shops, two territories with reps, a planned and half-done day."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import psycopg2
import psycopg2.extras
import sqlalchemy as sa
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from backend.db.tenancy import driver_url
from backend.identity.actor import Actor
from backend.identity.passwords import hash_password
from backend.ids import new_id
from backend.insights.service import value_accounts
from tests.support.helsinki_places import Place, helsinki_places
from tests.support.people import Org

PASSWORD = "vịt lội qua sông sáng sớm"
EDGE = 24.9425
BOXES = {
    "Kamppi": (24.930, 60.162, EDGE, 60.183),
    "Kruununhaka": (EDGE, 60.162, 24.957, 60.183),
}
COLORS = {"Kamppi": "#1f6f5c", "Kruununhaka": "#6d28d9"}
STAGES = ("prospect", "prospect", "customer", "prospect", "lapsed", "customer", "lost")
STOPS = 9
# Every one to three months in 24, one or two products each time, the same for the same name.
_SALES = """
INSERT INTO sale (org_id, id, account_id, product_id, sold_on, invoice, line, quantity, amount,
                  rep_id, territory_id)
SELECT a.org_id, gen_random_uuid(), a.id, p.id, d.on_date, a.id || '-' || n, line, 1 + h %% 9,
       25000 * (1 + (h %% 37) * (1 + (h / 7 + n * 13 + line) %% 11)), t.user_id, a.territory_id
  FROM (SELECT *, abs(hashtext(name)) / 2 AS h FROM account
         WHERE org_id = %(org)s AND life_stage IN ('customer', 'lapsed')) a
  LEFT JOIN territory_assignment t ON t.org_id = a.org_id AND t.territory_id = a.territory_id
 CROSS JOIN LATERAL generate_series(0, 720 / (30 + h %% 60)) n
 CROSS JOIN LATERAL (SELECT %(day)s::date - h %% 30 - n * (30 + h %% 60) AS on_date) d
 CROSS JOIN LATERAL generate_series(1, 1 + (h + n) %% 2) line
  JOIN LATERAL (SELECT id FROM product WHERE org_id = a.org_id
                 ORDER BY code OFFSET (h + line) %% 4 LIMIT 1) p ON true
 WHERE a.life_stage = 'customer' OR d.on_date < %(day)s::date - 180
"""


@dataclass(frozen=True)
class City:
    """What was put in."""

    org: Org
    territories: dict[str, UUID]
    accounts: dict[UUID, Place]
    routes: dict[str, UUID]
    on_date: date


def make_city(owner_url: str, org: Org, on_date: date, *, places: int = 2000) -> City:
    """Fill an organisation; everybody's password becomes PASSWORD."""
    with closing(psycopg2.connect(owner_url)) as connection, connection, connection.cursor() as cur:
        _name_people(cur, org)
        holders = {"Kamppi": org.rep, "Kruununhaka": org.other_rep}
        territories = {name: _add_territory(cur, org, name, who) for name, who in holders.items()}
        accounts = _add_accounts(cur, org, helsinki_places()[:places])
        _add_sales(cur, org, on_date)
        routes = {
            name: _add_day(cur, org, who, _inside(accounts, BOXES[name]), on_date)
            for name, who in holders.items()
        }
    _value(owner_url, org)
    return City(org, territories, accounts, routes, on_date)


def _name_people(cur: Cursor, org: Org) -> None:
    names = {org.rep: "Lan Nguyễn", org.other_rep: "Minh Trần", org.manager: "Hoa Phạm"}
    hashed = hash_password(PASSWORD)
    cur.execute("UPDATE app_user SET password_hash = %s WHERE org_id = %s", (hashed, org.id))
    for actor, name in names.items():
        cur.execute("UPDATE app_user SET full_name = %s WHERE id = %s", (name, actor.user_id))


def _add_territory(cur: Cursor, org: Org, name: str, holder: Actor) -> UUID:
    territory_id = new_id()
    cur.execute(
        "INSERT INTO territory (org_id, id, name, color, area) VALUES"
        " (%s, %s, %s, %s, ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326)))",
        (org.id, territory_id, name, COLORS[name], *BOXES[name]),
    )
    cur.execute(
        "INSERT INTO territory_assignment (org_id, id, territory_id, user_id, valid_from)"
        " VALUES (%s, %s, %s, %s, '2020-01-01')",
        (org.id, new_id(), territory_id, holder.user_id),
    )
    return territory_id


def _add_accounts(cur: Cursor, org: Org, places: Sequence[Place]) -> dict[UUID, Place]:
    accounts = {new_id(): place for place in places}
    rows = [
        (org.id, key, place.name, STAGES[index % len(STAGES)], place.category, place.address,
         place.opening_hours or None, place.lon, place.lat)
        for index, (key, place) in enumerate(accounts.items())
    ]  # fmt: skip
    psycopg2.extras.execute_values(
        cur,
        "INSERT INTO account (org_id, id, name, life_stage, category, address, opening_hours,"
        " location, location_source) VALUES %s",
        rows,
        template=("(%s, %s, %s, %s, %s, %s, %s, ST_SetSRID(ST_MakePoint(%s, %s), 4326), 'osm')"),
    )
    return accounts


def _add_sales(cur: Cursor, org: Org, on_date: date) -> None:
    """Let customers buy up to the day, and lapsed accounts up to half a year before."""
    cur.execute(
        "INSERT INTO product (org_id, id, code, name, category)"
        " SELECT %s, gen_random_uuid(), c, n, g FROM (VALUES"
        " ('BIA', 'Bia lon 330 ml', 'Bia'), ('NUOC', 'Nước suối 500 ml', 'Nước giải khát'),"
        " ('CAPHE', 'Cà phê hạt 1 kg', 'Cà phê'), ('BANH', 'Bánh quy bơ', 'Bánh kẹo')) t (c, n, g)",
        (org.id,),
    )
    cur.execute(_SALES, {"org": org.id, "day": on_date})
    cur.execute(
        "INSERT INTO account_potential (org_id, account_id, monthly_amount, source, said_on)"
        " SELECT org_id, id, 100000 * (1 + abs(hashtext(name)) %% 200), 'khảo sát', %s FROM account"
        " WHERE org_id = %s AND abs(hashtext(name)) %% 2 = 0",
        (on_date, org.id),
    )


def _value(owner_url: str, org: Org) -> None:
    engine = sa.create_engine(driver_url(owner_url), poolclass=sa.NullPool)
    with engine.begin() as connection:
        value_accounts(connection, org.id)
    engine.dispose()


def _inside(accounts: dict[UUID, Place], box: Sequence[float]) -> list[tuple[UUID, Place]]:
    west, south, east, north = box
    inside = [
        (key, place) for key, place in accounts.items()
        if west < place.lon < east and south < place.lat < north
    ]  # fmt: skip
    return sorted(inside[:STOPS], key=lambda item: item[1].lon)


def _add_day(
    cur: Cursor, org: Org, rep: Actor, stops: list[tuple[UUID, Place]], on_date: date
) -> UUID:
    """Insert a route with a visit a stop: the first done with evidence, the second checked in."""
    route_id, start = new_id(), datetime.combine(on_date, datetime.min.time(), UTC)
    start += timedelta(hours=8)
    told = [_stop(index, *one, start) for index, one in enumerate(stops, 1)]
    path = ", ".join(f"{place.lon} {place.lat}" for _, place in stops)
    dropped = [
        {"account_id": str(stops[0][0]), "name": "Ravintola Savoy", "reason": "closed_today",
         "detail": "It is closed on Sundays.", "facts": {}}
    ]  # fmt: skip
    cur.execute(
        "INSERT INTO route (org_id, id, rep_id, on_date, profile, engine, seed, is_estimate,"
        " distance_m, travel_seconds, wait_seconds, starts_at, ends_at, line, stops, dropped,"
        " lunch, inputs) VALUES (%s, %s, %s, %s, 'car', 'test', 1, %s, 8400, 2700, 300, %s, %s,"
        " ST_GeomFromText(%s, 4326), %s, %s, %s, '{}')",
        (org.id, route_id, rep.user_id, on_date, rep is org.other_rep, start,
         start + timedelta(hours=5), f"LINESTRING({path})", psycopg2.extras.Json(told),
         psycopg2.extras.Json(dropped),
         psycopg2.extras.Json({"starts_at": f"{on_date}T11:30:00Z", "minutes": 45,
                               "after_sequence": 5})),
    )  # fmt: skip
    for stop in told:
        cur.execute(
            "INSERT INTO visit (org_id, id, account_id, rep_id, route_id, planned_on, planned_at,"
            " sequence) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (org.id, stop["visit_id"], stop["account_id"], rep.user_id, route_id, on_date,
             stop["start_at"], stop["sequence"]),
        )  # fmt: skip
    _do_visit(cur, org, rep, told[0], start)
    cur.execute(
        "UPDATE visit SET status = 'checked_in', checked_in_at = %s WHERE id = %s",
        (start + timedelta(minutes=32), told[1]["visit_id"]),
    )
    return route_id


def _stop(index: int, account_id: UUID, place: Place, start: datetime) -> dict[str, object]:
    arrive = start + timedelta(minutes=30 * (index - 1))
    return {
        "visit_id": str(new_id()), "account_id": str(account_id), "name": place.name,
        "location": [place.lon, place.lat], "sequence": index, "arrive_at": arrive.isoformat(),
        "start_at": arrive.isoformat(), "leave_at": (arrive + timedelta(minutes=15)).isoformat(),
        "leg_distance_m": 640, "leg_seconds": 300,
    }  # fmt: skip


def _do_visit(cur: Cursor, org: Org, rep: Actor, stop: dict[str, object], start: datetime) -> None:
    at = start + timedelta(minutes=4)
    visit_id, account_id = stop["visit_id"], stop["account_id"]
    cur.execute(
        "UPDATE visit SET status = 'done', outcome = 'ordered', checked_in_at = %s, done_at = %s"
        " WHERE id = %s",
        (at, at + timedelta(minutes=14), visit_id),
    )
    cur.execute(
        "INSERT INTO check_in (org_id, id, account_id, visit_id, rep_id, captured_at,"
        " corrected_at, location, accuracy_m, distance_m) SELECT %s, %s, id, %s, %s, %s, %s,"
        " location, 8, 23 FROM account WHERE id = %s",
        (org.id, new_id(), visit_id, rep.user_id, at, at, account_id),
    )
    cur.execute(
        "INSERT INTO note (org_id, id, account_id, visit_id, author_id, body, captured_at)"
        " VALUES (%s, %s, %s, %s, %s, 'Đặt 12 thùng, giao thứ Ba.', %s)",
        (org.id, new_id(), account_id, visit_id, rep.user_id, at),
    )
