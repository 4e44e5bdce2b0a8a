"""`tuyen import territories` on files as people have them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backend import import_commands
from tests.support.databases import TestDatabase
from tests.support.outlines import BOW_TIE, SQUARE, geojson, moved, polygon, zipped_shapefile
from tests.support.people import Org

type Tuyen = Callable[..., Result]

pytestmark = pytest.mark.integration


class _Database:
    """What the command line hands on."""

    def __init__(self, database: TestDatabase) -> None:
        self.app_url, self.owner_url = database.app_url, database.owner_url


@pytest.fixture
def tuyen(test_database: TestDatabase, org: Org, tmp_path: Path) -> Tuyen:
    def run(content: bytes, *words: str) -> Result:
        file = tmp_path / "vung"
        file.write_bytes(content)
        return CliRunner().invoke(
            import_commands.import_group,
            ["territories", str(file), "--org", str(org.id), *words],
            obj=_Database(test_database),
        )

    return run


def test_a_file_is_tried_and_then_taken(tuyen: Tuyen) -> None:
    content = zipped_shapefile([("Tây", SQUARE)])
    tried = tuyen(content, "--dry-run")
    assert tried.exit_code == 0, tried.output
    assert "Shapefile, WGS 84: 1 territories would be made" in tried.output
    assert "name from “TEN”" in tried.output
    assert "1 territories made" in tuyen(content).output
    again = tuyen(content)
    assert again.exit_code == 1
    assert "exists already" in again.output
    assert "Traceback" not in again.output


def test_bad_areas_are_told_and_skipped_on_wish(tuyen: Tuyen) -> None:
    content = geojson(({"x": "A"}, polygon()), ({"x": "B"}, moved(3, BOW_TIE)))
    assert tuyen(content, "--mapping", "name=x", "--dry-run").exit_code == 1
    refused = tuyen(content, "--mapping", "name=x")
    assert refused.exit_code == 1
    assert "features[1]" in refused.output
    taken = tuyen(content, "--mapping", "name=x", "--skip-bad")
    assert taken.exit_code == 0, taken.output
    assert "1 territories made" in taken.output
    assert tuyen(b"\0\0").exit_code == 1
