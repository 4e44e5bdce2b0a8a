"""Areas that cannot be counted are refused in words, whatever comes; nothing is ever a 500."""

import math
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.areas.conftest import WHOLE, Country, box
from tests.support.ground import execute

pytestmark = pytest.mark.integration


def polygon(*ring: list[float]) -> dict[str, Any]:
    return {"polygon": {"type": "Polygon", "coordinates": [list(ring)]}}


def _round(count: int) -> dict[str, Any]:
    ring = [
        [25 + math.cos(2 * math.pi * n / count) / 10, 60 + math.sin(2 * math.pi * n / count) / 10]
        for n in range(count)
    ]
    return polygon(*ring, ring[0])


BOW_TIE = polygon([24, 60], [25, 61], [25, 60], [24, 61], [24, 60])
LINE = {"type": "LineString", "coordinates": [[24.9, 60.1], [25.0, 60.2]]}
REFUSED = {
    "self-crossing": (BOW_TIE, "self_crossing"),
    "without an area": (polygon([24, 60], [25, 60], [24, 60], [24, 60]), "too_few_points"),
    "tiny": ({"polygon": box(24.9, 60.1, 24.9 + 1e-7, 60.1 + 1e-7)}, "area_too_small"),
    "huge": ({"polygon": box(-85, -80, 85, 80)}, "area_too_large"),
    "around the globe": ({"polygon": box(-179, -10, 179, 10)}, "crosses_antimeridian"),
    "polar": ({"polygon": box(0, 80, 10, 89)}, "outside_map"),
    "a circle over the pole": ({"circle": {"center": [10, 89], "radius_m": 400_000}}, None),
    "a circle over the date line": (
        {"circle": {"center": [179.99, 10], "radius_m": 50_000}}, "crosses_antimeridian",
    ),
    "a corridor over the date line": (
        {"corridor": {"line": {"type": "LineString", "coordinates": [[179.9, 1], [179.99, 1]]},
                      "within_m": 50_000}}, None,
    ),
    "a corridor to the pole": (
        {"corridor": {"line": {"type": "LineString", "coordinates": [[10, 60], [10, 90]]},
                      "within_m": 1000}}, None,
    ),
    "a buffer to the pole": ({"polygon": box(0, 84, 1, 85), "buffer_m": 50_000}, "outside_map"),
    "in metres": ({"polygon": box(2_700_000, 8_400_000, 2_710_000, 8_410_000)}, "projected"),
    "latitude first": (polygon([60, 124], [61, 124], [61, 125], [60, 124]), "swapped"),
    "too many corners": (_round(100_000), "too_many_vertices"),
    "a point": ({"polygon": {"type": "Point", "coordinates": [24.9, 60.1]}}, "not_an_area"),
    "a line": ({"polygon": LINE}, "not_an_area"),
    "an area as a line": ({"corridor": {"line": WHOLE, "within_m": 10}}, "not_a_line"),
    "one point as a line": (
        {"corridor": {"line": {"type": "LineString", "coordinates": [[1, 1], [1, 1]]},
                      "within_m": 10}}, "too_few_points",
    ),
    "no polygon": ({"polygon": {"type": "MultiPolygon", "coordinates": []}}, "empty"),
    "coordinates of nothing": ({"polygon": {"type": "Polygon", "coordinates": None}}, None),
    "a deep Feature": (
        {"polygon": {"type": "Feature", "geometry": {"type": "Feature", "geometry": WHOLE}}},
        "not_an_area",
    ),
    "not closed": (polygon([24, 60], [25, 60], [25, 61], [24, 61]), "not_closed"),
    "a text for a number": (polygon(["24", 60], [25, 60], [25, 61], ["24", 60]), "bad_position"),  # type: ignore[list-item]
    "nothing": ({}, "one_area"),
    "two at once": ({"polygon": WHOLE, "territory_id": str(uuid4())}, "one_area"),
    "along nothing": ({"corridor": {"within_m": 100}}, "one_area"),
    "nobody's route": (
        {"corridor": {"route_id": str(uuid4()), "within_m": 100}}, "unknown_reference",
    ),
    "nobody's territory": ({"territory_id": str(uuid4())}, "unknown_reference"),
    "a circle of nothing": ({"circle": {"center": [24.9, 60.1], "radius_m": 0}}, "malformed"),
    "a circle in metres": (
        {"circle": {"center": [2_700_000, 8_400_000], "radius_m": 10}}, "location_projected",
    ),
    "reach in metres": (
        {"isochrone": {"location": [2_700_000, 8_400_000], "minutes": 10}}, "location_projected",
    ),
    "reach of nothing": ({"isochrone": {"location": [24.9, 60.1], "minutes": 0}}, "malformed"),
    "a word too many": ({"polygon": WHOLE, "sql": "1"}, "malformed"),
    "no object": ("everything", "malformed"),
}  # fmt: skip


