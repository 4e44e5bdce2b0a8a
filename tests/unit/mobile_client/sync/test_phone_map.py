"""The base map: fetched once, replaced whole."""

from pathlib import Path

from mobile_client.core import PhoneCore
from mobile_client.device.fakes import fake_device
from mobile_client.device.tokens import FileTokenStore
from tests.support.fake_answers import Fault
from tests.support.fake_server import PASSWORD, FakeServer
from tests.support.phones import HELSINKI, SetClock


def map_requests(server: FakeServer) -> int:
    return sum(path == "/v1/maps/phone" for _, path in server.requests)


def test_map_is_fetched_and_asked_for_once_an_hour(
    phone: PhoneCore, server: FakeServer, clock: SetClock
) -> None:
    assert phone.map_package() is None
    server.map = (b"SQLite format 3" + b"x" * 600_000, '"1"')
    assert phone.sync_once().is_map_new
    path = phone.map_package()
    assert path is not None
    assert path.stat().st_size == len(server.map[0])
    before = map_requests(server)
    assert not phone.sync_once().is_map_new
    assert map_requests(server) == before
    clock.forward(3601)
    assert not phone.sync_once().is_map_new
    assert map_requests(server) == before + 1


def test_cut_download_leaves_the_old_map(
    phone: PhoneCore, server: FakeServer, clock: SetClock
) -> None:
    server.map = (b"old map", '"1"')
    phone.sync_once()
    server.map = (b"new map" * 1000, '"2"')
    clock.forward(3601)
    server.faults.append(Fault("/v1/maps/phone", "cut"))
    assert phone.sync_once().state == "offline"
    path = phone.map_package()
    assert path is not None
    assert path.read_bytes() == b"old map"
    assert phone.sync_once().is_map_new
    assert path.read_bytes() == b"new map" * 1000
    assert not list(path.parent.glob("*.part"))


def test_full_phone_begins_nothing_large_and_still_syncs(
    server: FakeServer, clock: SetClock, tmp_path: Path
) -> None:
    server.map = (b"map", '"1"')
    free = [10_000_000]
    phone = PhoneCore(
        tmp_path,
        server.url,
        fake_device(clock, HELSINKI),
        clock,
        tokens=FileTokenStore(tmp_path / "token"),
        mark=tmp_path / "mark",
        free=lambda _: free[0],
    )
    phone.sign_in("anna@example.com", PASSWORD)
    report = phone.sync_once()
    assert (report.state, report.pages) == ("error", 0)
    assert "This phone is full" in report.message
    assert phone.sync_status().code == "no_space"
    free[0] = 60_000_000
    assert phone.sync_once().is_complete
    free[0] = 10_000_000
    (tmp_path / "map.mbtiles").unlink()
    report = phone.sync_once()
    assert (report.state, report.pages) == ("error", 1)
    phone.close()
