"""The commands that bring in administrative units and territories, on files as people have them."""

from datetime import date
from pathlib import Path

import osmium
import osmium.osm.mutable
import pytest

from backend.admin_units.importing import import_borders
from backend.admin_units.repository import select_known, select_units
from backend.admin_units.schemas import Search, UnitOptions, UnitReport
from backend.db.tenancy import Database
from backend.geo.osm import OsmFileError
from backend.geo.osm_borders import read_borders
from tests.support.people import Org

pytestmark = pytest.mark.integration

_DAY = date(2025, 7, 1)
_ANY = Search(None, None, None, None)


def write_extract(path: Path) -> Path:
    """A province with a ward in it, one that is cut, one left open, a border of another kind."""
    corners = {1: (106, 10), 2: (108, 10), 3: (108, 11), 4: (106, 11), 5: (107, 10), 6: (107, 11)}
    ways = {1: [1, 5, 2, 3, 6, 4, 1], 2: [1, 5, 6, 4, 1], 3: [2, 3], 4: [2, 3, 6], 5: [2, 5]}
    border = {"boundary": "administrative"}
    relations = {
        1: ([1], border | {"admin_level": "4", "name": "Tỉnh Một", "ref": "79"}),
        2: ([2], border | {"admin_level": "6", "name": "Ward", "name:vi": "Phường Hai"}),
        3: ([3, 99], border | {"admin_level": "6", "name": "Phường Cắt"}),
        4: ([2], {"boundary": "police", "admin_level": "6", "name": "Đồn"}),
        5: ([2], border | {"admin_level": "x", "name": "Lạ"}),
    }
    writer = osmium.SimpleWriter(str(path))
    for ref, place in corners.items():
        writer.add_node(osmium.osm.mutable.Node(id=ref, location=place))
    ends = border | {"admin_level": "6", "name": "Phường Hở"}
    lines = {3: ends, 4: ends, 5: ends}
    for ref, nodes in ways.items():
        writer.add_way(osmium.osm.mutable.Way(id=ref, nodes=nodes, tags=lines.get(ref, {})))
    for ref, (members, tags) in relations.items():
        told = {"type": "boundary", **tags}
        # A node may have the number of a way.
        parts = [*(("w", member, "outer") for member in members), ("n", 5, "admin_centre")]
        writer.add_relation(osmium.osm.mutable.Relation(id=ref, members=parts, tags=told))
    writer.close()
    return path


def run(database: Database, org: Org, path: Path) -> UnitReport:
    options = UnitOptions(valid_from=_DAY, source="OpenStreetMap", licence="ODbL 1.0")
    with database.for_org(org.id) as connection:
        borders = read_borders(path, range(1, 13))
        return import_borders(connection, org.id, borders, options, actor=org.manager)


def test_borders_of_an_extract_are_units_with_parents(
    database: Database, org: Org, tmp_path: Path
) -> None:
    path = write_extract(tmp_path / "x.osm.pbf")
    report = run(database, org, path)
    assert (report.units, report.with_outline) == (2, 2)
    assert [(one.field, one.code, one.message) for one in report.problems] == [
        ("relation/3", "outline_cut", "“Phường Cắt” is cut by the extract's edge."),
        ("way/5", "outline_cut", "“Phường Hở” is a line that is not closed."),
    ]
    run(database, org, path)
    with database.for_org(org.id) as connection:
        units = select_units(connection, org.id, _ANY, after=None, limit=9)
        assert len(select_known(connection, org.id)) == 2
    ward, province = units
    assert (ward.name, ward.code, ward.parent_id) == ("Phường Hai", "relation/2", province.id)
    assert (province.code, province.level, province.licence) == ("79", 4, "ODbL 1.0")


def test_an_extract_that_cannot_be_read_keeps_nothing(
    database: Database, org: Org, tmp_path: Path
) -> None:
    path = tmp_path / "x.osm.pbf"
    path.write_bytes(write_extract(path).read_bytes()[:-40])
    with pytest.raises(OsmFileError):
        run(database, org, path)


def test_units_are_the_organisations_own(
    database: Database, org: Org, other_org: Org, tmp_path: Path
) -> None:
    run(database, org, write_extract(tmp_path / "x.osm.pbf"))
    with database.for_org(other_org.id) as connection:
        assert select_known(connection, other_org.id) == []
