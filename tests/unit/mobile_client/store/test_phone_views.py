"""What the screens read: the day, the list, one card, the map."""

from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from backend.geo.polyline import encode_polyline
from backend.geo.vocabulary import LonLat
from mobile_client.facade import EditError
from mobile_client.store.accounts import find_accounts, read_card, read_map
from mobile_client.store.database import Database
from mobile_client.store.day import decode_line, read_day
from mobile_client.store.edits import save_account, save_contact
from mobile_client.store.folding import fold
from mobile_client.store.outbox import Stamp
from mobile_client.store.pulled import begin_pull, commit_pull
from mobile_client.views import Session
from tests.support.phones import MORNING
from tests.support.pulled_pages import Row, page, uid

SESSION = Session("anna", "Anna", "Org", "rep", "vi")
TODAY = date(2026, 11, 22)
LINE = ((24.9384, 60.1699), (24.94, 60.171))
STOP: dict[str, object] = {
    "visit_id": uid("v1"),
    "account_id": uid("a1"),
    "name": "old name",
    "location": [24.9384, 60.1699],
    "sequence": 1,
    "arrive_at": "2026-11-22T09:00:00Z",
    "start_at": "2026-11-22T09:00:00Z",
    "leave_at": "2026-11-22T09:20:00Z",
    "leg_distance_m": 1200,
    "leg_seconds": 180,
}


@pytest.fixture
def filled(database: Database) -> Database:
    area: dict[str, object] = {
        "type": "MultiPolygon",
        "coordinates": [[[[24.9, 60.1], [25.0, 60.1], [24.9, 60.1]]]],
    }
    line = encode_polyline([LonLat(lon, lat) for lon, lat in LINE])
    route: dict[str, object] = {
        "rep_id": "anna",
        "on_date": "2026-11-22",
        "line": line,
        "distance_m": 4000,
    }
    route |= {"travel_seconds": 600, "starts_at": "2026-11-22T08:00:00.000000Z"}
    cafe: dict[str, object] = {
        "name": "Cà phê Đường",
        "address": "Mannerheimintie 1",
        "location": [24.9384, 60.1699],
        "preferred_hours": "Mo-Fr 08:00-10:00",
        "preferred_hours_are_firm": True,
    }
    note: dict[str, object] = {"account_id": uid("a1"), "captured_at": "2026-11-01T08:00:00Z"}
    aino: dict[str, object] = {"full_name": "Aino", "job_title": "Owner"}
    old, new = sorted((uid("r1"), uid("r2")))
    second = {**STOP, "sequence": 2, "is_preferred": False, "kind": "service"}
    rows: list[Row] = [
        ("territory", uid("t1"), 1, {"name": "North", "area": area}),
        ("account", uid("a1"), 1, {**cafe, "phone": "+358401", "life_stage": "prospect"}),
        ("account", uid("a2"), 1, {"name": "100% Bakery", "address": "Under_score 5"}),
        ("contact", uid("c1"), 1, {"account_id": uid("a1"), **aino}),
        ("route", old, 1, {**route, "status": "replaced", "stops": []}),
        ("route", new, 1, {**route, "status": "planned", "stops": [STOP, second]}),
        ("visit", uid("v1"), 1, {"account_id": uid("a1"), "rep_id": "anna", "status": "planned"}),
        ("note", uid("n2"), 1, {**note, "body": "new", "voids": uid("n1"), "author_id": "anna"}),
    ]
    with database.writing() as db:
        begin_pull(db)
        commit_pull(db, page(rows), MORNING)
    return database


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [uid("a2"), uid("a1")]),
        ("ca phe", [uid("a1")]),
        ("DUONG", [uid("a1")]),
        ("đường manner", [uid("a1")]),
        ("100%", [uid("a2")]),
        ("r_s", [uid("a2")]),
        ("%", [uid("a2")]),
        ("duong bakery", []),
    ],
)
def test_search_finds_every_word_without_diacritics(
    filled: Database, query: str, found: list[str]
) -> None:
    with filled.reading() as db:
        assert [row.id for row in find_accounts(db, query, 10)] == found


def test_the_nearest_come_first_and_what_lies_nowhere_not_at_all(database: Database) -> None:
    # North of the Arctic Circle a degree of longitude is less than half one of latitude.
    places = {"east": [24.02, 69.0], "north": [24.0, 69.01], "here": [24.0, 69.0], "nowhere": None}
    rows: list[Row] = [
        ("account", uid(name), 1, {"name": name} | ({"location": place} if place else {}))
        for name, place in places.items()
    ]
    with database.writing() as db:
        begin_pull(db)
        commit_pull(db, page(rows), MORNING)
    with database.reading() as db:
        found = find_accounts(db, "", 10, near=(24.0, 69.0))
        assert [row.name for row in found] == ["here", "east", "north"]
        assert [row.name for row in find_accounts(db, "nor", 1, near=(24.0, 69.0))] == ["north"]


