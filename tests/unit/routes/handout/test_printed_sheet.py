"""The printed sheet holds what a person without a phone needs, whatever names it is given."""

from typing import cast

import msgspec
import pypdfium2
import pytest

from backend.routes.handout.schemas import Handout
from backend.routes.handout.service import make_links
from backend.routes.handout.sheet import write_sheet
from backend.routes.handout.words import words_of
from tests.support.handouts import NAMES, make_handout

A4 = (595, 842)


def pages_of(handout: Handout, language: str = "vi") -> list[str]:
    """Return the text of each page; check its size."""
    sheet = write_sheet(handout, make_links(handout), None, words_of(language))
    with pypdfium2.PdfDocument(sheet) as document:
        assert {tuple(round(one) for one in page.get_size()) for page in document} == {A4}
        texts = []
        for page in document:
            text = page.get_textpage()
            texts.append(cast("str", text.get_text_range()))
            text.close()
        return texts


def test_a_stop_has_its_time_place_hours_and_people_to_call() -> None:
    (page,) = pages_of(make_handout(3))
    for expected in (
        "Tuyến ghé thăm · Thứ Hai, 23/11/2026", "Lê Văn Ứng · Cà phê Sông Hàn", "3 điểm dừng",
        "xe máy", *NAMES, "08:07–08:22", "2 Lê Thánh Tôn, Quận 1", "0901 234 567",
        "Chị Bích Ngọc: 0912 345 678", "Mở cửa 08:00–12:00, 13:30–17:30", "1,2 km", "7 phút",
        "Nghỉ trưa · 45 phút", "Hết ngày", "Trang 1/1",
    ):  # fmt: skip
        assert expected in page, expected
    assert "Ước tính" not in page


@pytest.mark.parametrize(
    ("hours", "is_firm", "language", "told"),
    [
        ("Mo 09:00-11:00,14:00-15:00", True, "vi", "Chỉ ghé 09:00–11:00, 14:00–15:00"),
        ("Mo 09:00-11:00", False, "vi", "Nên ghé 09:00–11:00"),
        ("Mo 09:00-11:00", True, "en", "Visit only 09:00–11:00"),
        ("Tu 09:00-11:00", False, "en", None),
    ],
)
def test_hours_at_which_an_account_wants_to_be_visited_are_told(
    hours: str, told: str | None, language: str, *, is_firm: bool
) -> None:
    handout = make_handout(1)
    (stop,) = handout.stops
    assert stop.details is not None
    details = msgspec.structs.replace(
        stop.details, preferred_hours=hours, preferred_hours_are_firm=is_firm
    )
    stops = (msgspec.structs.replace(stop, details=details),)
    (page,) = pages_of(msgspec.structs.replace(handout, stops=stops), language)
    if told is None:
        assert "Visit rather" not in page
    else:
        assert told in page


def test_thirty_stops_take_some_pages_and_a_hundred_and_twenty_more() -> None:
    pages = pages_of(make_handout(30))
    assert len(pages) in {2, 3}
    text = "\n".join(pages)
    assert all(f"{number} Lê Thánh Tôn" in text for number in range(1, 31))
    assert all(f"Trang {number}/{len(pages)}" in page for number, page in enumerate(pages, 1))
    assert all("Khách hàng" in page for page in pages), "each page has the table's head"
    assert len(pages_of(make_handout(120))) < 12


def test_what_was_left_out_is_told_in_words() -> None:
    reasons = ["closed_today", "no_time_left", "a_new_reason"]
    (page,) = pages_of(make_handout(0, dropped=reasons))
    assert "Ngày này không có lượt ghé thăm nào." in page
    assert "Bỏ lại (3)" in page
    assert "Đóng cửa trong ngày này" in page
    assert "Its own sentence of a_new_reason." in page


def test_an_estimate_a_replaced_route_and_a_missing_basemap_are_told() -> None:
    handout = make_handout(2, is_estimate=True)
    route = msgspec.structs.replace(handout.route, status="replaced")
    (page,) = pages_of(msgspec.structs.replace(handout, route=route), "en")
    assert "Estimate: distances and times follow the straight line" in page
    assert "This route was replaced by a newer one." in page
    assert "No basemap is installed" in page
    assert "≈ 1.2 km" in page
    assert "OpenStreetMap" not in page, "nothing of it is in a straight line"
    assert "© OpenStreetMap contributors" in pages_of(make_handout(2))[0], "its streets were taken"


@pytest.mark.parametrize(
    "name",
    [
        "<b>Đậm</b> <img src='file:///etc/passwd'/> &amp; <para>",
        '<font color="[[[getattr(pow, 1)]]]">',
        "A" * 500,
        "rất dài " * 80,
        "متجر 店 🍜",
        "\u202e\r\n\x00",
    ],
    ids=["markup", "colour command", "one long word", "many words", "other scripts", "nothing"],
)
def test_no_name_breaks_the_sheet_or_is_taken_for_a_command(name: str) -> None:
    page = "\n".join(pages_of(make_handout(3, names=[name], dropped=["closed_today"])))
    assert "Trang 1/" in page
    if name.startswith("<b>"):
        assert "<b>Đậm</b> <img src='file:///etc/passwd'/>" in page


def test_a_cancelled_stop_is_told_and_not_ticked() -> None:
    handout = make_handout(2)
    first = handout.stops[0]
    assert first.details is not None
    details = msgspec.structs.replace(first.details, status="cancelled")
    stops = (msgspec.structs.replace(first, details=details), handout.stops[1])
    (page,) = pages_of(msgspec.structs.replace(handout, stops=stops))
    assert f"{NAMES[0]} (Đã huỷ)" in page


def test_the_same_route_gives_the_same_bytes() -> None:
    handout = make_handout(4)
    first, again = (write_sheet(handout, make_links(handout), None, words_of("vi")) for _ in "12")
    assert first == again
