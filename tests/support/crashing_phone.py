"""A phone that ends at a named place, as a killed process does: `python -m ... FOLDER URL POINT N`.

With the point `check_in.*` it makes a check-in at the first account, otherwise it syncs.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from mobile_client.core import PhoneCore, open_core
from mobile_client.device.clock import SystemClock
from mobile_client.device.fakes import FakeCamera, fake_device
from mobile_client.views import CheckInDraft

KILLED = 9


class Crash(BaseException):
    """The process ends here: nobody catches this."""


@dataclass
class Countdown:
    """Ends at the n-th time that a place is reached; `hits` counts every place."""

    point: str = ""
    left: int = 1

    def __call__(self, point: str) -> None:
        if point == self.point:
            self.left -= 1
            if self.left == 0:
                self.end()

    def end(self) -> None:
        raise Crash


class Kill(Countdown):
    """Ends the whole process, without any clean-up."""

    def end(self) -> None:
        os._exit(KILLED)


def check_in(phone: PhoneCore) -> None:
    """Check in with a photo at the first account."""
    account = phone.accounts(limit=1)[0].id
    photo = phone.new_media_path("photo")
    FakeCamera().take(photo, lambda _: None)
    phone.check_in(CheckInDraft(account, None, "met", "Killed?", photo_paths=(photo,)))


def main(folder: str, url: str, point: str, number: str) -> int:
    clock = SystemClock()
    device = fake_device(clock, (24.9384, 60.1699))
    phone = open_core(Path(folder), url, device, clock, at=Kill(point, int(number)))
    if point.startswith("check_in"):
        check_in(phone)
    else:
        phone.sync_once()
    phone.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
