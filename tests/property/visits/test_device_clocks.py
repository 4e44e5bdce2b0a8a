"""Laws of what the server makes of a device's clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.api.problems import Malformed
from backend.visits.captures import capture_now

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_ANY = st.datetimes(timezones=st.timezones())
_SHOWN = st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001  # zoned by the strategy
_OFFSETS = st.timedeltas(-timedelta(days=3_000_000), timedelta(days=740_000))
_SMALL = st.timedeltas(-timedelta(seconds=120), timedelta(seconds=120))


@given(_ANY, _OFFSETS)
def test_any_time_is_either_refused_by_name_or_put_in_the_past(
    captured: datetime, offset: timedelta
) -> None:
    if not _FIRST <= captured <= _LAST:
        with pytest.raises(Malformed) as refusal:
            capture_now(captured, NOW, offset=offset)
        assert refusal.value.errors[0].field == "captured_at"
        return
    capture = capture_now(captured, NOW, offset=offset)
    assert _FIRST <= capture.corrected_at <= NOW
    assert capture.captured_at == captured.astimezone(UTC)
    assert capture.captured_at.tzinfo is UTC


@given(_SHOWN)
def test_times_that_a_clock_shows_are_never_refused(captured: datetime) -> None:
    assert capture_now(captured, NOW).captured_at == captured


@given(_SHOWN, _SMALL)
def test_a_clock_that_is_about_right_is_believed(captured: datetime, offset: timedelta) -> None:
    capture = capture_now(captured, NOW, offset=offset)
    assert capture.corrected_at == min(captured, NOW)
    assert capture.clock_suspect == (captured > NOW + timedelta(seconds=120))


@given(st.timedeltas(timedelta(0), timedelta(days=90)), _OFFSETS)
def test_a_clock_that_is_off_is_corrected_and_marked(ago: timedelta, offset: timedelta) -> None:
    """The phone's clock lags by the offset, when it captures as when it calls."""
    happened = NOW - ago
    if abs(offset) <= timedelta(seconds=120):
        return
    try:
        shown = happened - offset
    except OverflowError:
        return
    if _FIRST <= shown <= _LAST:
        capture = capture_now(shown, NOW, offset=offset)
        assert capture.clock_suspect
        assert capture.corrected_at == max(happened, _FIRST)


@pytest.mark.parametrize("edge", [_FIRST, _LAST])
def test_the_edges_belong_to_what_is_shown(edge: datetime) -> None:
    assert capture_now(edge, NOW).captured_at == edge
