"""Territories out of files over HTTP: every format, and every way in which a file can be wrong."""

import json
import math
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import httpx
import pytest

from tests.support.http import Api
from tests.support.outlines import (
    BOW_TIE,
    SQUARE,
    Ring,
    geojson,
    geopackage,
    kml,
    kml_polygon,
    moved,
    polygon,
    shapefile_parts,
    wkb,
    zipped,
    zipped_shapefile,
)

pytestmark = pytest.mark.integration

_EAST: Ring = [(107, 10), (108, 10), (108, 11), (107, 11), (107, 10)]
# A square of ten kilometres by Saigon in VN-2000 / UTM zone 48N.
_VN2000: Ring = [(680e3, 119e4), (690e3, 119e4), (690e3, 120e4), (680e3, 120e4), (680e3, 119e4)]


def send(api: Api, content: bytes, name: str = "vung.bin", **fields: str) -> httpx.Response:
    answer = api.client.post(
        "/v1/imports/territories",
        files={"file": (name, content)},
        data=fields,
        headers=api.as_(api.org.manager),
    )
    assert answer.status_code < 500, answer.text
    return answer


def take(api: Api, content: bytes, **fields: str) -> dict[str, Any]:
    answer = send(api, content, **fields)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def names(api: Api) -> dict[str, Any]:
    answer = api.client.get("/v1/territories", headers=api.as_(api.org.manager))
    return {one["name"]: one for one in answer.json()["items"]}


_GOOD: Mapping[str, bytes] = {
    "GeoJSON": geojson(({"Tên vùng": "Tây"}, polygon()), ({"Tên vùng": "Đông"}, polygon(_EAST))),
    "Shapefile": zipped_shapefile([("Tây", SQUARE), ("Đông", _EAST)]),
    "GeoPackage": geopackage({"vung": [("Tây", wkb()), ("Đông", wkb(_EAST))]}),
    "KML": kml(("Tây", kml_polygon()), ("Đông", kml_polygon(_EAST))),
}


@pytest.mark.parametrize("kind", _GOOD)
@pytest.mark.parametrize("is_zipped", [False, True])
def test_every_format_makes_a_territory_a_feature(api: Api, kind: str, *, is_zipped: bool) -> None:
    content, suffix = _GOOD[kind], {"GeoJSON": "geojson", "GeoPackage": "gpkg", "KML": "kml"}
    if is_zipped and kind in suffix:
        content = zipped({f"a/doc.{suffix[kind]}": content, "__MACOSX/a/._doc": b"x"})
    report = take(api, content)
    assert (report["format"], report["crs"], report["problems"]) == (kind, "WGS 84", [])
    made = names(api)
    assert set(made) == {"Tây", "Đông"}
    ring = made["Tây"]["area"]["coordinates"][0][0]
    assert {tuple(point) for point in ring} == set(SQUARE)


def test_a_file_in_vn_2000_lands_by_saigon(api: Api) -> None:
    for content in (
        zipped_shapefile([("S", _VN2000)], epsg=3405),
        geopackage({"vung": [("G", wkb(_VN2000))]}, epsg=3405),
        geojson(
            ({"ten": "J"}, polygon(_VN2000)),
            crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3405"}},
        ),
    ):
        assert take(api, content)["crs"] == "VN-2000 / UTM zone 48N"
    for one in names(api).values():
        lon, lat = one["area"]["coordinates"][0][0][0]
        assert 106.6 < lon < 106.8
        assert 10.7 < lat < 10.9


def test_a_dry_run_tells_what_would_be_and_writes_nothing(api: Api) -> None:
    body = {"name": "Quán", "location": [106.5, 10.5]}
    assert api.client.post("/v1/accounts", json=body, headers=api.as_(api.org.manager)).is_success
    content = geojson(
        ({"ten": "Tây", "Mã": 7, "dan_so": 3}, polygon()), ({"ten": "Nơ"}, moved(3, BOW_TIE))
    )
    report = take(api, content, dry_run="true")
    assert report["is_dry_run"]
    assert report["moved_accounts"] == 1
    assert report["columns"] == {"name": "ten", "code": "Mã"}
    assert report["ignored_columns"] == ["dan_so"]
    (west,) = report["territories"]
    assert (west["id"], west["code"], west["vertices"]) == (None, "7", 5)
    assert west["area_km2"] == pytest.approx(12108, rel=0.01)
    assert [(one["field"], one["code"]) for one in report["problems"]] == [
        ("features[1]", "self_crossing")
    ]
    assert names(api) == {}
    taken = take(api, content, skip_bad="true")
    assert [one["name"] for one in taken["territories"]] == ["Tây"]
    assert names(api)["Tây"]["account_count"] == 1


