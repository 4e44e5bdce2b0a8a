"""What a spreadsheet writes comes back cell by cell, whatever encoding and delimiter it chose."""

import csv
import io
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from backend.accounts.importing.encodings import Encoding
from backend.accounts.importing.sheets import read_sheet

cells = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
)
tables = st.integers(1, 6).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=8)
)


def kept(cell: str) -> str:
    return unicodedata.normalize("NFC", cell).strip()


@given(
    table=tables,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_cells_come_back(table: list[list[str]], delimiter: str, codec: str) -> None:
    headings = [f"h{at}" for at in range(len(table[0]))]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([headings, *table])
    sheet = read_sheet(text.getvalue().encode(codec), encoding=Encoding.AUTO, delimiter=delimiter)
    assert sheet.headings == tuple(headings)
    expected = [
        (number, tuple(kept(cell) for cell in row)) for number, row in enumerate(table, start=2)
    ]
    assert [(row.number, row.cells) for row in sheet.rows] == [
        (number, row) for number, row in expected if any(row)
    ]
