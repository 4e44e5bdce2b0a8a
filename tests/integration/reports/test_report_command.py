"""`tuyen report area`: the same paper without the page."""

import json
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from click.testing import CliRunner, Result

from backend.reports.commands import report_group
from backend.settings import Settings
from tests.support.databases import TestDatabase
from tests.support.ground import WEST, add_account, add_territory
from tests.support.people import Org

type Tuyen = Callable[..., Result]

pytestmark = pytest.mark.integration


class _Context:
    """What the command line hands on."""

    def __init__(self, database: TestDatabase, settings: Settings) -> None:
        self.app_url, self.owner_url, self.settings = database.app_url, database.owner_url, settings


@pytest.fixture
def tuyen(test_database: TestDatabase, settings: Settings, org: Org, tmp_path: Path) -> Tuyen:
    url = test_database.owner_url
    add_territory(url, org, "Tây", WEST, org.rep)
    add_account(url, org, "Tạp hoá Ánh", 24.92, 60.17)

    def run(*words: str) -> Result:
        return CliRunner().invoke(
            report_group,
            ["area", "--org", str(org.id), "--out", str(tmp_path / "report.pdf"), *words],
            obj=_Context(test_database, settings),
        )

    return run


def _text(tmp_path: Path) -> str:
    with pypdfium2.PdfDocument(tmp_path / "report.pdf") as document:
        page = document[0].get_textpage()
        told = str(page.get_text_range())
        page.close()
        return told


def test_a_territory_by_name_in_either_language(tuyen: Tuyen, tmp_path: Path) -> None:
    found = tuyen("--territory", "Tây")
    assert found.exit_code == 0, found.output
    assert "1 accounts" in found.output
    assert "No basemap is installed" in found.output
    text = _text(tmp_path)
    assert "Địa bàn Tây" in text
    assert "bằng lệnh tuyen report" in text
    assert tuyen("--territory", "Tây", "--lang", "en", "--title", "Tuần 48").exit_code == 0
    assert "Tuần 48" in _text(tmp_path)
    assert [one.name for one in tmp_path.glob(".*.part")] == []


def test_a_drawn_area_out_of_a_file(tuyen: Tuyen, tmp_path: Path) -> None:
    ring = [[24.9, 60.1], [24.95, 60.1], [24.95, 60.2], [24.9, 60.2], [24.9, 60.1]]
    feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}}
    file = tmp_path / "area.geojson"
    for content in (feature, {"type": "FeatureCollection", "features": [feature]}):
        file.write_text(json.dumps(content))
        found = tuyen("--geojson", str(file), "--accounts", "5")
        assert found.exit_code == 0, found.output
    assert "Vùng vẽ tay" in _text(tmp_path)
    ring = [[24.9, 60.1], [24.95, 60.2], [24.95, 60.1], [24.9, 60.2], [24.9, 60.1]]
    file.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    assert "crosses itself" in tuyen("--geojson", str(file)).output
    assert tuyen("--geojson", str(file), "--mend").exit_code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Give one of"),
        (("--territory", "Tây", "--admin-unit", "1"), "Give one of"),
        (("--territory", "Bắc"), "There is no territory “Bắc”"),
        (("--admin-unit", "00001"), "There is no administrative unit"),
        (("--territory", "Tây", "--as", "nobody@example.com"), "There is nobody"),
        (("--territory", "Tây", "--title", "a" * 121), "title"),
        (("--territory", "Tây", "--from", "2026-05-02", "--to", "2026-05-01"), "ends before"),
        (("--territory", "Tây", "--out", "/nowhere/report.pdf"), "cannot be written"),
    ],
)
def test_what_cannot_be_printed_is_told_in_a_sentence(
    tuyen: Tuyen, words: tuple[str, ...], told: str
) -> None:
    found = tuyen(*words)
    assert found.exit_code != 0
    assert told in found.output
    assert "Traceback" not in found.output
