"""A day that was driven: visits on time, late, far away and missed, and a trace along the plan."""

from datetime import datetime, timedelta
from uuid import UUID

from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extras import Json

from backend.ids import new_id
from tests.support.people import Org

MADE = (("ordered", 0, 0.0), ("met", 25, 0.0), ("met", 40, 0.02), ("not_in", 35, 0.0))
"""Outcome, minutes late and degrees beside the shop of the first visits; the others are missed."""


def drive_day(cursor: Cursor, org: Org, route_id: UUID) -> None:
    """Make the first visits of a planned route, and send a trace along its line."""
    cursor.execute("SELECT stops, rep_id, on_date FROM route WHERE id = %s", (route_id,))
    row = cursor.fetchone()
    assert row is not None
    stops, rep_id, on_date = row
    for stop, (outcome, late, away) in zip(stops, MADE, strict=False):
        came = datetime.fromisoformat(stop["start_at"]) + timedelta(minutes=late)
        cursor.execute(
            "UPDATE visit SET status = 'done', outcome = %s, checked_in_at = %s, done_at = %s"
            " WHERE id = %s",
            (outcome, came, came + timedelta(minutes=12), stop["visit_id"]),
        )
        cursor.execute("DELETE FROM check_in WHERE visit_id = %s", (stop["visit_id"],))
        cursor.execute(
            "INSERT INTO check_in (org_id, id, account_id, visit_id, rep_id, captured_at,"
            " corrected_at, location, accuracy_m, distance_m) SELECT a.org_id, %s, a.id, %s, %s,"
            " %s, %s, p.at, 8, ST_Distance(p.at::geography, a.location::geography) FROM account a,"
            " LATERAL (SELECT ST_Translate(a.location, %s, 0) AS at) p WHERE a.id = %s",
            (new_id(), stop["visit_id"], rep_id, came, came, away, stop["account_id"]),
        )
    cursor.execute(
        "SELECT ST_X(p), ST_Y(p) FROM route r, generate_series(0, 240) n,"
        " LATERAL (SELECT ST_LineInterpolatePoint(r.line, n / 480.0) AS p) q WHERE r.id = %s",
        (route_id,),
    )
    began = datetime.fromisoformat(stops[0]["start_at"]).timestamp()
    fixes = [[began + 10 * n, lon, lat + 0.0004, 10.0] for n, (lon, lat) in enumerate(cursor)]
    cursor.execute(
        "INSERT INTO trace (org_id, rep_id, on_date, fixes) VALUES (%s, %s, %s, %s)",
        (org.id, rep_id, on_date, Json(fixes)),
    )
