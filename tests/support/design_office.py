"""An office that designs territories: two of them side by side, with shops unevenly spread."""

from collections.abc import Callable
from contextlib import closing
from typing import Any
from uuid import UUID

import httpx
import psycopg2
import psycopg2.extras

from backend.identity.actor import Actor
from backend.jobs.worker import Worker
from tests.support.ground import EAST, WEST, add_territory, insert_account
from tests.support.http import Api

PATH = "/v1/territory-designs"
_COLUMNS, _ROWS = 16, 8


class DesignOffice:
    """Two territories side by side; the west has three quarters of the shops."""

    def __init__(self, api: Api, url: str, make_worker: Callable[[], Worker]) -> None:
        self.api, self.url, self.org, self.make_worker = api, url, api.org, make_worker
        self.west = add_territory(url, api.org, "West", WEST, api.org.rep)
        self.east = add_territory(url, api.org, "East", EAST, api.org.other_rep)
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cur:
            for column in range(_COLUMNS):
                for row in range(_ROWS):
                    # Shops are three times as thick in the western half.
                    if column >= _COLUMNS / 2 and row % 3:
                        continue
                    lon = WEST[0] + (column + 0.5) * (EAST[2] - WEST[0]) / _COLUMNS
                    lat = WEST[1] + (row + 0.5) * (WEST[3] - WEST[1]) / _ROWS
                    insert_account(cur, api.org, f"Quán {column}-{row}", lon, lat)

    def call(
        self, method: str, path: str = "", body: Any = None, who: Actor | None = None
    ) -> httpx.Response:
        headers = self.api.as_(who or self.org.manager)
        return self.api.client.request(method, f"{PATH}{path}", headers=headers, json=body)

    def ask(self, **changes: Any) -> httpx.Response:
        body = {
            "name": "Spring",
            "territories": [
                {"territory_id": str(self.west)},
                {"territory_id": str(self.east)},
            ],
            "measures": [{"kind": "accounts", "tolerance": 0.05}],
            **changes,
        }
        return self.call("POST", body=body)

    def make(self, **changes: Any) -> dict[str, Any]:
        """Return a design, made."""
        answer = self.ask(**changes)
        assert answer.status_code == 202, answer.text
        self.make_worker().run_due()
        return self.read(answer.json()["id"])

    def read(self, design_id: str) -> dict[str, Any]:
        answer = self.call("GET", f"/{design_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def approve(self, design: dict[str, Any], scenario: str = "even") -> None:
        """Propose a scenario, and have it approved by somebody else."""
        body = {"scenario": scenario}
        for action, who in (("propose", self.org.manager), ("approve", self.org.admin)):
            answer = self.call("POST", f"/{design['id']}/{action}", body, who)
            assert answer.status_code == 200, answer.text

    def publish(self, design: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Publish the even scenario, approved."""
        self.approve(design)
        answer = self.call("POST", f"/{design['id']}/publish", {"scenario": "even", **changes})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def realignment(
        self, method: str, realignment_id: str, path: str = "", body: Any = None
    ) -> dict[str, Any]:
        """Read or change what was published."""
        answer = self.api.client.request(
            method,
            f"/v1/realignments/{realignment_id}{path}",
            headers=self.api.as_(self.org.manager),
            json=body,
        )
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def counts(self) -> dict[UUID, int]:
        found = rows(self.url, "SELECT territory_id, count(*) FROM account GROUP BY 1")
        return {row[0]: row[1] for row in found}


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        psycopg2.extras.register_uuid(conn_or_curs=cursor)
        cursor.execute(query)
        return cursor.fetchall()
