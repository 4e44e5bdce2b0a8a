"""Administrative units over HTTP: brought in, looked for at a day, and what became of them."""

from typing import Any

import httpx
import pytest

from backend.ids import new_id
from tests.support.http import Api
from tests.support.outlines import BOW_TIE, Ring, geojson, geopackage, polygon, wkb

pytestmark = pytest.mark.integration


def box(west: float, east: float, south: float = 10, north: float = 11) -> Ring:
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


_CITY, _A, _B, _AB = box(106, 108), box(106, 107), box(107, 108), box(106, 107.5)
_CHANGED = "2025-07-01"
_SHEET = """Mã cũ;Tên cũ;Mã mới;Tên mới;Tỷ lệ
01;Phường Bến Thành;101;Phường Sài Gòn;
02;Phường Đa Kao;101;Phường Sài Gòn;40%
02;Phường Đa Kao;102;Phường Tân Định;0,6
03;Phường Yên;03;Phường Yên;
"""


def send(api: Api, what: str, content: bytes, **fields: str) -> httpx.Response:
    answer = api.client.post(
        f"/v1/imports/admin-{what}",
        files={"file": ("x", content)},
        data={"source": "Sở Nội vụ", **fields},
        headers=api.as_(api.org.manager),
    )
    assert answer.status_code < 500, answer.text
    return answer


def take(api: Api, what: str, content: bytes, **fields: str) -> dict[str, Any]:
    answer = send(api, what, content, **fields)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def ask(api: Api, path: str = "", **query: str) -> Any:
    answer = api.client.get(f"/v1/admin-units{path}", params=query, headers=api.as_(api.org.rep))
    assert answer.status_code == 200, answer.text
    return answer.json()


