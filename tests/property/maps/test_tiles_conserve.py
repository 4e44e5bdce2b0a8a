"""Conservation: whatever the zoom, scope and filter, the tiles hold each account exactly once."""

from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import mapbox_vector_tile
import psycopg2
import psycopg2.extras
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.db.tenancy import Database
from backend.geo.tiles import Tile, World24, lonlat_to_world24
from backend.identity.actor import Actor
from backend.ids import new_id
from backend.maps import service
from backend.maps.repository import fold_cells
from backend.maps.schemas import Layer, TileFilter
from tests.support.databases import TestDatabase
from tests.support.ground import add_territory
from tests.support.people import Org

STAGES = ("prospect", "customer", "lapsed", "lost")
CATEGORIES = ("cafe", "pharmacy", None)
BOXES = {"west": (24.90, 60.15, 24.93, 60.20), "east": (24.95, 60.15, 25.00, 60.20)}
MALL = (24.9375, 60.1690)


@dataclass(frozen=True)
class Shop:
    """What the test knows of an account without asking the database."""

    id: UUID
    org: Org
    territory: str | None
    owner: Actor | None
    life_stage: str
    category: str | None
    lon: float
    lat: float

    @property
    def world(self) -> World24:
        return lonlat_to_world24(self.lon, self.lat)


@dataclass(frozen=True)
class Ground:
    """Two organisations' accounts: stacked and spread, inside and outside of territories."""

    shops: list[Shop]
    territories: dict[str, UUID]
    org: Org
    database: Database


@pytest.fixture(params=["changes", "sums", "both"])
def ground(
    request: pytest.FixtureRequest, test_database: TestDatabase, org: Org, other_org: Org
) -> Ground:
    """Accounts that the map's sums do not have yet, or have, or have with changes beside them."""
    url = test_database.owner_url
    holders = {"west": org.rep, "east": org.other_rep}
    territories = {
        name: add_territory(url, org, name, BOXES[name], holder) for name, holder in holders.items()
    }
    shops = [_shop(index, org, other_org) for index in range(220)]
    rows = [
        (shop.org.id, shop.id, str(shop.id), shop.life_stage, shop.category,
         shop.owner.user_id if shop.owner else None, shop.lon, shop.lat)
        for shop in shops
    ]  # fmt: skip
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        psycopg2.extras.execute_values(
            cursor,
            "INSERT INTO account (org_id, id, name, life_stage, category, owner_id, location,"
            " location_source) VALUES %s",
            rows,
            template="(%s, %s, %s, %s, %s, %s, ST_SetSRID(ST_MakePoint(%s, %s), 4326), 'osm')",
        )
    kept = Ground(shops, territories, org, test_database.database)
    if request.param != "changes":
        _fold(kept)
    if request.param == "both":
        _churn(url, shops)
    return kept


def _fold(ground: Ground) -> None:
    for org_id in {shop.org.id for shop in ground.shops}:
        with ground.database.for_org(org_id) as connection:
            fold_cells(connection, org_id)


def _churn(url: str, shops: list[Shop]) -> None:
    """Let every fourth account move away, change or go, and come to be what it was."""
    ids = tuple(str(shop.id) for shop in shops[::4])
    moves = (
        "UPDATE account SET location = ST_Translate(location, 0.03, 0.01) WHERE id::text IN %s",
        (
            "UPDATE account SET life_stage = 'lost', category = 'bank', owner_id = NULL"
            " WHERE id::text IN %s"
        ),
        "UPDATE account SET deleted_at = now() WHERE id::text IN %s",
    )
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        for move in moves:
            cursor.execute(move, (ids,))
        for shop in shops[::4]:
            cursor.execute(
                "UPDATE account SET deleted_at = NULL, life_stage = %s, category = %s,"
                " owner_id = %s, location = ST_SetSRID(ST_MakePoint(%s, %s), 4326) WHERE id = %s",
                (shop.life_stage, shop.category, shop.owner.user_id if shop.owner else None,
                 shop.lon, shop.lat, str(shop.id)),
            )  # fmt: skip


