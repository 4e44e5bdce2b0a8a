"""The SQL of areas: which accounts lie in one, and what they come to."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import numpy as np
import shapely
import sqlalchemy as sa

from backend.accounts.filters import conditions as filter_conditions
from backend.areas import statements
from backend.areas.schemas import AreaAccount, AreaFilter, TopAccount, TopBy
from backend.geo.cover import Cover, cover, settle
from backend.maps.schemas import Scope

# The planner guesses many accounts in a range, and would sort them on disk to count them.
_WITH_ROOM = sa.text("SET LOCAL work_mem = '64MB'")
_LATE_DAYS = 14
"""A visit may be done so many days off the day that it was planned on."""
_TOPS: Mapping[TopBy, str] = {
    "overdue": statements.MOST_OVERDUE,
    "visits": statements.MOST_VISITED,
    "revenue": statements.MOST_REVENUE,
    "potential": statements.MOST_POTENTIAL,
}


_IDS = "WITH picked AS ({picked}) SELECT account_id FROM picked ORDER BY 1 LIMIT :limit"


class Place(msgspec.Struct, frozen=True):
    """Where accounts are looked for: in the cells of an area, or in territories."""

    area: shapely.MultiPolygon | None
    territory_ids: tuple[UUID, ...] = ()


class Days(msgspec.Struct, frozen=True):
    """A period and the one before it, both ends included, in the organisation's own days."""

    today: date
    time_zone: str
    from_date: date
    to_date: date
    before_from: date
    before_to: date


class Slice(NamedTuple):
    """Accounts alike in four ways: how many, and how many of them are what."""

    life_stage: str
    category: str | None
    channel: str | None
    priority: int
    n: int
    never_visited: int
    overdue: int
    recent: int
    """Visited so late that what was due depends on each of their visits."""
    due: int
    due_before: int


class Followed(NamedTuple):
    """What the recently visited accounts of an area come to, in a period and the one before."""

    visits: int
    visits_before: int
    visited: int
    visited_before: int
    due: int
    due_before: int
    covered: int
    covered_before: int


NOTHING_FOLLOWED = Followed(0, 0, 0, 0, 0, 0, 0, 0)


class Worth(NamedTuple):
    """What accounts of one class that bought or could come to, in a period and the one before."""

    rfm_class: str | None
    accounts: int
    potential: float
    """A month's."""
    potential_accounts: int
    revenue: float
    revenue_before: float
    of_potential: float
    """The revenue of accounts with a potential."""
    of_potential_before: float
    buyers: int
    buyers_before: int


