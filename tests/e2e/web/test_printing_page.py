"""What comes on paper: the report of an area, and the page itself as the browser prints it."""

import io
from pathlib import Path
from typing import Any, cast

import pyarrow.parquet
import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.web.conftest import DAY, Watched

pytestmark = pytest.mark.e2e
VI = {"report": "In báo cáo (PDF)", "territory": "Địa bàn", "title": "Địa bàn Kamppi",
      "held": "Phụ trách: Lan Nguyễn", "page": "Trang 1/", "columns": "Tải GeoParquet"}  # fmt: skip
EN = {"report": "Print report (PDF)", "territory": "Territory", "title": "Territory Kamppi",
      "held": "Held by Lan Nguyễn", "page": "Page 1/",
      "columns": "Download GeoParquet"}  # fmt: skip
LOOKS = [({"locale": "vi-VN"}, VI), ({"locale": "en-GB"}, EN)]
SNAPSHOT = "**/v1/areas/snapshot"


def _read(paper: bytes, pictures: Path) -> str:
    """Return a PDF's text; draw its pages beside `pictures`."""
    texts = []
    with pypdfium2.PdfDocument(paper) as document:
        for at, page in enumerate(document, start=1):
            text = page.get_textpage()
            texts.append(" ".join(cast("str", text.get_text_range()).split()))
            text.close()
            page.render(scale=1.4).to_pil().save(f"{pictures}-{at}.png")
    return "\n".join(texts)


def _choose_kamppi(page: Page, label: str) -> None:
    with page.expect_response(SNAPSHOT):
        page.get_by_role("combobox", name=label).select_option(label="Kamppi")
    expect(page.locator(".area-result")).to_be_visible()


@pytest.mark.parametrize(("look", "words"), LOOKS, indirect=["look"])
def test_the_report_of_an_area_is_printed_in_the_pages_language(
    watched: Watched, words: dict[str, str], tmp_path: Path
) -> None:
    page = watched.open(f"#tab=areas&date={DAY}")
    if words is EN:
        watched.switch_language()
    _choose_kamppi(page, words["territory"])
    with page.expect_download() as download:
        page.get_by_role("button", name=words["report"]).click()
    assert download.value.suggested_filename.endswith(".pdf")
    file = tmp_path / "report.pdf"
    download.value.save_as(file)
    text = _read(file.read_bytes(), tmp_path / "report")
    for one in (words["title"], words["held"], words["page"], "© OpenStreetMap contributors"):
        assert one in text
    with page.expect_download() as download:
        page.get_by_role("button", name=words["columns"]).click()
    file = tmp_path / "accounts.parquet"
    download.value.save_as(file)
    assert pyarrow.parquet.read_table(file).num_rows > 1


def _printed(page: Page, file: Path) -> tuple[str, Any]:
    """Print the page as the browser does; return its text and the first page's picture."""
    paper = page.pdf(prefer_css_page_size=True, print_background=True)
    text = _read(paper, file)
    with pypdfium2.PdfDocument(io.BytesIO(paper)) as document:
        width, height = document[0].get_size()
        assert (round(width), round(height)) == (595, 842)
        return text, document[0].render(scale=1.4).to_numpy().copy()


@pytest.mark.parametrize(
    "look", [{}, {"color_scheme": "dark"}, {"viewport": {"width": 360, "height": 740}}],
    indirect=True, ids=["light", "dark", "phone"],
)  # fmt: skip
def test_the_page_is_printed_light_with_its_map_and_without_its_controls(
    watched: Watched, tmp_path: Path
) -> None:
    page = watched.open(f"#tab=areas&date={DAY}")
    _choose_kamppi(page, "Địa bàn")
    watched.drawn("prospects")
    text, picture = _printed(page, tmp_path / "areas")
    for one in ("Độ phủ", "Tỷ lệ khách mua", "© OpenStreetMap", "Vùng"):
        assert one.lower() in text.lower(), one
    for control in ("Tải danh sách khách", "Đăng xuất", "In báo cáo", "Bỏ vùng này"):
        assert control not in text
    assert picture.mean() > 200, "paper is light"
    assert picture[150:500].std() > 10, "the map is drawn"
    # What was put on the page for paper is gone again.
    expect(page.locator(".print-map")).to_have_count(0)


@pytest.mark.parametrize(
    ("tab", "waited", "expected"),
    [
        ("analysis", "table", ("Tổng", "Doanh thu")),
        ("territories", ".row-list", ("Kamppi", "Kruununhaka", "Lan Nguyễn")),
        ("prospects", ".row-list", ("Khách",)),
    ],
)
def test_lists_and_tables_are_printed_whole(
    watched: Watched, tmp_path: Path, tab: str, waited: str, expected: tuple[str, ...]
) -> None:
    page = watched.open(f"#tab={tab}&date={DAY}")
    expect(page.locator(f"#panel {waited}").first).to_be_visible()
    text, picture = _printed(page, tmp_path / tab)
    for one in expected:
        assert one in text, one
    assert picture.mean() > 200
    assert "Đăng xuất" not in text