def find(api: Api, q: str, **query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = ask(api, q=q, **query)["items"]
    return items


def merge(api: Api) -> None:
    """Bring in a city and two wards of before 2025-07-01, one of after, and what became of them."""
    city = geojson(({"ten": "Thành phố Hồ Chí Minh", "ma": "79"}, polygon(_CITY)))
    take(api, "units", city, level="4", valid_from="1976-07-02")
    old = geojson(
        ({"ten": "Phường Bến Thành", "ma": "01", "loai": "phường"}, polygon(_A)),
        ({"ten": "Phường Đa Kao", "ma": "02", "loai": "phường"}, polygon(_B)),
    )
    take(api, "units", old, level="6", valid_from="1988-01-01")
    new = geopackage({"xa": [("Phường Sài Gòn", wkb(_AB))]})
    fields = {"level": "6", "valid_from": _CHANGED, "mapping": '{"code": "fid"}'}
    take(api, "units", new, **fields, licence="CC BY 4.0", vintage="2025")
    sheet = _SHEET.replace("101", "1").encode()
    assert take(api, "changes", sheet, changed_on=_CHANGED, level="6")["changes"] == 3


def test_old_and_new_names_are_found_without_diacritics_at_a_day(api: Api) -> None:
    merge(api)
    (old,) = find(api, "ben thanh")
    assert (old["valid_from"], old["valid_to"]) == ("1988-01-01", _CHANGED)
    assert old["parent_name"] == "Thành phố Hồ Chí Minh"
    assert [(one["name"], one["has_outline"]) for one in old["became"]] == [
        ("Phường Sài Gòn", True)
    ]
    assert old["became"][0]["share"] == pytest.approx(1.0, abs=1e-6)
    assert find(api, "Bến Thành", on_date="2025-07-01") == []
    assert len(find(api, "BEN thành phường", on_date="2025-06-30")) == 1
    (new,) = find(api, "sai gon", on_date=_CHANGED)
    assert (new["valid_to"], new["became"], new["licence"]) == (None, [], "CC BY 4.0")
    (both,) = find(api, "da kao")
    assert [(one["name"], one["share"]) for one in both["became"]] == [
        ("Phường Tân Định", 0.6), ("Phường Sài Gòn", 0.4)
    ]  # fmt: skip
    card = ask(api, f"/{new['id']}")
    assert [one["name"] for one in card["came_from"]] == ["Phường Bến Thành", "Phường Đa Kao"]
    assert find(api, "yen") == []
    assert find(api, "100%_\\") == []


def test_units_below_another_are_listed_in_pages(api: Api) -> None:
    merge(api)
    (city,) = find(api, "79")
    first = ask(api, parent_id=city["id"], on_date="2025-06-30", limit="1")
    assert [one["name"] for one in first["items"]] == ["Phường Bến Thành"]
    rest = ask(api, parent_id=city["id"], on_date="2025-06-30", cursor=first["next_cursor"])
    assert [one["name"] for one in rest["items"]] == ["Phường Đa Kao"]
    assert len(ask(api, level="4")["items"]) == 1


def test_what_became_of_a_unit_is_followed_to_the_end(api: Api) -> None:
    first = "old_name,new_name,share\nMột,Hai,50%\nMột,Ba,50%\n"
    then = "old_name,new_name,share\nHai,Bốn,100%\nBa,Bốn,20%\n"
    take(api, "changes", first.encode(), changed_on="2000-01-01")
    take(api, "changes", then.encode(), changed_on="2010-01-01")
    (unit,) = find(api, "mot")
    assert [(one["name"], one["share"]) for one in unit["became"]] == [("Bốn", 0.6)]
    # Back to what it was: the later change goes on from the earlier one, and not around.
    back = "old_name,new_name\nBốn,Một\n"
    take(api, "changes", back.encode(), changed_on="2020-01-01")
    assert [one["name"] for one in find(api, "ba", on_date="2005-01-01")[0]["became"]] == ["Một"]


def test_the_same_files_again_change_nothing(api: Api) -> None:
    merge(api)
    before = ask(api)["items"]
    merge(api)
    assert ask(api)["items"] == before


def test_an_outline_is_read_and_makes_a_territory_and_an_area(api: Api) -> None:
    merge(api)
    (unit,) = find(api, "ben thanh")
    outline = ask(api, f"/{unit['id']}/outline")
    assert outline["geometry"]["type"] == "MultiPolygon"
    assert unit["area_km2"] == pytest.approx(12108, rel=0.01)
    headers = api.as_(api.org.manager)
    shop = {"name": "Quán", "location": [106.5, 10.5]}
    assert api.client.post("/v1/accounts", json=shop, headers=headers).is_success
    body = {"area": {"admin_unit_id": unit["id"]}}
    counted = api.client.post("/v1/areas/snapshot", json=body, headers=headers).json()
    assert counted["accounts"] == 1
    made = api.client.post(
        "/v1/territories/from-admin-unit", json={"admin_unit_id": unit["id"]}, headers=headers
    ).json()
    assert (made["name"], made["code"], made["account_count"]) == ("Phường Bến Thành", "01", 1)
    (bare,) = find(api, "tan dinh")
    assert not bare["has_outline"]
    refused = api.client.post(
        "/v1/areas/snapshot", json={"area": {"admin_unit_id": bare["id"]}}, headers=headers
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_reference")
    for unit_id in (bare["id"], str(new_id())):
        path = f"/v1/admin-units/{unit_id}/outline"
        assert api.client.get(path, headers=headers).status_code == 404
        answer = api.client.post(
            "/v1/territories/from-admin-unit", json={"admin_unit_id": unit_id}, headers=headers
        )
        assert answer.status_code == 404


def test_a_dry_run_writes_nothing(api: Api) -> None:
    units = geojson(({"name": "A"}, polygon(_A)), ({"name": "A"}, polygon(BOW_TIE)))
    fields = {"level": "6", "valid_from": "2025-07-01", "dry_run": "true"}
    report = take(api, "units", units, **fields)
    assert (report["units"], [one["code"] for one in report["problems"]]) == (1, ["code_taken"])
    assert take(api, "changes", _SHEET.encode(), changed_on=_CHANGED, dry_run="1")["changes"] == 3
    assert ask(api)["items"] == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"valid_from": "1.7.2025"}, "valid_from"),
        ({"valid_from": "0001-01-01"}, "valid_from"),
        ({"valid_from": "2025-07-01", "valid_to": "2025-07-01"}, "valid_to"),
        ({"valid_from": "2025-07-01", "level": "99"}, "level"),
        ({"valid_from": "2025-07-01", "level": "٤"}, "level"),
        ({"valid_from": "2025-07-01", "source": " "}, "source"),
        ({"valid_from": "2025-07-01", "licence": "a\0"}, "licence"),
        ({"valid_from": "2025-07-01", "mapping": "[]"}, "mapping"),
        ({"valid_from": "2025-07-01"}, "features[0].level"),
    ],
)
def test_what_a_file_of_units_lacks_is_named(api: Api, fields: dict[str, str], field: str) -> None:
    answer = send(api, "units", geojson(({"name": "A"}, polygon(_A))), **fields)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("sheet", "code"),
    [
        ("", "file_empty"),
        ("old_name,x\nA,B\n", "no_name_column"),
        ("old_name,new_name\nA,\n", "units_refused"),
        ("old_name,new_name,share\nA,B,-3\n", "units_refused"),
        ("old_name,new_name,share\nA,B,nan\n", "units_refused"),
        ("old_name,new_name,share\nA,B,x\n", "units_refused"),
        ("old_name,new_name,share\nA,B,80%\nA,C,80%\n", "units_refused"),
        (f"old_name,new_name\n{'A' * 300},B\n", "units_refused"),
        ("old_name,new_name\nA\0,B\n", "encoding_unknown"),
    ],
)
def test_what_is_wrong_in_a_sheet_of_changes_is_named(api: Api, sheet: str, code: str) -> None:
    answer = send(api, "changes", sheet.encode(), changed_on=_CHANGED)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert ask(api)["items"] == []


def test_reps_look_for_units_and_import_none(api: Api) -> None:
    answer = api.client.post(
        "/v1/imports/admin-changes",
        files={"file": ("x", _SHEET.encode())},
        data={"source": "x", "changed_on": _CHANGED},
        headers=api.as_(api.org.rep),
    )
    assert answer.status_code == 403
    for query in ({"q": "a\0"}, {"level": "0"}, {"on_date": "x"}, {"parent_id": "x"}):
        found = api.client.get("/v1/admin-units", params=query, headers=api.as_(api.org.rep))
        assert found.status_code in {400, 422}
