"""The SQL of cubes: everything as columns, what changed since, and the names of what is counted.

Whole columns come by COPY in its binary form, which numpy reads as it is.
"""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import sqlalchemy as sa

from backend.cube.columns import NEVER, Accounts, Part, Sales, Visits, arranged, morton, numbered
from backend.db.tenancy import driver_cursor
from backend.ids import OrgId

STAGES = ("prospect", "customer", "lapsed", "lost")
RFM_CLASSES = ("champion", "loyal", "promising", "new", "at_risk", "asleep")
MOST_CHANGED = 20_000
"""So many accounts are read anew one by one; beyond, everything is."""

_HEADER, _TRAILER = 19, 2
_KINDS = {"uuid": [">u8", ">u8"], "int": [">i4"], "big": [">i8"], "real": [">f8"]}
_DAY = "date '1970-01-01'"

_PLENTY = sa.text("SET LOCAL statement_timeout = '120s'")
_MOMENT = """
SELECT pg_current_snapshot()::text AS snapshot, now() AS moment, o.time_zone,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin,
       coalesce((SELECT h.xid FROM cube_horizon h WHERE h.org_id = :org_id), 0) AS horizon
  FROM organisation o WHERE o.id = :org_id"""
_CHANGED = """
SELECT DISTINCT account_id FROM cube_change
 WHERE org_id = :org_id AND xid >= :xmin
   AND NOT pg_visible_in_snapshot(xid::text::xid8, cast(:snapshot AS pg_snapshot))
 LIMIT :most"""
_WORDS = {
    "territories": "SELECT id FROM territory WHERE org_id = :org_id ORDER BY id",
    "users": "SELECT id FROM app_user WHERE org_id = :org_id ORDER BY id",
    "products": "SELECT id FROM product WHERE org_id = :org_id ORDER BY id",
    "categories": """SELECT DISTINCT category FROM account WHERE org_id = :org_id
      AND category IS NOT NULL AND (cast(:ids AS uuid[]) IS NULL OR id = ANY (:ids)) ORDER BY 1""",
    "channels": """SELECT DISTINCT channel FROM account WHERE org_id = :org_id
      AND channel IS NOT NULL AND (cast(:ids AS uuid[]) IS NULL OR id = ANY (:ids)) ORDER BY 1""",
}
_NUMBERED = "LEFT JOIN unnest(%({0})s::{1}[]) WITH ORDINALITY {2} (word, n) ON {2}.word = {3}"
_ACCOUNTS = f"""
SELECT a.id, ST_X(a.location), ST_Y(a.location), t.n, o.n,
       array_position(%(stages)s::text[], a.life_stage), c.n, h.n, a.priority, a.visit_every_days,
       (a.last_visit_at AT TIME ZONE %(zone)s)::date - {_DAY}, p.monthly_amount * 100,
       array_position(%(rfm)s::text[], v.rfm_class),
       CASE WHEN x.lon = ST_X(a.location) AND x.lat = ST_Y(a.location) THEN x.cell END
  FROM account a
  {_NUMBERED.format("territories", "uuid", "t", "a.territory_id")}
  {_NUMBERED.format("users", "uuid", "o", "a.owner_id")}
  {_NUMBERED.format("categories", "text", "c", "a.category")}
  {_NUMBERED.format("channels", "text", "h", "a.channel")}
  LEFT JOIN account_potential p ON p.org_id = a.org_id AND p.account_id = a.id
  LEFT JOIN account_value v ON v.org_id = a.org_id AND v.account_id = a.id
  LEFT JOIN account_hexagon x ON x.org_id = a.org_id AND x.account_id = a.id
 WHERE a.org_id = %(org_id)s AND a.deleted_at IS NULL {{chosen}}
"""  # noqa: S608  # constants only
_ACCOUNT_KINDS = (
    ["uuid", "real", "real", *["int"] * 8, "big", "int", "big"],
    ("", "nan", "nan", "0", "0", "0", "0", "0", "0", "0", str(NEVER), "0", "0", "0"),
)
_SALES = f"""
SELECT s.account_id, s.sold_on - {_DAY}, p.n, u.n, t.n, s.amount * 100, s.quantity * 1000,
       hashtextextended(s.invoice, 0)
  FROM sale s
  {_NUMBERED.format("products", "uuid", "p", "s.product_id")}
  {_NUMBERED.format("users", "uuid", "u", "s.rep_id")}
  {_NUMBERED.format("territories", "uuid", "t", "s.territory_id")}
 WHERE s.org_id = %(org_id)s {{chosen}}
"""  # noqa: S608  # constants only
_SALE_KINDS = (["uuid", *["int"] * 4, *["big"] * 3], ("", *["0"] * 7))
# Where the account was then: where it left from next after the visit, or where it is.
_VISITS = f"""
SELECT v.account_id, v.planned_on - {_DAY}, u.n, t.n
  FROM visit v
  JOIN account a ON a.org_id = v.org_id AND a.id = v.account_id
  LEFT JOIN LATERAL (SELECT l.territory_id FROM account_placement l
     WHERE l.org_id = v.org_id AND l.account_id = v.account_id
       AND l.left_at > coalesce(v.done_at, v.planned_on) ORDER BY l.left_at LIMIT 1) was ON true
  {_NUMBERED.format("users", "uuid", "u", "v.rep_id")}
  {_NUMBERED.format("territories", "uuid", "t", "coalesce(was.territory_id, a.territory_id)")}
 WHERE v.org_id = %(org_id)s AND v.status = 'done' AND v.deleted_at IS NULL {{chosen}}
"""  # noqa: S608  # constants only
_VISIT_KINDS = (["uuid", "int", "int", "int"], ("", "0", "0", "0"))
_CAST = {"uuid": "", "int": "::int4", "big": "::int8", "real": "::float8"}


