"""Trade areas of stores in a real town, and what cannot be one."""

import csv
import io
from typing import Any

import httpx
import pytest

from tests.integration.context.conftest import Town
from tests.support.databases import TestDatabase
from tests.support.ground import add_account

pytestmark = pytest.mark.integration
_WEST, _EAST = [24.935, 60.168], [24.955, 60.168]


def ask(town: Town, *stores: dict[str, Any], kind: str = "", **more: Any) -> httpx.Response:
    body = {"stores": stores, "layer_id": str(town.layer.id), "measure": "floor_ratio"} | more
    answer = town.api.client.post(
        f"/v1/context/trade-areas{kind}", headers=town.api.as_(town.org.rep), json=body
    )
    assert answer.status_code < 500, answer.text
    return answer


def test_two_stores_share_the_floors_of_a_town(town: Town) -> None:
    answer = ask(town, {"location": _WEST, "name": "Tây"}, {"location": _EAST, "name": "Đông"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["distance"], found["source"]) == ("straight_line_m", "OpenStreetMap")
    assert (found["licence"], found["measure"]["amount_unit"]) == (town.layer.licence, "m2")
    assert found["resolution"] == 9
    for cell in found["cells"]:
        assert sum(cell["shares"]) == pytest.approx(1.0)
    assert sum(one["demand"] for one in found["stores"]) == pytest.approx(found["demand"])
    floors = town.ground.values[:, 2].sum()
    assert found["demand"] == pytest.approx(floors, rel=0.01)
    larger = ask(
        town, {"location": _WEST, "attractiveness": 5}, {"location": _EAST}
    ).json()  # fmt: skip
    assert larger["stores"][0]["share"] > found["stores"][0]["share"]


def test_an_account_is_a_store_for_whoever_sees_it(town: Town, test_database: TestDatabase) -> None:
    shop = add_account(test_database.owner_url, town.org, "Quán Tây", *_WEST)
    hidden = ask(town, {"account_id": str(shop)})
    assert hidden.status_code == 404
    body = {
        "stores": [{"account_id": str(shop)}, {"location": _EAST}],
        "layer_id": str(town.layer.id), "measure": "buildings", "profile": "car",
    }  # fmt: skip
    answer = town.api.client.post(
        "/v1/context/trade-areas", headers=town.api.as_(town.org.manager), json=body
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["stores"][0]["name"] == "Quán Tây"
    assert found["distance"] == "estimated_minutes"
    assert found["why"]


def test_trade_areas_are_files_that_say_their_source(town: Town) -> None:
    stores = ({"location": _WEST, "name": "=Tây"}, {"location": _EAST, "name": "=Tây"})
    told = ask(town, *stores).json()
    sheet = ask(town, *stores, kind=".csv")
    rows = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert [one["cell"] for one in rows] == [one["cell"] for one in told["cells"]]
    assert float(rows[0]["2. =Tây"]) == pytest.approx(told["cells"][0]["shares"][1])
    assert {one["leader"] for one in rows} == {"1. =Tây", "2. =Tây"}
    assert (rows[0]["source"], rows[0]["licence"]) == ("OpenStreetMap", town.layer.licence)
    found = ask(town, *stores, kind=".geojson").json()
    assert (found["measure"], found["vintage"]) == ("floor_ratio", town.layer.vintage)
    kinds = [one["properties"]["kind"] for one in found["features"]]
    assert kinds == ["hexagon"] * len(told["cells"]) + ["store"] * 2
    ring = found["features"][0]["geometry"]["coordinates"][0]
    assert (len(ring), ring[0]) == (7, ring[-1])
    nothing = ask(town, {"location": [108.2, 16.0]}, kind=".csv")
    assert nothing.status_code == 200
    assert nothing.content.decode("utf-8-sig").startswith("cell,demand,leader,leader_share,1.")


def test_a_layer_says_which_measures_can_be_shared_and_in_what(town: Town) -> None:
    layers = town.get(town.org.rep, "layers").json()
    units = {one["key"]: one["amount_unit"] for one in layers[0]["measures"]}
    assert units["buildings"] == units["stops"] == "count"
    assert (units["floor_ratio"], units["residential_share"]) == ("m2", "km2")
    assert (units["roads"], units["footfall"]) == ("km", "points")
    for key, unit in units.items():
        answer = ask(town, {"location": _WEST}, measure=key)
        assert answer.status_code == (422 if unit is None else 200), (key, answer.text)


@pytest.mark.parametrize(
    ("stores", "more", "code"),
    [
        ([{}], {}, "one_place"),
        ([{"location": _WEST}], {"measure": "tag_coverage"}, "demand_is_a_rate"),
        ([{"location": _WEST}], {"measure": "people"}, "unknown_measure"),
        ([{"location": [60.1, 124.9]}], {}, "location_swapped"),
        ([{"location": [24.9, 85.0]}], {"within_km": 50}, "outside_map"),
        ([{"location": [179.99, 10.0]}], {}, "crosses_antimeridian"),
        ([{"location": [-100, 10.0]}, {"location": [120, 10.0]}], {}, "crosses_antimeridian"),
        ([], {}, None),
        ([{"location": _WEST, "attractiveness": 0}], {}, None),
    ],
)
def test_what_cannot_be_a_trade_area_is_refused_in_words(
    town: Town, stores: list[dict[str, Any]], more: dict[str, Any], code: str | None
) -> None:
    answer = ask(town, *stores, **more)
    assert answer.status_code == 422, answer.text
    assert code is None or answer.json()["code"] == code


def test_far_from_everything_there_is_nothing_to_share(town: Town) -> None:
    found = ask(town, {"location": [108.2, 16.0]}).json()
    assert (found["demand"], found["cells"], found["stores"][0]["share"]) == (0, [], 0)
