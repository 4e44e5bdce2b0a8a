"""What OpenStreetMap tags say about a place to sell to: kind, name, address, ways to reach it.

Taken are all shops and the amenities that buy goods or services from a field rep: food and drink,
health, fuel and car care, markets, banks, culture. Not taken are offices, crafts and public bodies:
their tags say too little about what they buy.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

BUYING_AMENITIES = frozenset({
    "bank", "bar", "biergarten", "bureau_de_change", "cafe", "canteen", "car_rental", "car_wash",
    "casino", "cinema", "clinic", "dentist", "doctors", "fast_food", "food_court", "fuel",
    "hospital", "ice_cream", "internet_cafe", "karaoke_box", "marketplace", "nightclub",
    "pharmacy", "pub", "restaurant", "veterinary",
})  # fmt: skip
NOT_TRADING_SHOPS = frozenset({"vacant", "no", "closed", "disused", "abandoned", "empty"})
CLOSED_HOURS = frozenset({"closed", "off", "permanently closed"})
# Where the number stands before the street; elsewhere it follows.
NUMBER_FIRST = frozenset({
    "AU", "CA", "FR", "GB", "HK", "IE", "IN", "KE", "LA", "LK", "LU", "MC", "MT", "MY", "NG",
    "NZ", "PH", "PK", "SG", "TH", "US", "VN", "ZA",
})  # fmt: skip
# Where the postcode stands after the city; elsewhere before it.
POSTCODE_LAST = NUMBER_FIRST - {"FR", "LU", "MC", "MY"}
MAX_TEXT = 255  # OpenStreetMap's own limit for a value
_SEPARATOR = re.compile(r"\s*;\s*")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f]+")

type Tags = Mapping[str, str]


class Kind(NamedTuple):
    """The key the category came from (`shop` or `amenity`) and its value, such as `bakery`.

    A shop that does not say what it sells has the category `shop`.
    """

    group: str
    category: str


def kind_of(tags: Tags) -> Kind | None:
    """Say what is sold or served here; None when the tags name no place to sell to."""
    shops = [value for value in _values(tags, "shop") if value not in NOT_TRADING_SHOPS]
    amenities = [value for value in _values(tags, "amenity") if value in BUYING_AMENITIES]
    # shop=yes is a side line of a fuel station or a café: the amenity says more.
    if shops and not (shops[0] == "yes" and amenities):
        return Kind("shop", "shop" if shops[0] == "yes" else shops[0])
    return Kind("amenity", amenities[0]) if amenities else None


def is_closed_for_good(tags: Tags) -> bool:
    """Say whether the tags tell that nobody trades here any more."""
    if any(tags.get(key) == "yes" for key in ("disused", "abandoned", "demolished", "razed")):
        return True
    if tags.get("opening_hours", "").strip().lower() in CLOSED_HOURS:
        return True
    shops = _values(tags, "shop")
    return bool(shops) and all(shop in NOT_TRADING_SHOPS for shop in shops)


def name_of(tags: Tags) -> str | None:
    """Give the sign over the door: the name, else the brand."""
    return first_of(tags, "name", "brand")


def first_of(tags: Tags, *keys: str) -> str | None:
    """Give the first value, cleaned of control characters, of the first key that has one."""
    return next(iter(all_of(tags, *keys)), None)


def all_of(tags: Tags, *keys: str) -> tuple[str, ...]:
    """Give every value of every key, each once, in order."""
    found: dict[str, None] = {}
    for key in keys:
        for part in _SEPARATOR.split(tags.get(key, "")):
            if text := _clean(part):
                found.setdefault(text)
    return tuple(found)


def address_of(tags: Tags, country: str | None) -> str | None:
    """Join the address in the order of the country (its tag, else the one given)."""
    if full := _whole(tags, "addr:full"):
        return full
    land = (_whole(tags, "addr:country") or country or "").upper()
    street = _whole(tags, "addr:street") or _whole(tags, "addr:place")
    number = _whole(tags, "addr:housenumber")
    city, postcode = _whole(tags, "addr:city"), first_of(tags, "addr:postcode")
    line = (number, street) if land in NUMBER_FIRST else (street, number)
    town = (city, postcode) if land in POSTCODE_LAST else (postcode, city)
    parts = (
        _spaced(line),
        _whole(tags, "addr:subdistrict") or _whole(tags, "addr:suburb"),
        _whole(tags, "addr:district"),
        _spaced(town),
    )
    return ", ".join(part for part in parts if part) or None


def _spaced(parts: tuple[str | None, ...]) -> str | None:
    return " ".join(part for part in parts if part) or None


def _whole(tags: Tags, key: str) -> str | None:
    return _clean(tags.get(key, "")) or None


def _values(tags: Tags, key: str) -> list[str]:
    return [value.lower() for value in all_of(tags, key)]


def _clean(text: str) -> str:
    return _SPACE.sub(" ", text).strip()[:MAX_TEXT]
