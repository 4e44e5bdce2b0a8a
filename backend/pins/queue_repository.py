"""The SQL of the queue of doubtful pins, and of what people answered."""

from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import AccountId, OrgId, UserId
from backend.pins.schemas import AnswerRead, DoubtRead, QueueKey, ReasonCount, Wanted

_HELD = "ARRAY (SELECT tuyen_territories_of(:org_id, cast(:rep AS uuid)))"
_SCOPE = f"""(cast(:rep AS uuid) IS NULL OR a.territory_id = ANY ({_HELD})
    OR (a.territory_id IS NULL AND a.owner_id = :rep)
    OR a.id = ANY (ARRAY (SELECT tuyen_held_over(:org_id, cast(:rep AS uuid)))))"""
# What is about a place that the account left is no longer asked.
_OPEN = f"""
  FROM pin_doubt d
  JOIN account a ON a.org_id = :org_id AND a.id = d.account_id AND a.deleted_at IS NULL
   AND ST_Equals(a.location, d.location)
 WHERE d.org_id = :org_id AND d.state = 'open' AND {_SCOPE}
   AND (cast(:reason AS text) IS NULL OR d.reason = :reason)
   AND (cast(:territory_id AS uuid) IS NULL OR a.territory_id = :territory_id)
   AND (cast(:account_id AS uuid) IS NULL OR a.id = :account_id)
"""
_PAIR = "ARRAY[ST_X({0}), ST_Y({0})]"
_DOUBT = f"""
SELECT d.id, d.account_id, a.name AS account_name, a.address, a.territory_id, a.location_source,
       d.reason, {_PAIR.format("d.location")} AS location,
       CASE WHEN d.suggested IS NOT NULL THEN {_PAIR.format("d.suggested")} END AS suggested,
       d.radius_m, d.distance_m, d.evidence, d.found_at, d.rv {_OPEN}
"""
_QUEUE = f"""{_DOUBT}
   AND (cast(:after_m AS float8) IS NULL
        OR (d.distance_m, d.id) < (cast(:after_m AS float8), cast(:after_id AS uuid)))
 ORDER BY d.distance_m DESC, d.id DESC LIMIT :limit
"""  # constants only
_COUNTS = f"""
SELECT d.reason, count(*)::int AS pins, count(d.suggested)::int AS suggested {_OPEN}
 GROUP BY 1 ORDER BY 1
"""  # constants only
_HISTORY = f"""
SELECT w.id, w.doubt_id, w.account_id, a.name AS account_name, d.reason, w.kind,
       {_PAIR.format("w.before")} AS before, {_PAIR.format("w.after")} AS after,
       ST_DistanceSphere(w.before, w.after) AS moved_m, w.answered_by,
       u.full_name AS answered_by_name, w.answered_at,
       EXISTS (SELECT FROM pin_answer o WHERE o.org_id = :org_id AND o.undoes = w.id) AS is_undone
  FROM pin_answer w
  JOIN pin_doubt d ON d.org_id = :org_id AND d.id = w.doubt_id
  JOIN account a ON a.org_id = :org_id AND a.id = w.account_id
  JOIN app_user u ON u.org_id = :org_id AND u.id = w.answered_by
 WHERE w.org_id = :org_id AND {_SCOPE}
   AND (cast(:account_id AS uuid) IS NULL OR w.account_id = :account_id)
   AND (cast(:before_id AS uuid) IS NULL OR w.id < :before_id)
   AND (cast(:answer_id AS uuid) IS NULL OR w.id = :answer_id)
 ORDER BY w.id DESC LIMIT :limit
"""  # noqa: S608  # constants only
_POINT = "ST_SetSRID(ST_MakePoint(:{0}_lon, :{0}_lat), 4326)"


class Held(NamedTuple):
    """A doubt that the caller holds."""

    id: UUID
    account_id: AccountId
    reason: str
    state: str
    location: list[float]
    suggested: list[float] | None


class Given(NamedTuple):
    """An answer that may be undone."""

    id: UUID
    doubt_id: UUID
    account_id: AccountId
    kind: str
    before: list[float]
    before_source: str
    after: list[float]
    is_undone: bool


def select_queue(
    connection: sa.Connection,
    org_id: OrgId,
    wanted: Wanted,
    *,
    rep: UserId | None,
    after: QueueKey | None,
    limit: int,
) -> list[DoubtRead]:
    """Return doubtful pins of `rep`'s scope, or of all, those that are farthest off first."""
    after_m, after_id = after or (None, None)
    values = {
        "org_id": org_id, "rep": rep, "limit": limit, "after_m": after_m, "after_id": after_id,
        **msgspec.structs.asdict(wanted),
    }  # fmt: skip
    rows = connection.execute(sa.text(_QUEUE), values).mappings()
    return [msgspec.convert(dict(row), DoubtRead) for row in rows]


def count_reasons(
    connection: sa.Connection, org_id: OrgId, wanted: Wanted, *, rep: UserId | None
) -> list[ReasonCount]:
    """Count the doubtful pins of `rep`'s scope, or of all, by reason."""
    values = {"org_id": org_id, "rep": rep, **msgspec.structs.asdict(wanted)}
    rows = connection.execute(sa.text(_COUNTS), values).mappings()
    return [msgspec.convert(dict(row), ReasonCount) for row in rows]


