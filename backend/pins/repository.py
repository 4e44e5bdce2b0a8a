"""The SQL of checks of pins: what parts read, the doubts they keep, and how far they are."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import shapely
import sqlalchemy as sa

from backend.db.bulk import recordset, rows_json
from backend.db.tenancy import driver_cursor
from backend.geo.vocabulary import LonLat
from backend.ids import OrgId, new_id
from backend.pins import judging, statements
from backend.pins.addresses import Outline
from backend.pins.judging import CheckIn
from backend.pins.schemas import CheckRead, Found

NOBODY = UUID(int=0)
NEAR_M = 150.0
ALIKE = 0.6
"""Trigrams that two names share, of all that they have."""
MOST_ALIKE = 12
"""A word that more names of one cell have is that of a trade."""
MOST_CALLED = 10
"""A number of more accounts is that of a switchboard."""
_WITH_ROOM = sa.text("SET LOCAL work_mem = '128MB'")


class Placed(NamedTuple):
    """An account with its place."""

    id: UUID
    position: LonLat
    address: str | None
    """Folded."""


class Progress(NamedTuple):
    """A check that the caller holds."""

    id: UUID
    step: str
    after_id: UUID | None
    part: int


def insert_check(connection: sa.Connection, org_id: OrgId, *, by: UUID | None) -> UUID | None:
    """Begin a check; None while another one is under way."""
    statement = sa.text("""
INSERT INTO pin_check (org_id, id, asked_by, accounts)
SELECT :org_id, :id, :by, (SELECT count(*) FROM account_map WHERE org_id = :org_id)
ON CONFLICT (org_id) WHERE status = 'running' DO NOTHING RETURNING id""")
    found = connection.scalar(statement, {"org_id": org_id, "id": new_id(), "by": by})
    return None if found is None else UUID(str(found))


def find_check(connection: sa.Connection, org_id: OrgId) -> CheckRead | None:
    """Return the latest check."""
    statement = sa.text("""
SELECT id, status, step, accounts, checked, has_streets, created_at, finished_at FROM pin_check
 WHERE org_id = :org_id ORDER BY id DESC LIMIT 1""")
    row = connection.execute(statement, {"org_id": org_id}).mappings().first()
    return None if row is None else msgspec.convert(dict(row), CheckRead)


def lock_check(connection: sa.Connection, org_id: OrgId) -> Progress | None:
    """Return the check under way, held against others; None when there is none."""
    statement = sa.text("""
SELECT id, step, after_id, part FROM pin_check
 WHERE org_id = :org_id AND status = 'running' FOR NO KEY UPDATE""")
    row = connection.execute(statement, {"org_id": org_id}).first()
    return None if row is None else Progress._make(row)


def write_check(
    connection: sa.Connection, org_id: OrgId, check_id: UUID, **changes: object
) -> None:
    """Write down how far a check is; `checked` counts on."""
    told = {"checked": "checked + :checked", "status": ":status, finished_at = now()"}
    words = ", ".join(f"{name} = {told.get(name, f':{name}')}" for name in changes)
    statement = f"UPDATE pin_check SET {words} WHERE org_id = :org_id AND id = :id"  # noqa: S608
    connection.execute(sa.text(statement), {"org_id": org_id, "id": check_id, **changes})


def select_part(
    connection: sa.Connection, org_id: OrgId, after: UUID | None, *, limit: int
) -> list[Placed]:
    """Return the next accounts by id that have a place."""
    values = {"org_id": org_id, "after": after, "limit": limit}
    rows = connection.execute(sa.text(statements.PART), values).all()
    return [Placed(one.id, LonLat(one.lon, one.lat), one.address) for one in rows]


def select_check_ins(
    connection: sa.Connection, org_id: OrgId, after: UUID | None, last: UUID
) -> dict[UUID, list[CheckIn]]:
    """Return the latest usable check-ins of those accounts of which enough are elsewhere."""
    values = {
        "org_id": org_id,
        "after": after or NOBODY,
        "last": last,
        "most_accuracy_m": judging.MOST_ACCURACY_M,
        "within_days": judging.WITHIN_DAYS,
        "latest": judging.LATEST,
        "least": judging.LEAST_SIGHTINGS,
        "beyond_m": judging.BEYOND_ACCURACY_M,
    }
    found: dict[UUID, list[CheckIn]] = {}
    for row in connection.execute(sa.text(statements.VISITED), values):
        seen = CheckIn(
            row.rep_id, row.on_date, row.corrected_at, LonLat(row.lon, row.lat), row.accuracy_m
        )
        found.setdefault(row.account_id, []).append(seen)
    return found


def select_crowds(connection: sa.Connection, org_id: OrgId) -> Sequence[sa.Row[Any]]:
    """Return the accounts of crowded spots, with what is counted there."""
    connection.execute(_WITH_ROOM)
    values = {"org_id": org_id, "crowd": judging.CROWD}
    return connection.execute(sa.text(statements.CROWDS), values).all()


def select_units(connection: sa.Connection, org_id: OrgId) -> list[Outline]:
    """Return all units that an address may name."""
    statement = sa.text("""
