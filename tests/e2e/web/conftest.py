"""A real service with a real basemap, and Debian's Chromium to look at it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect, sync_playwright

from backend.app import create_app
from backend.db.tenancy import Database
from backend.settings import Settings
from backend.web.build import build
from tests.support.city import PASSWORD, City, make_city
from tests.support.databases import TestDatabase
from tests.support.people import Org
from tests.support.server import RunningService, running_service

DAY = date(2026, 11, 22)
READY_MS = 60_000
expect.set_options(timeout=READY_MS)  # a slow machine is no broken page
# Software rendering, and none of the browser's own calls home.
_FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Watched:
    """A page, and everything that would be wrong with it."""

    page: Page
    service: RunningService
    city: City
    complaints: list[str] = field(default_factory=list)

    def open(self, place: str = "", *, who: str = "manager") -> Page:
        """Sign in and wait until the first map is idle."""
        self.page.goto(f"{self.service.url}/{place}")
        self.sign_in(who)
        self.wait_for_map()
        return self.page

    def sign_in(self, who: str = "manager", password: str = PASSWORD) -> None:
        self.page.fill("input[name=email]", f"{who}@{self.city.org.id}.test")
        self.page.fill("input[name=password]", password)
        self.page.click("#sign-in button[type=submit]")

    def wait_for_map(self) -> None:
        self.page.wait_for_selector("body[data-ready=true]", timeout=READY_MS)

    def switch_language(self) -> None:
        """Press the button, and wait for the map of the page that comes anew."""
        self.page.evaluate("delete document.body.dataset.ready")
        self.page.locator("#language").click()
        self.wait_for_map()

    def drawn(self, *layers: str) -> list[dict[str, object]]:
        """Return what the map really draws of some layers, as soon as it draws any."""
        return self._drawn(layers, patience_ms=READY_MS)

    def drawn_now(self, *layers: str) -> list[dict[str, object]]:
        """Return what the map draws of some layers, perhaps nothing, once it is idle."""
        return self._drawn(layers, patience_ms=0)

    def _drawn(self, layers: tuple[str, ...], *, patience_ms: int) -> list[dict[str, object]]:
        found: list[dict[str, object]] = self.page.evaluate(
            """async ([layers, limit]) => {
                const { map } = document.querySelector("#map");
                const end = performance.now() + limit;
                for (;;) {
                    map.triggerRepaint();
                    await new Promise((done) => map.once("idle", done));
                    const drawn = map.queryRenderedFeatures({ layers });
                    if (drawn.length || performance.now() > end)
                        return drawn.map((one) => one.properties);
                    await new Promise((done) => setTimeout(done, 50));
                }
            }""",
            [list(layers), patience_ms],
        )
        return found


@pytest.fixture(scope="session", autouse=True)
def page_files() -> None:
    """What the page loads, where the service looks for it."""
    build()


# One module at a time: its event loop would be in the way of other tests of this process.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def city(test_database: TestDatabase, org: Org) -> City:
    return make_city(test_database.owner_url, org, DAY, places=400)


@pytest.fixture
def service(
    settings: Settings, database: Database, basemap_file: Path, city: City
) -> Iterator[RunningService]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    settings.basemap_file.write_bytes(basemap_file.read_bytes())
    with running_service(create_app(settings, database)) as running:
        assert city.accounts
        yield running


@pytest.fixture
def look(request: pytest.FixtureRequest) -> dict[str, object]:
    """How the browser is set up: parametrise `look` indirectly for other sizes and themes."""
    asked: dict[str, object] = getattr(request, "param", {})
    return {"viewport": {"width": 1100, "height": 760}, "locale": "vi-VN", **asked}


@pytest.fixture
def context(browser: Browser, look: dict[str, object]) -> Iterator[BrowserContext]:
    context = browser.new_context(timezone_id="Asia/Ho_Chi_Minh", **look)  # type: ignore[arg-type]
    yield context
    context.close()


@pytest.fixture
def watched(context: BrowserContext, service: RunningService, city: City) -> Iterator[Watched]:
    """A page that must not complain, nor ask for anything outside the service."""
    page = context.new_page()
    watched = Watched(page, service, city)
    note = watched.complaints.append
    page.on("console", lambda m: note(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: note(f"page error: {error}"))
    page.on("response", lambda answer: note(_failure(answer)) if answer.status >= 400 else None)
    own = (service.url, "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(own) else note(f"outside: {r.url}"))
    yield watched
    page.close()
    assert watched.complaints == []


def _failure(answer: Response) -> str:
    return f"{answer.status} {answer.url}"
