"""Own figures of the ground: sheets and outlines spread over hexagons, refused in words."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import shapely
from click.testing import CliRunner

from backend.context.commands import import_context_layer
from backend.geo.hexagons import cell_of, name_of
from tests.support.databases import TestDatabase
from tests.support.http import Api
from tests.support.outlines import Ring, geojson, geopackage, polygon
from tests.support.people import Org

pytestmark = pytest.mark.integration
_CENSUS = {
    "name": "Dân số 2019", "source": "Tổng cục Thống kê", "licence": "CC BY 4.0",
    "vintage": "2019-04-01", "measures": '{"Dân số": "count", "Thu nhập": "rate"}',
}  # fmt: skip


def box(west: float, east: float) -> Ring:
    return [(west, 16.0), (east, 16.0), (east, 16.1), (west, 16.1), (west, 16.0)]


def send(api: Api, content: bytes, **fields: str) -> httpx.Response:
    answer = api.client.post(
        "/v1/imports/context",
        files={"file": ("x", content)},
        data=_CENSUS | fields,
        headers=api.as_(api.org.manager),
    )
    assert answer.status_code < 500, answer.text
    return answer


def take(api: Api, content: bytes, **fields: str) -> dict[str, Any]:
    answer = send(api, content, **fields)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def cells(api: Api, layer: dict[str, Any], measure: str, **query: Any) -> Any:
    asked = {"layer_id": layer["id"], "measure": measure, "bbox": "107.9,15.9,108.4,16.2"} | query
    answer = api.client.get("/v1/context/cells", params=asked, headers=api.as_(api.org.rep))
    assert answer.status_code == 200, answer.text
    return answer.json()


_WARDS = geojson(
    ({"Dân số": 12000, "Thu nhập": 5.5, "ma": "A"}, polygon(box(108.1, 108.2))),
    ({"Dân số": "30.500", "Thu nhập": "7,5", "ma": "B"}, polygon(box(108.2, 108.3))),
)


def test_a_census_by_outlines_is_spread_and_keeps_its_sum(api: Api) -> None:
    report = take(api, _WARDS)
    assert report["totals"] == {"Dân số": 42500}
    layer = report["layer"]
    assert (layer["kind"], layer["vintage"], layer["resolution"]) == ("own", "2019-04-01", 9)
    for resolution in (8, 6, 3):
        found = cells(api, layer, "Dân số", resolution=resolution)
        assert sum(one["amount"] for one in found["cells"]) == pytest.approx(42500)
    incomes = [one["value"] for one in cells(api, layer, "Thu nhập")["cells"]]
    assert pytest.approx(min(incomes)) == 5.5
    assert pytest.approx(max(incomes)) == 7.5
    area = {"polygon": polygon(box(108.1, 108.2))}
    answer = api.client.post(
        "/v1/context/area", headers=api.as_(api.org.rep), json={"area": area}
    ).json()
    (ground,) = answer["layers"]
    people, income = ground["figures"]
    # Hexagons at the border hold people of both wards.
    assert people["amount"] == pytest.approx(12000, rel=0.03)
    assert income["value"] == pytest.approx(5.5, rel=0.03)
    assert people["reasons"] == ["as_uploaded", "spread_evenly"]


def test_a_geopackage_is_read_as_well(api: Api) -> None:
    ward = shapely.to_wkb(shapely.Polygon(box(108.1, 108.2)))
    content = geopackage({"wards": [("12.5", ward)]})
    report = take(api, content, measures='{"name": "rate"}')
    assert (report["taken"], report["totals"]) == (1, {})
    shown = [one["value"] for one in cells(api, report["layer"], "name")["cells"]]
    assert shown == pytest.approx([12.5] * len(shown))


def test_a_sheet_tells_hexagons_places_or_units(api: Api) -> None:
    cell = name_of(cell_of(108.2, 16.05, 10))
    by_cell = take(api, f"h3,Dân số,Thu nhập\n{cell},10,3\n{cell},5,4\n".encode(), name="a")
    assert (by_cell["layer"]["cells"], by_cell["totals"]) == (1, {"Dân số": 15})
    by_place = take(api, "Vĩ độ;Kinh độ;Dân số;Thu nhập\n16,05;108,2;7;\n".encode(), name="b")
    assert by_place["totals"] == {"Dân số": 7}
    ward = geojson(({"ten": "Hải Châu", "ma": "20"}, polygon(box(108.1, 108.2))))
    units = {"valid_from": "2025-07-01", "level": "6", "source": "x"}
    answer = api.client.post(
        "/v1/imports/admin-units",
        files={"file": ("x", ward)},
        data=units, headers=api.as_(api.org.manager),
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    by_code = take(api, 'Mã xã,Dân số,Thu nhập\n20,"12,500",4\n'.encode(), name="c")
    assert by_code["totals"] == {"Dân số": 12500}
    refused = send(api, "Mã xã,Dân số,Thu nhập\n20,1,4\n99,1,4\n".encode(), name="c")
    assert refused.json()["code"] == "context_rows_refused"
    assert refused.json()["errors"][0]["field"] == "row 3.code"
    skipped = take(
        api, "Mã xã,Dân số,Thu nhập\n20,1,4\n99,1,4\n".encode(), name="c", skip_bad="true"
    )
    assert (skipped["taken"], len(skipped["problems"])) == (1, 1)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"source": " "}, "source"),
        ({"licence": ""}, "licence"),
        ({"vintage": "hôm qua"}, "vintage"),
        ({"vintage": "2019-13"}, "vintage"),
        ({"name": "x" * 201}, "name"),
        ({"measures": "{}"}, "measures"),
        ({"measures": '{"Dân số": "sum"}'}, "measures"),
        ({"measures": '{"Dân\\u0000": "count"}'}, "measures"),
        ({"measures": '{"Không có": "count"}'}, "mapping"),
        ({"mapping": '{"ward": "ma"}'}, None),
    ],
)
def test_what_a_layer_must_say_is_asked_for(
    api: Api, fields: dict[str, str], field: str | None
) -> None:
    answer = send(api, _WARDS, **fields)
    if field is None:
        assert answer.status_code == 200
        return
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        ("Tên,Dân số,Thu nhập\na,1,2\n".encode(), "no_place_column"),
        ("h3,Dân số,Thu nhập\nzz,1,2\n".encode(), "context_rows_refused"),
        ("lat,lon,Dân số,Thu nhập\n200,10,1,2\n".encode(), "context_rows_refused"),
        ("lat,lon,Dân số,Thu nhập\nnan,inf,1,2\n".encode(), "context_rows_refused"),
        ("lat,lon,Dân số,Thu nhập\n10,10,-1,2\n".encode(), "context_rows_refused"),
        ("lat,lon,Dân số,Thu nhập\n10,10,1e99,2\n".encode(), "context_rows_refused"),
        ("lat,lon,Dân số,Thu nhập\n10,10,nhiều,2\n".encode(), "context_rows_refused"),
        ("lat,lon,Dân số,Thu nhập\n".encode(), "context_empty"),
        (b'{"type":"FeatureCollection","features":[]}', "no_outlines"),
        (b"PK\x03\x04 broken", "file_broken"),
        (
            f"h3,Dân số,Thu nhập\n{name_of(cell_of(108, 16, 1))},1,2\n"
            f"{name_of(cell_of(108, 16, 9))},1,2\n".encode(),
            "mixed_hexagons",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_words(
    api: Api, content: bytes, code: str
) -> None:
    answer = send(api, content)
    assert answer.status_code == 422, answer.text
    assert code in {answer.json()["code"], answer.json()["errors"][0]["field"]}
    found = api.client.get("/v1/context/layers", headers=api.as_(api.org.rep))
    assert found.json() == []


def test_a_rep_brings_in_nothing(api: Api) -> None:
    answer = api.client.post(
        "/v1/imports/context", files={"file": ("x", _WARDS)}, data=_CENSUS,
        headers=api.as_(api.org.rep),
    )  # fmt: skip
    assert answer.status_code == 403


def test_the_command_takes_the_same_file(
    test_database: TestDatabase, org: Org, tmp_path: Path
) -> None:
    path = tmp_path / "dan_so.geojson"
    path.write_bytes(_WARDS)
    asked = [
        str(path), "--org", str(org.id), "--name", "Dân số", "--source", "Tổng cục Thống kê",
        "--licence", "CC BY 4.0", "--vintage", "2019", "--count", "Dân số", "--rate", "Thu nhập",
    ]  # fmt: skip
    context = type("Context", (), {
        "app_url": test_database.app_url, "owner_url": test_database.owner_url,
    })()  # fmt: skip
    done = CliRunner().invoke(import_context_layer, asked, obj=context)
    assert done.exit_code == 0, done.output
    assert "“Dân số” of 2019: 2 rows in" in done.output
    assert "Dân số: 42,500" in done.output
