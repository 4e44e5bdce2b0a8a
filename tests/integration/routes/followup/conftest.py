"""A day over the real streets that was planned, and the visits and ways that came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from backend.geo.network.provider import Path, StreetNetwork
from backend.geo.polyline import decode_polyline
from backend.geo.vocabulary import LonLat
from backend.identity.actor import Actor
from backend.ids import new_id
from tests.integration.geo.rides import ride
from tests.integration.routes.conftest import Town
from tests.support.ground import execute

PAST = "2026-11-16"
"""A Monday that is over."""
NOON = f"{PAST}T10:00:00+00:00"


@dataclass
class Field:
    """A planned day of the rep, and the visits that were made."""

    town: Town
    route: dict[str, Any]

    @property
    def stops(self) -> list[dict[str, Any]]:
        stops: list[dict[str, Any]] = self.route["stops"]
        return stops

    def visit(
        self,
        index: int,
        *,
        late: int = 0,
        stay: int = 15,
        outcome: str = "met",
        away: float = 0.0,
        accuracy_m: float = 8.0,
        is_mock: bool = False,
    ) -> None:
        """Make a stop's visit so many minutes late, standing `away` degrees east of the shop."""
        stop = self.stops[index]
        came = datetime.fromisoformat(stop["start_at"]) + timedelta(minutes=late)
        execute(
            self.town.url,
            "UPDATE visit SET status = 'done', outcome = %s, checked_in_at = %s, done_at = %s"
            " WHERE id = %s",
            outcome, came, came + timedelta(minutes=stay), stop["visit_id"],
        )  # fmt: skip
        execute(
            self.town.url,
            "INSERT INTO check_in (org_id, id, account_id, visit_id, rep_id, captured_at,"
            " corrected_at, location, accuracy_m, is_mock, distance_m) SELECT a.org_id, %s, a.id,"
            " %s, %s, %s, %s, p.at, %s, %s, ST_Distance(p.at::geography, a.location::geography)"
            " FROM account a, LATERAL (SELECT ST_Translate(a.location, %s, 0) AS at) p"
            " WHERE a.id = %s",
            new_id(), stop["visit_id"], self.town.org.rep.user_id, came, came, accuracy_m,
            is_mock, away, stop["account_id"],
        )  # fmt: skip

    def actual(self, who: Actor | None = None) -> dict[str, Any]:
        answer = self.town.get(
            who or self.town.org.manager, f"/v1/routes/{self.route['id']}/actual"
        )
        assert answer.status_code == 200, answer.text
        day: dict[str, Any] = answer.json()
        return day

    def period(self, who: Actor | None = None, **query: Any) -> httpx.Response:
        period = {"from_date": "2026-11-16", "to_date": "2026-11-22", **query}
        return self.town.get(who or self.town.org.manager, "/v1/followup", **period)

    def send(self, points: list[dict[str, Any]], who: Actor | None = None, **more: Any) -> Any:
        """Send the rep's trace as the manager, who may send one of any day, or as somebody."""
        of_rep = {"rep_id": str(self.town.org.rep.user_id)} if who is None else {}
        return self.town.api.client.post(
            "/v1/traces",
            headers=self.town.api.as_(who or self.town.org.manager),
            json={"on_date": PAST, "points": points, **of_rep, **more},
        )

    def object_to(self, who: Actor, **body: Any) -> httpx.Response:
        return self.town.api.client.post(
            "/v1/followup/objections",
            headers=self.town.api.as_(who),
            json={"on_date": PAST, "body": "Không đúng.", **body},
        )


@pytest.fixture
def field(town: Town) -> Field:
    return Field(town, town.planned(on_date=PAST, max_candidates=8))


def ridden(field: Field, network: StreetNetwork) -> list[dict[str, Any]]:
    """Return the trace of the planned way."""
    line = [LonLat(*place) for place in decode_polyline(field.route["line"])]
    stops = [LonLat(*one["location"]) for one in field.stops]
    return told(field, network.path([line[0], *stops, line[-1]]))


def told(field: Field, path: Path) -> list[dict[str, Any]]:
    """Return a ride along a path as a phone tells it, from the start of the day on."""
    began = datetime.fromisoformat(field.route["starts_at"])
    return [
        {
            "at": (began + timedelta(seconds=fix.at_s)).isoformat(),
            "location": list(fix.position),
            "accuracy_m": fix.accuracy_m,
        }
        for fix in ride(path, every_s=10.0, noise_m=4.0)
    ]
