"""A rep's planned day with its accounts, visits and route, put in as the owner without a solver."""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg2

from backend.geo.vocabulary import LonLat
from backend.identity.actor import Actor
from backend.ids import new_id
from tests.support.ground import insert_account
from tests.support.people import Org

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
VISIT = timedelta(minutes=15)
WAY = timedelta(minutes=5)
LUNCH_AFTER = 3


@dataclass(frozen=True)
class PlannedDay:
    """The ids of what was put in, in the order of the stops."""

    route_id: UUID
    account_ids: list[UUID]
    visit_ids: list[UUID]


def stops_of(
    names: Sequence[str], places: Sequence[LonLat], on_date: date, visit_ids: Sequence[UUID],
    account_ids: Sequence[UUID],
) -> list[dict[str, Any]]:  # fmt: skip
    """Return a route's stops as it keeps them: from eight on, a quarter of an hour each."""
    at = datetime.combine(on_date, time(8), ZONE)
    stops = []
    for index, (name, place) in enumerate(zip(names, places, strict=True)):
        start = at + WAY
        stops.append(
            {
                "visit_id": str(visit_ids[index]),
                "account_id": str(account_ids[index]),
                "name": name,
                "location": list(place),
                "sequence": index + 1,
                "arrive_at": start.isoformat(),
                "start_at": start.isoformat(),
                "leave_at": (start + VISIT).isoformat(),
                "leg_distance_m": 1250,
                "leg_seconds": 300,
            }
        )
        at = start + VISIT
    return stops


def add_day(
    owner_url: str,
    org: Org,
    rep: Actor,
    on_date: date,
    shops: Sequence[tuple[str, LonLat]],
    *,
    profile: str = "scooter",
    is_estimate: bool = False,
    dropped: Sequence[dict[str, Any]] = (),
) -> PlannedDay:
    """Insert accounts at the places, owned by the rep, with a planned visit each and the route."""
    names, places = [name for name, _ in shops], [place for _, place in shops]
    route_id, visit_ids = new_id(), [new_id() for _ in shops]
    with closing(psycopg2.connect(owner_url)) as connection, connection, connection.cursor() as cur:
        account_ids = [insert_account(cur, org, name, *place) for name, place in shops]
        cur.execute(
            "UPDATE account SET owner_id = %s WHERE id = ANY (%s)", (rep.user_id, account_ids)
        )
        stops = stops_of(names, places, on_date, visit_ids, account_ids)
        first = datetime.combine(on_date, time(8), ZONE)
        last = datetime.fromisoformat(stops[-1]["leave_at"]) if stops else first
        lunch = {
            "starts_at": (first + timedelta(hours=4)).isoformat(),
            "minutes": 45,
            "after_sequence": min(LUNCH_AFTER, len(stops)),
        }
        line = ", ".join(f"{lon} {lat}" for lon, lat in places)
        cur.execute(
            "INSERT INTO route (org_id, id, rep_id, on_date, profile, engine, seed, is_estimate,"
            " distance_m, travel_seconds, wait_seconds, starts_at, ends_at, line, stops, dropped,"
            " lunch, inputs) VALUES (%s, %s, %s, %s, %s, 'pyvrp', 1, %s, %s, %s, 0, %s, %s,"
            " ST_SetSRID(ST_GeomFromText(%s), 4326), %s, %s, %s, '{}')",
            (
                org.id, route_id, rep.user_id, on_date, profile, is_estimate, 1250 * len(stops),
                300 * len(stops), first, last,
                f"LINESTRING({line})" if len(places) > 1 else None,
                json.dumps(stops), json.dumps(list(dropped)), json.dumps(lunch),
            ),
        )  # fmt: skip
        for index, visit_id in enumerate(visit_ids):
            cur.execute(
                "INSERT INTO visit (org_id, id, account_id, rep_id, route_id, planned_on,"
                " planned_at, sequence) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    org.id, visit_id, account_ids[index], rep.user_id, route_id, on_date,
                    stops[index]["start_at"], index + 1,
                ),
            )  # fmt: skip
    return PlannedDay(route_id, account_ids, visit_ids)
