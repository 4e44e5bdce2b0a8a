"""Which days a campaign may have."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.api.problems import Malformed
from backend.campaigns.service import MOST_DAYS, check_days

_DAYS = st.dates(date(1970, 1, 1), date(2200, 12, 31))


@given(_DAYS, st.integers(0, MOST_DAYS - 1))
def test_days_in_order_are_taken_up_to_three_years(first: date, more: int) -> None:
    last = min(first + timedelta(days=more), date(2200, 12, 31))
    check_days(first, last)


@given(_DAYS, st.integers(-40_000, 40_000).filter(lambda more: not 0 <= more < MOST_DAYS))
def test_other_days_are_refused_with_the_field(first: date, more: int) -> None:
    with pytest.raises(Malformed) as refused:
        check_days(first, first + timedelta(days=more))
    assert [one.field for one in refused.value.errors] == ["ends_on"]


@pytest.mark.parametrize("year", [1, 1969, 2201, 9999])
def test_a_day_of_no_plausible_year_is_refused(year: int) -> None:
    for first, last, field in (
        (date(year, 6, 1), date(2026, 6, 1), "starts_on"),
        (date(2026, 6, 1), date(year, 6, 1), "ends_on"),
    ):
        with pytest.raises(Malformed) as refused:
            check_days(first, last)
        assert [one.field for one in refused.value.errors] == [field]
