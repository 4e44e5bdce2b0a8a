"""Faked GPS, camera and microphone: they give real positions, JPEG and WAV files on a desk."""

import math
import struct
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mobile_client.device.clock import Clock
from mobile_client.device.jpeg import Rgb, draw_jpeg
from mobile_client.facade import Camera, Gps, GpsUnavailable, Microphone
from mobile_client.views import Fix, LonLat

_SAMPLES_PER_SECOND = 16_000
_TONE_HZ = 440.0
_LOUDNESS = 8_000


@dataclass(frozen=True, slots=True)
class Device:
    """The adapters of one phone."""

    gps: Gps
    camera: Camera
    microphone: Microphone


class FakeGps:
    """Stands at a point until it is moved; `problem` makes it fail like a real one."""

    def __init__(self, clock: Clock, at: LonLat, *, accuracy_m: float = 6.0) -> None:
        self._clock = clock
        self.at = at
        self.accuracy_m = accuracy_m
        self.is_mock = False
        self.problem: str | None = None

    def fix(self, timeout_s: float) -> Fix:
        """Return the point at once; raises GpsUnavailable(`problem`) when one is set."""
        if self.problem is not None or timeout_s <= 0:
            raise GpsUnavailable(self.problem or "timeout")
        lon, lat = self.at
        return Fix(
            lon=lon,
            lat=lat,
            accuracy_m=self.accuracy_m,
            is_mock=self.is_mock,
            captured_at=self._clock.now(),
        )


class FakeCamera:
    """Photographs a made-up shop front, another one each time."""

    def __init__(self) -> None:
        self.is_given_up = False
        self._taken = 0

    def take(self, path: Path, on_done: Callable[[bool], None]) -> None:
        """Write a JPEG of 160 by 120 pixels and call back in the same thread."""
        if self.is_given_up:
            on_done(False)  # noqa: FBT003 - the callback's form is the facade's
            return
        self._taken += 1
        path.write_bytes(draw_jpeg(_shop_front(self._taken)))
        on_done(True)  # noqa: FBT003 - see above


def _shop_front(number: int) -> list[list[Rgb]]:
    """Return a grid of 20 by 15 colours: sky, wall with a door and a sign, street."""
    sky, wall, street = (150, 190, 230), (200, 180, 150), (90, 90, 95)
    sign = ((37 * number) % 200 + 40, (91 * number) % 200 + 40, (151 * number) % 200 + 40)
    rows = [[sky] * 20 for _ in range(4)] + [[wall] * 20 for _ in range(8)]
    rows += [[street] * 20 for _ in range(3)]
    for column in range(4, 16):
        rows[5][column] = rows[6][column] = sign
    for row in range(8, 12):
        rows[row][9] = rows[row][10] = (70, 45, 30)
    return rows


class FakeMicrophone:
    """Records a tone of a set length."""

    def __init__(self, seconds: float = 2.0) -> None:
        self.seconds = seconds
        self._path: Path | None = None

    def start(self, path: Path) -> None:
        """Begin a recording; raises OSError while another one runs."""
        if self._path is not None:
            msg = "The microphone is already recording."
            raise OSError(msg)
        self._path = path

    def stop(self) -> float:
        """Write a mono WAV of 16 kHz and return its length in seconds."""
        path, self._path = self._path, None
        if path is None:
            return 0.0
        count = round(self.seconds * _SAMPLES_PER_SECOND)
        turn = 2 * math.pi * _TONE_HZ / _SAMPLES_PER_SECOND
        samples = (round(_LOUDNESS * math.sin(turn * number)) for number in range(count))
        with wave.open(str(path), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(_SAMPLES_PER_SECOND)
            sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
        return self.seconds


def fake_device(clock: Clock, at: LonLat) -> Device:
    """Return a phone whose adapters are all faked, standing at `at`."""
    return Device(gps=FakeGps(clock, at), camera=FakeCamera(), microphone=FakeMicrophone())
