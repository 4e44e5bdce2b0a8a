"""Real shops and amenities of central Helsinki from the demo's extract, for tests and pictures."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import osmium
from osmium.osm import Node

EXTRACT = Path(__file__).parents[2] / "backend" / "demo" / "data" / "helsinki.osm.pbf"


@dataclass(frozen=True, slots=True)
class Place:
    """One named node."""

    id: str
    name: str
    category: str
    address: str
    phone: str
    website: str
    opening_hours: str
    lon: float
    lat: float


@cache
def helsinki_places() -> tuple[Place, ...]:
    """All named shop and amenity nodes that have a street, in the extract's order."""
    places = []
    for node in osmium.FileProcessor(EXTRACT, osmium.osm.NODE):
        assert isinstance(node, Node)
        tags = dict(node.tags)
        category = tags.get("shop") or tags.get("amenity")
        if category and "name" in tags and "addr:street" in tags:
            number = tags.get("addr:housenumber", "")
            places.append(
                Place(
                    id=f"place-{node.id}",
                    name=tags["name"],
                    category=category,
                    address=f"{tags['addr:street']} {number}".strip(),
                    phone=tags.get("phone", tags.get("contact:phone", "")),
                    website=tags.get("website", ""),
                    opening_hours=tags.get("opening_hours", ""),
                    lon=node.location.lon,
                    lat=node.location.lat,
                )
            )
    return tuple(places)
