"""A rep's planned day at noon, whatever the hour of the machine: real service, real phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mobile_client.proposals import Wish
from tests.support.field_team import FieldTeam, Rep
from tests.support.ground import IN_WEST, add_account

PLACES = ((0.0, 0.0), (0.006, 0.002), (0.012, 0.001), (0.018, 0.004), (0.004, 0.012),
          (0.010, 0.014), (0.016, 0.012), (0.021, 0.017))  # fmt: skip
"""Eight shops, a few hundred metres to a kilometre apart."""


@dataclass
class Noon:
    """A team whose organisation has noon now, and the rep's day there."""

    team: FieldTeam
    shops: list[str]
    on_date: str

    def plan(self, **request: Any) -> dict[str, Any]:
        """Plan the rep's day as a manager and return the route."""
        team = self.team
        body = {"on_date": self.on_date, "rep_id": str(team.org.rep.user_id), "profile": "scooter",
                "start": list(IN_WEST), "shift_end": "18:00:00", "lunch_minutes": 0,
                "shift_start": "08:00:00", **request}  # fmt: skip
        answer = team.http(team.org.manager).post("/v1/routes/plan", json=body)
        assert answer.status_code == 201, answer.text
        route: dict[str, Any] = answer.json()
        return route

    def reworks(self, route_id: object) -> dict[str, Any]:
        """Return what the service shows beside a route."""
        answer = self.team.http(self.team.org.manager).get(f"/v1/routes/{route_id}/reworks")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def visits(self) -> dict[str, tuple[Any, ...]]:
        """Return sequence, time and status of every visit."""
        rows = self.team.run("SELECT id::text, sequence, planned_at, status FROM visit")
        return {str(row[0]): row[1:] for row in rows}


def noon_of(team: FieldTeam, places: Sequence[tuple[float, float]] = PLACES) -> Noon:
    """Put shops into the rep's territory and set the organisation's clock to noon."""
    now = datetime.now(UTC)
    offset = 12 - now.hour
    zone = f"Etc/GMT{'-' if offset > 0 else '+'}{abs(offset)}" if offset else "Etc/GMT"
    team.run("UPDATE organisation SET time_zone = %s RETURNING 1", zone)
    shops = [
        str(add_account(team.url, team.org, f"Quán {n}", IN_WEST[0] + east, IN_WEST[1] + north))
        for n, (east, north) in enumerate(places, start=1)
    ]
    return Noon(team, shops, (now + timedelta(hours=offset)).date().isoformat())


def accept(rep: Rep, wish: Wish | None = None) -> list[str]:
    """Plan the rest anew on the phone and accept; return the accounts in their new order."""
    proposal = rep.core.replan(wish or Wish())
    rep.core.accept_replan(proposal)
    return [stop.account_id for stop in proposal.stops]