class Moment(NamedTuple):
    """What a transaction sees: its snapshot, and below which transaction all have ended."""

    snapshot: str
    moment: datetime
    time_zone: str
    xmin: int
    horizon: int


class Words:
    """What codes stand for, from 1 on: each list only grows, so that codes stay as they are."""

    def __init__(self) -> None:
        self.territories: list[UUID] = []
        self.users: list[UUID] = []
        self.products: list[UUID] = []
        self.categories: list[str] = []
        self.channels: list[str] = []

    def read(self, connection: sa.Connection, org_id: OrgId, ids: Sequence[UUID] | None) -> None:
        """Learn what is new; of these accounts alone where they are named."""
        for name, query in _WORDS.items():
            known = getattr(self, name)
            statement = sa.text(query)
            values = {"org_id": org_id, "ids": None if ids is None else list(ids)}
            found = connection.scalars(
                statement, {one: values[one] for one in statement.compile().params}
            )
            seen = set(known)
            known.extend(word for word in found if word not in seen)


def read_moment(connection: sa.Connection, org_id: OrgId) -> Moment:
    """Return what this transaction sees."""
    row = connection.execute(sa.text(_MOMENT), {"org_id": org_id}).one()
    return Moment(row.snapshot, row.moment, row.time_zone, row.xmin, row.horizon)


def select_changed(connection: sa.Connection, org_id: OrgId, since: Moment) -> list[UUID] | None:
    """Return the accounts that changed since a moment; None for too many to read one by one."""
    values = {"org_id": org_id, "xmin": since.xmin, "snapshot": since.snapshot}
    found = list(connection.scalars(sa.text(_CHANGED), values | {"most": MOST_CHANGED + 1}))
    return None if None in found or len(found) > MOST_CHANGED else found


