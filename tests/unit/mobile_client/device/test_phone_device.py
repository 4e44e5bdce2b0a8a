"""Faked adapters give real files; secrets stay private; Android's modules load anywhere."""

import stat
import wave
from importlib import import_module
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from mobile_client.device.clock import SystemClock
from mobile_client.device.fakes import FakeCamera, FakeGps, FakeMicrophone
from mobile_client.device.jpeg import draw_jpeg
from mobile_client.device.tokens import FileTokenStore
from mobile_client.facade import GpsUnavailable
from tests.support.phones import HELSINKI, MORNING, SetClock


def test_faked_gps_stands_where_it_was_put() -> None:
    gps = FakeGps(SetClock(), HELSINKI)
    gps.accuracy_m, gps.is_mock = 42.0, True
    fix = gps.fix(1.0)
    assert (fix.lon, fix.lat, fix.accuracy_m, fix.is_mock) == (*HELSINKI, 42.0, True)
    assert fix.captured_at == MORNING
    gps.problem = "denied"
    with pytest.raises(GpsUnavailable) as caught:
        gps.fix(1.0)
    assert caught.value.code == "denied"


def test_faked_camera_takes_another_real_photo_each_time(tmp_path: Path) -> None:
    camera = FakeCamera()
    answers: list[bool] = []
    for name in ("one.jpg", "two.jpg"):
        camera.take(tmp_path / name, answers.append)
        with Image.open(tmp_path / name) as photo:
            photo.load()
            assert (photo.format, photo.size) == ("JPEG", (160, 120))
    assert (tmp_path / "one.jpg").read_bytes() != (tmp_path / "two.jpg").read_bytes()
    camera.is_given_up = True
    camera.take(tmp_path / "three.jpg", answers.append)
    assert answers == [True, True, False]
    assert not (tmp_path / "three.jpg").exists()


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 0, 255)])
def test_drawn_colours_come_back(colour: tuple[int, int, int]) -> None:
    with Image.open(BytesIO(draw_jpeg([[colour, (128, 128, 128)]]))) as photo:
        seen = photo.getpixel((3, 3))
    assert isinstance(seen, tuple)
    assert all(abs(one - other) <= 2 for one, other in zip(seen, colour, strict=True))


def test_faked_microphone_records_a_wav(tmp_path: Path) -> None:
    microphone = FakeMicrophone(seconds=0.5)
    microphone.start(tmp_path / "note.wav")
    with pytest.raises(OSError, match="already"):
        microphone.start(tmp_path / "other.wav")
    assert microphone.stop() == 0.5
    with wave.open(str(tmp_path / "note.wav")) as sound:
        assert (sound.getnframes(), sound.getframerate()) == (8000, 16_000)
    assert microphone.stop() == 0.0


def test_token_file_is_private_and_replaced_whole(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path / "token")
    assert store.read() is None
    for secret in ("first", "second"):
        store.write(secret)
        assert store.read() == secret
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["token"]
    store.clear()
    store.clear()
    assert store.read() is None


def test_system_clock_is_aware_and_steady() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() is not None
    assert clock.monotonic_ms() <= clock.monotonic_ms()
    assert clock.boot_id == SystemClock().boot_id


@pytest.mark.parametrize("name", ["android", "keystore", "java"])
def test_android_modules_load_without_android(name: str) -> None:
    assert import_module(f"mobile_client.device.{name}").__doc__