def test_areas_that_cross_themselves_are_mended_on_wish(api: Api) -> None:
    report = take(api, geojson(({"name": "Nơ"}, polygon(BOW_TIE))), mend="true")
    assert report["territories"][0]["is_mended"]


def test_parents_are_found_in_the_file_and_among_territories(api: Api) -> None:
    headers = api.as_(api.org.manager)
    top = api.client.post("/v1/territories", json={"name": "Miền Nam"}, headers=headers).json()
    report = take(
        api,
        geojson(
            ({"ten": "Phường 1", "ma": "01", "thuoc": "79"}, polygon()),
            ({"ten": "TP", "ma": "79", "thuoc": "Miền Nam"}, polygon(_EAST)),
        ),
    )
    assert report["problems"] == []
    made = names(api)
    assert made["TP"]["parent_id"] == top["id"]
    assert made["Phường 1"]["parent_id"] == made["TP"]["id"]
    loop = geojson(
        ({"ten": "A", "ma": "a", "parent": "b"}, polygon()),
        ({"ten": "B", "ma": "b", "parent": "a"}, polygon()),
        ({"ten": "C", "parent": "nowhere"}, polygon()),
    )
    refused = send(api, loop).json()
    assert refused["code"] == "areas_refused"
    assert [one["field"] for one in refused["errors"]] == [
        f"features[{index}].parent" for index in range(3)
    ]


def test_a_mapping_says_which_property_is_the_name(api: Api) -> None:
    content = geojson(({"x": "Tây", "name": "no"}, polygon()))
    report = take(api, content, mapping=json.dumps({"name": "x", "code": ""}))
    assert report["territories"][0]["name"] == "Tây"
    for wrong, code in ((({"name": "y"}), "unknown_column"), ({"size": "x"}, "unknown_field")):
        assert send(api, content, mapping=json.dumps(wrong)).json()["code"] == code
    assert send(api, content, mapping="[").json()["status"] == 422
    assert send(api, geojson(({"q": 1}, polygon()))).json()["code"] == "no_name_column"


def _many(count: int) -> Ring:
    """Return a circle of so many corners."""
    ring = [
        (106 + math.cos(2 * math.pi * n / count), 10 + math.sin(2 * math.pi * n / count))
        for n in range(count)
    ]
    return [*ring, ring[0]]


