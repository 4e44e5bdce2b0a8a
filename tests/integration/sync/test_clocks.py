"""Device clocks that lie: the time since boot tells when something was made."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.sync.protocol.messages import Status
from tests.integration.sync.conftest import Town
from tests.support.ground import execute
from tests.support.phone import Phone

_HOUR_MS = 3_600_000
_WRONG = timedelta(days=400)


def _check_in(town: Town, captured_at: datetime, **parts: Any) -> dict[str, Any]:
    visit = next(rid for table, rid in town.family if table == "visit")
    values = {"account_id": str(town.shop), "visit_id": visit,
              "captured_at": captured_at.isoformat()}  # fmt: skip
    return town.west_phone.mutation("create", "check_in", values=values, **parts)


def _seen(town: Town, made: dict[str, Any]) -> tuple[float, bool, float]:
    """Return how many seconds ago a check-in was made, whether it is suspect, and its offset."""
    ((age, suspect, offset),) = execute(
        town.url,
        "SELECT extract(epoch FROM now() - corrected_at)::float8, clock_suspect,"
        " clock_offset_ms / 1000.0::float8 FROM check_in WHERE id = %s",
        made["rid"],
    )
    return float(str(age)), bool(suspect), float(str(offset))


def _push(phone: Phone, *made: dict[str, Any], **more: Any) -> None:
    results = phone.push(*made, **more)
    assert {one.status for one in results} <= {Status.APPLIED}, results


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_capture_of_this_boot_is_dated_by_the_time_since_boot(town: Town, sign: int) -> None:
    """The clock was a year off at the capture, and right again when the phone called."""
    shown = datetime.now(UTC) + sign * _WRONG
    made = _check_in(town, shown, boot_id="b1", elapsed_ms=5 * _HOUR_MS)
    _push(town.west_phone, made, boot_id="b1", elapsed_ms=7 * _HOUR_MS)
    age, suspect, offset = _seen(town, made)
    assert abs(age - 2 * 3600) < 60
    assert suspect
    assert abs(offset + sign * _WRONG.total_seconds() + 2 * 3600) < 60


def test_a_right_clock_is_not_suspect(town: Town) -> None:
    shown = datetime.now(UTC) - timedelta(hours=2)
    made = _check_in(town, shown, boot_id="b1", elapsed_ms=5 * _HOUR_MS)
    _push(town.west_phone, made, boot_id="b1", elapsed_ms=7 * _HOUR_MS)
    age, suspect, offset = _seen(town, made)
    assert abs(age - 2 * 3600) < 60
    assert not suspect
    assert abs(offset) < 60


def test_a_capture_of_an_earlier_boot_is_dated_when_that_boot_called_once(town: Town) -> None:
    phone = town.west_phone
    _push(phone, boot_id="old", elapsed_ms=_HOUR_MS)
    wrong = datetime.now(UTC) - _WRONG
    known = _check_in(town, wrong, boot_id="old", elapsed_ms=_HOUR_MS)
    unknown = _check_in(town, wrong, boot_id="never told", elapsed_ms=_HOUR_MS)
    _push(phone, known, unknown, boot_id="new", elapsed_ms=1000)
    age, suspect, _ = _seen(town, known)
    assert age < 60
    assert suspect
    age, suspect, offset = _seen(town, unknown)
    assert abs(age - _WRONG.total_seconds()) < 60, "nothing but its clock tells its time"
    assert not suspect
    assert offset == 0


def test_another_devices_boot_dates_nothing(town: Town) -> None:
    _push(town.east_phone, boot_id="b", elapsed_ms=_HOUR_MS)
    made = _check_in(town, datetime.now(UTC) - _WRONG, boot_id="b", elapsed_ms=_HOUR_MS)
    _push(town.west_phone, made)
    age, _, _ = _seen(town, made)
    assert abs(age - _WRONG.total_seconds()) < 60


def test_a_call_that_comes_again_or_late_does_not_move_the_anchor(town: Town) -> None:
    phone = town.west_phone
    _push(phone, boot_id="b", elapsed_ms=9 * _HOUR_MS)
    query = "SELECT elapsed_ms, server_at FROM sync_anchor"
    before = execute(town.url, query)
    for elapsed_ms in (9 * _HOUR_MS, 2 * _HOUR_MS):
        _push(phone, boot_id="b", elapsed_ms=elapsed_ms)
    assert execute(town.url, query) == before
    _push(phone, boot_id="b", elapsed_ms=10 * _HOUR_MS)
    assert execute(town.url, query) != before


@pytest.mark.parametrize(
    ("boot_id", "elapsed_ms"),
    [("", 1), ("x" * 101, 1), ("nul\x00", 1), ("b", -1), ("b", 10**30), ("b", None)],
)
def test_a_time_since_boot_that_cannot_be_is_left_out(
    town: Town, boot_id: str, elapsed_ms: int | None
) -> None:
    shown = datetime.now(UTC) - timedelta(minutes=1)
    made = _check_in(town, shown, boot_id=boot_id, elapsed_ms=elapsed_ms)
    _push(town.west_phone, made, boot_id=boot_id, elapsed_ms=elapsed_ms)
    age, suspect, offset = _seen(town, made)
    assert age < 180
    assert not suspect
    assert offset == 0


def test_nothing_is_dated_into_the_future(town: Town) -> None:
    made = _check_in(town, datetime.now(UTC), boot_id="b", elapsed_ms=9 * _HOUR_MS)
    _push(town.west_phone, made, boot_id="b", elapsed_ms=_HOUR_MS)
    age, suspect, _ = _seen(town, made)
    assert age >= 0
    assert not suspect
