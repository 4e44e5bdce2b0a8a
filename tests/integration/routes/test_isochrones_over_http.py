"""What is within reach, as GeoJSON: over streets, as a marked estimate, and bad questions."""

from typing import Any

import httpx
import pytest
import shapely
from shapely.geometry import shape

from tests.integration.routes.conftest import Town

pytestmark = pytest.mark.integration

KAMPPI = [24.93, 60.168]


def _ask(town: Town, **body: Any) -> httpx.Response:
    question = {"location": KAMPPI, "minutes": [5], **body}
    headers = town.api.as_(town.org.rep)
    return town.api.client.post("/v1/isochrones", headers=headers, json=question)


def test_areas_come_largest_first_and_hold_each_other(town: Town) -> None:
    answer = _ask(town, minutes=[2, 4])

    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["type"] == "FeatureCollection"
    assert found["is_estimate"] is False
    far, near = found["features"]
    assert [far["properties"]["minutes"], near["properties"]["minutes"]] == [4, 2]
    outer, inner = shape(far["geometry"]), shape(near["geometry"])
    assert outer.is_valid
    assert inner.is_valid
    assert inner.difference(outer).area < 0.001 * inner.area
    assert inner.contains(shapely.Point(KAMPPI))


def test_the_question_can_stand_in_the_address(town: Town) -> None:
    query = {"lon": KAMPPI[0], "lat": KAMPPI[1], "minutes": ["2", "4"]}

    answer = town.get(town.org.analyst, "/v1/isochrones", **query)

    assert answer.status_code == 200, answer.text
    assert answer.json() == _ask(town, minutes=[2, 4]).json()


def test_without_a_network_it_says_that_it_is_an_estimate(town: Town) -> None:
    found = _ask(town, profile="bicycle").json()

    assert found["is_estimate"] is True
    assert "bicycle" in found["why"]
    assert all(one["properties"]["is_estimate"] for one in found["features"])


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"location": [10.77, 106.7]}, "location", "location_swapped"),
        ({"location": [300.0, 20.0]}, "location", "location_outside_world"),
        ({"location": [24.95, 59.9]}, "location", "off_network"),
        ({"minutes": [0]}, "minutes", "bad_minutes"),
        ({"minutes": [500]}, "minutes", "bad_minutes"),
        ({"minutes": []}, "minutes", "malformed"),
        ({"minutes": [1, 2, 3, 4, 5]}, "minutes", "malformed"),
        ({"profile": "helicopter"}, "profile", "malformed"),
    ],
    ids=["swapped", "outside", "in the sea", "none", "too long", "no time", "five", "helicopter"],
)
def test_bad_questions_are_told(town: Town, body: dict[str, Any], field: str, code: str) -> None:
    answer = _ask(town, **body)

    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["code"] == code
    assert problem["errors"][0]["field"].startswith(field)


def test_a_place_that_is_no_number_is_refused(town: Town) -> None:
    answer = town.get(town.org.rep, "/v1/isochrones", lon="nan", lat="60", minutes="5")

    assert answer.status_code == 422, answer.text
