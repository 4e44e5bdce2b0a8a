"""What OpenStreetMap's tags tell of the ground: which column each object counts in.

All columns are sums, so that they go up to coarser hexagons and over areas exactly: a mean is kept
as a sum and how many it is of.
"""

import math
from collections.abc import Mapping

type Tags = Mapping[str, str]

ROADS: Mapping[str, str] = {
    "motorway": "motorway_km", "motorway_link": "motorway_km",
    "trunk": "motorway_km", "trunk_link": "motorway_km",
    "primary": "primary_km", "primary_link": "primary_km",
    "secondary": "secondary_km", "secondary_link": "secondary_km",
    "tertiary": "tertiary_km", "tertiary_link": "tertiary_km",
    "residential": "minor_km", "unclassified": "minor_km", "living_street": "minor_km",
    "road": "minor_km", "service": "service_km", "busway": "service_km",
    "pedestrian": "pedestrian_km",
    "footway": "path_km", "path": "path_km", "cycleway": "path_km", "steps": "path_km",
    "track": "path_km", "bridleway": "path_km",
}  # fmt: skip
CROSSING = frozenset({
    "motorway_km", "primary_km", "secondary_km", "tertiary_km", "minor_km", "pedestrian_km",
})  # fmt: skip
"""Roads whose crossings are counted: not drives and footways, which differ with the mapper."""
MAIN = frozenset({"motorway_km", "primary_km"})
LAND: Mapping[str, str] = {
    "residential": "residential_km2", "commercial": "commercial_km2", "retail": "commercial_km2",
    "industrial": "industrial_km2", "port": "industrial_km2", "farmland": "farm_km2",
    "orchard": "farm_km2", "farmyard": "farm_km2", "vineyard": "farm_km2", "meadow": "farm_km2",
    "forest": "green_km2", "grass": "green_km2", "recreation_ground": "green_km2",
    "cemetery": "green_km2",
}  # fmt: skip
_HOUSES = frozenset({
    "house", "detached", "semidetached_house", "semi", "terrace", "bungalow", "villa", "cabin",
    "farm", "static_caravan", "hut", "stilt_house", "houseboat", "tube_house",
})  # fmt: skip
_BLOCKS = frozenset({"apartments", "residential", "dormitory", "tower"})
_NO_BUILDING = frozenset({"", "no", "ruins", "construction", "collapsed", "demolished"})
_UNTOLD = frozenset({"yes", "building", "unclassified", "other"})
_HOME, _BLOCK, _OTHER = 1.5, 3.0, 1.5
"""Storeys of a building that does not say: hardly any does (0.4 % on Malta, 6 % in Porto)."""
_MOST_STOREYS = 200.0
_AMENITIES: Mapping[str, str] = {
    **dict.fromkeys((
        "bar", "biergarten", "cafe", "canteen", "fast_food", "food_court", "ice_cream", "nightclub",
        "pub", "restaurant", "karaoke_box",
    ), "poi_food"),
    **dict.fromkeys(("clinic", "dentist", "doctors", "pharmacy", "veterinary"), "poi_health"),
    "hospital": "poi_hospital",
    **dict.fromkeys(("school", "kindergarten", "language_school"), "poi_school"),
    **dict.fromkeys(("university", "college"), "poi_university"),
    **dict.fromkeys(("bank", "atm", "bureau_de_change", "post_office"), "poi_finance"),
    "marketplace": "poi_market",
    **dict.fromkeys((
        "arts_centre", "casino", "cinema", "community_centre", "library", "place_of_worship",
        "theatre",
    ), "poi_culture"),
    **dict.fromkeys(("courthouse", "police", "public_building", "townhall"), "poi_office"),
    "fuel": "poi_shop",
}  # fmt: skip
_MAGNETS = frozenset({"department_store", "mall", "supermarket", "wholesale"})
_TOURISM = frozenset({
    "aquarium", "attraction", "gallery", "guest_house", "hostel", "hotel", "motel", "museum",
    "theme_park", "zoo",
})  # fmt: skip
_LEISURE = frozenset({"fitness_centre", "sports_centre", "stadium", "water_park"})
_CLOSED = frozenset({"vacant", "no", "closed", "disused", "abandoned", "empty"})

PLACES = (
    "poi_food", "poi_shop", "poi_magnet", "poi_market", "poi_health", "poi_hospital", "poi_school",
    "poi_university", "poi_finance", "poi_culture", "poi_office",
)  # fmt: skip
DISTANCE, MEASURED = "primary_m", "measured"
"""Metres, straight, from a hexagon's middle to the nearest main road, and of how many hexagons."""
COLUMNS = (
    "buildings", "footprint_m2", "floor_m2", "typed_buildings", "levelled_buildings", "houses",
    "apartments", *dict.fromkeys(LAND.values()), *dict.fromkeys(ROADS.values()), "intersections",
    *PLACES, "stops", "stations", DISTANCE, MEASURED,
)  # fmt: skip
AREA_KEYS = ("building", "landuse", "amenity", "shop", "tourism", "leisure", "office")
KEYS = (*AREA_KEYS, "highway", "railway", "public_transport")


def road_column(tags: Tags) -> str | None:
    """Return the class of a road; None for what is none, or is a square."""
    return None if tags.get("area") == "yes" else ROADS.get(tags.get("highway", ""))


def place_column(tags: Tags) -> str | None:
    """Return the group of a place that people go to."""
    amenity = _AMENITIES.get(tags.get("amenity", ""))
    if amenity:
        return amenity
    shop = tags.get("shop", "")
    if shop and shop not in _CLOSED:
        return "poi_magnet" if shop in _MAGNETS else "poi_shop"
    if tags.get("tourism") in _TOURISM or tags.get("leisure") in _LEISURE:
        return "poi_culture"
    return "poi_office" if tags.get("office", "no") not in {"no", *_CLOSED} else None


def stop_column(tags: Tags) -> str | None:
    """Return whether a bus stops here or a whole station does; None for neither."""
    if tags.get("railway") in {"station", "halt"} or tags.get("amenity") in {
        "bus_station", "ferry_terminal",
    }:  # fmt: skip
        return "stations"
    if tags.get("highway") == "bus_stop" or tags.get("railway") == "tram_stop":
        return "stops"
    is_platform = tags.get("public_transport") == "platform" and "railway" not in tags
    return "stops" if is_platform and tags.get("bus") == "yes" else None


def land_column(tags: Tags) -> str | None:
    """Return the use of an area of land."""
    return LAND.get(tags.get("landuse", ""))


def building_columns(tags: Tags, footprint_m2: float) -> dict[str, float] | None:
    """Return what a building counts in each column; None for what is no building."""
    kind = tags.get("building", "")
    if kind in _NO_BUILDING:
        return None
    is_house, is_block = kind in _HOUSES, kind in _BLOCKS
    storeys = _storeys(tags)
    usual = _HOME if is_house else _BLOCK if is_block else _OTHER
    return {
        "buildings": 1,
        "footprint_m2": footprint_m2,
        "floor_m2": footprint_m2 * (usual if storeys is None else storeys),
        "typed_buildings": kind not in _UNTOLD,
        "levelled_buildings": storeys is not None,
        "houses": is_house,
        "apartments": is_block,
    }


def _storeys(tags: Tags) -> float | None:
    try:
        told = float(tags.get("building:levels", "").replace(",", "."))
    except ValueError:
        return None
    return max(told, 1.0) if math.isfinite(told) and 0 <= told <= _MOST_STOREYS else None
