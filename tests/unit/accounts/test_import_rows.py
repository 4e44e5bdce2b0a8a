"""Rows to records: values, and problems that name row, column, value and way out."""

import pytest

from backend.accounts.importing.columns import find_columns
from backend.accounts.importing.report import Tally
from backend.accounts.importing.repository import Incoming
from backend.accounts.importing.rows import read_rows
from backend.accounts.importing.sheets import Row


def read(headings: str, *lines: str) -> tuple[list[Incoming], Tally]:
    columns, tally = find_columns(headings.split("|"), {}), Tally()
    rows = [Row(number, tuple(line.split("|"))) for number, line in enumerate(lines, start=2)]
    return list(read_rows(rows, columns, "VN", tally)), tally


def test_a_row_becomes_a_record() -> None:
    records, tally = read(
        "Tên|SĐT|Kinh độ|Vĩ độ|Nhãn|Giai đoạn|Ưu tiên|Loại đối tượng",
        "Lan|0901 234 567|106,7042|10.7743|vip; mới|Khách hàng||Cá nhân",
    )
    assert not tally.skipped
    assert records[0].values == {
        "name": "Lan",
        "phone": "+84901234567",
        "location": [106.7042, 10.7743],
        "tags": ["mới", "vip"],
        "life_stage": "customer",
        "priority": 2,
        "kind": "individual",
    }


@pytest.mark.parametrize(
    ("cell", "is_firm"), [("Có", True), ("x", True), ("không", False), ("", False), ("1", True)]
)
def test_own_hours_and_frequency_are_read(cell: str, is_firm: bool) -> None:  # noqa: FBT001  # a column of the table
    records, tally = read(
        "Tên|Giờ ghé thăm|Giờ ghé bắt buộc|Tần suất ghé thăm", f"Lan|Mo-Fr 08:00-10:00|{cell}|2.1"
    )
    assert not tally.skipped
    assert records[0].values == {
        "name": "Lan",
        "preferred_hours": "Mo-Fr 08:00-10:00",
        "preferred_hours_are_firm": is_firm,
        "visit_frequency": "2.1",
    }


@pytest.mark.parametrize("text", ["10.7743, 106.7042", "10.7743,106.7042", "10,7743; 106,7042"])
def test_a_place_copied_from_a_map_is_latitude_first(text: str) -> None:
    records, _ = read("Tên|Tọa độ", f"Lan|{text}")
    assert records[0].values["location"] == [106.7042, 10.7743]


@pytest.mark.parametrize(
    ("heading", "cell", "code", "words"),
    [
        ("SĐT", "12", "phone_invalid", "0912 345 678"),
        ("Email", "lan", "email_invalid", "no email"),
        ("Giờ mở cửa", "9 to 5", "opening_hours_invalid", "Mo-Fr"),
        ("Giờ ghé thăm", "sáng", "preferred_hours_invalid", "Mo-Fr"),
        ("Giờ ghé bắt buộc", "maybe", "value_invalid", "bool"),
        ("Tần suất", "đôi khi", "frequency_unreadable", "four weeks"),
        ("Ưu tiên", "9", "value_invalid", "5"),
        ("Ưu tiên", "cao", "value_invalid", "int"),
        ("Giai đoạn", "unknown", "value_invalid", "unknown"),
        ("Địa chỉ", "#REF!", "formula_error", "repair"),
        ("Địa chỉ", "x" * 501, "value_invalid", "500"),
        ("Tọa độ", "106.7042, 10.7743", "location_swapped", "longitude first"),
        ("Tọa độ", "1191000, 685000", "location_projected", "WGS 84"),
        ("Tọa độ", "somewhere", "location_unreadable", "latitude, longitude"),
        ("Tọa độ", "ten, eleven", "location_unreadable", "number in degrees"),
        ("Tọa độ", "0, 0", "location_null", "ocean"),
        ("Tọa độ", "89, 10", "location_outside_world", "off the map"),
    ],
)
def test_a_wrong_cell_is_named(heading: str, cell: str, code: str, words: str) -> None:
    records, tally = read(f"Tên|{heading}", "Good|", f"Bad|{cell}")
    assert [record.values["name"] for record in records] == ["Good"]
    assert dict(tally.skipped) == {code: 1}
    problem = tally.examples[0]
    assert (problem.ref, problem.column, problem.value) == ("row 3", heading, cell[:60])
    assert words in problem.message


def test_every_wrong_cell_of_a_row_is_named() -> None:
    _, tally = read("Tên|SĐT|Kinh độ|Vĩ độ", "|1|106.7|")
    assert [one.code for one in tally.examples] == [
        "name_missing",
        "phone_invalid",
        "location_half",
    ]
    assert tally.skipped.total() == 1


def test_a_row_that_comes_twice_is_named_with_the_first() -> None:
    records, tally = read("Tên|Địa chỉ", "Lan|1 Lê Lợi", "LAN |1  lê lợi", "Lan|2 Lê Lợi")
    assert len(records) == 2
    assert "row 2" in tally.examples[0].message
    records, tally = read("Tên|Mã", "Lan|A1", "Hoa|a1")
    assert (len(records), dict(tally.skipped)) == (1, {"duplicate_row": 1})


def test_a_short_row_has_empty_cells() -> None:
    records, _ = read("Tên|Địa chỉ|SĐT", "Lan")
    assert records[0].values == {"name": "Lan", "address": None, "phone": None}
