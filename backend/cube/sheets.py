"""A pivot as a file: CSV and XLSX for spreadsheets, GeoJSON and GeoParquet for maps."""

import io
from collections.abc import Iterator

import msgspec
import shapely
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from backend.api.problems import malformed_field
from backend.api.sheets import safe_cell, write_rows
from backend.cube.hexagons import boundary, feature
from backend.cube.schemas import CubeAnswer, CubeQuery, RowRead, Values
from backend.geo.geoparquet import Column, Kind, write_geoparquet

_FORMATS = {"share": "0.0%", "money": "#,##0", "count": "#,##0", "quantity": "#,##0.###"}
_COMPARED = "compared"

type Cell = str | int | float | None


def write_csv(asked: CubeQuery, told: CubeAnswer) -> bytes:
    """Return a pivot as CSV in UTF-8: a line a row, its columns' measures beside each other."""
    return write_rows(_heads(asked, told), _lines(asked, told))


def write_xlsx(asked: CubeQuery, told: CubeAnswer) -> bytes:
    """Return a pivot as a workbook, and what was asked on a second sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Pivot")
    sheet.freeze_panes = "A2"
    heads = []
    for name in _heads(asked, told):
        cell = WriteOnlyCell(sheet, name)
        cell.font = Font(bold=True)
        heads.append(cell)
    sheet.append(heads)
    units = [one.unit for one in told.measures]
    leading = 2 * len(asked.rows) or 1
    for line in _lines(asked, told):
        row: list[object] = list(line[:leading])
        for at, value in enumerate(line[leading:]):
            number = WriteOnlyCell(sheet, value)
            number.number_format = _FORMATS[units[at % len(units)]]
            row.append(number)
        sheet.append(row)
    about = book.create_sheet("Query")
    facts = [
        ("from_date", told.period.from_date), ("to_date", told.period.to_date),
        ("as_of", told.as_of.isoformat()), ("currency", told.currency),
        ("query", safe_cell(msgspec.json.encode(asked).decode())),
    ]  # fmt: skip
    for fact in facts:
        about.append(list(fact))
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def write_geojson(asked: CubeQuery, told: CubeAnswer) -> bytes:
    """Return the H3 cells of a pivot as a FeatureCollection; raise Malformed without such rows."""
    names = _value_names(told)
    features = [
        feature(cell, zip(names, _values(told, row), strict=True))
        for cell, row in _cells(asked, told)
    ]
    return msgspec.json.encode({"type": "FeatureCollection", "features": features})


def write_parquet(asked: CubeQuery, told: CubeAnswer) -> bytes:
    """Return the H3 cells of a pivot as GeoParquet; raise Malformed without such rows."""
    cells = _cells(asked, told)
    rows = [_values(told, row) for _, row in cells]
    columns = [Column("h3", Kind.TEXT, [cell for cell, _ in cells])]
    names: set[str] = {"h3", "geometry"}
    for at, name in enumerate(_value_names(told)):
        # Categories are people's own words, and a table's columns all have names of their own.
        own = name if name not in names else f"{name} ({at + 1})"
        names.add(own)
        columns.append(Column(own, Kind.NUMBER, [row[at] for row in rows]))
    return write_geoparquet(columns, [shapely.Polygon(boundary(cell)) for cell, _ in cells])


def _cells(asked: CubeQuery, told: CubeAnswer) -> list[tuple[str, RowRead]]:
    """Return the cells with their rows; raise Malformed where rows are something else."""
    if [one.dimension for one in asked.rows] != ["h3"]:
        raise malformed_field("rows", "Ask for rows by 'h3' alone: a map shows nothing else.")
    return [(str(row.keys[0]), row) for row in told.rows if row.keys[0] is not None]


def _heads(asked: CubeQuery, told: CubeAnswer) -> list[str]:
    leading = [name for one in asked.rows for name in (one.dimension, f"{one.dimension}_name")] or [
        ""
    ]
    return [*leading, *_value_names(told)]


def _value_names(told: CubeAnswer) -> list[str]:
    names = [one.name for one in told.measures]
    columns = [safe_cell(one.label or str(one.key)) for one in told.columns]
    own = [f"{column} {name}" for column in columns for name in names] + [*names]
    if told.compared_period is None:
        return own
    return own + [f"{_COMPARED} {name}" for name in own]


def _lines(asked: CubeQuery, told: CubeAnswer) -> Iterator[list[Cell]]:
    for row in told.rows:
        leading: list[Cell] = []
        for key, label in zip(row.keys, row.labels, strict=True):
            leading += [safe_cell(key), safe_cell(label if label is not None else key)]
        yield [*(leading or ["total"]), *_values(told, row)]
    width = 2 * len(asked.rows)
    for name, one in (("rest", told.rest), ("total", told.whole)):
        if one is not None and asked.rows:
            yield [name, *[None] * (width - 1), *_values(told, one)]


def _values(told: CubeAnswer, row: RowRead) -> list[float | None]:
    found = _flat([*row.cells, row.total])
    if told.compared_period is not None:
        found += _flat([*(row.compared_cells or []), row.compared_total or []])
    return found


def _flat(values: list[Values]) -> list[float | None]:
    return [value for some in values for value in some]
