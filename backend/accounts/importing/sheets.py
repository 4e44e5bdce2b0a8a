"""Rows of text out of CSV and XLSX files, whatever Excel made of them."""

import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from itertools import islice
from xml.etree.ElementTree import ParseError

import msgspec
import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from backend.accounts.importing.encodings import Encoding, decode
from backend.api.problems import Malformed, TooLarge, malformed_field

MAX_BYTES = 20 * 1024 * 1024
MAX_FORM_BYTES = MAX_BYTES + 64 * 1024
"""A file with the other parts of its form."""
MAX_UNPACKED_BYTES = 300 * 1024 * 1024
"""An XLSX file is a ZIP archive: a small one can hold a huge sheet."""
MAX_ROWS = 100_000
MAX_COLUMNS = 200
_DELIMITERS = (",", ";", "\t", "|")
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class Row(msgspec.Struct, frozen=True):
    """One row: its number as a spreadsheet shows it, and its cells, trimmed."""

    number: int
    cells: tuple[str, ...]


class Sheet(msgspec.Struct, frozen=True):
    """The headings and the rows below them that are not empty."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]


def read_sheet(
    content: bytes, *, encoding: Encoding = Encoding.AUTO, delimiter: str | None = None
) -> Sheet:
    """Read a CSV or XLSX file by its content; raise Malformed or TooLarge with the way out."""
    if len(content) > MAX_BYTES:
        raise TooLarge(f"The file is larger than {MAX_BYTES // 1024**2} MB: split it.")
    if content.startswith(_OLD_EXCEL):
        raise _refusal("This is an old .xls file: save it as .xlsx or “CSV UTF-8”.", "file_kind")
    if is_workbook(content):
        rows = _read_xlsx(content)
    else:
        rows = _read_csv(decode(content, encoding), delimiter)
    filled = [
        Row(number, cells)
        for number, values in enumerate(rows, start=1)
        if any(cells := tuple(str(value).strip() for value in values))
    ]
    if not filled:
        raise _refusal("The file is empty: its first row must hold the headings.", "file_empty")
    headings, *rest = filled
    if len(rest) > MAX_ROWS:
        raise TooLarge(f"The file has more than {MAX_ROWS:,} rows: split it.")
    if max(len(row.cells) for row in filled) > MAX_COLUMNS:
        raise TooLarge(f"The file has more than {MAX_COLUMNS} columns.")
    return Sheet(headings.cells, tuple(rest))


def is_workbook(content: bytes) -> bool:
    """Tell whether a file is a workbook, whose numbers have a decimal point wherever it is read."""
    return content.startswith(_ZIP)


def _read_csv(text: str, delimiter: str | None) -> Iterator[Sequence[str]]:
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == len("sep=;"):
        # Excel's own mark. An empty row in its place keeps the numbers right.
        delimiter, text = first.strip()[-1], "\n" + rest
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter or _delimiter_of(text), strict=True
    )
    try:
        yield from reader
    except csv.Error as error:
        raise _refusal(
            f"Line {reader.line_num:,} cannot be read ({error}). Is a quotation mark not closed?",
            "csv_broken",
        ) from error


def _delimiter_of(text: str) -> str:
    """Return the delimiter that cuts the headings into the most columns."""
    head = next((line for line in text.splitlines() if line.strip()), "")

    def columns(delimiter: str) -> int:
        return len(next(csv.reader([head], delimiter=delimiter), []))

    return max(_DELIMITERS, key=columns)


def _read_xlsx(content: bytes) -> Iterator[Sequence[str]]:
    """Yield the first sheet's rows; of formulas the values that were last computed."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > MAX_UNPACKED_BYTES:
            raise TooLarge("The workbook unpacks to more than 300 MB: split it.")
        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions that it leaves out: only values matter here.
            warnings.simplefilter("ignore", UserWarning)
            yield from _rows_of(content)
    except (
        zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, TypeError,
        AttributeError, IndexError, EOFError, OSError, zipfile.LargeZipFile, NotImplementedError,
    ) as error:  # fmt: skip  # openpyxl lets through whatever a broken part causes
        raise _refusal(
            "The file is no Excel workbook, or it is damaged: open it, save it again as .xlsx.",
            "xlsx_broken",
        ) from error


def _rows_of(content: bytes) -> Iterator[Sequence[str]]:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        if not book.worksheets:
            raise _refusal("The workbook has no sheet with cells.", "file_empty")
        rows: Iterable[tuple[object, ...]] = book.worksheets[0].iter_rows(values_only=True)
        for row in islice(rows, MAX_ROWS + 2):
            yield _without_tail([_text(cell) for cell in row[: MAX_COLUMNS + 1]])
    finally:
        book.close()


def _without_tail(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _text(cell: object) -> str:
    """Write a cell as people see it: 15.0 is 15."""
    match cell:
        case None:
            return ""
        case float() if cell.is_integer() and abs(cell) < 1e15:  # noqa: PLR2004  # exact so far
            return str(int(cell))
        case datetime() | date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


def _refusal(message: str, code: str) -> Malformed:
    return malformed_field("file", message, code=code)
