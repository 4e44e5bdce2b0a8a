import pytest

from backend.geo.osm_tags import (
    address_of,
    all_of,
    first_of,
    is_closed_for_good,
    kind_of,
    name_of,
)


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"shop": "bakery"}, ("shop", "bakery")),
        ({"shop": "Bakery;coffee"}, ("shop", "bakery")),
        ({"shop": "yes"}, ("shop", "shop")),
        ({"shop": "yes", "amenity": "fuel"}, ("amenity", "fuel")),
        ({"shop": "vacant", "amenity": "cafe"}, ("amenity", "cafe")),
        ({"amenity": "nightclub;restaurant"}, ("amenity", "nightclub")),
        ({"amenity": "library;cafe"}, ("amenity", "cafe")),
        ({"amenity": "bench"}, None),
        ({"shop": "vacant"}, None),
        ({}, None),
    ],
)
def test_kind_is_what_one_sells_there(tags: dict[str, str], kind: tuple[str, str] | None) -> None:
    assert kind_of(tags) == kind


def test_closed_for_good_is_said_in_many_ways() -> None:
    assert is_closed_for_good({"shop": "vacant"})
    assert is_closed_for_good({"shop": "bakery", "disused": "yes"})
    assert is_closed_for_good({"amenity": "cafe", "opening_hours": "Closed"})
    assert not is_closed_for_good({"shop": "bakery", "opening_hours": "Mo-Fr 09:00-17:00"})


def test_a_brand_stands_in_for_a_missing_name() -> None:
    assert name_of({"brand": "Shell"}) == "Shell"
    assert name_of({"name": "Bến  xe\n\x00 quán", "brand": "Shell"}) == "Bến xe quán"
    assert name_of({"name": " "}) is None


def test_addresses_follow_the_order_of_their_country() -> None:
    tags = {
        "addr:street": "Nguyễn Huệ",
        "addr:housenumber": "12",
        "addr:city": "Hồ Chí Minh",
        "addr:postcode": "700000",
        "addr:district": "Quận 1",
    }
    assert address_of(tags, "VN") == "12 Nguyễn Huệ, Quận 1, Hồ Chí Minh 700000"
    assert address_of(tags, None) == "Nguyễn Huệ 12, Quận 1, 700000 Hồ Chí Minh"
    assert address_of(tags | {"addr:country": "FR"}, "VN") == (
        "12 Nguyễn Huệ, Quận 1, 700000 Hồ Chí Minh"
    )
    assert address_of(tags | {"addr:full": "as the sign says"}, "VN") == "as the sign says"
    assert address_of({"addr:country": "FI"}, None) is None


def test_several_values_are_told_apart_once_each() -> None:
    tags = {"phone": "+358 1; +358 2", "contact:phone": "+358 1;+358 3"}
    assert all_of(tags, "phone", "contact:phone") == ("+358 1", "+358 2", "+358 3")
    assert first_of(tags, "email", "phone") == "+358 1"
    assert first_of(tags, "email") is None
