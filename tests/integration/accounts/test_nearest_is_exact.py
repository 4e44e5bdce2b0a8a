"""The nearest accounts are the nearest by metres, also where degrees mislead."""

import random
from itertools import product
from pathlib import Path

import pytest

from backend.accounts import service
from backend.accounts.importing.osm import import_osm
from backend.accounts.schemas import AccountFilter
from backend.db.tenancy import Database
from backend.geo.vocabulary import LonLat, great_circle_m
from backend.territories import assignments
from backend.territories import service as territories
from backend.territories.schemas import AssignmentCreate, TerritoryCreate
from tests.support.people import Org

HELSINKI = Path(__file__).parents[3] / "backend/demo/data/helsinki.osm.pbf"
AMID, FAR_OFF = LonLat(24.942, 60.169), LonLat(25.6, 60.4)
"""In the rep's territory, and where everybody else's accounts are nearer than theirs."""
AREA = [[24.93, 60.16], [24.955, 60.16], [24.955, 60.18], [24.93, 60.18], [24.93, 60.16]]


def test_nobody_nearer_is_left_out(database: Database, org: Org) -> None:
    with database.for_org(org.id) as connection:
        import_osm(connection, org.id, HELSINKI)
        data = TerritoryCreate(name="T", area={"type": "Polygon", "coordinates": [AREA]})
        held = territories.create_territory(connection, org.manager, data)
        to_rep = AssignmentCreate(user_id=org.rep.user_id)
        assignments.assign(connection, org.manager, held.id, to_rep)
    chance = random.Random(7)
    for actor in (org.manager, org.rep):
        with database.for_org(org.id) as connection:
            everybody = [
                LonLat(*account.location)
                for account in service.list_accounts(
                    connection, actor, AccountFilter(), after=None, limit=2000
                )
                if account.location
            ]
            assert len(everybody) > 100
            somewhere = LonLat(chance.uniform(24.9, 25.0), chance.uniform(60.15, 60.19))
            for limit, here in product((1, 7, 40), (somewhere, AMID, FAR_OFF)):
                found = service.nearest_accounts(connection, actor, *here, limit=limit)
                wanted = sorted(great_circle_m(here, one) for one in everybody)[:limit]
                assert len(found) == limit
                # The sphere and the ellipsoid differ by up to 0.6 per cent.
                assert [one.distance_m for one in found] == pytest.approx(wanted, rel=0.012, abs=1)
