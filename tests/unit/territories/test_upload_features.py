"""Features to territories: names, codes, colours, and what is wrong with each."""

from typing import Any

import pytest

from backend.api.problems import Malformed
from backend.territories.upload import PALETTE, read_features

AREA = {"type": "Polygon", "coordinates": [[[106, 10], [107, 10], [107, 11], [106, 10]]]}


def feature(**properties: object) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": AREA}


def collection(*features: object) -> dict[str, object]:
    return {"type": "FeatureCollection", "features": list(features)}


@pytest.mark.parametrize("key", ["name", "Name", "NAME", "ten", "Tên", "title"])
def test_the_name_goes_by_several_properties(key: str) -> None:
    plans, errors = read_features(collection(feature(**{key: "  Quận 1 "})))
    assert ([plan.name for plan in plans], errors) == (["Quận 1"], [])


def test_numbers_are_names_and_codes_too() -> None:
    plans, _ = read_features(collection(feature(name=7, ma=701)))
    assert (plans[0].name, plans[0].code) == ("7", "701")


def test_areas_without_a_colour_get_one_of_the_palette() -> None:
    plans, _ = read_features(
        collection(feature(name="A", color="#ABCDEF"), feature(name="B", color="red"))
    )
    assert [plan.color for plan in plans] == ["#abcdef", PALETTE[1]]


def test_every_wrong_feature_is_named_by_its_place() -> None:
    hidden = {"type": "Feature", "properties": None, "geometry": AREA}
    plans, errors = read_features(
        collection(feature(name="A"), "no feature", feature(name="A"), hidden, feature(name="\0"))
    )
    assert [plan.name for plan in plans] == ["A"]
    assert sorted(error.field for error in errors) == [f"features[{at}]" for at in (1, 2, 3, 4)]


@pytest.mark.parametrize("body", [{}, {"type": "FeatureCollection"}, collection()])
def test_what_is_no_collection_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(Malformed) as caught:
        read_features(body)
    assert caught.value.errors[0].field == "features"