class Selection:
    """The accounts of a place that a person may see and asks for; of one moment.

    The connection's transaction is a snapshot: the ranges of keys are drawn around what it sees.
    """

    def __init__(
        self, connection: sa.Connection, scope: Scope, place: Place, filters: AreaFilter
    ) -> None:
        self._connection = connection
        connection.execute(_WITH_ROOM)
        conditions, values = conditions_of(scope, filters)
        if place.area is None:
            template = statements.IN_TERRITORIES
            values["members"] = list(place.territory_ids)
        else:
            template = statements.IN_CELLS
            values["area"] = shapely.to_wkb(place.area)
            rough = cover(place.area)
            data = self._execute(
                statements.EDGE_KEYS.format(conditions=conditions), values | _ends(rough)
            )
            keys = np.frombuffer(bytes(data.scalar_one() or b""), ">i8").astype(np.int64)
            values |= _ends(settle(rough, place.area, keys))
        self._picked = template.format(
            table="account_map", columns=statements.COLUMNS, conditions=conditions
        )
        self._visited = template.format(
            table="account_map",
            columns=statements.VISITED_COLUMNS,
            conditions=f"{conditions} {statements.VISITED}",
        )
        self._spots = _spots(place, conditions)
        self._worth = _worth(place, conditions, asks_each=filters.asks_each)
        self._values = values

    def count_slices(self, days: Days) -> list[Slice]:
        """Return the accounts, counted by life stage, category, channel and priority."""
        return [Slice._make(row) for row in self.read(statements.TALLY, days)]

    def follow(self, days: Days) -> Followed:
        """Return what those accounts come to that `count_slices` calls recent."""
        return Followed._make(self.read(statements.FOLLOWED, days).one())

    def count_worth(self, days: Days) -> list[Worth]:
        """Return what those accounts come to that bought something or could, by class."""
        return [Worth._make(row) for row in self.read(statements.WORTHS, days)]

    def select_top(self, days: Days, top_by: TopBy, *, count: int) -> list[TopAccount]:
        """Return the accounts that stand out: overdue, visited, or by what they buy or could."""
        rows = self.read(_TOPS[top_by], days, count=count).mappings()
        return msgspec.convert([dict(row) for row in rows], list[TopAccount])

    def select_accounts(self, *, after: UUID | None, limit: int) -> list[AreaAccount]:
        """Return accounts by id, after the one named."""
        rows = self.read(statements.LISTED, None, after=after, limit=limit).mappings()
        return msgspec.convert([dict(row) for row in rows], list[AreaAccount])

    def select_ids(self, *, limit: int) -> list[UUID]:
        """Return the ids of the accounts, the first so many."""
        return list(self.read(_IDS, None, limit=limit).scalars())

    def read(self, statement: str, days: Days | None, **more: object) -> sa.CursorResult[Any]:
        """Run a statement over the accounts: `{picked}`, `{visited}`, `{worth}` or `{spots}`."""
        values = self._values | more
        if days is not None:
            values |= msgspec.structs.asdict(days) | {"zone": days.time_zone, "late": _LATE_DAYS}
        told = statement.format(
            picked=self._picked, visited=self._visited, worth=self._worth, spots=self._spots
        )
        return self._execute(told, values)

    def _execute(self, statement: str, values: Mapping[str, Any]) -> sa.CursorResult[Any]:
        query = sa.text(statement)
        return self._connection.execute(
            query, {name: values[name] for name in query.compile().params}
        )


def _spots(place: Place, conditions: str) -> str:
    """Return the SQL of where accounts are drawn; those without a place are not there."""
    if place.area is None:
        found = statements.IN_TERRITORIES.format(
            columns="m.account_id, m.life_stage", conditions=conditions
        )
        return statements.SPOTS_IN_TERRITORIES.format(found=found)
    return statements.IN_CELLS.format(
        table="account_map", columns=statements.SPOT_COLUMNS, conditions=conditions
    )


def _worth(place: Place, conditions: str, *, asks_each: bool) -> str:
    """Return the SQL of the accounts that bought something or could."""
    if place.area is None:
        found = statements.IN_TERRITORIES.format(
            columns="m.account_id, m.territory_id", conditions=conditions
        )
        return statements.WORTH_IN_TERRITORIES.format(found=found)
    return statements.IN_CELLS.format(
        table=statements.WORTH_WITH_ALL if asks_each else "account_worth",
        columns=statements.WORTH_COLUMNS,
        conditions=conditions,
    )


def conditions_of(scope: Scope, filters: AreaFilter) -> tuple[str, dict[str, Any]]:
    """Return the SQL of who may see what and asks for what, and what it binds."""
    values: dict[str, Any] = {"org_id": scope.org_id}
    conditions: list[str] = []
    if scope.territory_ids is not None:
        conditions.append(statements.IN_SCOPE)
        values |= {"scope": scope.territory_array, "user_id": scope.user_id}
    wanted, bound = filter_conditions(filters)
    return " ".join([*conditions, *wanted]), values | bound


def _ends(found: Cover) -> dict[str, list[int]]:
    return {
        "inner_lo": [one.lo for one in found.inner],
        "inner_hi": [one.hi for one in found.inner],
        "edge_lo": [one.lo for one in found.edge],
        "edge_hi": [one.hi for one in found.edge],
    }
