"""Who holds many territories is told the nearest of theirs, wherever they stand."""

import random
from contextlib import closing
from dataclasses import dataclass
from uuid import UUID

import psycopg2
import psycopg2.extras
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from backend.db.tenancy import Database
from backend.ids import new_id
from backend.maps.repository import fold_cells
from tests.support.databases import TestDatabase
from tests.support.ground import add_territory
from tests.support.people import Org

_SIDE, _STEP, _WEST, _SOUTH = 6, 0.02, 24.8, 60.1
_ACCOUNTS = 2100
_EARTH = Geod(ellps="WGS84")
_NEAREST = sa.text(
    "SELECT id, distance_m FROM account_nearest(:org_id, cast(:held AS uuid[]),"
    " ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :count)"
)
# Boxes of the map within some degrees of a place, the bound to each, and an account in it.
_BOUNDS = """
WITH places AS (
  SELECT i, 360 * random() - 180 AS lon, 174 * random() - 87 AS lat, 10 ^ (4 * random() - 3) AS far
    FROM generate_series(1, 100000) i),
boxes AS (
  SELECT lon, lat, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS here,
         ST_MakePoint(lon + far * (2 * random() - 1), lat + far * (2 * random() - 1)) AS one,
         ST_MakePoint(lon + far * (2 * random() - 1), lat + far * (2 * random() - 1)) AS other
    FROM places),
cells AS (
  SELECT here, tuyen_world_point(lon, lat) AS at, random() AS across, random() AS down,
         least(tuyen_world_x(one), tuyen_world_x(other)) AS west,
         greatest(tuyen_world_x(one), tuyen_world_x(other)) AS east,
         least(tuyen_world_y(one), tuyen_world_y(other)) AS north,
         greatest(tuyen_world_y(one), tuyen_world_y(other)) AS south
    FROM boxes WHERE abs(ST_X(one)) < 180 AND abs(ST_X(other)) < 180
     AND abs(ST_Y(one)) < 85 AND abs(ST_Y(other)) < 85)
SELECT count(*), count(*) FILTER (WHERE bound > way), max(bound / way) FILTER (WHERE way > 1e5)
  FROM (
    SELECT tuyen_at_least(here, at, west, north, east, south) AS bound,
           ST_Distance(here::geography, ST_SetSRID(ST_MakePoint(
             (west + across * (east - west)) / 16777216 * 360 - 180,
             degrees(atan(sinh(pi() * (1 - 2 * (north + down * (south - north)) / 16777216))))
           ), 4326)::geography) AS way
      FROM cells) e
"""
_IN = (
    "UPDATE account SET {0} WHERE org_id = %s AND ('x' || right(id::text, 2))::bit(8)::int %% 5 = 0"
)


@dataclass(frozen=True)
class Held:
    """A field of territories, and where the accounts of each lie."""

    database: Database
    org: Org
    territories: list[UUID]
    places: dict[UUID, list[tuple[float, float]]]


@pytest.fixture(params=["changes", "sums", "moved", "gone"])
def held(request: pytest.FixtureRequest, test_database: TestDatabase, org: Org) -> Held:
    """Accounts that the extents do not know, or know, or that moved or went since."""
    url, chance = test_database.owner_url, random.Random(7)
    territories = []
    for east in range(_SIDE):
        for north in range(_SIDE):
            west, south = _WEST + east * _STEP, _SOUTH + north * _STEP
            box = (west, south, west + _STEP, south + _STEP)
            territories.append(add_territory(url, org, f"{east} {north}", box, org.rep))
    width = (_SIDE + 1) * _STEP
    rows = [
        (str(org.id), str(new_id()), "Shop", _WEST + round(chance.random() * width, 3),
         _SOUTH + chance.random() * width)
        for _ in range(_ACCOUNTS)
    ]  # fmt: skip
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        psycopg2.extras.execute_values(
            cursor,
            "INSERT INTO account (org_id, id, name, location, location_source) VALUES %s",
            rows,
            template="(%s, %s, %s, ST_SetSRID(ST_MakePoint(%s, %s), 4326), 'osm')",
        )
    if request.param != "changes":
        _fold(test_database, org)
    if request.param in ("moved", "gone"):
        change = {
            "moved": "location = ST_Translate(location, 0.5, 0.2)",
            "gone": "deleted_at = now()",
        }
        with closing(psycopg2.connect(url)) as connection, connection:
            connection.cursor().execute(_IN.format(change[request.param]), (str(org.id),))
    if request.param == "gone":
        _fold(test_database, org)
    return Held(test_database.database, org, territories, _places(url))


def _fold(test_database: TestDatabase, org: Org) -> None:
    with test_database.database.for_org(org.id) as connection:
        while fold_cells(connection, org.id):
            pass


def _places(url: str) -> dict[UUID, list[tuple[float, float]]]:
    places: dict[UUID, list[tuple[float, float]]] = {}
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT territory_id, ST_X(location), ST_Y(location) FROM account"
            " WHERE deleted_at IS NULL AND territory_id IS NOT NULL"
        )
        for territory, lon, lat in cursor:
            places.setdefault(UUID(str(territory)), []).append((lon, lat))
    return places


@settings(max_examples=60)
@given(
    count=st.sampled_from([1, 2, 4, 12, _SIDE * _SIDE]),
    lon=st.one_of(st.floats(24.75, 25.0), st.sampled_from([10.0, 106.7, -70.0])),
    lat=st.one_of(st.floats(60.05, 60.3), st.sampled_from([10.8, 68.0])),
    limit=st.integers(1, 60),
    seed=st.integers(0, 99),
)
def test_the_nearest_of_theirs_are_told(
    held: Held, count: int, lon: float, lat: float, limit: int, seed: int
) -> None:
    theirs = random.Random(seed).sample(held.territories, count)
    wanted = sorted(
        _EARTH.inv(lon, lat, *place)[2] for one in theirs for place in held.places.get(one, [])
    )[:limit]
    with held.database.for_org(held.org.id) as connection:
        found = connection.execute(
            _NEAREST,
            {
                "org_id": held.org.id,
                "held": f"{{{','.join(map(str, theirs))}}}",
                "lon": lon,
                "lat": lat,
                "count": limit,
            },
        ).all()
    assert len({one.id for one in found}) == len(wanted)
    # More than thirty as far within a hundredth may change places.
    assert [one.distance_m for one in found] == pytest.approx(wanted, rel=0.01, abs=0.1)


def test_no_account_is_nearer_than_its_box(test_database: TestDatabase) -> None:
    with closing(psycopg2.connect(test_database.owner_url)) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(_BOUNDS)
        [(boxes, nearer, tightest)] = cursor.fetchall()
    assert boxes > 80_000
    assert nearer == 0
    assert tightest > 0.98  # a bound that says nothing would hold as well
