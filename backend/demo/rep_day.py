"""The rep's part of the demo: the phone's own core, with and without a server."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from backend.demo.city import PASSWORD
from backend.demo.service import DemoFailed
from mobile_client.core import PhoneCore, open_core
from mobile_client.device.clock import SystemClock
from mobile_client.device.fakes import Device, FakeCamera, FakeGps, FakeMicrophone
from mobile_client.views import CheckInDraft, Outcome, StopRow

_SYNC_SECONDS = 60.0
_VISITS: tuple[tuple[Outcome, str], ...] = (
    ("ordered", "Đặt 3 thùng, giao thứ Năm."),
    ("met", "Chủ quán muốn xem bảng giá mới."),
    ("not_in", "Quản lý đi vắng, hẹn quay lại."),
)
_STEP = 0.0001
"""Degrees the rep stands beside the shop's own point: about ten metres."""


class DayReport(msgspec.Struct, frozen=True):
    """What the rep did."""

    visit_ids: tuple[str, ...]
    account_id: str
    waiting: int


@contextmanager
def open_phone(folder: Path, url: str, near: tuple[float, float]) -> Iterator[PhoneCore]:
    """Open a phone whose GPS, camera and microphone are faked, everything else is real."""
    clock = SystemClock()
    device = Device(gps=FakeGps(clock, near), camera=FakeCamera(), microphone=FakeMicrophone())
    core = open_core(folder, url, device, clock)
    try:
        yield core
    finally:
        core.close()


def sign_in_and_load(core: PhoneCore, email: str) -> tuple[int, int]:
    """Sign in and take everything along; return the rows pulled and the stops of the day."""
    if core.session is None:
        core.sign_in(email, PASSWORD)
    report = core.sync_once()
    if report.state != "idle":
        raise DemoFailed(f"The first sync of the phone ended {report.state}: {report.message}")
    stops = core.today().stops
    if not stops:
        raise DemoFailed("The phone has no route for today.")
    if core.map_package() is None:
        raise DemoFailed("The phone has no map to take along.")
    return report.pulled_rows, len(stops)


def work_offline(core: PhoneCore) -> DayReport:
    """Visit the first stops with photo, voice note and note, and edit a contact; nobody answers."""
    report = core.sync_once()
    if report.state != "offline":
        raise DemoFailed(f"The phone should be offline, but its sync ended {report.state}.")
    stops = [stop for stop in core.today().stops if stop.state == "planned"][: len(_VISITS)]
    visit_ids = [
        _visit(core, stop, outcome, note)
        for stop, (outcome, note) in zip(stops, _VISITS, strict=False)
    ]
    account_id = stops[0].account_id
    core.edit_contact(
        None, account_id, {"name": "Nguyễn Văn Hải", "title": "Chủ quán", "phone": "+84901234567"}
    )
    core.edit_account(account_id, {"phone": "+358401234567"})
    waiting = core.sync_status().waiting
    if waiting == 0:
        raise DemoFailed("The phone worked offline, but nothing waits to be sent.")
    return DayReport(tuple(visit_ids), account_id, waiting)


def send_everything(core: PhoneCore) -> tuple[int, int]:
    """Sync until nothing is left; return the mutations and files sent."""
    pushed = files = 0
    deadline = time.monotonic() + _SYNC_SECONDS
    pause = threading.Event()
    while time.monotonic() < deadline:
        report = core.sync_once()
        pushed += report.pushed
        files += report.files_sent
        status = core.sync_status()
        if status.issues:
            raise DemoFailed(f"The server refused something: {status.issues[0].message}")
        if report.is_complete and status.waiting == 0:
            return pushed, files
        # A check-in can be undone for some seconds before it is sent.
        pause.wait(0.5)
    raise DemoFailed(f"{core.sync_status().waiting} items were still not sent.")


def _visit(core: PhoneCore, stop: StopRow, outcome: Outcome, note: str) -> str:
    gps = core.device.gps
    if isinstance(gps, FakeGps) and stop.lon is not None and stop.lat is not None:
        gps.at = (stop.lon + _STEP, stop.lat)
    photo, voice = core.new_media_path("photo"), core.new_media_path("voice")
    core.device.camera.take(photo, lambda _: None)
    core.device.microphone.start(voice)
    seconds = core.device.microphone.stop()
    draft = CheckInDraft(
        account_id=stop.account_id,
        visit_id=stop.visit_id,
        outcome=outcome,
        note=note,
        photo_paths=(photo,),
        voice_path=voice,
        voice_seconds=seconds,
        fix=gps.fix(5.0),
    )
    return core.check_in(draft).visit_id