def _cut(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


def _feature(geometry: object, name: object = "A") -> bytes:
    return geojson(({"name": name}, geometry))


_POINT = {"type": "Point", "coordinates": [106, 10]}
_PARTS = shapefile_parts([("Tây", SQUARE)])
_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE k [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><kml><Placemark><name>&c;</name></Placemark></kml>'
)
_XXE = '<!DOCTYPE k [<!ENTITY x SYSTEM "file:///etc/passwd">]><kml><name>&x;</name></kml>'

_BAD_FILES: Mapping[str, tuple[bytes, str]] = {
    "empty": (b"", "file_empty"),
    "blank": (b" \n\t", "file_empty"),
    "text": (b"name,area\nA,1\n", "file_kind"),
    "nul bytes": (b"\0" * 500, "file_kind"),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 90, "file_kind"),
    "geojson cut off": (_cut(_GOOD["GeoJSON"]), "file_broken"),
    "geojson of a geometry": (json.dumps(polygon()).encode(), "not_a_collection"),
    "geojson without features": (geojson(), "no_outlines"),
    "geojson list": (b"[1, 2]", "file_broken"),
    "geojson nested deeply": (b'{"features":' + b"[" * 100_000, "file_broken"),
    "geojson of an unknown system": (
        geojson(({"name": "A"}, polygon()), crs={"properties": {"name": "EPSG:999999"}}),
        "unknown_projection",
    ),
    "too many features": (geojson(*[({"name": "A"}, None)] * 2001), "too_many_features"),
    "zip cut off": (_cut(_GOOD["Shapefile"]), "file_broken"),
    "zip of nothing": (zipped({}), "no_outlines"),
    "zip without outlines": (zipped({"a.xml": b"<a/>", "b.txt": b"b"}), "no_outlines"),
    "zip in a zip": (zipped({"a.zip": zipped(_PARTS)}), "zip_nested"),
    "zip that climbs": (zipped({"../../etc/vung.shp": _PARTS["vung.shp"]}), "zip_path_climbs"),
    "zip from the root": (zipped({"/vung.shp": _PARTS["vung.shp"]}), "zip_path_climbs"),
    "zip of many files": (zipped({f"{n}.txt": b"" for n in range(501)}), "zip_too_many_files"),
    "zip bomb": (zipped({"a.geojson": b" " * 100_000_000}), "unpacks_too_large"),
    "zip with two shapefiles": (
        zipped(_PARTS | {f"b/{name}": part for name, part in _PARTS.items()}),
        "several_layers",
    ),
    "shapefile without prj": (zipped_shapefile([("A", SQUARE)], epsg=None), "no_projection"),
    "shapefile with a broken prj": (
        zipped(_PARTS | {"vung.prj": b"GEOGCS["}),
        "unknown_projection",
    ),
    "shapefile with a prj of grids": (
        zipped(_PARTS | {"vung.prj": b"+proj=longlat +nadgrids=/etc/passwd"}),
        "unknown_projection",
    ),
    "shapefile without its table": (zipped({"a.shp": _PARTS["vung.shp"],
                                            "a.prj": _PARTS["vung.prj"]}), "no_name_column"),
    "shapefile cut off": (zipped(_PARTS | {"vung.shp": _cut(_PARTS["vung.shp"])}), "file_broken"),
    "table cut off": (zipped(_PARTS | {"vung.dbf": _PARTS["vung.dbf"][:40]}), "file_broken"),
    "table of fewer rows": (
        zipped(
            shapefile_parts([("A", SQUARE), ("B", SQUARE)]) | {"vung.dbf": _PARTS["vung.dbf"]}
        ),
        "file_broken",
    ),
    "shp alone": (_PARTS["vung.shp"], "file_kind"),
    "geopackage cut off": (_cut(_GOOD["GeoPackage"]), "file_broken"),
    "geopackage spoilt": (_GOOD["GeoPackage"][:2000] + b"\xff" * 9000, "file_broken"),
    "geopackage without layers": (geopackage({}), "no_outlines"),
    "geopackage with several": (geopackage({"a": [], "b": []}), "several_layers"),
    "kml bomb": (_BOMB.encode(), "xml_entities"),
    "kml that reads files": (_XXE.encode(), "xml_entities"),
    "kml in utf-16 that reads files": (_XXE.encode("utf-16"), "xml_entities"),
    "kml cut off": (_cut(_GOOD["KML"]), "file_broken"),
    "kml nested deeply": (b"<kml>" + b"<a>" * 50_000, "nested_too_deeply"),
    "kml without placemarks": (kml(), "no_outlines"),
    "another xml": (b"<html><body/></html>", "file_kind"),
}  # fmt: skip


@pytest.mark.parametrize("case", _BAD_FILES)
def test_a_file_that_cannot_be_used_is_refused_in_words(api: Api, case: str) -> None:
    content, code = _BAD_FILES[case]
    answer = send(api, content)
    problem = answer.json()
    assert (problem["code"], problem["status"]) == (code, 413 if "too_large" in code else 422)
    assert problem["detail"]
    assert problem["errors"][0]["field"] in {"file", "crs", "layer", "mapping"}
    assert names(api) == {}


