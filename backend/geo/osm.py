"""Reads places to sell to out of an OpenStreetMap PBF extract and reports what it skipped."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import osmium
import osmium.filter
import osmium.geom
import osmium.io
import osmium.osm
import shapely
from osmium.osm.types import OSMEntity

from backend.geo.osm_tags import (
    Kind,
    address_of,
    all_of,
    first_of,
    is_closed_for_good,
    kind_of,
    name_of,
)
from backend.geo.vocabulary import Bounds, GeoError, LonLat, OnProgress, Progress

PROGRESS_EVERY = 1000
MIN_OUTLINE_NODES = 3
SKIP_REASONS: Mapping[str, str] = {
    "unnamed": "has no name and no brand",
    "closed": "is vacant, disused or closed for good",
    "no_location": "lies outside the extract: its nodes are missing",
    "not_an_area": "is drawn as an open line or a loose relation, without a place of its own",
}
"""Why a shop or a buying amenity is not taken, in words that follow the place's name."""


class OsmFileError(GeoError):
    """The extract cannot be read: missing, not a PBF, damaged or cut off."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A named shop or amenity; `ref` is stable between extracts, such as `node/123`."""

    ref: str
    name: str
    group: str
    category: str
    lon: float
    lat: float
    address: str | None = None
    phone: str | None = None
    more_phones: tuple[str, ...] = ()
    email: str | None = None
    website: str | None = None
    opening_hours: str | None = None


@dataclass(slots=True)
class PlaceReport:
    """Counts while reading: places taken, and candidates skipped by reason (SKIP_REASONS)."""

    taken: int = 0
    with_opening_hours: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    by_category: Counter[str] = field(default_factory=Counter)

    @property
    def seen(self) -> int:
        """Candidates looked at: taken and skipped."""
        return self.taken + self.skipped.total()


def read_places(
    path: Path,
    *,
    country: str | None = None,
    report: PlaceReport | None = None,
    on_progress: OnProgress | None = None,
) -> Iterator[Place]:
    """Yield the named shops and buying amenities; raise OsmFileError for an unreadable file.

    `country` (ISO alpha-2) orders the addresses that do not name their country. The report fills
    while reading and is complete when the iterator ends.
    """
    counts = PlaceReport() if report is None else report
    for ref, kind, tags, point in _candidates(path):
        place = _place(ref, kind, tags, point, country)
        if isinstance(place, str):
            counts.skipped[place] += 1
        else:
            counts.taken += 1
            counts.with_opening_hours += place.opening_hours is not None
            counts.by_category[place.category] += 1
            yield place
        if on_progress and counts.seen % PROGRESS_EVERY == 0:
            on_progress(Progress("reading places", counts.seen))
    if on_progress:
        on_progress(Progress("reading places", counts.seen, counts.seen))


def bounds(path: Path) -> Bounds:
    """Give the extract's box from its header, else from its nodes; OsmFileError without any."""
    with read_guard(path):
        box = osmium.io.Reader(pbf(path), osmium.osm.NOTHING).header().box()
        if not box.valid():
            nowhere = osmium.osm.Location()
            box = osmium.osm.Box(nowhere, nowhere)
            for node in osmium.FileProcessor(pbf(path), osmium.osm.NODE):
                if isinstance(node, osmium.osm.Node):
                    box.extend(node.location)
    if not box.valid():
        raise OsmFileError("osm_empty", f"{path.name} holds no node, so it covers no area.")
    west_south, east_north = box.bottom_left, box.top_right
    return Bounds(west_south.lon, west_south.lat, east_north.lon, east_north.lat)


def pbf(path: Path) -> osmium.io.File:
    """Open as PBF whatever the file is called: uploads lose their suffix."""
    return osmium.io.File(str(path), "pbf")


