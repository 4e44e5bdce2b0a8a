"""The Android adapters, by pyjnius: imported only on a phone, where `jnius` and `android` exist."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from mobile_client.device.fakes import Device
from mobile_client.device.java import Java, java_class, java_error
from mobile_client.facade import GpsUnavailable
from mobile_client.views import Fix

_MOCK_FLAG_API = 31
_FRESH_SECONDS = 15.0
_GOOD_ACCURACY_M = 50.0
_PHOTO_REQUEST = 4711
_RESULT_OK = -1
_SAMPLE_RATE_HZ = 16_000
_BITS_PER_SECOND = 24_000
_FINE_LOCATION = "android.permission.ACCESS_FINE_LOCATION"
_GRANTED = 0


def _activity() -> Java:
    return java_class("org.kivy.android.PythonActivity").mActivity


def _listener(on_location: Callable[[object], None]) -> object:
    """Make a LocationListener; every method is there, because old Android calls them all."""
    jnius = import_module("jnius")
    method = jnius.java_method

    def located(_: object, location: object) -> None:
        on_location(location)

    def ignored(*_: object) -> None:
        pass

    members = {
        "__javainterfaces__": ["android/location/LocationListener"],
        "__javacontext__": "app",
        "onLocationChanged": method("(Landroid/location/Location;)V")(located),
        "onProviderEnabled": method("(Ljava/lang/String;)V")(ignored),
        "onProviderDisabled": method("(Ljava/lang/String;)V")(ignored),
        "onStatusChanged": method("(Ljava/lang/String;ILandroid/os/Bundle;)V")(ignored),
    }
    made: object = type("TuyenLocationListener", (jnius.PythonJavaClass,), members)()
    return made


class AndroidGps:
    """Asks the satellites once; a fix younger than 15 s and better than 50 m ends the wait."""

    def fix(self, timeout_s: float) -> Fix:
        """Block until a good fix or the time is over, then give the best; raises GpsUnavailable."""
        activity = _activity()
        if activity.checkSelfPermission(_FINE_LOCATION) != _GRANTED:
            raise GpsUnavailable("denied")
        manager = activity.getSystemService("location")
        if not manager.isProviderEnabled("gps"):
            raise GpsUnavailable("off")
        found: list[Fix] = []
        is_good = threading.Event()

        def keep(location: object) -> None:
            fix = _fix_of(location)
            found.append(fix)
            if fix.accuracy_m < _GOOD_ACCURACY_M and _age_seconds(fix) < _FRESH_SECONDS:
                is_good.set()

        listener = _listener(keep)
        looper = java_class("android.os.Looper").getMainLooper()
        manager.requestLocationUpdates("gps", 0, 0.0, listener, looper)
        try:
            is_good.wait(timeout_s)
        finally:
            manager.removeUpdates(listener)
        fresh = [fix for fix in found if _age_seconds(fix) < _FRESH_SECONDS]
        if not fresh:
            raise GpsUnavailable("timeout")
        return min(fresh, key=lambda fix: fix.accuracy_m)


def _fix_of(location: Java) -> Fix:
    is_new = java_class("android.os.Build$VERSION").SDK_INT >= _MOCK_FLAG_API
    return Fix(
        lon=float(location.getLongitude()),
        lat=float(location.getLatitude()),
        accuracy_m=float(location.getAccuracy()),
        is_mock=bool(location.isMock() if is_new else location.isFromMockProvider()),
        captured_at=datetime.fromtimestamp(location.getTime() / 1000, UTC),
    )


def _age_seconds(fix: Fix) -> float:
    now_ms = float(java_class("java.lang.System").currentTimeMillis())
    return now_ms / 1000 - fix.captured_at.timestamp()


class AndroidCamera:
    """Sends the phone's own camera app; needs a FileProvider, but no camera permission."""

    def take(self, path: Path, on_done: Callable[[bool], None]) -> None:
        """Start the camera app; it may end this process, so `path` must be in a draft before."""
        callbacks = import_module("android.activity")
        activity = _activity()
        authority = f"{activity.getPackageName()}.fileprovider"
        file = java_class("java.io.File")(str(path))
        provider = java_class("androidx.core.content.FileProvider")
        uri = provider.getUriForFile(activity, authority, file)
        kind = java_class("android.content.Intent")
        intent = kind("android.media.action.IMAGE_CAPTURE")
        intent.putExtra("output", uri)
        intent.addFlags(kind.FLAG_GRANT_WRITE_URI_PERMISSION)

        def answered(request: int, result: int, _: object) -> None:
            if request == _PHOTO_REQUEST:
                callbacks.unbind(on_activity_result=answered)
                on_done(result == _RESULT_OK and path.exists() and path.stat().st_size > 0)

        callbacks.bind(on_activity_result=answered)
        activity.startActivityForResult(intent, _PHOTO_REQUEST)


class AndroidMicrophone:
    """Records AAC in M4A, mono 16 kHz at 24 kbit/s: about 180 KB a minute."""

    def __init__(self) -> None:
        self._recorder: _Recorder | None = None

    def start(self, path: Path) -> None:
        """Begin to record; raises OSError when the phone does not let us."""
        if self._recorder is not None:
            msg = "The microphone is already recording."
            raise OSError(msg)
        self._recorder = _Recorder(path)

    def stop(self) -> float:
        """End the recording and return its length in seconds."""
        recorder, self._recorder = self._recorder, None
        return 0.0 if recorder is None else recorder.stop()


class _Recorder:
    """One MediaRecorder from start to release."""

    def __init__(self, path: Path) -> None:
        media = java_class("android.media.MediaRecorder")
        source = java_class("android.media.MediaRecorder$AudioSource")
        shape = java_class("android.media.MediaRecorder$OutputFormat")
        coder = java_class("android.media.MediaRecorder$AudioEncoder")
        self._recorder = media()
        try:
            self._recorder.setAudioSource(source.MIC)
            self._recorder.setOutputFormat(shape.MPEG_4)
            self._recorder.setAudioEncoder(coder.AAC)
            self._recorder.setAudioChannels(1)
            self._recorder.setAudioSamplingRate(_SAMPLE_RATE_HZ)
            self._recorder.setAudioEncodingBitRate(_BITS_PER_SECOND)
            self._recorder.setOutputFile(str(path))
            self._recorder.prepare()
            self._recorder.start()
        except java_error() as error:
            self._recorder.release()
            msg = "The microphone cannot be used."
            raise OSError(msg) from error
        self._clock = java_class("android.os.SystemClock")
        self._started_ms = int(self._clock.elapsedRealtime())

    def stop(self) -> float:
        """Finish the file and return the seconds recorded."""
        length_ms = int(self._clock.elapsedRealtime()) - self._started_ms
        try:
            self._recorder.stop()
        finally:
            self._recorder.release()
        return length_ms / 1000


def android_device() -> Device:
    """Return this phone's adapters."""
    return Device(gps=AndroidGps(), camera=AndroidCamera(), microphone=AndroidMicrophone())
