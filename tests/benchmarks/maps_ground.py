"""A million prospects to draw: ten cities, seeded; streets, malls and the country between."""

import io
import json
import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import numpy as np
import psycopg2
from numpy.typing import NDArray
from psycopg2.extensions import connection as Connection  # noqa: N812

from backend.db.cluster import APP_ROLE, OWNER_ROLE, Cluster
from backend.db.migrate import migrate
from backend.db.tenancy import Database, open_database
from backend.ids import OrgId, UserId
from backend.maps.repository import fold_cells
from tests.support.people import make_org

STAGES = ("prospect", "customer", "lapsed", "lost")
CATEGORIES = ("shop", "cafe", "restaurant", "pharmacy", "convenience", "clothes", "bakery", "bank",
              "hairdresser", "hardware", "school", "clinic")  # fmt: skip
_CITIES, _TERRITORIES_A_CITY = 10, 10
_ON_STREETS, _IN_MALLS = 0.75, 0.08
_STREET_DEGREES = 0.0008  # about 90 m
_BATCH = 50_000
_SEED = 20261123

type Points = NDArray[np.float64]


@dataclass(frozen=True)
class Ground:
    """Where the prospects lie, in a database that runs."""

    owner_url: str
    database: Database
    org_id: OrgId
    user_id: UserId
    territories: tuple[UUID, ...]
    prospects: int


@contextmanager
def ground(folder: Path, prospects: int) -> Iterator[Ground]:
    """Provide the ground in a folder; one that is there already is not made again."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    cluster = Cluster(folder / "pg")
    cluster.start()
    try:
        name, note = f"maps_{prospects}", folder / f"maps_{prospects}.json"
        cluster.ensure_database(name)
        owner_url = cluster.url(name, OWNER_ROLE)
        database = open_database(cluster.url(name, APP_ROLE), connections=2)
        try:
            if not note.exists():
                note.write_text(json.dumps(_make(owner_url, database, prospects), default=str))
            known = json.loads(note.read_text())
            yield Ground(
                owner_url,
                database,
                OrgId(UUID(known["org_id"])),
                UserId(UUID(known["user_id"])),
                tuple(UUID(one) for one in known["territories"]),
                prospects,
            )
        finally:
            database.close()
    finally:
        cluster.stop()


def some_places(laid: Ground, count: int) -> list[tuple[float, float]]:
    """Return where some accounts lie, the same ones each time, wherever accounts are."""
    with closing(psycopg2.connect(laid.owner_url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_X(location), ST_Y(location) FROM account WHERE location IS NOT NULL"
            " ORDER BY right(id::text, 8), id LIMIT %s",
            (count,),
        )
        return cursor.fetchall()


@dataclass(frozen=True)
class _Made:
    org_id: UUID
    user_id: UUID
    territories: list[UUID]


def _make(owner_url: str, database: Database, prospects: int) -> dict[str, object]:
    migrate(owner_url)
    org = make_org(owner_url)
    numbers = np.random.default_rng(_SEED)
    places = _places(numbers, prospects)
    with closing(psycopg2.connect(owner_url)) as connection:
        territories = _draw(connection, org.id, places)
        _fill(connection, org.id, np.concatenate(places), numbers)
        while _has_more(database, org.id):
            pass
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
    return asdict(_Made(org.id, org.rep.user_id, territories))


def _has_more(database: Database, org_id: OrgId) -> bool:
    with database.for_org(org_id) as connection:
        return fold_cells(connection, org_id)


def _places(numbers: np.random.Generator, prospects: int) -> list[Points]:
    """Return each city's points: most at streets, some on one spot in a mall."""
    weights = numbers.dirichlet(np.full(_CITIES, 2.0))
    cities: list[Points] = []
    for count in numbers.multinomial(prospects, weights):
        centre = numbers.uniform((105.0, 10.5), (109.0, 21.0))
        points = centre + numbers.normal(0, numbers.uniform(0.03, 0.08), (count, 2))
        on_streets = numbers.random(count) < _ON_STREETS
        axis = numbers.integers(0, 2, count)
        snapped = np.round(points / _STREET_DEGREES) * _STREET_DEGREES
        for one in (0, 1):
            chosen = on_streets & (axis == one)
            points[chosen, one] = snapped[chosen, one]
        malls = points[numbers.integers(0, count, 20)]
        in_malls = numbers.random(count) < _IN_MALLS
        points[in_malls] = malls[numbers.integers(0, 20, int(in_malls.sum()))]
        cities.append(points)
    return cities


def _draw(connection: Connection, org_id: UUID, cities: list[Points]) -> list[UUID]:
    """Draw territories that share each city's middle evenly; what lies outside is in none."""
    chance = random.Random(_SEED)
    made: list[UUID] = []
    with connection, connection.cursor() as cursor:
        for city, points in enumerate(cities):
            south, north = np.quantile(points[:, 1], (0.005, 0.995))
            edges = np.quantile(points[:, 0], np.linspace(0.005, 0.995, _TERRITORIES_A_CITY + 1))
            for number, (west, east) in enumerate(pairwise(edges)):
                made.append(UUID(int=chance.getrandbits(128), version=4))
                cursor.execute(
                    "INSERT INTO territory (org_id, id, name, area) VALUES"
                    " (%s, %s, %s, ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326)))",
                    (str(org_id), str(made[-1]), f"{city}.{number}", float(west), float(south),
                     float(east), float(north)),
                )  # fmt: skip
    return made


def _fill(
    connection: Connection, org_id: UUID, points: Points, numbers: np.random.Generator
) -> None:
    order = numbers.permutation(len(points))
    stages = numbers.choice(len(STAGES), len(points), p=(0.7, 0.2, 0.06, 0.04))
    shares = 1 / np.arange(1, len(CATEGORIES) + 1)
    kinds = numbers.choice(len(CATEGORIES), len(points), p=shares / shares.sum())
    ids = numbers.bytes(16 * len(points))
    with connection.cursor() as cursor:
        for begin in range(0, len(points), _BATCH):
            rows = io.StringIO()
            for at in order[begin : begin + _BATCH]:
                one = UUID(bytes=ids[16 * at : 16 * at + 16], version=4)
                lon, lat = points[at]
                rows.write(
                    f"{org_id},{one},Shop {at},{STAGES[stages[at]]},{CATEGORIES[kinds[at]]},"
                    f'"SRID=4326;POINT({lon:.7f} {lat:.7f})",osm\n'
                )
            rows.seek(0)
            cursor.copy_expert(
                "COPY account (org_id, id, name, life_stage, category, location, location_source)"
                " FROM STDIN (FORMAT csv)",
                rows,
            )
            connection.commit()
            if begin == 0:
                cursor.execute("ANALYZE")
                connection.commit()