@contextmanager
def read_guard(path: Path) -> Iterator[None]:
    """Turn what pyosmium raises inside the block into OsmFileError with a way out."""
    if not path.is_file():
        raise OsmFileError("osm_missing", f"There is no file {path}.")
    try:
        yield
    except RuntimeError as error:
        if "EOF" in str(error) or "truncated" in str(error):
            raise OsmFileError(
                "osm_truncated", f"{path.name} is cut off: download it again."
            ) from error
        raise OsmFileError(
            "osm_not_pbf",
            f"{path.name} is not an OpenStreetMap PBF extract, or it is damaged ({error}). "
            "Take an .osm.pbf file, for example from a Geofabrik mirror.",
        ) from error


type _Candidate = tuple[str, Kind | None, dict[str, str], LonLat | str]


def _place(
    ref: str, kind: Kind | None, tags: dict[str, str], point: LonLat | str, country: str | None
) -> Place | str:
    """Give the place, or the reason why it is skipped."""
    if kind is None or is_closed_for_good(tags):
        return "closed"
    name = name_of(tags)
    if name is None:
        return "unnamed"
    if isinstance(point, str):
        return point
    phones = all_of(tags, "phone", "contact:phone", "contact:mobile")
    return Place(
        ref=ref,
        name=name,
        group=kind.group,
        category=kind.category,
        lon=point.lon,
        lat=point.lat,
        address=address_of(tags, country),
        phone=phones[0] if phones else None,
        more_phones=phones[1:],
        email=first_of(tags, "email", "contact:email"),
        website=first_of(tags, "website", "contact:website", "url"),
        opening_hours=tags.get("opening_hours", "").strip() or None,
    )


def _candidates(path: Path) -> Iterator[_Candidate]:
    """Yield everything tagged as a shop or a buying amenity, located or not."""
    has_kind = osmium.filter.KeyFilter("shop", "amenity")
    waiting: dict[str, tuple[Kind | None, dict[str, str]]] = {}
    with read_guard(path):
        processor = osmium.FileProcessor(pbf(path)).with_areas(has_kind).with_filter(has_kind)
        for entity in processor:
            tags = {tag.k: tag.v for tag in entity.tags}
            kind = kind_of(tags)
            if kind is None and "shop" not in tags:
                continue  # a bench, a school: never a candidate
            ref, point = _locate(entity)
            if point is not None:
                waiting.pop(ref, None)
                yield ref, kind, tags, point
            elif ref:
                waiting[ref] = kind, tags
    # A multipolygon that could not be put together was never answered by an area.
    for ref, (kind, tags) in waiting.items():
        reason = "no_location" if tags.get("type") == "multipolygon" else "not_an_area"
        yield ref, kind, tags, reason


def _locate(entity: OSMEntity) -> tuple[str, LonLat | str | None]:
    """Give the reference and the position or the reason for none; None waits for the area."""
    match entity:
        case osmium.osm.Node():
            return f"node/{entity.id}", _node_point(entity)
        case osmium.osm.Way():
            return f"way/{entity.id}", _way_point(entity)
        case osmium.osm.Relation():
            return f"relation/{entity.id}", None
        case osmium.osm.Area() if not entity.from_way():
            return f"relation/{entity.orig_id()}", _area_centre(entity)
        case _:
            return "", None  # the area of a way: the way itself was answered


def _node_point(node: osmium.osm.Node) -> LonLat | str:
    return LonLat(node.lon, node.lat) if node.location.valid() else "no_location"


def _way_point(way: osmium.osm.Way) -> LonLat | str:
    """Give the centroid of a closed way; an outline cut by the extract's edge keeps what is in."""
    if not way.is_closed():
        return "not_an_area"
    outline = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
    if len(outline) < MIN_OUTLINE_NODES:
        return "no_location"
    centre = shapely.Polygon(outline).centroid
    return LonLat(centre.x, centre.y)


def _area_centre(area: osmium.osm.Area) -> LonLat | str:
    try:
        shape = shapely.from_wkb(osmium.geom.WKBFactory().create_multipolygon(area))
    except RuntimeError:  # pyosmium's "invalid geometry": no ring could be closed
        return "no_location"
    return LonLat(shape.centroid.x, shape.centroid.y)
