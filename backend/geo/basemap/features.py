"""Which OpenStreetMap objects the basemap draws: layer, class and the first zoom that shows them.

The schema is our own and small: `land`, `water`, `buildings`, `roads`, `places`, each with `class`
and, where people read it, `name`. Zooms are those at which the object is about a pixel wide.
"""

from collections.abc import Mapping
from typing import NamedTuple

ATTRIBUTION = (
    '<a href="https://www.openstreetmap.org/copyright">© OpenStreetMap contributors</a> (ODbL)'
)
LAYERS = ("land", "water", "buildings", "roads", "places")
KEYS = ("highway", "railway", "waterway", "natural", "landuse", "leisure", "building", "place")

type Tags = Mapping[str, str]
type Classes = Mapping[tuple[str, str], tuple[str, int]]


class Drawn(NamedTuple):
    """How one object is drawn."""

    layer: str
    kind: str
    min_zoom: int
    name: str = ""


_ROADS: Mapping[str, tuple[str, int]] = {
    "motorway": ("motorway", 5), "motorway_link": ("motorway", 9),
    "trunk": ("trunk", 6), "trunk_link": ("trunk", 10),
    "primary": ("primary", 8), "primary_link": ("primary", 11),
    "secondary": ("secondary", 9), "secondary_link": ("secondary", 12),
    "tertiary": ("tertiary", 11), "tertiary_link": ("tertiary", 12),
    "unclassified": ("minor", 12), "residential": ("minor", 12), "living_street": ("minor", 12),
    "road": ("minor", 12), "service": ("service", 13), "busway": ("service", 13),
    "pedestrian": ("pedestrian", 12), "track": ("path", 13), "path": ("path", 13),
    "footway": ("path", 13), "cycleway": ("path", 13), "steps": ("path", 13),
    "bridleway": ("path", 13),
}  # fmt: skip
_RAILWAYS = {"rail": ("rail", 9), "light_rail": ("rail", 11), "tram": ("tram", 13)}
_WATERWAYS = {
    "river": ("river", 8), "canal": ("canal", 11), "stream": ("stream", 13),
    "drain": ("stream", 13), "ditch": ("stream", 13),
}  # fmt: skip
_LAND: Classes = {
    ("landuse", "residential"): ("residential", 9),
    ("landuse", "commercial"): ("commercial", 11), ("landuse", "retail"): ("commercial", 11),
    ("landuse", "industrial"): ("industrial", 10), ("landuse", "railway"): ("industrial", 12),
    ("landuse", "port"): ("industrial", 11), ("landuse", "quarry"): ("industrial", 12),
    ("landuse", "forest"): ("wood", 7), ("natural", "wood"): ("wood", 7),
    ("landuse", "grass"): ("grass", 12), ("landuse", "meadow"): ("grass", 11),
    ("landuse", "village_green"): ("park", 12), ("landuse", "recreation_ground"): ("park", 12),
    ("natural", "grassland"): ("grass", 10), ("natural", "scrub"): ("grass", 10),
    ("natural", "heath"): ("grass", 10), ("natural", "wetland"): ("wetland", 10),
    ("natural", "beach"): ("sand", 11), ("natural", "sand"): ("sand", 11),
    ("landuse", "farmland"): ("farm", 9), ("landuse", "orchard"): ("farm", 10),
    ("landuse", "farmyard"): ("farm", 12), ("landuse", "vineyard"): ("farm", 10),
    ("landuse", "cemetery"): ("cemetery", 12), ("landuse", "allotments"): ("park", 12),
    ("leisure", "park"): ("park", 10), ("leisure", "garden"): ("park", 13),
    ("leisure", "golf_course"): ("park", 11), ("leisure", "pitch"): ("pitch", 13),
    ("leisure", "playground"): ("park", 13), ("leisure", "nature_reserve"): ("wood", 8),
    ("highway", "pedestrian"): ("square", 13), ("highway", "footway"): ("square", 13),
}  # fmt: skip
_WATER: Classes = {
    ("natural", "water"): ("lake", 6), ("natural", "bay"): ("lake", 8),
    ("waterway", "riverbank"): ("river", 8), ("waterway", "dock"): ("lake", 11),
    ("landuse", "reservoir"): ("lake", 8), ("landuse", "basin"): ("lake", 12),
    ("leisure", "swimming_pool"): ("pool", 14),
}  # fmt: skip
_PLACES = {
    "city": 4, "town": 7, "borough": 10, "suburb": 11, "quarter": 12, "village": 10,
    "hamlet": 12, "neighbourhood": 13, "island": 10, "islet": 13, "square": 14, "locality": 14,
}  # fmt: skip


def draw_line(tags: Tags) -> Drawn | None:
    """Say how an open or closed way is drawn as a line; None when it is not."""
    if tags.get("area") == "yes":
        return None
    name = tags.get("name", "")
    if found := _ROADS.get(tags.get("highway", "")):
        return Drawn("roads", *found, name or tags.get("ref", ""))
    if tags.get("tunnel") == "yes" and "highway" not in tags:
        return None  # nobody orients by an underground line or a culvert
    if found := _RAILWAYS.get(tags.get("railway", "")):
        return Drawn("roads", *found)
    if found := _WATERWAYS.get(tags.get("waterway", "")):
        return Drawn("water", *found, name)
    return None


def draw_area(tags: Tags) -> Drawn | None:
    """Say how a closed way or multipolygon is drawn as an area; None when it is not."""
    if tags.get("building", "no") != "no":
        return Drawn("buildings", "building", 13)
    for layer, classes in (("water", _WATER), ("land", _LAND)):
        for key in ("natural", "waterway", "landuse", "leisure", "highway"):
            found = classes.get((key, tags.get(key, "")))
            # A closed highway is a ring road unless it says that it is a square.
            if found and (key != "highway" or tags.get("area") == "yes"):
                return Drawn(layer, *found, tags.get("name", ""))
    return None


def draw_label(tags: Tags) -> Drawn | None:
    """Say how a named place is labelled; None when it is not."""
    kind, name = tags.get("place", ""), tags.get("name", "")
    if name and kind in _PLACES:
        return Drawn("places", kind, _PLACES[kind], name)
    return None