SELECT id, name, name_folded, level, ST_AsBinary(ST_SimplifyPreserveTopology(area, 0.0002)) AS area
  FROM admin_unit WHERE org_id = :org_id ORDER BY id""")
    rows = connection.execute(statement, {"org_id": org_id}).all()
    return [
        Outline(one.id, one.name, one.name_folded, one.level,
                shapely.from_wkb(bytes(one.area)) if one.area else None)
        for one in rows
    ]  # fmt: skip


def keep_doubts(connection: sa.Connection, org_id: OrgId, found: Iterable[Found]) -> None:
    """Keep doubts, those that are open already brought up to date, those answered left alone."""
    rows = [_row(one) for one in found]
    if not rows:
        return
    with driver_cursor(connection) as cursor:
        statement = statements.KEEP.replace("{rows}", recordset(statements.DOUBT_TYPES))
        cursor.execute(statement, {"org": org_id, "rows": rows_json(rows)})


def let_go(
    connection: sa.Connection,
    org_id: OrgId,
    found: Iterable[Found],
    *,
    reasons: Sequence[str],
    within: tuple[UUID | None, UUID | None],
) -> None:
    """Close the open doubts of accounts after the first id, up to the last, not found again."""
    values = {
        "org_id": org_id,
        "reasons": list(reasons),
        "after": within[0],
        "last": within[1],
        "found": [f"{one.account_id}{one.reason}" for one in found],
    }
    connection.execute(sa.text(statements.LET_GO), values)


def keep_alike(connection: sa.Connection, org_id: OrgId, *, part: int, parts: int) -> None:
    """Flag the pairs of accounts near each other with names alike, by a part of all words."""
    connection.execute(_WITH_ROOM)
    values = {
        "org_id": org_id, "part": part, "parts": parts, "most": MOST_ALIKE, "alike": ALIKE,
        "near_m": NEAR_M,
    }  # fmt: skip
    _keep_pairs(connection, statements.ALIKE, values)


def keep_same_phones(connection: sa.Connection, org_id: OrgId) -> None:
    """Flag the pairs of accounts with one phone number."""
    _keep_pairs(connection, statements.SAME_PHONE, {"org_id": org_id, "most_called": MOST_CALLED})


def _keep_pairs(connection: sa.Connection, found: str, values: Mapping[str, object]) -> None:
    statement = statements.KEEP_PAIRS.replace("{found}", found)
    connection.execute(sa.text(statement), values)


def _row(found: Found) -> dict[str, object]:
    to_lon, to_lat = found.suggested or (None, None)
    return {
        "id": new_id(),
        "account_id": found.account_id,
        "reason": found.reason,
        "lon": found.location[0],
        "lat": found.location[1],
        "to_lon": to_lon,
        "to_lat": to_lat,
        "radius_m": found.radius_m,
        "distance_m": found.distance_m,
        "evidence": found.evidence,
        "weight": found.weight,
        "basis": found.basis,
        "returns_at": found.returns_at,
    }
