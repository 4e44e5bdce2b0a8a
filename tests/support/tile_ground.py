"""Accounts of two organisations on one map, and who may see which: what tiles are tried on."""

from contextlib import closing
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import psycopg2
import psycopg2.extras

from backend.db.tenancy import Database
from backend.geo.tiles import World24, lonlat_to_world24
from backend.identity.actor import Actor
from backend.ids import new_id
from backend.maps.repository import fold_cells
from tests.support.databases import TestDatabase
from tests.support.ground import add_territory
from tests.support.people import Org

type State = Literal["changes", "sums", "both"]
STAGES = ("prospect", "customer", "lapsed", "lost")
_CATEGORIES = ("cafe", "pharmacy", None)
_BOXES = {"west": (24.90, 60.15, 24.93, 60.20), "east": (24.95, 60.15, 25.00, 60.20)}
_MALL = (24.9375, 60.1690)


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


def lay_ground(test_database: TestDatabase, org: Org, other_org: Org, *, state: State) -> Ground:
    """Put accounts in that the map's sums do not have, or have, or have with changes beside."""
    url = test_database.owner_url
    holders = {"west": org.rep, "east": org.other_rep}
    territories = {
        name: add_territory(url, org, name, _BOXES[name], holder)
        for name, holder in holders.items()
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
    if state != "changes":
        _fold(kept)
    if state == "both":
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
        lon, lat = _MALL
    home = other_org if index % 7 == 3 else org
    inside = [name for name, box in _BOXES.items() if box[0] <= lon <= box[2]]
    is_placed = bool(inside) and home is org
    owner = org.rep if home is org and index % 11 == 0 else None
    return Shop(
        new_id(), home, inside[0] if is_placed else None, owner, STAGES[index % 4],
        _CATEGORIES[index % 3], lon, lat,
    )  # fmt: skip


def may_see(actor_name: str, shop: Shop, org: Org) -> bool:
    """Tell whether a person of the organisation has the account in scope."""
    if shop.org is not org:
        return False
    match actor_name:
        case "rep":
            return shop.territory == "west" or (shop.territory is None and shop.owner is org.rep)
        case "other_rep":
            return shop.territory == "east"
        case _:
            return True
