"""What travels: the synced tables, their columns in wire order, and each field's merge policy.

The server binds these to its services in `backend.sync.registry`; the phone makes its SQLite tables
from them. A change here changes `schema_hash()`, which a test pins together with the version.
"""

import hashlib
from enum import StrEnum

import msgspec


class FieldType(StrEnum):
    """How a value looks on the wire (JSON)."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    FLAG = "flag"
    MOMENT = "moment"
    """An aware UTC time, RFC 3339 text."""
    DAY = "day"
    """A date, ISO text."""
    ID = "id"
    """A UUID, text."""
    SET = "set"
    """A sorted array of text without repeats: edited by add and remove."""
    POINT = "point"
    """[longitude, latitude] or null, WGS 84."""
    JSON = "json"
    """A document that is written once, as a whole."""


class Policy(StrEnum):
    """Who wins when the server's value moved on since the device read it."""

    SERVER_WINS = "server_wins"
    ARRIVAL_WINS = "arrival_wins"
    STATE_MACHINE = "state_machine"
    MAX = "max"
    ADD_REMOVE = "add_remove"
    INCREMENT = "increment"
    """Changed by differences only (`inc`); the database refuses a total below its limit."""
    READ_ONLY = "read_only"
    """The device never writes it."""
    ON_CREATE = "on_create"
    """The device writes it once, when it creates the record."""


class Field(msgspec.Struct, frozen=True):
    """One column on the wire."""

    name: str
    type: FieldType
    policy: Policy


