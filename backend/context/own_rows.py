"""Rows of a sheet, and outlines of a file, as pieces with a place and figures; problems told."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

import msgspec
import shapely

from backend.accounts.importing.columns import Columns, match_columns
from backend.accounts.importing.sheets import Row, Sheet
from backend.accounts.values import ValueRefused
from backend.admin_units.outline_files import properties_of, text_of
from backend.api.problems import malformed_field
from backend.context.own_schemas import How, OwnOptions, OwnProblem
from backend.geo.cover import MAX_AREA_LAT
from backend.geo.hexagons import COARSEST, parse_cell, resolution_of
from backend.geo.outlines.wire import Outline, OutlineFile
from backend.geo.vocabulary import GeoError, LonLat, check_lonlat
from backend.orders.figures import Mark, find_mark, read_number

PLACES: Mapping[str, tuple[str, ...]] = {
    "cell": ("cell", "h3", "h3 index", "h3 cell", "hexagon", "hex", "o h3", "o luc giac"),
    "lat": ("lat", "latitude", "vi do"),
    "lon": ("lon", "lng", "long", "longitude", "kinh do"),
    "code": (
        "code", "admin code", "ward code", "unit code", "ma", "ma xa", "ma phuong", "ma don vi",
        "ma dvhc", "ma huyen", "ma tinh",
    ),
}  # fmt: skip
"""How the columns are called that tell where a row belongs."""
_MOST = Decimal(10) ** 15


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one place: an area, a position, a hexagon, or an administrative unit's code."""

    where: str
    """As a problem names it: `row 4`, `features[3]`."""
    values: dict[str, float]
    area: shapely.MultiPolygon | None = None
    place: LonLat | None = None
    cell: int | None = None
    code: str | None = None


def read_rows(sheet: Sheet, options: OwnOptions, problems: list[OwnProblem]) -> Iterator[Piece]:
    """Yield the good rows of a sheet; raise Malformed where no column tells a place or a figure."""
    known = {name: (name,) for name in options.measures}
    columns = match_columns(sheet.headings, options.mapping, PLACES)
    at = match_columns(sheet.headings, {name: name for name in known}, known).positions
    ways = columns.positions
    if not ("cell" in ways or {"lat", "lon"} <= set(ways) or "code" in ways):
        raise malformed_field(
            "mapping",
            "No column tells where a row belongs: it needs a hexagon (cell), lat and lon, or the "
            'code of an administrative unit. Say which, for example {"code": "Mã xã"}.',
            code="no_place_column",
        )
    mark = find_mark(_cell(row, place) for row in sheet.rows for place in at.values())
    for row in sheet.rows:
        where = f"row {row.number}"
        try:
            values = {
                name: _number(_cell(row, at[name]), name, how, mark)
                for name, how in options.measures.items()
            }
            yield _placed(row, columns, where, values)
        except GeoError as error:
            problems.append(_problem(where, error))


def read_features(
    found: OutlineFile, options: OwnOptions, problems: list[OwnProblem]
) -> Iterator[Piece]:
    """Yield the good outlines of a file; raise Malformed for a measure that it has not."""
    names = properties_of(found)
    known = {name: (name,) for name in options.measures}
    keys = {
        field: names[at]
        for field, at in match_columns(names, {one: one for one in known}, known).positions.items()
    }
    mark = find_mark(
        text for one in found.outlines for key in keys.values()
        if isinstance(text := one.properties.get(key), str)
    )  # fmt: skip
    for one in found.outlines:
        where = f"features[{one.index}]"
        try:
            values = {
                name: _figure(one, keys[name], name, how, mark)
                for name, how in options.measures.items()
            }
            yield Piece(where=where, values=values, area=_area(one))
        except GeoError as error:
            problems.append(_problem(where, error))


def _problem(where: str, error: GeoError) -> OwnProblem:
    field = f"{where}.{error.field}" if error.field else where
    return OwnProblem(field, error.code, error.message)


def _area(outline: Outline) -> shapely.MultiPolygon:
    if outline.problem or outline.area is None:
        raise GeoError(outline.problem or "empty", outline.message or "It has no outline.")
    return shapely.MultiPolygon(shapely.get_parts(shapely.from_wkb(outline.area)).tolist())


def _figure(outline: Outline, key: str, name: str, how: How, mark: Mark) -> float:
    told = outline.properties.get(key)
    if isinstance(told, int | float) and not isinstance(told, bool):
        return _number(repr(told), name, how, ".")
    return _number(text_of(outline, key), name, how, mark)


def _placed(row: Row, columns: Columns, where: str, values: dict[str, float]) -> Piece:
    ways = columns.positions
    if "cell" in ways:
        text = _cell(row, ways["cell"])
        cell = parse_cell(text)
        if cell is None or resolution_of(cell) < COARSEST:
            raise GeoError("bad_cell", f"“{text[:40]}” names no H3 hexagon.", "cell")
        return Piece(where=where, values=values, cell=cell)
    if "lat" in ways and "lon" in ways:
        lon, lat = (_degrees(_cell(row, ways[name]), name) for name in ("lon", "lat"))
        place = check_lonlat(lon, lat)
        if abs(place.lat) > MAX_AREA_LAT:
            raise GeoError("outside_map", f"The map ends at {MAX_AREA_LAT} degrees.", "lat")
        return Piece(where=where, values=values, place=place)
    code = _cell(row, ways["code"])
    if not code or len(code) > 200 or "\0" in code:  # noqa: PLR2004  # a line
        raise GeoError("bad_code", "A code has 1 to 200 characters.", "code")
    return Piece(where=where, values=values, code=code)


def _cell(row: Row, at: int) -> str:
    return row.cells[at] if at < len(row.cells) else ""


def _degrees(text: str, field: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise GeoError("not_a_number", f"“{text[:40]}” is no number of degrees.", field) from None


def _number(text: str, name: str, how: How, mark: Mark) -> float:
    """Return a figure; an empty cell is none, which for a count is nought."""
    if not text.strip():
        return 0.0 if how == "count" else float("nan")
    try:
        # A census writes whole thousands in groups, as books write money.
        number = read_number(text, mark, is_money=how == "count")
    except ValueRefused as refused:
        raise GeoError(refused.code, refused.message, name[:60]) from refused
    if abs(number) > _MOST:
        raise GeoError("number_too_large", "The number is beyond all counting.", name[:60])
    if how == "count" and number < 0:
        raise GeoError("count_negative", "A count cannot be below nought.", name[:60])
    return float(number)