def lock_doubt(connection: sa.Connection, org_id: OrgId, doubt_id: UUID) -> Held | None:
    """Return a doubt, held against others."""
    statement = sa.text(f"""
SELECT d.id, d.account_id, d.reason, d.state, {_PAIR.format("d.location")} AS location,
       CASE WHEN d.suggested IS NOT NULL THEN {_PAIR.format("d.suggested")} END AS suggested
  FROM pin_doubt d WHERE d.org_id = :org_id AND d.id = :id FOR NO KEY UPDATE""")  # noqa: S608
    row = connection.execute(statement, {"org_id": org_id, "id": doubt_id}).first()
    return None if row is None else Held._make(row)


def find_account_of(connection: sa.Connection, org_id: OrgId, doubt_id: UUID) -> AccountId | None:
    """Return whose pin a doubt is about."""
    statement = sa.text("SELECT account_id FROM pin_doubt WHERE org_id = :org_id AND id = :id")
    found = connection.scalar(statement, {"org_id": org_id, "id": doubt_id})
    return None if found is None else AccountId(UUID(str(found)))


def select_whole_spot(
    connection: sa.Connection, org_id: OrgId, doubt_id: UUID, *, rep: UserId | None, limit: int
) -> list[UUID]:
    """Return the open doubts of `rep`'s scope, or of all, about one and the same crowded spot."""
    statement = sa.text(f"""
SELECT d.id {_OPEN} AND (d.location, d.reason) IN (
  SELECT o.location, o.reason FROM pin_doubt o WHERE o.org_id = :org_id AND o.id = :id)
 ORDER BY d.account_id LIMIT :limit""")  # noqa: S608  # constants only
    values: dict[str, Any] = {
        "org_id": org_id, "id": doubt_id, "rep": rep, "limit": limit,
        **msgspec.structs.asdict(Wanted()),
    }  # fmt: skip
    return [UUID(str(one)) for one in connection.scalars(statement, values)]


def settle(connection: sa.Connection, org_id: OrgId, held: Held, after: list[float]) -> None:
    """Close a doubt with where the account is now; other doubts about the place it left go too."""
    connection.execute(
        sa.text(f"""
UPDATE pin_doubt SET state = 'settled', answered_location = {_POINT.format("after")}
 WHERE org_id = :org_id AND id = :id"""),  # noqa: S608  # constants only
        {"org_id": org_id, "id": held.id, "after_lon": after[0], "after_lat": after[1]},
    )
    if after != held.location:
        let_go_of(connection, org_id, held.account_id)


def let_go_of(connection: sa.Connection, org_id: OrgId, account_id: AccountId) -> None:
    """Close all that was asked about the place that an account left."""
    connection.execute(
        sa.text(
            "UPDATE pin_doubt SET state = 'gone'"
            " WHERE org_id = :org_id AND account_id = :account_id AND state = 'open'"
        ),
        {"org_id": org_id, "account_id": account_id},
    )


def open_again(connection: sa.Connection, org_id: OrgId, doubt_id: UUID) -> None:
    """Ask again, unless the same is asked anew already."""
    connection.execute(
        sa.text("""
UPDATE pin_doubt d SET state = 'open', answered_location = NULL
 WHERE d.org_id = :org_id AND d.id = :id AND NOT EXISTS (SELECT FROM pin_doubt o
   WHERE o.org_id = :org_id AND o.account_id = d.account_id AND o.reason = d.reason
     AND o.state = 'open')"""),
        {"org_id": org_id, "id": doubt_id},
    )


def insert_answer(  # a row
    connection: sa.Connection,
    org_id: OrgId,
    answer_id: UUID,
    *,
    doubt_id: UUID,
    account_id: AccountId,
    kind: str,
    before: list[float],
    before_source: str,
    after: list[float],
    by: UserId,
    undoes: UUID | None = None,
) -> None:
    """Keep what somebody said."""
    connection.execute(
        sa.text(f"""
INSERT INTO pin_answer (org_id, id, doubt_id, account_id, kind, before, before_source, after,
                        undoes, answered_by)
VALUES (:org_id, :id, :doubt_id, :account_id, :kind, {_POINT.format("before")}, :before_source,
        {_POINT.format("after")}, :undoes, :by)"""),  # noqa: S608  # constants only
        {
            "org_id": org_id, "id": answer_id, "doubt_id": doubt_id, "account_id": account_id,
            "kind": kind, "before_lon": before[0], "before_lat": before[1],
            "before_source": before_source, "after_lon": after[0], "after_lat": after[1],
            "undoes": undoes, "by": by,
        },
    )  # fmt: skip


def select_history(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    rep: UserId | None,
    account_id: UUID | None = None,
    answer_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 1,
) -> list[AnswerRead]:
    """Return answers about accounts of `rep`'s scope, or of all, the latest first."""
    values = {
        "org_id": org_id, "rep": rep, "account_id": account_id, "answer_id": answer_id,
        "before_id": before, "limit": limit,
    }  # fmt: skip
    rows = connection.execute(sa.text(_HISTORY), values).mappings()
    return [msgspec.convert(dict(row), AnswerRead) for row in rows]


def find_answer(connection: sa.Connection, org_id: OrgId, answer_id: UUID) -> Given | None:
    """Return an answer with all that its undo needs."""
    statement = sa.text(f"""
SELECT w.id, w.doubt_id, w.account_id, w.kind, {_PAIR.format("w.before")} AS before,
       w.before_source, {_PAIR.format("w.after")} AS after,
       EXISTS (SELECT FROM pin_answer o WHERE o.org_id = :org_id AND o.undoes = w.id) AS is_undone
  FROM pin_answer w WHERE w.org_id = :org_id AND w.id = :id""")  # noqa: S608  # constants only
    row = connection.execute(statement, {"org_id": org_id, "id": answer_id}).first()
    return None if row is None else Given._make(row)
