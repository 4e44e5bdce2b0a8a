"""Own layers out of files: a census, sales areas, sensors; spread over hexagons and kept."""

import re
import zipfile
from collections.abc import Sequence
from io import BytesIO

import sqlalchemy as sa

from backend.accounts.importing.sheets import Sheet, read_sheet
from backend.admin_units.outline_files import read_outline_file
from backend.api.problems import FieldError, Malformed, malformed_field
from backend.context import repository
from backend.context.own_rows import Piece, read_features, read_rows
from backend.context.own_schemas import OwnOptions, OwnProblem, OwnReport
from backend.context.schemas import LayerMade
from backend.context.service import keep
from backend.context.spreading import Grid, columns_of_own, measures_of_own
from backend.geo.hexagons import FINEST, finest_for, resolution_of, rough_km2
from backend.geo.outlines.wire import OutlineFile, Wish
from backend.identity.actor import Actor
from backend.ids import OrgId

MAX_OUTLINES = 20_000
MOST_CELLS = 50_000
"""Of a layer: coarser hexagons for a country, the finest for a town."""
_MOST_MEASURES = 20
_CHILDREN, _MOST_SHARED_OUT = 7, 400_000
_SHOWN = 50
_LINE = 200
_VINTAGE = re.compile(r"[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")


def check_options(options: OwnOptions) -> None:
    """Refuse a layer that does not say what it is, from where, of when and on what terms."""
    for field, asks in (
        ("name", "how the layer is called"),
        ("source", "who made the figures, such as “General Statistics Office”"),
        ("licence", "on what terms they may be used, such as “CC BY 4.0” or “own data”"),
    ):
        told = getattr(options, field)
        if not told.strip() or len(told) > _LINE or "\0" in told:
            raise malformed_field(field, f"Say in 1 to {_LINE} characters {asks}.")
    if not _VINTAGE.fullmatch(options.vintage):
        raise malformed_field(
            "vintage", "Say of when the figures are: a year, a month or a day, like 2019-04-01."
        )
    names = options.measures
    if not names or len(names) > _MOST_MEASURES:
        raise malformed_field(
            "measures",
            f"Name 1 to {_MOST_MEASURES} columns and say of each whether it is a count, to be "
            'shared out over the ground, or a rate: {"population": "count", "income": "rate"}.',
            code="no_measures",
        )
    if any(not one.strip() or len(one) > _LINE or "\0" in one or "#" in one for one in names):
        raise malformed_field(
            "measures", f"A column's name has 1 to {_LINE} characters, and no “#”."
        )


def read_own(content: bytes, options: OwnOptions, **limits: int) -> Sheet | OutlineFile:
    """Read a file by its content before a transaction begins; outlines in a process apart."""
    check_options(options)
    if not _has_outlines(content):
        return read_sheet(content)
    wish = Wish(
        crs=options.crs, layer=options.layer, is_mended=True, is_simplified=True,
        max_features=MAX_OUTLINES,
    )  # fmt: skip
    return read_outline_file(content, wish, **limits)


def _has_outlines(content: bytes) -> bool:
    start = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if content.startswith(b"PK"):
        try:
            with zipfile.ZipFile(BytesIO(content)) as archive:
                return not any(name.startswith("xl/") for name in archive.namelist())
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
            return True  # read apart, which says what is wrong with it
    return start.startswith((b"{", b"[", b"<", b"SQLite format 3\0", b"\x00\x00\x27\x0a"))


def import_own(
    connection: sa.Connection,
    org_id: OrgId,
    found: Sheet | OutlineFile,
    options: OwnOptions,
    *,
    actor: Actor | None,
) -> OwnReport:
    """Keep a file's figures as a layer in the caller's transaction; one of its name is replaced.

    Raise Malformed for bad rows that may not be skipped.
    """
    problems: list[OwnProblem] = []
    read = (
        read_rows(found, options, problems)
        if isinstance(found, Sheet)
        else read_features(found, options, problems)
    )
    pieces = _with_areas(connection, org_id, list(read), problems)
    if problems and not options.skips_bad:
        raise Malformed(
            f"{len(problems):,} of the rows cannot be taken, so nothing was imported. Repair them.",
            code="context_rows_refused",
            errors=[FieldError(one.field, one.message) for one in problems[:_SHOWN]],
        )
    grid = Grid(options.measures, _resolution(pieces))
    for one in pieces:
        _spread(grid, one)
    cells, values = grid.finish()
    is_spread = any(one.area is not None for one in pieces)
    made = LayerMade(
        name=options.name.strip(), kind="own", source=options.source.strip(),
        licence=options.licence.strip(), vintage=options.vintage, resolution=grid.resolution,
        columns=columns_of_own(options.measures),
        measures=measures_of_own(options.measures, is_spread=is_spread),
        bounds=(0.0, 0.0, 0.0, 0.0), cells=len(cells),
    )  # fmt: skip
    layer = keep(connection, org_id, made, cells, values, actor=actor)
    totals = {
        name: sum(one.values[name] for one in pieces)
        for name, how in options.measures.items()
        if how == "count"
    }
    return OwnReport(layer=layer, taken=len(pieces), totals=totals, problems=problems[:_SHOWN])


def _with_areas(
    connection: sa.Connection, org_id: OrgId, pieces: Sequence[Piece], problems: list[OwnProblem]
) -> list[Piece]:
    """Return the pieces, those told by an administrative unit's code with its outline."""
    codes = [one.code for one in pieces if one.code is not None]
    areas = repository.select_unit_areas(connection, org_id, codes) if codes else {}
    placed = []
    for one in pieces:
        if one.code is None:
            placed.append(one)
        elif one.code in areas:
            placed.append(Piece(where=one.where, values=one.values, area=areas[one.code]))
        else:
            message = f"No administrative unit with an outline has the code “{one.code[:40]}”."
            problems.append(OwnProblem(f"{one.where}.code", "unknown_reference", message))
    return placed


def _resolution(pieces: Sequence[Piece]) -> int:
    """Return how fine the grid is: as the file's hexagons, else as the ground allows."""
    levels = [resolution_of(one.cell) for one in pieces if one.cell is not None]
    if not levels:
        return finest_for(
            sum(rough_km2(one.area) for one in pieces if one.area is not None), MOST_CELLS
        )
    finest = min(FINEST, max(levels))
    if sum(_CHILDREN ** max(finest - one, 0) for one in levels) > _MOST_SHARED_OUT:
        raise malformed_field(
            "file",
            f"The file has hexagons of resolutions {min(levels)} to {max(levels)}: bring them in "
            "as layers of their own.",
            code="mixed_hexagons",
        )
    return finest


def _spread(grid: Grid, piece: Piece) -> None:
    if piece.area is not None:
        grid.add_area(piece.area, piece.values)
    elif piece.place is not None:
        grid.add_place(piece.place.lon, piece.place.lat, piece.values)
    elif piece.cell is not None:
        grid.add_cell(piece.cell, piece.values)
