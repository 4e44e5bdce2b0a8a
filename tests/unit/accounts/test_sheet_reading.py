"""Files to rows: encodings, delimiters, workbooks, and what unreadable ones are told."""

import io
import unicodedata
import zipfile
from datetime import date

import openpyxl
import pytest

from backend.accounts.importing.encodings import Encoding
from backend.accounts.importing.sheets import MAX_BYTES, Row, read_sheet
from backend.api.problems import Malformed, TooLarge

TEXT = "Tên;Điện thoại\nCà phê Nguyễn;0901234567\n"
ROWS = (Row(2, ("Cà phê Nguyễn", "0901234567")),)


def old_vietnamese(text: str) -> bytes:
    """Windows-1258 writes a tone as a character of its own, after the vowel with its hat."""
    pieces = []
    for letter in text:
        try:
            pieces.append(letter.encode("cp1258"))
        except UnicodeEncodeError:
            base, tone = unicodedata.normalize("NFD", letter)[:-1], ""
            for mark in unicodedata.normalize("NFD", letter)[1:]:
                if mark in "\u0300\u0301\u0303\u0309\u0323":
                    tone = mark
            base = "".join(one for one in unicodedata.normalize("NFD", letter) if one != tone)
            pieces.append(unicodedata.normalize("NFC", base).encode("cp1258"))
            pieces.append(tone.encode("cp1258"))
    return b"".join(pieces)


def workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), Encoding.AUTO),
        (TEXT.encode("utf-8-sig"), Encoding.AUTO),
        (TEXT.encode("utf-16"), Encoding.AUTO),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), Encoding.AUTO),
        (TEXT.encode("utf-16"), Encoding.UTF_16),
        (unicodedata.normalize("NFD", TEXT).encode(), Encoding.UTF_8),
        (old_vietnamese(TEXT), Encoding.WINDOWS_1258),
    ],
)
def test_text_comes_out_composed_in_every_encoding(content: bytes, encoding: Encoding) -> None:
    sheet = read_sheet(content, encoding=encoding)
    assert sheet.headings == ("Tên", "Điện thoại")
    assert sheet.rows == ROWS


@pytest.mark.parametrize(
    ("content", "encoding", "code", "words"),
    [
        (old_vietnamese(TEXT), Encoding.AUTO, "encoding_unknown", "Byte 0xEA at position 1 (line"),
        (TEXT.encode("utf-16-le"), Encoding.AUTO, "encoding_unknown", "Byte 0x"),
        ("a;b\nc;d\n".encode("utf-16-le"), Encoding.AUTO, "encoding_unknown", "UTF-16 without"),
        (TEXT.encode("utf-32"), Encoding.AUTO, "encoding_unsupported", "UTF-32"),
        (TEXT.encode(), Encoding.WINDOWS_1258, "encoding_mismatch", "is UTF-8, not windows-1258"),
        (TEXT.encode("utf-16"), Encoding.WINDOWS_1252, "encoding_mismatch", "is UTF-16"),
        (b"T\xd2n\n", Encoding.UTF_8, "encoding_unknown", "line 1"),
        (b"Name\nx\x81\n", Encoding.WINDOWS_1252, "encoding_unknown", "line 2"),
        (b"a\0b\nc\n", Encoding.AUTO, "encoding_unknown", "NUL"),
        (b"", Encoding.AUTO, "file_empty", "headings"),
        (b"\n ; ;\n", Encoding.AUTO, "file_empty", "headings"),
        (b'name\n"open\n', Encoding.AUTO, "csv_broken", "quotation mark"),
        (b"\xd0\xcf\x11\xe0old", Encoding.AUTO, "file_kind", ".xls"),
        (b"PK\x03\x04noise", Encoding.AUTO, "xlsx_broken", "save it again"),
    ],
)
def test_unreadable_files_are_told_what_to_do(
    content: bytes, encoding: Encoding, code: str, words: str
) -> None:
    with pytest.raises(Malformed) as caught:
        read_sheet(content, encoding=encoding)
    assert caught.value.code == code
    assert words in caught.value.detail
    assert caught.value.errors[0].field == "file"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    text = delimiter.join(["Name", "Address", "Tags"]) + "\n" + delimiter.join(["A", '"b"', "c"])
    assert read_sheet(text.encode()).rows == (Row(2, ("A", "b", "c")),)


def test_rows_keep_the_numbers_that_a_spreadsheet_shows() -> None:
    text = 'sep=;\nName;Note\n\n;\nA;"two\nlines"\nB;\n'
    assert read_sheet(text.encode()).rows == (Row(5, ("A", "two\nlines")), Row(6, ("B", "")))


def test_cells_of_a_workbook_read_as_people_see_them() -> None:
    content = workbook(["Name", "Phone", "Lat", "On"], ["A", 901234567.0, 10.5, date(2026, 1, 2)])
    row = read_sheet(content).rows[0]
    assert row == Row(2, ("A", "901234567", "10.5", "2026-01-02T00:00:00"))


def test_a_workbook_that_unpacks_to_too_much_is_refused() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in range(4):
            archive.writestr(f"xl/{part}.xml", b"0" * 80 * 1024 * 1024)
    with pytest.raises(TooLarge):
        read_sheet(content.getvalue())


def test_too_large_files_are_refused() -> None:
    with pytest.raises(TooLarge, match="20 MB"):
        read_sheet(b"x" * (MAX_BYTES + 1))
    with pytest.raises(TooLarge, match="columns"):
        read_sheet(b"," * 300 + b"x")
