"""Administrative units over the market: two provinces, wards of today and of before a reform."""

from contextlib import closing
from uuid import UUID

import psycopg2

from backend.ids import new_id
from tests.support.market import SOUTH, STEP, WEST
from tests.support.people import Org

REFORM = "2025-07-01"
LEVELS = (4, 6)
# Corners in steps of the market's grid, so that shops lie on borders, too; some ground has no ward.
_PROVINCES = {
    "Bắc": [(-1, 13), (33, 19), (33, 33), (-1, 33)],
    "Nam": [(-1, -1), (33, -1), (33, 19), (-1, 13)],
}
_WARDS = {
    "Phường Một": [(0, 0), (10, 0), (10, 12), (4, 20), (0, 12)],
    "Phường Hai": [(10, 0), (20, 0), (24, 12), (10, 12)],
    "Phường Ba": [(4, 20), (10, 12), (24, 12), (20, 30)],
    "Phường Bốn": [(24, 12), (32, 12), (32, 32), (20, 30)],
}
_FORMER = {
    "Phường Cũ": [(0, 0), (16, 0), (16, 32), (0, 32)],
    "Phường Xưa": [(16, 0), (32, 0), (32, 32), (16, 32)],
}


def add_units(owner_url: str, org: Org) -> dict[str, UUID]:
    """Bring units in; return them by name."""
    found: dict[str, UUID] = {}
    with closing(psycopg2.connect(owner_url)) as connection, connection, connection.cursor() as cur:
        for level, units, since, until in (
            (4, _PROVINCES, "1976-07-02", None),
            (6, _WARDS, REFORM, None),
            (6, _FORMER, "1988-01-01", REFORM),
        ):
            for name, corners in units.items():
                ring = [f"{WEST + x * STEP} {SOUTH + y * STEP}" for x, y in [*corners, corners[0]]]
                found[name] = new_id()
                cur.execute(
                    "INSERT INTO admin_unit (org_id, id, code, name, level, area, valid_from,"
                    " valid_to, source) VALUES (%s, %s, %s, %s, %s,"
                    " ST_GeomFromText(%s, 4326), %s, %s, 'test')",
                    (org.id, found[name], name, name, level,
                     f"MULTIPOLYGON ((({', '.join(ring)})))", since, until),
                )  # fmt: skip
    return found
