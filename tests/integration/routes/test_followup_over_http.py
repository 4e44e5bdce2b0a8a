"""Plan against actual over the real streets: who kept the plan, what was driven, who may see it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from backend.geo.network.provider import StreetNetwork
from backend.geo.polyline import decode_polyline
from backend.geo.vocabulary import LonLat
from backend.identity.actor import Actor
from backend.ids import new_id
from backend.routes.engines import Engines
from tests.integration.geo.rides import ride
from tests.integration.routes.conftest import Town
from tests.support.ground import execute

pytestmark = pytest.mark.integration

PAST = "2026-11-16"
"""A Monday that is over."""


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
        return self.town.api.client.post(
            "/v1/traces",
            headers=self.town.api.as_(who or self.town.org.rep),
            json={"on_date": PAST, "points": points, **more},
        )


@pytest.fixture
def field(town: Town) -> Field:
    return Field(town, town.planned(on_date=PAST, max_candidates=8))


def _ridden(field: Field, network: StreetNetwork, *, every_s: float = 10.0) -> list[dict[str, Any]]:
    """Return the trace of the planned line, from the start of the day on."""
    line = [LonLat(*place) for place in decode_polyline(field.route["line"])]
    began = datetime.fromisoformat(field.route["starts_at"])
    path = network.path([line[0], *[LonLat(*one["location"]) for one in field.stops], line[-1]])
    return [
        {
            "at": (began + timedelta(seconds=fix.at_s)).isoformat(),
            "location": list(fix.position),
            "accuracy_m": fix.accuracy_m,
        }
        for fix in ride(path, every_s=every_s, noise_m=4.0)
    ]


def test_a_kept_and_a_missed_visit_are_told_with_their_figures(field: Field) -> None:
    count = len(field.stops)
    field.visit(0, late=0, outcome="ordered")
    field.visit(1, late=10)
    field.visit(2, late=20, outcome="not_in")

    day = field.actual()

    measures = day["measures"]
    assert (measures["planned"], measures["done"], measures["missed"]) == (count, 3, count - 3)
    assert measures["completion"] == round(3 / count, 3)
    assert measures["order_kept"] == 1.0
    assert measures["strike_rate"] == round(1 / 3, 3)
    assert measures["late_median_minutes"] == 10.0
    assert measures["late_p90_minutes"] == 18.0
    assert [one["verdict"] for one in day["visits"]] == ["done"] * 3 + ["missed"] * (count - 3)
    assert {one["reason"] for one in day["visits"][3:]} == {"not_visited"}
    assert day["mileage"]["source"] == "check_ins"
    assert day["mileage"]["is_estimate"] is True
    assert day["mileage"]["distance_m"] > 0


def test_a_trace_along_the_plan_gives_its_kilometres(field: Field, engines: Engines) -> None:
    field.visit(0)
    points = _ridden(field, engines.network("car"))

    sent = field.send(points).json()
    again = field.send(points[::-1]).json()

    assert sent["added"] == sent["kept"] == len(points)
    assert (again["added"], again["repeated"]) == (0, len(points))
    mileage = field.actual()["mileage"]
    assert mileage["source"] == "trace"
    assert mileage["is_estimate"] is False
    assert mileage["distance_m"] == pytest.approx(field.route["distance_m"], rel=0.06)
    assert mileage["off_route_m"] < 0.02 * mileage["distance_m"]
    total = field.period().json()["total"]
    assert total["mileage_m"] == mileage["distance_m"]
    assert total["traced_days"] == 1
