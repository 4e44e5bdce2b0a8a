"""What a device says of time and place, judged; pure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from backend.api.problems import malformed_field
from backend.visits.schemas import Capture

_SUSPECT_AFTER = timedelta(seconds=120)
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""What a device's clock can show, however wrong it goes."""
_MAX_LONGITUDE, _MAX_LATITUDE = 180.0, 85.05


def capture_now(
    captured_at: datetime,
    now: datetime,
    *,
    offset: timedelta | None = None,
    anchored_at: datetime | None = None,
) -> Capture:
    """Judge a device's time; only years that no clock shows are Malformed.

    `anchored_at` is the server's time of the capture, told by the device's time since boot, and
    beats every clock. Without it, `offset` is how far the device's clock lagged when it called.
    """
    if not _EARLIEST <= captured_at <= _LATEST:
        years = f"{_EARLIEST.year} to {_LATEST.year}"
        raise malformed_field(
            "captured_at", f"The time is not within {years}.", code="time_out_of_range"
        )
    captured_at, offset = captured_at.astimezone(UTC), offset or timedelta(0)
    if anchored_at is not None:
        corrected = min(max(anchored_at, _EARLIEST), now)
        is_suspect = abs(captured_at - corrected) > _SUSPECT_AFTER
    else:
        corrected = min(_by_offset(captured_at, now, offset), now)
        is_suspect = abs(offset) > _SUSPECT_AFTER or captured_at > now + _SUSPECT_AFTER
    off_by_ms = (corrected - captured_at) // timedelta(milliseconds=1)
    return Capture(captured_at, corrected, clock_suspect=is_suspect, clock_offset_ms=off_by_ms)


def _by_offset(captured_at: datetime, now: datetime, offset: timedelta) -> datetime:
    """Correct a clock that is off by more than the way of a message takes."""
    if abs(offset) <= _SUSPECT_AFTER:
        return captured_at
    # The sum of two wrong clocks may leave the calendar.
    return captured_at + min(max(offset, _EARLIEST - captured_at), now - captured_at)


def check_location(location: Sequence[float]) -> None:
    """Raise Malformed for a point outside the world, naming a swap where it looks like one."""
    lon, lat = location
    if _is_in_world(lon, lat):
        return
    hint = " Longitude comes first." if _is_in_world(lat, lon) else ""
    raise malformed_field(
        "location",
        f"[{lon}, {lat}] lies outside the map.{hint}",
        code="location_outside_world",
    )


def _is_in_world(lon: float, lat: float) -> bool:
    return abs(lon) <= _MAX_LONGITUDE and abs(lat) <= _MAX_LATITUDE
