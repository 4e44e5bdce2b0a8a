"""Prospects from an OpenStreetMap extract: once, again, and after people edited them."""

from pathlib import Path

import osmium
import osmium.osm.mutable
import psycopg2
import pytest

from backend.accounts import service
from backend.accounts.importing.osm import import_osm
from backend.accounts.importing.report import ImportReport
from backend.accounts.schemas import AccountFilter, AccountPatch, AccountRead
from backend.db.tenancy import Database
from backend.geo.osm import OsmFileError
from backend.geo.vocabulary import Progress
from tests.support.databases import TestDatabase
from tests.support.people import Org

HELSINKI = Path(__file__).parents[3] / "backend/demo/data/helsinki.osm.pbf"
SHOPS: dict[int, dict[str, str]] = {
    1: {"shop": "bakery", "name": "Bánh mì Phượng", "phone": "0235 12; 0905 123 456"},
    2: {"amenity": "cafe", "name": "Cà phê Giảng", "opening_hours": "Mo-Su 07:00-22:00"},
    3: {"amenity": "cafe", "name": "Cộng", "phone": "call us", "opening_hours": "noon to late"},
    4: {"shop": "kiosk"},
}


def write(path: Path, shops: dict[int, dict[str, str]]) -> Path:
    path.unlink(missing_ok=True)
    writer = osmium.SimpleWriter(str(path))
    for ref, tags in shops.items():
        writer.add_node(
            osmium.osm.mutable.Node(id=ref, location=(108.3 + ref / 100, 15.9), tags=tags)
        )
    writer.close()
    return path


def run(database: Database, org: Org, path: Path) -> ImportReport:
    with database.for_org(org.id) as connection:
        return import_osm(connection, org.id, path, actor=org.manager)


def listed(database: Database, org: Org) -> dict[str, AccountRead]:
    with database.for_org(org.id) as connection:
        wanted = AccountFilter()
        found = service.list_accounts(connection, org.manager, wanted, after=None, limit=500)
    return {one.name: one for one in found}


def test_shops_become_prospects(database: Database, org: Org, tmp_path: Path) -> None:
    report = run(database, org, write(tmp_path / "x.osm.pbf", SHOPS))
    assert (report.taken, report.updated, report.unchanged) == (3, 0, 0)
    assert report.skipped == {"unnamed": 1}
    assert report.warnings == {"phone_invalid": 1, "opening_hours_invalid": 1}
    assert {(one.ref, one.column) for one in report.examples} == {
        ("node/3", "phone"),
        ("node/3", "opening_hours"),
    }
    found = listed(database, org)
    bakery = found["Bánh mì Phượng"]
    assert (bakery.category, bakery.life_stage, bakery.location_source) == (
        "bakery", "prospect", "osm",
    )  # fmt: skip
    assert bakery.location == [108.31, 15.9]
    # The first number is too short: the second is taken.
    assert bakery.phone == "+84905123456"
    assert found["Cộng"].phone is None
    assert found["Cà phê Giảng"].opening_hours == "Mo-Su 07:00-22:00"


def test_a_second_import_changes_nothing(database: Database, org: Org) -> None:
    first = run(database, org, HELSINKI)
    before = listed(database, org)
    second = run(database, org, HELSINKI)
    assert first.taken > 900
    assert (second.taken, second.updated, second.unchanged) == (0, 0, first.taken)
    assert listed(database, org) == before


def test_a_changed_shop_is_updated_but_not_what_people_edited(
    database: Database, org: Org, tmp_path: Path
) -> None:
    path = tmp_path / "x.osm.pbf"
    run(database, org, write(path, SHOPS))
    cafe = listed(database, org)["Cà phê Giảng"]
    with database.for_org(org.id) as connection:
        patch = AccountPatch(phone="0901234567", location=[108.0, 15.0])
        service.patch_account(connection, org.manager, cafe.id, patch)
    changed = {**SHOPS, 2: {**SHOPS[2], "name": "Giảng", "phone": "0909999999"}}
    report = run(database, org, write(path, changed))
    assert (report.taken, report.updated, report.unchanged) == (0, 1, 2)
    after = listed(database, org)["Giảng"]
    assert after.id == cafe.id
    assert (after.phone, after.location) == ("+84901234567", [108.0, 15.0])
    assert after.location_source == "manual"
    assert run(database, org, path).unchanged == 3


def test_a_deleted_shop_stays_deleted(database: Database, org: Org, tmp_path: Path) -> None:
    path = write(tmp_path / "x.osm.pbf", SHOPS)
    run(database, org, path)
    gone = listed(database, org)["Cộng"]
    with database.for_org(org.id) as connection:
        service.delete_account(connection, org.manager, gone.id)
    report = run(database, org, path)
    assert (report.taken, report.unchanged, report.skipped["deleted_here"]) == (0, 2, 1)
    assert "Cộng" not in listed(database, org)


def test_a_broken_extract_writes_nothing(
    database: Database, org: Org, test_database: TestDatabase, tmp_path: Path
) -> None:
    whole = HELSINKI.read_bytes()
    broken = {
        "cut.osm.pbf": whole[: len(whole) // 2],
        "noise.osm.pbf": b"this is no map" * 100,
        "empty.osm.pbf": b"",
    }
    for name, content in broken.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(OsmFileError):
            run(database, org, path)
    with psycopg2.connect(test_database.owner_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM account")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM audit_entry WHERE action LIKE 'account.import%'")
        assert cursor.fetchone() == (0,)
    connection.close()


def test_one_organisation_never_sees_anothers_import(
    database: Database, org: Org, other_org: Org, tmp_path: Path
) -> None:
    path = write(tmp_path / "x.osm.pbf", SHOPS)
    run(database, org, path)
    assert listed(database, other_org) == {}
    assert run(database, other_org, path).taken == 3


def test_progress_is_told(database: Database, org: Org) -> None:
    steps: list[Progress] = []
    with database.for_org(org.id) as connection:
        import_osm(connection, org.id, HELSINKI, on_progress=steps.append)
    assert [step.stage for step in steps][-1] == "storing accounts"
    assert steps[-1].done == steps[-1].total