class Table(msgspec.Struct, frozen=True):
    """One synced table; facts are append-only."""

    name: str
    fields: tuple[Field, ...]
    parent: str | None = None
    """The table whose record this one belongs to, by the field `<parent>_id`."""
    is_fact: bool = False
    can_create: bool = False
    can_delete: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the fields in wire order."""
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Field | None:
        """Return the field of that name, or None."""
        return next((field for field in self.fields if field.name == name), None)


def _fields(policy: Policy, **types: FieldType) -> tuple[Field, ...]:
    return tuple(Field(name, kind, policy) for name, kind in types.items())


_T, _F = FieldType, _fields

TERRITORY = Table(
    "territory",
    _F(Policy.READ_ONLY, name=_T.TEXT, code=_T.TEXT, color=_T.TEXT, area=_T.JSON),
)
ACCOUNT = Table(
    "account",
    _F(Policy.ON_CREATE, kind=_T.TEXT)
    + _F(Policy.SERVER_WINS, name=_T.TEXT, life_stage=_T.TEXT, category=_T.TEXT)
    + _F(
        Policy.SERVER_WINS,
        address=_T.TEXT,
        phone=_T.TEXT,
        email=_T.TEXT,
        website=_T.TEXT,
        channel=_T.TEXT,
    )
    + _F(Policy.ADD_REMOVE, tags=_T.SET)
    + _F(Policy.INCREMENT, empties_owed=_T.INTEGER)
    + _F(
        Policy.SERVER_WINS,
        opening_hours=_T.TEXT,
        preferred_hours=_T.TEXT,
        preferred_hours_are_firm=_T.FLAG,
        location=_T.POINT,
        location_source=_T.TEXT,
    )
    + _F(
        Policy.READ_ONLY,
        territory_id=_T.ID,
        visit_minutes=_T.INTEGER,
        priority=_T.INTEGER,
        last_visit_at=_T.MOMENT,
    ),
    can_create=True,
)
CONTACT = Table(
    "contact",
    _F(Policy.ON_CREATE, account_id=_T.ID)
    + _F(Policy.SERVER_WINS, full_name=_T.TEXT, job_title=_T.TEXT, phone=_T.TEXT, email=_T.TEXT)
    + _F(Policy.ADD_REMOVE, channels=_T.SET, tags=_T.SET),
    parent="account",
    can_create=True,
    can_delete=True,
)
ROUTE = Table(
    "route",
    _F(
        Policy.READ_ONLY,
        rep_id=_T.ID,
        on_date=_T.DAY,
        status=_T.TEXT,
        profile=_T.TEXT,
        is_estimate=_T.FLAG,
        distance_m=_T.INTEGER,
        travel_seconds=_T.INTEGER,
        starts_at=_T.MOMENT,
        ends_at=_T.MOMENT,
        line=_T.TEXT,
        stops=_T.JSON,
        dropped=_T.JSON,
        pack=_T.TEXT,
    ),
)
VISIT = Table(
    "visit",
    _F(Policy.ON_CREATE, account_id=_T.ID, rep_id=_T.ID)
    + _F(Policy.READ_ONLY, route_id=_T.ID)
    + _F(Policy.STATE_MACHINE, status=_T.TEXT)
    + _F(Policy.ON_CREATE, planned_on=_T.DAY, kind=_T.TEXT)
    + _F(Policy.READ_ONLY, planned_at=_T.MOMENT, sequence=_T.INTEGER)
    + _F(Policy.ARRIVAL_WINS, outcome=_T.TEXT)
    + _F(Policy.READ_ONLY, checked_in_at=_T.MOMENT, done_at=_T.MOMENT),
    parent="account",
    can_create=True,
)
CHECK_IN = Table(
    "check_in",
    _F(
        Policy.ON_CREATE,
        account_id=_T.ID,
        visit_id=_T.ID,
        rep_id=_T.ID,
        captured_at=_T.MOMENT,
        location=_T.POINT,
        accuracy_m=_T.REAL,
        is_mock=_T.FLAG,
        voids=_T.ID,
    )
    + _F(Policy.READ_ONLY, distance_m=_T.REAL, corrected_at=_T.MOMENT, clock_suspect=_T.FLAG),
    parent="account",
    is_fact=True,
    can_create=True,
)
NOTE = Table(
    "note",
    _F(
        Policy.ON_CREATE,
        account_id=_T.ID,
        visit_id=_T.ID,
        author_id=_T.ID,
        body=_T.TEXT,
        captured_at=_T.MOMENT,
        voids=_T.ID,
    ),
    parent="account",
    is_fact=True,
    can_create=True,
)
MEDIA = Table(
    "media",
    _F(
        Policy.ON_CREATE,
        account_id=_T.ID,
        visit_id=_T.ID,
        author_id=_T.ID,
        kind=_T.TEXT,
        sha256=_T.TEXT,
        size_bytes=_T.INTEGER,
        mime=_T.TEXT,
        captured_at=_T.MOMENT,
    )
    + _F(Policy.READ_ONLY, state=_T.TEXT),
    parent="account",
    is_fact=True,
    can_create=True,
)

REWORK = Table(
    "rework",
    _F(
        Policy.ON_CREATE,
        route_id=_T.ID,
        rep_id=_T.ID,
        made_at=_T.MOMENT,
        reason=_T.TEXT,
        plan=_T.JSON,
    )
    + _F(Policy.READ_ONLY, state=_T.TEXT),
    is_fact=True,
    can_create=True,
)

ISSUE = Table(
    "issue",
    _F(
        Policy.READ_ONLY,
        mutation_id=_T.ID,
        user_id=_T.ID,
        tbl=_T.TEXT,
        rid=_T.ID,
        code=_T.TEXT,
        mine=_T.JSON,
        theirs=_T.JSON,
        base=_T.JSON,
        made_at=_T.MOMENT,
    )
    + _F(Policy.STATE_MACHINE, resolution=_T.TEXT),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        TERRITORY,
        ACCOUNT,
        CONTACT,
        ROUTE,
        VISIT,
        CHECK_IN,
        NOTE,
        MEDIA,
        REWORK,
        ISSUE,
    )
}
"""Every synced table, parents before children."""


def schema_hash() -> str:
    """Return a short hash of all tables, columns, types and policies."""
    return hashlib.sha256(msgspec.json.encode(list(TABLES.values()))).hexdigest()[:16]
