"""Accounts as the screens show them: the list, one card, the map."""

import math
import sqlite3
from datetime import UTC, date, datetime, time
from pathlib import Path

import msgspec

from mobile_client.store.day import (
    EPOCH,
    moment,
    outcome_of,
    read_day,
    route_line,
    route_points,
)
from mobile_client.store.day import stop_state as state_of
from mobile_client.store.edits import SHOWN_FIELDS
from mobile_client.store.folding import like_patterns
from mobile_client.store.overlay import read_edits
from mobile_client.views import (
    AccountCard,
    AccountRow,
    ContactRow,
    LonLat,
    MapFeatures,
    MapPoint,
    MediaRow,
    MediaState,
    NoteRow,
    Session,
    TerritoryOutline,
    VisitRow,
)

_MEDIA_STATES: dict[str, MediaState] = {"stored": "sent", "sending": "sending"}


class _Area(msgspec.Struct, frozen=True):
    """A territory's GeoJSON MultiPolygon."""

    coordinates: list[list[list[tuple[float, float]]]]


_EAST, _NORTH = (f"(json_extract(location, '$[{at}]') - ?)" for at in (0, 1))
_AWAY = f"{_EAST} * {_EAST} * ? + {_NORTH} * {_NORTH}"
"""The square of degrees of latitude to a place; longitude's are narrower by its cosine."""


def find_accounts(
    db: sqlite3.Connection, query: str, limit: int, *, near: LonLat | None = None
) -> list[AccountRow]:
    """Return accounts whose name or address holds every word of `query`, diacritics aside.

    They come by name; with a place the nearest to it first, without those that lie nowhere.
    """
    patterns = like_patterns(query)
    where = "".join(" AND folded LIKE ? ESCAPE '\\'" for _ in patterns)
    order = ""
    place: tuple[float, ...] = ()
    if near is not None:
        (lon, lat), where = near, f"{where} AND location IS NOT NULL"
        order, place = f"{_AWAY},", (lon, lon, math.cos(math.radians(lat)) ** 2, lat, lat)
    # Only the number of words and the order shape the text; the words themselves are bound.
    rows = db.execute(
        f"SELECT * FROM account WHERE 1{where} ORDER BY {order} folded, id LIMIT ?",  # noqa: S608 - see above
        (*patterns, *place, limit),
    )
    return [
        AccountRow(
            id=row["id"],
            name=row["name"] or "",
            address=row["address"] or "",
            category=row["category"] or "",
            stage=row["life_stage"] or "",
            lon=_point(row)[0],
            lat=_point(row)[1],
            is_pending=bool(row["is_pending"]),
        )
        for row in rows
    ]


def _point(row: sqlite3.Row) -> tuple[float, float] | tuple[None, None]:
    if row["location"] is None:
        return (None, None)
    return msgspec.json.decode(row["location"], type=tuple[float, float])


def read_card(
    db: sqlite3.Connection, account_id: str, *, session: Session, today: date, folder: Path
) -> AccountCard:
    """Return all the phone knows of one account; raises KeyError when it is not here."""
    row = db.execute("SELECT * FROM account WHERE id = ?", (account_id,)).fetchone()
    if row is None:
        raise KeyError(account_id)
    edits = [edit for edit in read_edits(db, "account", account_id) if edit.is_pending]
    touched = {name for edit in edits for name in (*edit.mutation.set, *edit.mutation.inc)}
    pending = touched & SHOWN_FIELDS
    draft = db.execute(
        "SELECT 1 FROM draft WHERE account_id = ? AND user_id = ?", (account_id, session.user_id)
    ).fetchone()
    lon, lat = _point(row)
    return AccountCard(
        id=row["id"],
        name=row["name"] or "",
        category=row["category"] or "",
        stage=row["life_stage"] or "",
        address=row["address"] or "",
        phone=row["phone"] or "",
        email=row["email"] or "",
        website=row["website"] or "",
        opening_hours=row["opening_hours"] or "",
        preferred_hours=row["preferred_hours"] or "",
        preferred_hours_are_firm=bool(row["preferred_hours_are_firm"]),
        empties_owed=row["empties_owed"] or 0,
        lon=lon,
        lat=lat,
        contacts=_contacts(db, account_id),
        visits=_visits(db, account_id, session),
        notes=_notes(db, account_id, session),
        media=_media(db, account_id, folder),
        pending_fields=frozenset(pending),
        planned_visit_id=_planned_visit(db, account_id, session.user_id, today),
        has_draft=draft is not None,
    )


def _contacts(db: sqlite3.Connection, account_id: str) -> tuple[ContactRow, ...]:
    rows = db.execute(
        "SELECT * FROM contact WHERE account_id = ? ORDER BY full_name, id", (account_id,)
    )
    return tuple(
        ContactRow(
            id=row["id"],
            name=row["full_name"] or "",
            title=row["job_title"] or "",
            phone=row["phone"] or "",
            email=row["email"] or "",
            is_pending=bool(row["is_pending"]),
        )
        for row in rows
    )


