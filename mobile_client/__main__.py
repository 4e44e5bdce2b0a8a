"""Opens the phone client in a window: `python -m mobile_client --help`."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from platformdirs import user_data_path

from mobile_client.core import PhoneCore, open_core
from mobile_client.device.clock import SystemClock
from mobile_client.device.fakes import fake_device
from mobile_client.facade import Core, SignInError
from mobile_client.i18n import LOCALES
from mobile_client.views import LonLat

_HELSINKI: LonLat = (24.945, 60.168)
_LARGEST_LON, _LARGEST_LAT = 180, 90


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until the window is closed; 1 when signing in was asked for and failed."""
    options = _parser().parse_args(arguments)
    clock = SystemClock()
    core = open_core(options.folder, options.server, fake_device(clock, options.fake_device), clock)
    try:
        if options.email and not _sign_in(core, options.email, options.password):
            return 1
        core.start_background()
        _show(core, options.folder, options.size, options.lang)
    finally:
        core.close()
    return 0


def _sign_in(core: PhoneCore, email: str, password: str) -> bool:
    """Signs in unless somebody is; says why when it fails."""
    if core.session is not None:
        return True
    try:
        core.sign_in(email, password)
    except SignInError as error:
        sys.stderr.write(f"Signing in as {email} failed: {error.message}\n")
        return False
    return True


def _show(core: Core, folder: Path, size: tuple[int, int], locale: str) -> None:
    """Opens the window; Kivy reads these settings when it is first imported."""
    os.environ.update(KIVY_NO_ARGS="1", KIVY_NO_FILELOG="1", KIVY_HOME=str(folder / "kivy"))
    os.environ.setdefault("KIVY_METRICS_DENSITY", "1")
    config = import_module("kivy.config").Config
    config.set("kivy", "log_level", "warning")
    config.set("kivy", "exit_on_escape", "0")
    # Kivy's mouse would otherwise draw second fingers on a right click.
    config.set("input", "mouse", "mouse,disable_multitouch")
    for key, value in {"width": size[0], "height": size[1], "multisamples": 4}.items():
        config.set("graphics", key, str(value))
    app = import_module("mobile_client.app").TuyenApp(core, locale)
    app.run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mobile_client", description=__doc__)
    parser.add_argument("--server", default="http://127.0.0.1:8000", help="the service's address")
    parser.add_argument(
        "--folder",
        type=Path,
        default=user_data_path("tuyen-phone"),
        help="where this phone keeps its data",
    )
    parser.add_argument("--email", default="", help="sign in at once")
    parser.add_argument("--password", default="", help="the password for --email")
    parser.add_argument("--lang", choices=LOCALES, default="", help="otherwise the user's own")
    parser.add_argument("--size", type=_size, default=(412, 915), help="of the window, 412x915")
    parser.add_argument(
        "--fake-device",
        type=_lon_lat,
        default=_HELSINKI,
        metavar="LON,LAT",
        help="where the faked GPS stands; camera and microphone are faked too",
    )
    return parser


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it like 412x915.")
    return int(width), int(height)


def _lon_lat(text: str) -> LonLat:
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError as error:
        message = f"{text!r} is no position; write longitude,latitude like 24.945,60.168."
        raise argparse.ArgumentTypeError(message) from error
    if abs(lon) > _LARGEST_LON or abs(lat) > _LARGEST_LAT:
        raise argparse.ArgumentTypeError(f"{text!r} is outside the world; longitude comes first.")
    return lon, lat


if __name__ == "__main__":
    sys.exit(main())
