from datetime import date

import pytest

from backend.geo.hours import MAX_LENGTH, check_hours, windows_on
from backend.geo.vocabulary import LonLat

FRIDAY, SATURDAY, SUNDAY = date(2025, 11, 21), date(2025, 11, 22), date(2025, 11, 23)
HELSINKI = LonLat(24.94, 60.17)


def test_weekday_hours_become_minutes_and_sunday_is_closed() -> None:
    text = "Mo-Fr 09:00-12:00,13:00-17:30; Sa 10:00-14:00"
    assert windows_on(text, FRIDAY) == [(540, 720), (780, 1050)]
    assert windows_on(text, SATURDAY) == [(600, 840)]
    assert windows_on(text, SUNDAY) == []


@pytest.mark.parametrize("text", [None, "", "  ", "ask inside", "Mo-Fr 10-18", "x" * 10_000])
def test_what_cannot_be_read_is_unknown_not_closed(text: str | None) -> None:
    assert windows_on(text, FRIDAY) is None


def test_off_is_closed_not_unknown() -> None:
    assert windows_on("off", FRIDAY) == []


def test_a_night_is_cut_at_midnight_and_its_tail_opens_the_next_day() -> None:
    assert windows_on("Fr 18:00-02:00", FRIDAY) == [(1080, 1440)]
    assert windows_on("Fr 18:00-02:00", SATURDAY) == [(0, 120)]


def test_round_the_clock_is_one_window() -> None:
    assert windows_on("24/7", FRIDAY) == [(0, 1440)]


def test_public_holidays_need_a_country_or_a_place() -> None:
    christmas, text = date(2025, 12, 25), "Mo-Fr 10:00-18:00; PH off"
    assert windows_on(text, christmas, country="FI") == []
    assert windows_on(text, christmas, country="fi") == []
    assert windows_on(text, christmas, location=HELSINKI) == []
    assert windows_on(text, christmas) == [(600, 1080)]


def test_an_unknown_country_costs_only_the_holidays() -> None:
    assert windows_on("Mo-Fr 10:00-18:00; PH off", FRIDAY, country="XX") == [(600, 1080)]


def test_sunrise_follows_the_place() -> None:
    midwinter = windows_on("sunrise-sunset", date(2025, 12, 21), location=HELSINKI)
    midsummer = windows_on("sunrise-sunset", date(2025, 6, 21), location=HELSINKI)
    assert midwinter is not None
    assert midsummer is not None
    assert midwinter[0].start_minute > 9 * 60
    assert midsummer[0].start_minute < 5 * 60


def test_wall_clock_holds_when_the_clocks_change() -> None:
    spring = date(2025, 3, 30)
    assert windows_on("10:00-18:00", spring, location=HELSINKI) == [(600, 1080)]
    assert windows_on("24/7", spring, location=HELSINKI) == [(0, 1440)]


def test_by_appointment_is_unknown() -> None:
    assert windows_on('"by appointment"', FRIDAY) is None
    assert windows_on('Mo-Fr 08:00-17:00 || "call"', SATURDAY) is None
    assert windows_on('Mo-Fr 08:00-17:00 || "call"', FRIDAY) == [(480, 1020)]


def test_adjoining_windows_are_one() -> None:
    text = 'Mo-Fr 08:00-12:00 open "market", 12:00-17:00'
    assert windows_on(text, FRIDAY) == [(480, 1020)]


def test_typographic_dashes_are_read() -> None:
    assert windows_on("Mo–Fr\u00a010:00–18:00", FRIDAY) == [(600, 1080)]
    assert check_hours("Mo–Fr 10:00–18:00") is None


def test_check_says_where_it_stumbles() -> None:
    assert check_hours("Mo-Fr 09:00-17:30; PH off") is None
    assert "at “10-18”" in (check_hours("Mo-Fr 10-18") or "")
    assert "at the end" in (check_hours("Mo-Fr 09:00-17:00 ;") or "")
    assert "empty" in (check_hours("  ") or "")
    assert "longer" in (check_hours("M" * (MAX_LENGTH + 1)) or "")
