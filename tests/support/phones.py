"""A phone on the desk: real store and engine, a clock that tests set, faked adapters."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backend.sync.protocol.ids import new_id
from mobile_client.core import PhoneCore, open_core
from mobile_client.device.fakes import FakeCamera, FakeGps, FakeMicrophone, fake_device
from mobile_client.store.points import At, pass_by
from mobile_client.views import CheckInDraft
from tests.support.fake_server import PASSWORD, FakeServer

HELSINKI = (24.9384, 60.1699)
MORNING = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@dataclass
class SetClock:
    """A clock that stands until it is moved."""

    at: datetime = MORNING
    elapsed_ms: int = 60_000
    boot_id: str = "boot-1"

    def now(self) -> datetime:
        return self.at

    def monotonic_ms(self) -> int:
        return self.elapsed_ms

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.elapsed_ms += round(seconds * 1000)


@dataclass
class Shop:
    """The records of one account on the fake server."""

    account: str = field(default_factory=new_id)
    contact: str = field(default_factory=new_id)
    visit: str = field(default_factory=new_id)


def stock(server: FakeServer, name: str = "Nguyễn Café") -> Shop:
    """Put an account with a contact and a visit planned for the morning on the server."""
    shop = Shop()
    lon, lat = HELSINKI
    server.records.put(
        "account",
        shop.account,
        kind="organisation",
        name=name,
        address="Mannerheimintie 1",
        phone="+358401",
        life_stage="prospect",
        tags=["new"],
        location=[lon, lat],
    )
    server.records.put("contact", shop.contact, account_id=shop.account, full_name="Aino")
    server.records.put(
        "visit",
        shop.visit,
        account_id=shop.account,
        rep_id=server.user_id,
        status="planned",
        planned_on="2026-11-22",
    )
    return shop


def open_phone(
    folder: Path,
    server: FakeServer,
    clock: SetClock,
    *,
    free: Callable[[Path], int] = lambda _: 10**9,
    at: At = pass_by,
) -> PhoneCore:
    """Open a phone's folder with faked adapters; `at` is called at each named place."""
    device = fake_device(clock, HELSINKI)
    return open_core(folder, server.url, device, clock, free=free, at=at)


def sign_in(phone: PhoneCore) -> None:
    """Sign in and bring everything down."""
    phone.sign_in("anna@example.com", PASSWORD)
    report = phone.sync_once()
    assert report.state == "idle", report.message


def full_draft(phone: PhoneCore, shop: Shop, clock: SetClock, *, is_planned: bool) -> CheckInDraft:
    """Return a check-in with everything a person can record."""
    photo, voice = phone.new_media_path("photo"), phone.new_media_path("voice")
    FakeCamera().take(photo, lambda _: None)
    microphone = FakeMicrophone()
    microphone.start(voice)
    return CheckInDraft(
        account_id=shop.account,
        visit_id=shop.visit if is_planned else None,
        outcome="ordered",
        note="Muốn xem bảng giá mới",
        photo_paths=(photo,),
        voice_seconds=microphone.stop(),
        voice_path=voice,
        fix=FakeGps(clock, HELSINKI).fix(1.0),
    )
