"""Opening hours met with an account's own: what is kept to, what is only wished."""

from datetime import date

from backend.geo.vocabulary import LonLat
from backend.routes.day.windows import Window
from backend.routes.visiting_hours import AccountHours, VisitingHours, visiting_hours

HOUR = 3600
MONDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 28)
SAIGON = LonLat(106.70, 10.77)
SHIFT = Window(8 * HOUR, 17 * HOUR)
DAILY = "Mo-Su 07:00-12:00,13:00-19:00"


def on(
    day: date, opening: str | None, preferred: str | None, *, is_firm: bool = False
) -> VisitingHours:
    hours = AccountHours(opening, preferred, is_firm)
    return visiting_hours(hours, day, "VN", SAIGON, unknown=SHIFT)


def between(*hours: int) -> tuple[Window, ...]:
    pairs = zip(hours[::2], hours[1::2], strict=True)
    return tuple(Window(start * HOUR, end * HOUR) for start, end in pairs)


def test_without_own_hours_only_the_opening_counts() -> None:
    assert on(MONDAY, DAILY, None) == VisitingHours(between(7, 12, 13, 19))
    assert on(MONDAY, None, None) == VisitingHours((SHIFT,))
    assert on(MONDAY, "Tu-Fr 08:00-17:00", None) == VisitingHours(())


def test_a_wish_stands_beside_the_opening() -> None:
    found = on(MONDAY, DAILY, "Mo-Fr 09:00-11:00")
    assert found == VisitingHours(between(7, 12, 13, 19), preferred=between(9, 11))


def test_a_day_that_the_wish_does_not_name_is_no_preferred_one() -> None:
    found = on(SATURDAY, DAILY, "Mo-Fr 09:00-11:00")
    assert found == VisitingHours(between(7, 12, 13, 19), is_unwished=True)


def test_firm_hours_cut_the_opening() -> None:
    found = on(MONDAY, DAILY, "Mo-Fr 11:00-14:00", is_firm=True)
    assert found == VisitingHours(between(11, 12, 13, 14), is_cut=True)
    assert on(SATURDAY, DAILY, "Mo-Fr 11:00-14:00", is_firm=True) == VisitingHours((), is_cut=True)


def test_firm_hours_hold_where_nobody_knows_the_opening() -> None:
    found = on(MONDAY, None, "Mo-Fr 06:00-09:00", is_firm=True)
    assert found == VisitingHours(between(6, 9), is_cut=True)


def test_a_shop_that_is_closed_anyway_is_not_cut() -> None:
    assert on(MONDAY, "Tu-Fr 08:00-17:00", "Mo-Fr 09:00-11:00", is_firm=True) == VisitingHours(())
    wider = on(MONDAY, DAILY, "24/7", is_firm=True)
    assert wider == VisitingHours(between(7, 12, 13, 19))


def test_hours_that_say_no_time_are_no_wish() -> None:
    found = on(MONDAY, DAILY, 'Mo-Fr "by appointment"', is_firm=True)
    assert found == VisitingHours(between(7, 12, 13, 19))