@pytest.mark.parametrize(("area", "code"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_area_is_refused_in_words(
    country: Country, area: object, code: str | None
) -> None:
    for what in ("snapshot", "accounts", "accounts.csv"):
        answer = country.ask(country.org.manager, area, what)
        assert answer.status_code == 422, answer.text
        told = answer.json()
        assert code is None or told["code"] == code
        assert told["errors"][0]["field"].startswith("area")
        assert told["detail"]


def test_numbers_that_are_none_are_refused(country: Country) -> None:
    headers = country.api.as_(country.org.manager) | {"Content-Type": "application/json"}
    for word in ("NaN", "Infinity", "1e400"):
        text = (
            '{"area": {"polygon": {"type": "Polygon", "coordinates":'
            f" [[[{word}, 60], [25, 60], [25, 61], [{word}, 60]]]}}}}}}"
        )
        answer = country.api.client.post("/v1/areas/snapshot", headers=headers, content=text)
        assert answer.status_code in {400, 422}
        assert answer.headers["content-type"] == "application/problem+json"


def test_nesting_without_end_is_refused(country: Country) -> None:
    headers = country.api.as_(country.org.manager) | {"Content-Type": "application/json"}
    start = '{"type": "GeometryCollection", "geometries": ['
    deep = start * 1200 + "]}" * 1200
    for text in (f'{{"area": {{"polygon": {deep}}}}}', '{"area": ' + "[" * 5000 + "]" * 5000 + "}"):
        answer = country.api.client.post("/v1/areas/snapshot", headers=headers, content=text)
        assert answer.status_code == 422, answer.text


def test_what_is_not_yours_to_see_is_not_there(country: Country) -> None:
    org = country.org
    for area, filters in (
        ({"territory_id": str(country.east)}, {}),
        ({"polygon": WHOLE}, {"territory_ids": [str(country.east)]}),
        ({"polygon": WHOLE}, {"territory_ids": [str(country.west), str(uuid4())]}),
    ):
        answer = country.ask(org.rep, area, filters=filters)
        assert answer.status_code == 422
        assert answer.json()["code"] == "unknown_reference"
    assert country.ask(org.manager, {"territory_id": str(country.east)}).json()["accounts"] == 1


def test_a_territory_without_an_outline_has_accounts_but_no_buffer(country: Country) -> None:
    execute(country.owner_url, "UPDATE territory SET area = NULL WHERE id = %s", str(country.west))
    area = {"territory_id": str(country.west)}
    told = country.ask(country.org.manager, area).json()
    assert told["shape"]["geometry"] is None
    answer = country.ask(country.org.manager, area | {"buffer_m": 100})
    assert (answer.status_code, answer.json()["code"]) == (422, "empty")


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ({"from_date": "2026-01-02", "to_date": "2026-01-01"}, "dates_reversed"),
        ({"from_date": "2025-01-01", "to_date": "2026-01-01"}, "period_too_long"),
        ({"from_date": "0001-01-01"}, "malformed"),
        ({"to_date": "9999-12-31"}, "malformed"),
        ({"to_date": "tomorrow"}, "malformed"),
    ],
)
def test_a_period_that_is_none_is_refused(
    country: Country, days: dict[str, str], code: str
) -> None:
    answer = country.ask(country.org.manager, {"polygon": WHOLE}, **days)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
