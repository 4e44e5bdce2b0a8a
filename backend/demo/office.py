"""The manager's part of the demo, all through the public API."""

import time
from collections.abc import Mapping
from datetime import date
from itertools import cycle
from typing import Any
from uuid import uuid4

import httpx

from backend.demo.city import PASSWORD, Say
from backend.demo.service import DemoFailed
from backend.geo.tiles import lonlat_to_world24

_COLORS = ("#b4532a", "#1f6f5c")
_MARGIN = 0.002
"""Degrees around the outermost prospects, about 200 m."""
_WEST = 0.4
"""Of the prospects: as uneven as territories are that were drawn by hand."""
_TILE_ZOOM = 14
_FREQUENCIES = ("4", "2.1", "2.2", "1", "1", "every 3 weeks")
_PLAN_SECONDS = 300
_PHASES = {
    "queued": "waiting for its turn",
    "assign": "giving accounts their days",
    "first_routes": "making the first routes",
    "search": "searching for better weeks",
    "routes": "finishing the routes",
}


class Office:
    """A signed-in manager."""

    def __init__(self, url: str, email: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=60, trust_env=False)
        body = {
            "email": email,
            "password": PASSWORD,
            "device_id": str(uuid4()),
            "device_name": "Office",
            "platform": "demo",
        }
        session = self.call("POST", "/v1/auth/login", body)
        self._http.headers["Authorization"] = f"Bearer {session['access_token']}"

    def close(self) -> None:
        """End the connections."""
        self._http.close()

    def call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  # JSON
        """Call the API and return its JSON; raise DemoFailed for every refusal."""
        answer = self._http.request(method, path, json=body)
        if answer.is_error:
            raise DemoFailed(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else None

    def fetch(self, path: str) -> httpx.Response:
        """Fetch bytes, such as a tile or a photo; raise DemoFailed for every refusal."""
        answer = self._http.get(path)
        if answer.is_error:
            raise DemoFailed(f"GET {path} was answered {answer.status_code}: {answer.text}")
        return answer

    def print_report(self, body: object) -> bytes:
        """Return an area's report as a PDF; raise DemoFailed for every refusal."""
        answer = self._http.post("/v1/areas/report", json=body)
        if answer.is_error:
            raise DemoFailed(f"The report was answered {answer.status_code}: {answer.text}")
        return answer.content

    def people(self) -> dict[str, Mapping[str, Any]]:
        """Return the organisation's people by email."""
        return {one["email"]: one for one in self.call("GET", "/v1/users")["items"]}

    def accounts(self) -> list[Mapping[str, Any]]:
        """Return every account, page by page."""
        found: list[Mapping[str, Any]] = []
        path = "/v1/accounts?limit=500"
        while path:
            page = self.call("GET", path)
            found += page["items"]
            cursor = page["next_cursor"]
            path = f"/v1/accounts?limit=500&cursor={cursor}" if cursor else ""
        return found

    def shops_of(self, rep: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return the accounts on the map that lie in a rep's territories."""
        ground = {
            one["id"]
            for one in self.call("GET", "/v1/territories")["items"]
            if any(held["user_id"] == rep["id"] for held in one["assignees"])
        }
        return [one for one in self.accounts() if one["location"] and one["territory_id"] in ground]

    def draw_territories(
        self, accounts: list[Mapping[str, Any]], reps: list[Mapping[str, Any]], on_date: str
    ) -> list[Mapping[str, Any]]:
        """Split the ground by a hasty line into west and east, one for each rep; once."""
        present = {one["name"]: one for one in self.call("GET", "/v1/territories")["items"]}
        places = [one["location"] for one in accounts if one["location"]]
        west, east = min(p[0] for p in places) - _MARGIN, max(p[0] for p in places) + _MARGIN
        south, north = min(p[1] for p in places) - _MARGIN, max(p[1] for p in places) + _MARGIN
        line = sorted(p[0] for p in places)[int(_WEST * len(places))]
        parts = (("Địa bàn Tây", west, line), ("Địa bàn Đông", line, east))
        drawn = []
        for (name, left, right), rep, color in zip(parts, reps, _COLORS, strict=True):
            if name not in present:
                ring = [[left, south], [right, south], [right, north], [left, north], [left, south]]
                area = {"type": "Polygon", "coordinates": [ring]}
                made = self.call(
                    "POST", "/v1/territories", {"name": name, "color": color, "area": area}
                )
                self.call(
                    "POST",
                    f"/v1/territories/{made['id']}/assignments",
                    {"user_id": rep["id"], "valid_from": on_date},
                )
            drawn.append(name)
        listed = self.call("GET", "/v1/territories")["items"]
        return [one for name in drawn for one in listed if one["name"] == name]

    def send_books(self, content: bytes, what: str) -> Mapping[str, Any]:
        """Import what was sold, or what shops could buy; raise DemoFailed where a row is wrong."""
        answer = self._http.post(
            "/v1/sales/import",
            files={"file": (f"{what}.csv", content)},
            data={"what": what, "skip_bad_rows": "false"},
        )
        if answer.is_error:
            raise DemoFailed(f"The books were answered {answer.status_code}: {answer.text}")
        report: Mapping[str, Any] = answer.json()
        return report

    def plan_weeks(
        self, rep: Mapping[str, Any], shops: list[Mapping[str, Any]], monday: date, say: Say
    ) -> Mapping[str, Any]:
        """Plan four weeks of visits at some of a rep's shops, and accept the plan."""
        rules = [
            {"account_id": shop["id"], "frequency": frequency}
            for shop, frequency in zip(shops, cycle(_FREQUENCIES), strict=False)
        ]
        asked = {
            "rep_ids": [rep["id"]],
            "from_on": monday.isoformat(),
            "account_ids": [shop["id"] for shop in shops],
            "rules": rules,
        }
        told = self.call("POST", "/v1/coverage-plans", asked)
        if not told["plans"]:
            raise DemoFailed(f"No weeks were planned: {told['left_out']}.")
        plan, phase = told["plans"][0], None
        path = f"/v1/coverage-plans/{plan['id']}"
        until = time.monotonic() + _PLAN_SECONDS
        while plan["status"] in {"queued", "running"}:
            if time.monotonic() > until:
                raise DemoFailed(f"The weeks are not planned after {_PLAN_SECONDS} s.")
            time.sleep(0.2)
            plan = self.call("GET", path)["plan"]
            if plan["phase"] not in {phase, None}:
                phase = plan["phase"]
                say(f"   {plan['share']:.0%}: {_PHASES.get(phase, phase)}")
        if plan["status"] != "done":
            raise DemoFailed(f"The weeks are {plan['status']}: {plan['failure']}.")
        accepted: Mapping[str, Any] = self.call("POST", f"{path}/accept")
        return accepted

    def first_tile(self, near: list[float]) -> int:
        """Fetch the prospects' tile at a point; return its size in bytes."""
        x, y = lonlat_to_world24(near[0], near[1])
        shift = 24 - _TILE_ZOOM
        tile = self.fetch(f"/v1/tiles/prospects/{_TILE_ZOOM}/{x >> shift}/{y >> shift}.mvt")
        if not tile.content:
            raise DemoFailed("The tile over the prospects is empty.")
        return len(tile.content)
