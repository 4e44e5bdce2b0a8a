"""Makes this folder's pictures from a running demo: the page in Chromium, the phone in its window.

Start `make demo`, then `make pictures` in a second terminal.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, sync_playwright

from backend.demo.city import PASSWORD
from mobile_client.core import open_core
from mobile_client.device.clock import SystemClock
from mobile_client.device.fakes import fake_device
from mobile_client.views import DayView
from tests.support.kivy_driver import PHONE, Driver, KivyObject, prepare_kivy

_HERE = Path(__file__).parent
_CHROMIUM = "/usr/bin/chromium"
_FLAGS = [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-background-networking", "--disable-component-update", "--no-first-run",
    "--disable-quic", "--disable-sync",
]  # fmt: skip
_CELLS = '{"rows":[{"dimension":"h3","resolution":9}],"measures":["revenue","customers"]}'
_PAGES = {
    "map": "tab=prospects",
    "territories": "tab=territories",
    "areas": "tab=areas",
    "analysis": f"tab=analysis&cube={quote(_CELLS)}",
    "ground": "tab=territories",
    "routes": "tab=routes",
    "weeks": "tab=weeks",
    "visits": "tab=visits",
    "results": "tab=results",
}
_UNFOLDED = {"routes": "Bỏ lại", "weeks": "Các ngày"}
"""The folds that a picture is about: the reasons of what was left out, the days of the weeks."""
_WAIT_MS = 180_000


def main() -> None:
    """Make every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", default="http://127.0.0.1:8000")
    parser.add_argument("--domain", default="helsinki.example")
    options = parser.parse_args()
    _photograph_page(options.server, f"lan@{options.domain}")
    _photograph_phone(options.server, f"an@{options.domain}")


def _photograph_page(server: str, email: str) -> None:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        page = browser.new_page(viewport={"width": 1360, "height": 850})
        page.goto(server)
        page.fill("input[type=email]", email)
        page.fill("input[type=password]", PASSWORD)
        page.keyboard.press("Enter")
        for name, place in _PAGES.items():
            _settle(page, f"{server}/#{place}")
            if name in _UNFOLDED:
                fold = page.locator("#panel details summary", has_text=_UNFOLDED[name]).last
                fold.click()
                fold.evaluate("one => one.closest('.card').scrollIntoView()")
            if name in _CHOSEN:
                _CHOSEN[name](page)
                page.wait_for_timeout(4000)
            page.screenshot(path=_HERE / f"{name}.png")
        browser.close()


def _choose_territory(page: Page) -> None:
    page.locator("select[name=territory_id]").select_option(index=1)
    page.locator(".area-result").wait_for()


def _choose_ground(page: Page) -> None:
    page.evaluate("document.querySelector('#legend').open = true")
    page.locator("select[name=ground]").select_option(label="Chỉ số người qua lại")


def _look_back(page: Page) -> None:
    page.get_by_role("button", name="Xem lại", exact=True).click()
    page.locator(".past-moment").wait_for()


_CHOSEN: dict[str, Callable[[Page], None]] = {
    "territories": _look_back,
    "areas": _choose_territory,
    "ground": _choose_ground,
}


def _settle(page: Page, address: str) -> None:
    page.wait_for_selector("body[data-ready=true]", timeout=_WAIT_MS)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    # The map fades its tiles in; a picture of half of it would show nothing.
    page.wait_for_timeout(4000)


def _photograph_phone(server: str, email: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="tuyen-pictures-"))
    clock = SystemClock()
    device = fake_device(clock, (24.945, 60.168))
    core = open_core(folder, server, device, clock)
    core.sign_in(email, PASSWORD)
    core.sync_once()
    today = core.today()
    _stand_beside(device.gps, today)
    prepare_kivy(folder / "kivy", PHONE)
    from mobile_client.app import TuyenApp  # noqa: PLC0415  # after Kivy's settings

    driver = Driver(TuyenApp(core, "vi"))
    shell = driver.app.shell
    driver.shot(_HERE / "phone-today.png")
    _map(driver, shell)
    _check_in(driver, shell, today)
    shell.go("sync")
    driver.frames(4)
    driver.shot(_HERE / "phone-sync.png")
    driver.close()
    core.close()


def _map(driver: Driver, shell: KivyObject) -> None:
    shell.go("map")
    driver.until(lambda: shell.map_pane.view.is_ready)
    driver.frames(4)
    driver.shot(_HERE / "phone-map.png")


def _check_in(driver: Driver, shell: KivyObject, today: DayView) -> None:
    stop = today.next_stop
    if stop is None:
        raise SystemExit("The day is done: there is no stop left to check in at.")
    shell.open_check_in(stop.account_id)
    screen = shell._screens["check_in"]  # noqa: SLF001  # the picture needs a filled form
    driver.until(lambda: "GPS" in screen.gps)
    screen.ids.note.text = "Gặp chị Hường, hẹn thứ Sáu giao 3 thùng"
    screen.take_photo()
    driver.frames(6)
    driver.shot(_HERE / "phone-check-in.png")
    screen.save("met")
    driver.frames(4)


def _stand_beside(gps: KivyObject, today: DayView) -> None:
    stop = today.next_stop
    if stop is not None:
        gps.at = (stop.lon + 0.0001, stop.lat)


if __name__ == "__main__":
    main()