def test_folding_takes_the_vietnamese_d() -> None:
    assert fold("Nguyễn ĐÌNH Đường") == "nguyen dinh duong"


def test_day_shows_the_newest_plan_with_present_names(filled: Database) -> None:
    with filled.reading() as db:
        day = read_day(db, "anna", TODAY)
        assert read_day(db, "somebody else", TODAY).stops == ()
        assert read_day(db, "anna", date(2026, 11, 23)).stops == ()
    assert (day.distance_m, day.drive_seconds) == (4000, 600)
    assert day.starts_at == datetime(2026, 11, 22, 8, tzinfo=UTC)
    first = day.stops[0]
    assert (first.name, first.position, first.leg_m) == ("Cà phê Đường", 1, 1200)
    assert first.arrival_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert first.state == "planned"
    assert [one.is_preferred for one in day.stops] == [True, False]
    assert [one.kind for one in day.stops] == ["routine", "service"]


def test_map_has_points_route_and_outlines(filled: Database) -> None:
    with filled.reading() as db:
        shown = read_map(db, "anna", TODAY)
    assert [(one.account_id, one.position) for one in shown.points] == [(uid("a1"), 2)]
    assert shown.route == LINE
    assert shown.territories[0].rings[0][1] == (25.0, 60.1)


def test_card_holds_all_there_is(filled: Database, tmp_path: Path) -> None:
    with filled.reading() as db:
        card = read_card(db, uid("a1"), session=SESSION, today=TODAY, folder=tmp_path)
        with pytest.raises(KeyError):
            read_card(db, "nothing", session=SESSION, today=TODAY, folder=tmp_path)
    assert (card.phone, card.email, card.stage) == ("+358401", "", "prospect")
    assert (card.preferred_hours, card.preferred_hours_are_firm) == ("Mo-Fr 08:00-10:00", True)
    assert [one.title for one in card.contacts] == ["Owner"]
    assert [(one.body, one.author) for one in card.notes] == [("new", "Anna")]
    assert [one.user_name for one in card.visits] == ["Anna"]


def test_edit_is_visible_marked_and_searchable_at_once(
    filled: Database, stamp: Stamp, tmp_path: Path
) -> None:
    with filled.writing() as db:
        assert save_account(db, uid("a1"), {"name": " Phở Bò ", "phone": "+358401"}, stamp)
        assert not save_account(db, uid("a1"), {"phone": "+358401"}, stamp)
        save_contact(db, uid("c1"), uid("a1"), {"email": "a@example.com"}, stamp)
    with filled.reading() as db:
        card = read_card(db, uid("a1"), session=SESSION, today=TODAY, folder=tmp_path)
        assert [row.is_pending for row in find_accounts(db, "pho bo", 10)] == [True]
    assert card.name == "Phở Bò"
    assert card.pending_fields == {"name"}
    assert card.contacts[0].is_pending
    with filled.reading() as db:
        bodies = [msgspec.json.decode(r[0]) for r in db.execute("SELECT body FROM mutation")]
    assert [(one["base"], one["set"]) for one in bodies] == [
        ({"name": "Cà phê Đường"}, {"name": "Phở Bò"}),
        ({"email": None}, {"email": "a@example.com"}),
    ]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"name": "  "}, "required", "name"),
        ({"phone": 5}, "invalid", "phone"),
        ({"priority": "1"}, "invalid", "priority"),
        ({"address": "x" * 501}, "too_long", "address"),
    ],
)
def test_bad_edit_names_the_field(
    filled: Database, stamp: Stamp, changes: dict[str, object], code: str, field: str
) -> None:
    with pytest.raises(EditError) as caught, filled.writing() as db:
        save_account(db, uid("a1"), changes, stamp)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_new_contact_needs_a_name(filled: Database, stamp: Stamp) -> None:
    with pytest.raises(EditError) as caught, filled.writing() as db:
        save_contact(db, None, uid("a1"), {"phone": "1"}, stamp)
    assert caught.value.code == "required"


def test_damaged_line_ends_where_it_is_whole() -> None:
    text = encode_polyline([LonLat(lon, lat) for lon, lat in LINE])
    assert decode_line(text[:-1]) == LINE[:1]
