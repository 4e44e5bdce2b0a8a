"""Records that devices change, held against other writers, with what the server has of them.

A batch holds all it needs at its beginning, accounts before their children and each in the order of
ids, so that two batches wait for each other in one direction only. What is written is read anew.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.db.tenancy import driver_cursor
from backend.identity.actor import Actor
from backend.sync import changelog
from backend.sync.protocol.messages import Mutation, Op, Value
from backend.sync.protocol.tables import TABLES
from backend.sync.writes import Writes

type Key = tuple[str, str]
"""A record's table and id."""


class Held(msgspec.Struct, frozen=True):
    """A record in the actor's scope: whether it is live, its version and its values by field."""

    is_live: bool
    rv: int
    values: Mapping[str, Value]


_SEEN = (
    "(%(all)s OR {0}.territory_id IN (SELECT tuyen_territories_of(%(org)s::uuid, %(user)s::uuid))"
    " OR {0}.territory_id IS NULL AND {0}.owner_id = %(user)s::uuid"
    " OR {0}.id IN (SELECT tuyen_held_over(%(org)s::uuid, %(user)s::uuid)){1})"
)
_ACCOUNTS = (
    f"SELECT a.id::text, a.deleted_at IS NULL, {_SEEN.format('a', '')} FROM account a"  # noqa: S608
    " WHERE a.org_id = %(org)s::uuid AND a.id IN (SELECT unnest(%(account)s::uuid[])"
    " UNION SELECT c.account_id FROM contact c"
    " WHERE c.org_id = %(org)s::uuid AND c.id = ANY (%(contact)s::uuid[])"
    " UNION SELECT v.account_id FROM visit v"
    " WHERE v.org_id = %(org)s::uuid AND v.id = ANY (%(visit)s::uuid[]))"
    " ORDER BY a.id FOR NO KEY UPDATE OF a"
)
_CHILDREN = (
    "SELECT r.id::text, r.deleted_at IS NULL, true FROM {0} r"
    " JOIN account a ON a.org_id = r.org_id AND a.id = r.account_id"
    " WHERE r.org_id = %(org)s::uuid AND r.id = ANY (%({0})s::uuid[]) AND {1}"
    " ORDER BY r.id FOR NO KEY UPDATE OF r"
)
_QUERIES = {
    "account": _ACCOUNTS,
    "contact": _CHILDREN.format("contact", _SEEN.format("a", "")),
    "visit": _CHILDREN.format("visit", _SEEN.format("a", " OR r.rep_id = %(user)s::uuid")),
    "issue": "SELECT r.id::text, true, true FROM issue r WHERE r.org_id = %(org)s::uuid"
    " AND r.id = ANY (%(issue)s::uuid[]) AND r.user_id = %(user)s::uuid"
    " ORDER BY r.id FOR NO KEY UPDATE",
}


class Holds:
    """The records that a batch holds; who may not see a record learns nothing of it."""

    def __init__(self, connection: sa.Connection, actor: Actor, writes: Writes) -> None:
        self._connection = connection
        self._actor = actor
        self._writes = writes
        self._held: dict[Key, Held] = {}
        self._in_sight: set[str] = set()

    def hold_all(self, mutations: Iterable[Mutation]) -> None:
        """Hold what mutations change and the accounts of what they create."""
        wanted: dict[str, set[str]] = {table: set() for table in _QUERIES}
        for one in mutations:
            if one.op is not Op.CREATE and one.table in wanted:
                wanted[one.table].add(one.rid)
            account = one.set.get("account_id")
            if one.op is Op.CREATE and isinstance(account, str) and is_id(account):
                wanted["account"].add(account)
        self._load(wanted)

    def find(self, table: str, rid: str) -> Held | None:
        """Return a record, held; None when it is unknown or out of the actor's scope."""
        key = (table, rid)
        if key not in self._held:
            self._load({name: {rid} if name == table else set() for name in _QUERIES})
        return self._held.get(key)

    def is_in_sight(self, account_id: UUID) -> bool:
        """Tell whether an account is known to be live, in the actor's scope, and held."""
        return str(account_id) in self._in_sight

    def forget(self, *keys: Key) -> None:
        """Read these records anew when they are asked for again; they stay in sight."""
        for key in keys:
            self._held.pop(key, None)

    def forget_all(self) -> None:
        """Read everything anew: what was written was undone, or moved scopes."""
        self._held.clear()
        self._in_sight.clear()

    def _load(self, wanted: Mapping[str, set[str]]) -> None:
        actor = self._actor
        values = {
            "org": str(actor.org_id),
            "user": str(actor.user_id),
            "all": actor.sees_everything,
            **{name: sorted(ids) for name, ids in wanted.items()},
        }
        self._writes.flush()
        live: dict[Key, bool] = {}
        with driver_cursor(self._connection) as cursor:
            for table, query in _QUERIES.items():
                # Children are never held before their accounts.
                if wanted[table] or (table == "account" and (wanted["contact"] | wanted["visit"])):
                    cursor.execute(query, values)
                    seen = {row[0]: row[1] for row in cursor.fetchall() if row[2]}
                    live |= {(table, rid): seen[rid] for rid in wanted[table] & seen.keys()}
        if not live:
            return
        self._in_sight |= {
            rid for (table, rid), is_live in live.items() if (table, is_live) == _SIGHT
        }
        ids = changelog.by_table(live)
        rows = changelog.read_rows(self._connection, actor.org_id, ids)
        for table, rid, rv, row in _ROWS.decode(f"[{rows}]"):
            fields = dict(zip(TABLES[table].columns, row, strict=True))
            self._held[table, rid] = Held(live[table, rid], rv, fields)


_SIGHT = ("account", True)
_ROWS = msgspec.json.Decoder(list[tuple[str, str, int, list[Value]]])


def is_id(text: str) -> bool:
    """Tell whether a text can be looked up as an id; where not, the room's own check names it."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
