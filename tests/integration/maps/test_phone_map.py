"""The phone's map package: cut once, kept, resumable; and what a page needs to start."""

import sqlite3
from pathlib import Path

import pytest

from backend.settings import Settings
from tests.support.databases import TestDatabase
from tests.support.ground import add_account, add_territory, execute
from tests.support.http import Api

CENTRE_BOX = (24.937, 60.165, 24.945, 60.175)
PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture
def basemap(settings: Settings, basemap_file: Path) -> Path:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    settings.basemap_file.write_bytes(basemap_file.read_bytes())
    return settings.basemap_file


def test_the_package_holds_the_tiles_of_the_reps_territory(
    basemap: Path, api: Api, test_database: TestDatabase, tmp_path: Path, settings: Settings
) -> None:
    add_territory(test_database.owner_url, api.org, "Kamppi", CENTRE_BOX, api.org.rep)
    answer = api.client.get("/v1/maps/phone", headers={**api.as_(api.org.rep), **PLAIN})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-length"] == str(len(answer.content))
    package = tmp_path / "map.mbtiles"
    package.write_bytes(answer.content)
    database = sqlite3.connect(package)
    told = dict(database.execute("SELECT name, value FROM metadata"))
    (count,) = database.execute("SELECT count(*) FROM tiles").fetchone()
    database.close()
    west, south, east, north = (float(edge) for edge in told["bounds"].split(","))
    # The box grows to hundredths of a degree, but never beyond the basemap.
    assert 24.93 <= west <= CENTRE_BOX[0] < CENTRE_BOX[2] <= east <= 24.95
    assert south <= CENTRE_BOX[1] < CENTRE_BOX[3] <= north
    assert count >= 5
    assert len(list(settings.package_dir.iterdir())) == 1
    assert basemap.is_file()


@pytest.mark.usefixtures("basemap")
def test_a_download_goes_on_where_it_broke_off(api: Api, test_database: TestDatabase) -> None:
    add_territory(test_database.owner_url, api.org, "Kamppi", CENTRE_BOX, api.org.rep)
    headers = {**api.as_(api.org.rep), **PLAIN}
    whole = api.client.get("/v1/maps/phone", headers=headers)
    etag, size = whole.headers["etag"], len(whole.content)
    rest = api.client.get(
        "/v1/maps/phone", headers={**headers, "Range": "bytes=1000-", "If-Range": etag}
    )
    assert rest.status_code == 206
    assert rest.headers["content-range"] == f"bytes 1000-{size - 1}/{size}"
    assert whole.content[:1000] + rest.content == whole.content
    last = api.client.get("/v1/maps/phone", headers={**headers, "Range": "bytes=-7"})
    assert last.content == whole.content[-7:]
    other = {"Range": "bytes=1000-", "If-Range": '"another"'}
    assert api.client.get("/v1/maps/phone", headers={**headers, **other}).status_code == 200
    beyond = api.client.get("/v1/maps/phone", headers={**headers, "Range": f"bytes={size}-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{size}"
    same = api.client.get("/v1/maps/phone", headers={**headers, "If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")


@pytest.mark.usefixtures("basemap")
def test_who_holds_nothing_is_told_so(api: Api) -> None:
    answer = api.client.get("/v1/maps/phone", headers=api.as_(api.org.rep))
    assert answer.status_code == 404
    assert "no territory" in answer.json()["detail"]


@pytest.mark.usefixtures("basemap")
def test_a_territory_outside_the_basemap_is_told_so(api: Api, test_database: TestDatabase) -> None:
    add_territory(test_database.owner_url, api.org, "Far", (10, 10, 11, 11), api.org.rep)
    answer = api.client.get("/v1/maps/phone", headers=api.as_(api.org.rep))
    assert answer.status_code == 404
    assert "does not cover" in answer.json()["detail"]


def test_without_a_basemap_the_page_still_starts(api: Api, test_database: TestDatabase) -> None:
    add_account(test_database.owner_url, api.org, "Kahvila", 24.94, 60.17)
    info = api.client.get("/v1/maps/style-info", headers=api.as_(api.org.manager)).json()
    assert info["has_basemap"] is False
    assert info["center"] == pytest.approx([24.94, 60.17], abs=1e-4)
    assert "OpenStreetMap contributors" in info["attribution"]
    assert [one["life_stage"] for one in info["legend"]] == [
        "prospect", "customer", "lapsed", "lost",
    ]  # fmt: skip
    tile = api.client.get("/v1/tiles/basemap/0/0/0.mvt", headers=api.as_(api.org.manager))
    assert tile.status_code == 204
    assert api.client.get("/v1/maps/phone", headers=api.as_(api.org.manager)).status_code == 404


def test_a_damaged_basemap_is_told_so(api: Api, settings: Settings) -> None:
    settings.basemap_file.write_bytes(b"PMTiles?" * 40)
    answer = api.client.get("/v1/tiles/basemap/0/0/0.mvt", headers=api.as_(api.org.manager))
    assert answer.status_code == 503
    assert answer.json()["code"] == "basemap_damaged"


@pytest.mark.usefixtures("basemap")
def test_basemap_tiles_are_cached_by_their_content(api: Api) -> None:
    url = "/v1/tiles/basemap/14/9326/4742.mvt"
    first = api.client.get(url, headers=api.as_(api.org.rep))
    assert first.status_code == 200
    assert first.content[:2] != b"\x1f\x8b"
    known = {**api.as_(api.org.rep), "If-None-Match": first.headers["etag"]}
    assert api.client.get(url, headers=known).status_code == 304


def test_the_map_starts_where_the_accounts_in_the_territories_are(
    api: Api, test_database: TestDatabase
) -> None:
    url = test_database.owner_url
    add_territory(url, api.org, "Kamppi", (24.0, 60.0, 25.0, 61.0), api.org.rep)
    add_account(url, api.org, "Near", 24.90, 60.10)
    add_account(url, api.org, "Nearer", 24.95, 60.20)
    add_account(url, api.org, "Stray", 106.7, 10.8)
    info = api.client.get("/v1/maps/style-info", headers=api.as_(api.org.rep)).json()
    assert info["bounds"] == pytest.approx([24.90, 60.10, 24.95, 60.20], abs=1e-4)
    whole = api.client.get("/v1/maps/style-info", headers=api.as_(api.org.manager)).json()
    assert whole["bounds"] == pytest.approx([24.90, 60.0, 25.0, 60.20], abs=1e-4)
    today = execute(url, "SELECT tuyen_today(%s)", api.org.id)[0][0]
    assert info["today"] == str(today)
    assert info["time_zone"] == "UTC"
