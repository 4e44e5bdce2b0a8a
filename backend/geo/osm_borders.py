"""Borders of administrative units out of an OpenStreetMap PBF extract."""

from collections.abc import Container, Iterator, Mapping
from pathlib import Path

import msgspec
import osmium
import osmium.filter
import osmium.geom
import osmium.osm
import shapely

from backend.geo.osm import pbf, read_guard
from backend.geo.osm_tags import first_of
from backend.geo.shapes import MAX_VERTICES, simplify_area
from backend.geo.vocabulary import GeoError

_NAMES = ("name:vi", "name", "name:en")
_CODES = ("ref:gso", "ref:GSO", "ISO3166-2", "ref", "ref:INE", "nuts")
_KINDS = ("border_type", "designation", "admin_type")


class Border(msgspec.Struct, frozen=True, kw_only=True):
    """A unit with its outline as WKB; without one, `why` says what is the matter."""

    ref: str
    name: str
    code: str | None
    kind: str | None
    level: int
    area: bytes | None
    is_simplified: bool = False
    why: str = ""


def read_borders(path: Path, levels: Container[int]) -> Iterator[Border]:
    """Yield the named borders of these levels; raise OsmFileError for an unreadable file.

    What an extract cuts at its edge comes last, without an outline, and so do named borders that
    end in the open, once a name: lines that are not closed and in no relation.
    """
    waiting: dict[int, Border] = {}
    lines: dict[int, Border] = {}
    has_level = osmium.filter.KeyFilter("admin_level")
    with read_guard(path):
        processor = osmium.FileProcessor(pbf(path)).with_areas(has_level).with_filter(has_level)
        for entity in processor:
            bare = _bare({tag.k: tag.v for tag in entity.tags}, levels)
            match entity:
                case osmium.osm.Relation():
                    _drop_members(lines, entity)
                    if bare is not None:
                        ref = f"relation/{entity.id}"
                        waiting[entity.id] = msgspec.structs.replace(bare, ref=ref)
                case _ if bare is None:
                    pass
                case osmium.osm.Area() if not entity.from_way():
                    waiting.pop(entity.orig_id(), None)
                    yield _with_area(bare, f"relation/{entity.orig_id()}", entity)
                case osmium.osm.Area():
                    yield _with_area(bare, f"way/{entity.orig_id()}", entity)
                case osmium.osm.Way() if not entity.is_closed():
                    lines[entity.id] = msgspec.structs.replace(
                        bare, ref=f"way/{entity.id}", why="is a line that is not closed"
                    )
                case _:
                    pass  # the place that a unit is named after, or a way that comes as an area
    yield from waiting.values()
    yield from {(one.name, one.level): one for one in lines.values()}.values()


def _drop_members(lines: dict[int, Border], relation: osmium.osm.Relation) -> None:
    for member in relation.members:
        if member.type == "w":
            lines.pop(member.ref, None)


def _bare(tags: Mapping[str, str], levels: Container[int]) -> Border | None:
    """Return the unit that something is tagged as, without its outline."""
    level = tags.get("admin_level", "")
    name = first_of(tags, *_NAMES)
    if tags.get("boundary") != "administrative" or not name or not level.isdecimal():
        return None
    if len(level) > 2 or int(level) not in levels:  # noqa: PLR2004  # 1 to 12
        return None
    return Border(
        ref="", name=name, code=first_of(tags, *_CODES), kind=first_of(tags, *_KINDS),
        level=int(level), area=None, why="is cut by the extract's edge",
    )  # fmt: skip


def _with_area(bare: Border, ref: str, entity: osmium.osm.Area) -> Border:
    try:
        found = shapely.from_wkb(osmium.geom.WKBFactory().create_multipolygon(entity))
        shape = shapely.MultiPolygon(
            [one for one in shapely.get_parts(found) if isinstance(one, shapely.Polygon)]
        )
        thin = simplify_area(shape) if shapely.get_num_coordinates(shape) > MAX_VERTICES else shape
    except (RuntimeError, GeoError):  # pyosmium's "invalid geometry": no ring could be closed
        return msgspec.structs.replace(bare, ref=ref)
    is_simplified = thin is not shape
    if not shapely.is_valid(thin):
        return msgspec.structs.replace(bare, ref=ref, why="has an outline that crosses itself")
    area = shapely.to_wkb(shapely.orient_polygons(thin))
    return msgspec.structs.replace(bare, ref=ref, area=area, is_simplified=is_simplified, why="")
