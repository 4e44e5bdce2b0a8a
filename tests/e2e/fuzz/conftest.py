"""A small town to send nonsense to, and what every answer to nonsense has to be."""

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import msgspec
import psycopg2
import pytest
from hypothesis import HealthCheck, settings
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from backend.geo.vocabulary import LonLat
from backend.sync.protocol.tables import TABLES
from tests.support.databases import TestDatabase
from tests.support.ground import EAST, IN_EAST, IN_WEST, WEST, add_account, add_children
from tests.support.ground import add_territory as add_box
from tests.support.http import Api
from tests.support.people import Org
from tests.support.planned_days import PlannedDay, add_day

type Counts = Mapping[str, int]


def fuzz(examples: int) -> settings:
    """Try that many examples, always the same ones; they share a town on purpose."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


_COUNTED = (
    *TABLES, "sync_mutation", "sync_quarantine", "sync_anchor", "account_alias",
    "account_duplicate", "upload", "realignment", "realignment_area", "realignment_move",
)  # fmt: skip


@dataclass(frozen=True)
class Town:
    """Two reps with a territory each, and a shop with children in each; what is seen is counted."""

    api: Api
    org: Org
    cursor: Cursor
    west: UUID
    east: UUID
    shop: UUID
    far_shop: UUID
    children: Mapping[str, str]
    day: PlannedDay

    @property
    def words(self) -> tuple[str, ...]:
        """Ids and names that exist, to be put where they do not belong."""
        return (
            str(self.shop), str(self.far_shop), str(self.west), str(self.org.rep.user_id),
            str(self.org.rep.device_id), str(self.org.id), *self.children.values(), *TABLES,
            str(self.day.route_id), *map(str, self.day.visit_ids), "plan", "stops", "reason",
            "create", "patch", "delete", "set", "base", "account_id", "name", "tags", "location",
            "status", "done", "resolution", "empties_owed", "rep_id", "group", "seq",
        )  # fmt: skip

    def counts(self) -> Counts:
        """Return how many rows each table has."""
        self.cursor.execute(
            " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in _COUNTED)
        )
        return dict(self.cursor.fetchall())


@pytest.fixture
def town(api: Api, test_database: TestDatabase) -> Any:
    url, org = test_database.owner_url, api.org
    west = add_box(url, org, "West", WEST, org.rep)
    east = add_box(url, org, "East", EAST, org.other_rep)
    shop = add_account(url, org, "Quán Nguyễn", *IN_WEST)
    far_shop = add_account(url, org, "Xa quá", *IN_EAST)
    children = add_children(url, org, shop)
    places = [(f"Quán {number}", LonLat(24.92, 60.16 + number / 900)) for number in range(3)]
    day = add_day(url, org, org.rep, date(2026, 11, 22), places)
    add_children(url, org, far_shop)
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield Town(api, org, cursor, west, east, shop, far_shop, children, day)


def check_refusal(answer: httpx.Response) -> None:
    """A refusal is a problem that names its status, its code and the way out."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:500])
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.headers
    problem = msgspec.json.decode(answer.content)
    assert problem["status"] == answer.status_code, problem
    assert problem["code"], problem
    assert problem["title"], problem
    assert problem["detail"], problem


def grown(before: Counts, after: Counts) -> Counts:
    """Return which tables grew or shrank, and by how much."""
    change = Counter(after)
    change.subtract(before)
    return {name: count for name, count in change.items() if count}