def _shop(index: int, org: Org, other_org: Org) -> Shop:
    lon, lat = 24.8954 + (index * 37 % 110) / 1000, 60.1554 + (index * 53 % 40) / 1000
    if index % 5 == 0:  # a shopping centre: many in one spot
        lon, lat = MALL
    home = other_org if index % 7 == 3 else org
    inside = [name for name, box in BOXES.items() if box[0] <= lon <= box[2]]
    is_placed = bool(inside) and home is org
    owner = org.rep if home is org and index % 11 == 0 else None
    return Shop(
        new_id(), home, inside[0] if is_placed else None, owner, STAGES[index % 4],
        CATEGORIES[index % 3], lon, lat,
    )  # fmt: skip


def _may_see(actor_name: str, shop: Shop, org: Org) -> bool:
    if shop.org is not org:
        return False
    match actor_name:
        case "rep":
            return shop.territory == "west" or (shop.territory is None and shop.owner is org.rep)
        case "other_rep":
            return shop.territory == "east"
        case _:
            return True


def _features(ground: Ground, actor: Actor, tile: Tile, wanted: TileFilter) -> list[dict[str, Any]]:
    with ground.database.for_org(actor.org_id, snapshot=True) as connection:
        answer = service.read_tile(
            connection, actor, Layer.PROSPECTS, tile, wanted=wanted, has_tag=lambda _: False
        )
    assert answer.data is not None
    layers = mapbox_vector_tile.decode(answer.data) if answer.data else {}
    features: list[dict[str, Any]] = layers.get("prospects", {}).get("features", [])
    return features


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    zoom=st.integers(0, 18),
    actor_name=st.sampled_from(["rep", "other_rep", "manager", "analyst"]),
    stages=st.sets(st.sampled_from(STAGES)),
    categories=st.sets(st.sampled_from(["cafe", "pharmacy", "bank"])),
    territory=st.sampled_from([None, "west", "east"]),
)
def test_the_tiles_of_a_zoom_hold_every_account_in_scope_once(
    ground: Ground,
    zoom: int,
    actor_name: str,
    stages: set[str],
    categories: set[str],
    territory: str | None,
) -> None:
    actor: Actor = getattr(ground.org, actor_name)
    wanted = TileFilter(
        life_stages=tuple(sorted(stages)),
        categories=tuple(sorted(categories)),
        territory_ids=(ground.territories[territory],) if territory else (),
    )
    expected = [
        shop for shop in ground.shops
        if _may_see(actor_name, shop, ground.org)
        and (not stages or shop.life_stage in stages)
        and (not categories or shop.category in categories)
        and (territory is None or shop.territory == territory)
    ]  # fmt: skip
    shift = 24 - zoom
    # Every tile with anybody's account: those out of scope must come out empty.
    tiles = {Tile(zoom, s.world.x >> shift, s.world.y >> shift) for s in ground.shops}
    found = [one for tile in tiles for one in _features(ground, actor, tile, wanted)]
    told = [feature["properties"] for feature in found]
    assert sum(one["n"] for one in told) == len(expected)
    customers = sum(shop.life_stage == "customer" for shop in expected)
    assert sum(one["customers"] for one in told) == customers
    stage_of = {str(shop.id): shop.life_stage for shop in expected}
    singles = [one for one in told if one["n"] == 1]
    assert all(stage_of[one["id"]] == one["life_stage"] for one in singles)
    assert len({one["id"] for one in singles}) == len(singles)
    assert all("id" not in one and "life_stage" not in one for one in told if one["n"] > 1)
    for feature in found:
        x, y = feature["geometry"]["coordinates"]
        assert 0 <= x <= 4096
        assert 0 <= y <= 4096