_BAD_FEATURES: Mapping[str, tuple[bytes, str]] = {
    "crosses itself": (_feature(polygon(BOW_TIE)), "self_crossing"),
    "a point": (_feature(_POINT), "not_an_area"),
    "a line": (_feature({"type": "LineString", "coordinates": SQUARE}), "not_an_area"),
    "a collection": (
        _feature({"type": "GeometryCollection", "geometries": [polygon()]}),
        "not_an_area",
    ),
    "no outline": (_feature(None), "empty"),
    "an empty outline": (_feature({"type": "MultiPolygon", "coordinates": []}), "empty"),
    "100,000 corners": (_feature(polygon(_many(100_000))), "too_many_vertices"),
    "metres as degrees": (_feature(polygon(_VN2000)), "projected"),
    "outside the world": (_feature(moved(90)), "outside_world"),
    "over the antimeridian": (
        _feature(polygon([(179, 1), (-179, 1), (-179, 2), (179, 2), (179, 1)])),
        "crosses_antimeridian",
    ),
    "at the pole": (
        _feature(polygon([(1, 80), (2, 80), (2, 89.9), (1, 89.9), (1, 80)])),
        "outside_map",
    ),
    "tiny": (
        _feature(polygon([(1, 1), (1 + 1e-9, 1), (1 + 1e-9, 1 + 1e-9), (1, 1 + 1e-9), (1, 1)])),
        "area_too_small",
    ),
    "the whole world": (
        _feature(
            {
                "type": "MultiPolygon",
                "coordinates": [
                    [[[w, -80], [w + 170, -80], [w + 170, 80], [w, 80], [w, -80]]]
                    for w in (-175, 0)
                ],
            }
        ),
        "area_too_large",
    ),
    "no numbers": (_feature(polygon([("a", 1)] * 4)), "bad_position"),  # type: ignore[list-item]
    "a name of NUL": (_feature(polygon(), "a\0b"), "bad_name"),
    "a long name": (_feature(polygon(), "a" * 201), "bad_name"),
    "no name": (_feature(polygon(), None), "bad_name"),
    "the same name twice": (
        geojson(({"name": "A"}, polygon()), ({"name": "A"}, moved(3))),
        "name_taken",
    ),
    "kml of points": (kml(("A", "<Point><coordinates>1,2</coordinates></Point>")), "not_an_area"),
    "kml of words": (kml(("A", kml_polygon().replace("106", "x"))), "bad_position"),
    "kml not closed": (kml(("A", kml_polygon(SQUARE[:-1]))), "not_closed"),
    "shapefile that is null": (
        zipped(shapefile_parts([("A", [])]) | {"vung.prj": _PARTS["vung.prj"]}),
        "empty",
    ),
    "geopackage of rubbish": (geopackage({"v": [("A", b"rubbish")]}), "invalid_area"),
    "shapefile in metres that says degrees": (zipped_shapefile([("A", _VN2000)]), "projected"),
    "degrees that say metres": (
        zipped_shapefile([("A", [(x * 1e9, y * 1e9) for x, y in SQUARE])], epsg=3405),
        "outside_world",
    ),
}


@pytest.mark.parametrize("case", _BAD_FEATURES)
def test_a_feature_that_cannot_be_used_is_named(api: Api, case: str) -> None:
    content, code = _BAD_FEATURES[case]
    tried = take(api, content, dry_run="true")
    assert [one["code"] for one in tried["problems"]] == [code]
    assert tried["problems"][0]["field"].startswith("features[")


def test_a_bad_feature_stops_the_file(api: Api) -> None:
    content = geojson(({"name": "A"}, polygon()), ({"name": "B"}, polygon(BOW_TIE)))
    refused = send(api, content).json()
    assert (refused["status"], refused["code"]) == (422, "areas_refused")
    assert [one["field"] for one in refused["errors"]] == ["features[1]"]
    assert names(api) == {}


def test_a_system_that_is_named_serves_a_shapefile_without_one(api: Api) -> None:
    content = zipped_shapefile([("A", _VN2000)], epsg=None)
    assert take(api, content, crs="EPSG:3405")["crs"] == "VN-2000 / UTM zone 48N"
    for wrong in ("/etc/passwd", "EPSG:1", "x" * 1000, "a\0b", "+init=epsg:4326"):
        assert send(api, content, crs=wrong).json()["code"] == "unknown_projection"


def test_one_of_several_layers_is_named(api: Api) -> None:
    content = geopackage({"a": [("A", wkb())], 'b "': [("B", wkb(_EAST))]})
    assert take(api, content, layer='b "')["territories"][0]["name"] == "B"
    assert send(api, content, layer="c").json()["code"] == "unknown_layer"


def test_a_locked_archive_is_refused(api: Api) -> None:
    content = bytearray(_GOOD["Shapefile"])
    for info in zipfile.ZipFile(BytesIO(bytes(content))).infolist():
        content[info.header_offset + 6] |= 1
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 8] |= 1
        at = content.find(b"PK\x01\x02", at + 1)
    assert send(api, bytes(content)).json()["code"] == "zip_locked"


def test_only_planners_import(api: Api) -> None:
    answer = api.client.post(
        "/v1/imports/territories",
        files={"file": ("a", _GOOD["KML"])},
        headers=api.as_(api.org.rep),
    )
    assert answer.status_code == 403


def test_more_than_a_call_may_carry_is_refused(api: Api) -> None:
    assert send(api, b" " * (21 * 1024 * 1024)).status_code == 413
