"""A report on paper says what the snapshot counted, in both languages, in the scope of who asks."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pypdfium2
import pytest

from backend.context.osm import import_ground
from backend.db.tenancy import Database
from backend.geo.ground.reading import read_ground
from backend.identity.actor import Actor
from backend.settings import Settings
from tests.support.city import City, make_city
from tests.support.databases import TestDatabase
from tests.support.helsinki_places import EXTRACT
from tests.support.http import Api
from tests.support.market import make_market
from tests.support.people import Org

pytestmark = pytest.mark.integration


TODAY = datetime.now(UTC).date()


@pytest.fixture
def city(test_database: TestDatabase, org: Org) -> City:
    return make_city(test_database.owner_url, org, TODAY, places=500)


@pytest.fixture
def ground(settings: Settings, basemap_file: Path) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    settings.basemap_file.write_bytes(basemap_file.read_bytes())


def ask(api: Api, actor: Actor, area: object, language: str = "vi", **more: Any) -> httpx.Response:
    headers = api.as_(actor) | {"Accept-Language": language}
    return api.client.post("/v1/areas/report", headers=headers, json={"area": area, **more})


def read(paper: bytes, pictures: Path | None = None) -> str:
    """Return the text of all pages, which are A4; draw them beside `pictures`."""
    with pypdfium2.PdfDocument(paper) as document:
        texts = []
        for at, page in enumerate(document, start=1):
            assert tuple(round(one) for one in page.get_size()) == (595, 842)
            text = page.get_textpage()
            texts.append(" ".join(cast("str", text.get_text_range()).split()))
            text.close()
            if pictures is not None:
                page.render(scale=1.6).to_pil().save(f"{pictures}-{at}.png")
        return "\n".join(texts)


def told(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.json()
    assert answer.headers["content-type"] == "application/pdf"
    return read(answer.content)


@pytest.mark.usefixtures("ground")
@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("vi", ("Địa bàn Kamppi", "Phụ trách: Lan Nguyễn", "bởi Hoa Phạm", "Độ phủ", "Doanh thu",
                "Tiềm năng tháng", "Danh sách khách", "Trang 1/", "Quán cà phê", "kỳ trước")),
        ("en", ("Territory Kamppi", "Held by Lan Nguyễn", "by Hoa Phạm", "Coverage", "Revenue",
                "Monthly potential", "List of accounts", "Page 1/", "Penetration")),
    ],
)  # fmt: skip
def test_a_territory_on_paper_in_both_languages(
    api: Api, city: City, tmp_path: Path, language: str, expected: tuple[str, ...]
) -> None:
    area = {"territory_id": str(city.territories["Kamppi"])}
    manager = city.org.manager
    answer = ask(api, manager, area, language)
    assert answer.status_code == 200, answer.json()
    assert answer.headers["content-language"] == language
    assert "Kamppi" in answer.headers["content-disposition"]
    text = read(answer.content, tmp_path / language)
    for one in expected:
        assert one.lower() in text.lower(), one
    assert "© OpenStreetMap contributors (ODbL)" in text
    body = {"area": area}
    found = api.client.post("/v1/areas/snapshot", headers=api.as_(manager), json=body).json()
    mark = "." if language == "vi" else ","
    for value in (found["period"]["revenue"], found["before"]["revenue"]):
        assert f"{value:,.0f}".replace(",", mark) in text
    assert found["top"] == [] or found["top"][0]["name"] in text
    assert "e+" not in text


@pytest.mark.usefixtures("ground")
def test_a_rep_reads_of_own_accounts_only(api: Api, city: City) -> None:
    box = [[24.9, 60.1], [25.0, 60.1], [25.0, 60.2], [24.9, 60.2], [24.9, 60.1]]
    area = {"polygon": {"type": "Polygon", "coordinates": [box]}}
    whole = told(ask(api, city.org.manager, area, "en", most_accounts=1000))
    own = told(ask(api, city.org.rep, area, "en", most_accounts=1000))
    foreign = told(ask(api, city.org.rep, {"territory_id": str(city.territories["Kamppi"])}, "en"))
    assert "Kruununhaka" in whole
    assert "Kruununhaka" not in own.replace("Kruununhaka,", "")
    assert "Lan Nguyễn" in foreign
    refused = ask(api, city.org.rep, {"territory_id": str(city.territories["Kruununhaka"])})
    assert refused.status_code == 422
    assert refused.json()["code"] == "unknown_reference"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("vi", ("Bối cảnh", "Chỉ số người qua lại", "không ai đếm người", "ODbL 1.0")),
        ("en", ("Ground", "Footfall index", "nobody was counted", "ODbL 1.0")),
    ],
)
def test_the_ground_is_told_with_how_far_to_trust_it(
    api: Api, city: City, database: Database, language: str, expected: tuple[str, ...]
) -> None:
    with database.for_org(city.org.id) as connection:
        import_ground(connection, city.org.id, read_ground(EXTRACT), vintage=date(2026, 1, 1))
    area = {"territory_id": str(city.territories["Kamppi"])}
    text = told(ask(api, city.org.manager, area, language))
    for one in expected:
        assert one in text, one


def test_a_name_that_says_what_it_is_stands_alone(api: Api, city: City) -> None:
    path = f"/v1/territories/{city.territories['Kamppi']}"
    headers = api.as_(city.org.manager)
    read_now = api.client.get(path, headers=headers)
    renamed = api.client.patch(
        path,
        headers=headers | {"If-Match": read_now.headers["etag"]},
        json={"name": "Địa bàn Tây"},
    )
    assert renamed.status_code == 200, renamed.text
    area = {"territory_id": str(city.territories["Kamppi"])}
    assert told(ask(api, city.org.manager, area)).startswith("Địa bàn Tây")


def test_where_nothing_is_the_paper_says_so(api: Api, org: Org) -> None:
    circle = {"circle": {"center": [106.7, 10.77], "radius_m": 2000}}
    text = told(ask(api, org.manager, circle))
    assert "Trong bán kính 2 km quanh 10.77000, 106.70000" in text
    assert "Không có khách nào trong khu vực này" in text
    assert "Chưa cài bản đồ nền" in text
    assert "OpenStreetMap" not in text


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"most_accounts": 1001}, "most_accounts"),
        ({"most_accounts": -1}, "most_accounts"),
        ({"title": "a" * 121}, "title"),
        ({"title": "a\u0000b"}, "title"),
        ({"from_date": "2026-05-01", "to_date": "2026-04-01"}, "to_date"),
        ({"unheard_of": 1}, ""),
    ],
)
def test_what_cannot_be_printed_is_refused_by_field(
    api: Api, org: Org, more: dict[str, object], field: str
) -> None:
    circle = {"circle": {"center": [24.94, 60.17], "radius_m": 2000}}
    answer = ask(api, org.manager, circle, **more)
    assert answer.status_code == 422
    assert field in answer.text


def test_a_title_of_any_letters_is_printed(api: Api, org: Org) -> None:
    circle = {"circle": {"center": [24.94, 60.17], "radius_m": 2000}}
    text = told(ask(api, org.manager, circle, title="<b>Bản đồ & 😀 Ệ Ữ</b> {x}"))
    assert "<b>Bản đồ & ? Ệ Ữ</b> {x}" in text


def test_a_territory_without_an_outline_is_drawn_by_its_accounts(
    api: Api, org: Org, test_database: TestDatabase
) -> None:
    url = test_database.owner_url
    market = make_market(url, org, TODAY, accounts=60)
    text = told(ask(api, org.manager, {"territory_id": str(market.region)}))
    assert "Địa bàn chưa có ranh giới" in text
    assert "Theo địa bàn" in text
    assert "Tây" in text
    assert "Đông" in text
