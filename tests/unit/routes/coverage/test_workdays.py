from datetime import date

import pytest

from backend.routes.coverage.account import CoverageError
from backend.routes.coverage.workdays import holidays_of, make_workdays, weekdays_of

SHIFT = (8 * 3600, 17 * 3600)


def test_tet_is_no_time_for_visits() -> None:
    first_on = date(2026, 2, 2)
    off = holidays_of("VN", first_on, 4)
    shifts = dict.fromkeys(weekdays_of("VN"), SHIFT)

    days = [one.day for one in make_workdays(first_on, 4, shifts, off=off)]

    assert date(2026, 2, 17) in off
    assert not [day for day in days if day // 7 == 2]
    assert [day for day in days if day // 7 == 1] == [7, 8, 9, 10, 11]


def test_weekends_differ_by_country_and_reps_may_work_on_saturdays() -> None:
    assert weekdays_of("VN") == (0, 1, 2, 3, 4)
    assert weekdays_of("IL") == (0, 1, 2, 3, 6)
    half_saturday = {0: SHIFT, 5: (8 * 3600, 12 * 3600)}

    days = make_workdays(date(2026, 6, 1), 4, half_saturday, off={date(2026, 6, 8)})

    assert [one.day for one in days] == [0, 5, 12, 14, 19, 21, 26]
    assert days[1].shift_end_s == 12 * 3600


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(CoverageError) as caught:
        holidays_of("XX", date(2026, 2, 2), 4)

    assert caught.value.field == "country"
