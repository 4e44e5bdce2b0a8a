"""Headings to fields: guessed in Vietnamese and English, or as the caller says."""

import pytest

from backend.accounts.importing.columns import find_columns, fold_heading
from backend.api.problems import Malformed


@pytest.mark.parametrize(
    "headings",
    [
        ["Tên khách hàng", "Số điện thoại", "Địa chỉ", "Kinh độ", "Vĩ độ", "Mã KH"],
        ["NAME", "Phone number", "address", "Lng", "Latitude", "Code"],
        ["ten_khach_hang", "SĐT", "ĐỊA CHỈ (*)", "lon", "lat", "mã"],
    ],
)
def test_usual_headings_are_understood(headings: list[str]) -> None:
    found = find_columns([*headings, "Ghi chú"], {})
    expected = ["name", "phone", "address", "lon", "lat", "code"]
    assert found.used == dict(zip(expected, headings, strict=True))
    assert found.ignored == ("Ghi chú",)


def test_a_mapping_overrules_the_guess() -> None:
    found = find_columns(["Tên", "Biển hiệu", "Địa chỉ"], {"name": "biển hiệu", "address": ""})
    assert found.used == {"name": "Biển hiệu"}
    assert found.ignored == ("Tên", "Địa chỉ")


@pytest.mark.parametrize(
    ("headings", "mapping", "code", "words"),
    [
        (["Foo", "Bar"], {}, "no_name_column", "“Foo”, “Bar”"),
        (["Tên"], {"name": "Shop"}, "unknown_column", "“Tên”"),
        (["Tên"], {"nom": "Tên"}, "unknown_field", "name, code, phone"),
        (["Tên", "Kinh độ"], {}, "half_a_location", "none for lat"),
    ],
)
def test_a_mapping_that_fits_nothing_is_told(
    headings: list[str], mapping: dict[str, str], code: str, words: str
) -> None:
    with pytest.raises(Malformed) as caught:
        find_columns(headings, mapping)
    assert caught.value.code == code
    assert words in caught.value.detail


def test_headings_fold_to_plain_letters() -> None:
    assert fold_heading("  ĐIỆN thoại (*) ") == "dien thoai"