def read_part(
    connection: sa.Connection,
    org_id: OrgId,
    words: Words,
    time_zone: str,
    ids: Sequence[UUID] | None,
) -> Part:
    """Return all accounts with what is theirs, or those named, in order."""
    connection.execute(_PLENTY)
    words.read(connection, org_id, ids)
    values = {
        "org_id": str(org_id), "zone": time_zone, "stages": list(STAGES),
        "rfm": list(RFM_CLASSES), "categories": words.categories, "channels": words.channels,
        "territories": [str(one) for one in words.territories],
        "users": [str(one) for one in words.users],
        "products": [str(one) for one in words.products],
        "ids": None if ids is None else [str(one) for one in ids],
    }  # fmt: skip
    chosen = "" if ids is None else "AND {0} = ANY (%(ids)s::uuid[])"
    high, low, lon, lat, *rest = _copy(
        connection, _ACCOUNTS.format(chosen=chosen.format("a.id")), _ACCOUNT_KINDS, values
    )
    accounts = Accounts(
        high.view(np.uint64), low.view(np.uint64), morton(lon, lat), lon, lat, *rest
    )
    nothing = np.zeros(0, np.int64)
    alone = Part(accounts, Sales(*[nothing] * 8), Visits(*[nothing] * 4))
    sold = _copy(
        connection, _SALES.format(chosen=chosen.format("s.account_id")), _SALE_KINDS, values
    )
    done = _copy(
        connection, _VISITS.format(chosen=chosen.format("v.account_id")), _VISIT_KINDS, values
    )
    lines = _placed(alone, sold)
    lines[-1] = numbered(lines[-1], lines[0])
    return arranged(Part(accounts, Sales(*lines), Visits(*_placed(alone, done))))


def _placed(part: Part, columns: list[Any]) -> list[Any]:
    """Return columns that begin with an account's id with its place instead; others drop out."""
    high, low, *rest = columns
    place = part.find(high.view(np.uint64), low.view(np.uint64))
    known = np.flatnonzero(place >= 0)
    return [place[known], *(one[known] for one in rest)]


def _copy(
    connection: sa.Connection,
    query: str,
    told: tuple[list[str], Sequence[str]],
    values: dict[str, Any],
) -> list[Any]:
    kinds, defaults = told
    names = [f"c{at}" for at in range(len(kinds))]
    columns = ", ".join(
        f"coalesce({name}, '{default}'){_CAST[kind]}" if default else name
        for name, kind, default in zip(names, kinds, defaults, strict=True)
    )
    with driver_cursor(connection) as cursor:
        inner = cursor.mogrify(query, values).decode()
        data = io.BytesIO()
        cursor.copy_expert(
            f"COPY (SELECT {columns} FROM ({inner}) q ({', '.join(names)}))"  # noqa: S608
            " TO STDOUT (FORMAT binary)",
            data,
        )
    row: list[tuple[str, str]] = [("count", ">i2")]
    wanted: list[str] = []
    for name, kind in zip(names, kinds, strict=True):
        row.append((f"{name}_size", ">i4"))
        for number, form in enumerate(_KINDS[kind]):
            row.append((f"{name}_{number}", form))
            wanted.append(f"{name}_{number}")
    layout = np.dtype(row)
    raw = data.getbuffer()
    count = (len(raw) - _HEADER - _TRAILER) // layout.itemsize
    table = np.frombuffer(raw, layout, count=count, offset=_HEADER)
    return [_native(table[name]) for name in wanted]


def _native(column: Any) -> Any:  # noqa: ANN401  # of any number type
    if column.dtype.kind == "f":
        return column.astype(np.float64)
    return (
        column.astype(np.uint64).view(np.int64)
        if column.dtype.kind == "u"
        else column.astype(np.int64)
    )


def forget_changes(connection: sa.Connection, org_id: OrgId) -> None:
    """Drop the log of more than an hour ago: who is behind it reads everything again."""
    statement = sa.text("""
WITH gone AS (
  DELETE FROM cube_change WHERE org_id = :org_id AND changed_at < now() - interval '1 hour'
     AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint RETURNING xid)
INSERT INTO cube_horizon AS h (org_id, xid)
SELECT :org_id, max(xid) + 1 FROM gone HAVING count(*) > 0
ON CONFLICT (org_id) DO UPDATE SET xid = greatest(h.xid, excluded.xid)""")
    connection.execute(statement, {"org_id": org_id})
