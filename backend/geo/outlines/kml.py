"""KML: placemarks with polygons. Longitude and latitude on WGS 84, as the format says."""

from collections.abc import Iterator
from xml.etree import ElementTree as ET
from xml.parsers import expat

from backend.geo.outlines.layer import Layer, Raw, as_properties, broken
from backend.geo.vocabulary import GeoError

_SHAPES = frozenset({"Polygon", "MultiGeometry", "Point", "LineString", "LinearRing", "Model"})
_MAX_DEPTH = 60


def read_kml(content: bytes) -> Layer:
    """Read every placemark; raise GeoError for what is no KML, or declares entities."""
    _check_safe(content)
    try:
        root = ET.fromstring(content)  # noqa: S314  # has no entities: looked over above
    except ET.ParseError as error:
        raise broken("KML file", error) from error
    if _tag(root) != "kml":
        message = f"The file is XML, but not KML: it begins with <{_tag(root)[:40]}>."
        raise GeoError("file_kind", message, "file")
    placemarks = (one for one in root.iter() if _tag(one) == "Placemark")
    return Layer("KML", "EPSG:4326", [_feature(one) for one in placemarks])


def _check_safe(content: bytes) -> None:
    """Refuse documents that declare a type or entities, or are nested beyond reason."""
    depth = 0

    def refuse(*_: object) -> None:
        raise GeoError(
            "xml_entities",
            "The KML file declares a document type or entities, which could read other files or "
            "fill memory: export it again without.",
            "file",
        )

    def begin(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise GeoError("nested_too_deeply", "The KML file is nested too deeply.", "file")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    try:
        parser.Parse(content, True)  # noqa: FBT003  # takes no keyword
    except (expat.ExpatError, ValueError) as error:
        if isinstance(error, GeoError):
            raise
        raise broken("KML file", error) from error


def _feature(placemark: ET.Element) -> Raw:
    properties: dict[str, object] = {}
    for one in placemark.iter():
        tag = _tag(one)
        if tag == "SimpleData":
            properties[one.get("name", "")] = (one.text or "").strip()
        elif tag == "Data":
            value = next((child.text for child in one if _tag(child) == "value"), "")
            properties[one.get("name", "")] = (value or "").strip()
    for one in placemark:
        if _tag(one) in {"name", "description"}:
            properties[_tag(one)] = (one.text or "").strip()
    shapes = [one for one in placemark if _tag(one) in _SHAPES]
    try:
        return Raw(as_properties(properties), _geometry(shapes))
    except GeoError as error:
        return Raw(as_properties(properties), None, error)


def _geometry(shapes: list[ET.Element]) -> object:
    parts = [part for shape in shapes for part in _parts(shape)]
    other = next((_tag(one) for one in parts if _tag(one) != "Polygon"), None)
    if other:
        return {"type": other}
    return {"type": "MultiPolygon", "coordinates": [_rings(one) for one in parts]}


def _parts(shape: ET.Element) -> Iterator[ET.Element]:
    if _tag(shape) != "MultiGeometry":
        yield shape
        return
    for child in shape:
        if _tag(child) in _SHAPES:
            yield from _parts(child)


def _rings(polygon: ET.Element) -> list[list[list[float]]]:
    outer = [one for one in polygon if _tag(one) == "outerBoundaryIs"]
    inner = [one for one in polygon if _tag(one) == "innerBoundaryIs"]
    return [
        _positions(ring.text or "")
        for boundary in (*outer, *inner)
        for ring in boundary.iter()
        if _tag(ring) == "coordinates"
    ]


def _positions(text: str) -> list[list[float]]:
    try:
        return [[float(number) for number in one.split(",")[:2]] for one in text.split()]
    except ValueError as error:
        raise GeoError(
            "bad_position", "A position of KML is longitude,latitude or longitude,latitude,height."
        ) from error


def _tag(element: ET.Element) -> str:
    """Return the name without its namespace: exporters use several."""
    return element.tag.rpartition("}")[2]