def _visits(db: sqlite3.Connection, account_id: str, session: Session) -> tuple[VisitRow, ...]:
    rows = db.execute(
        "SELECT v.*, (SELECT MAX(c.captured_at) FROM check_in c WHERE c.visit_id = v.id) AS seen_at"
        " FROM visit v WHERE v.account_id = ?",
        (account_id,),
    )
    found = [
        VisitRow(
            id=row["id"],
            at=_visit_at(row),
            state=state_of(row["status"]),
            outcome=outcome_of(row["outcome"]),
            user_name=session.user_name if row["rep_id"] == session.user_id else "",
            is_pending=bool(row["is_pending"]),
        )
        for row in rows
        if row["status"] != "cancelled"
    ]
    return tuple(sorted(found, key=lambda visit: (visit.at, visit.id), reverse=True))


def _visit_at(row: sqlite3.Row) -> datetime:
    for name in ("checked_in_at", "done_at", "seen_at", "planned_at"):
        at = moment(row[name])
        if at is not None:
            return at
    if row["planned_on"] is not None:
        return datetime.combine(date.fromisoformat(row["planned_on"]), time(), UTC)
    return EPOCH


def _notes(db: sqlite3.Connection, account_id: str, session: Session) -> tuple[NoteRow, ...]:
    rows = db.execute(
        "SELECT * FROM note n WHERE account_id = ?"
        " AND NOT EXISTS (SELECT 1 FROM note later WHERE later.voids = n.id)"
        " ORDER BY captured_at DESC, id DESC",
        (account_id,),
    )
    return tuple(
        NoteRow(
            id=row["id"],
            body=row["body"] or "",
            at=moment(row["captured_at"]) or EPOCH,
            author=session.user_name if row["author_id"] == session.user_id else "",
            is_pending=bool(row["is_pending"]),
        )
        for row in rows
    )


def _media(db: sqlite3.Connection, account_id: str, folder: Path) -> tuple[MediaRow, ...]:
    rows = db.execute(
        "SELECT m.*, u.file, u.state AS upload_state, u.sent_bytes FROM media m"
        " LEFT JOIN upload u ON u.media_id = m.id WHERE m.account_id = ?"
        " ORDER BY m.captured_at DESC, m.id DESC",
        (account_id,),
    )
    return tuple(_media_row(row, folder) for row in rows)


def _media_row(row: sqlite3.Row, folder: Path) -> MediaRow:
    path = None if row["file"] is None else folder / row["file"]
    state = row["upload_state"] or row["state"] or ""
    return MediaRow(
        id=row["id"],
        kind="voice" if row["kind"] == "voice" else "photo",
        path=path if path is not None and path.exists() else None,
        at=moment(row["captured_at"]) or EPOCH,
        state=_MEDIA_STATES.get(state, "waiting"),
        sent_bytes=row["sent_bytes"] or 0,
        size_bytes=row["size_bytes"] or 0,
    )


def _planned_visit(
    db: sqlite3.Connection, account_id: str, user_id: str, today: date
) -> str | None:
    row = db.execute(
        "SELECT id FROM visit WHERE account_id = ? AND rep_id = ? AND status = 'planned'"
        " AND planned_on = ? ORDER BY sequence, id LIMIT 1",
        (account_id, user_id, today.isoformat()),
    ).fetchone()
    return None if row is None else str(row["id"])


def read_map(db: sqlite3.Connection, user_id: str, today: date) -> MapFeatures:
    """Return everything drawn over the base map."""
    stops = route_points(read_day(db, user_id, today))
    points = []
    for row in db.execute("SELECT * FROM account WHERE location IS NOT NULL ORDER BY id"):
        lon, lat = msgspec.json.decode(row["location"], type=tuple[float, float])
        stop = stops.pop(row["id"], None)
        points.append(
            MapPoint(
                account_id=row["id"],
                name=row["name"] or "",
                lon=lon,
                lat=lat,
                stage=row["life_stage"] or "",
                position=None if stop is None else stop.position,
                is_done=stop is not None and stop.is_done,
            )
        )
    return MapFeatures(
        points=(*points, *stops.values()),
        route=route_line(db, user_id, today),
        territories=_territories(db),
    )


def _territories(db: sqlite3.Connection) -> tuple[TerritoryOutline, ...]:
    rows = db.execute("SELECT * FROM territory WHERE area IS NOT NULL ORDER BY name, id")
    return tuple(
        TerritoryOutline(id=row["id"], name=row["name"] or "", rings=_rings(row["area"]))
        for row in rows
    )


def _rings(area: str) -> tuple[tuple[LonLat, ...], ...]:
    polygons = msgspec.json.decode(area, type=_Area).coordinates
    return tuple(tuple(ring) for polygon in polygons for ring in polygon)
