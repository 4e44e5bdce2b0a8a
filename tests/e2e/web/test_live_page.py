"""A day as it runs, on the page: a check-in moves the manager's map without a reload."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.e2e.web.conftest import Watched
from tests.e2e.web.test_map_page import PHONE
from tests.support.city import PASSWORD, City, make_city
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.people import Org

pytestmark = pytest.mark.e2e
HERE = [24.9385, 60.1712]


@pytest.fixture
def city(test_database: TestDatabase, org: Org) -> City:
    """The city today; everybody works all day, and nobody was seen yet."""
    url = test_database.owner_url
    city = make_city(url, org, datetime.now(UTC).date(), places=400)
    execute(url, "DELETE FROM check_in WHERE org_id = %s", org.id)
    execute(
        url,
        "INSERT INTO working_hours (org_id, id, hours, changed_by)"
        " VALUES (%s, gen_random_uuid(), '00:00-24:00', %s)",
        org.id, org.manager.user_id,
    )  # fmt: skip
    return city


def _check_in(browser: Browser, watched: Watched) -> None:
    """Check in as the rep, in a browser of the rep's own."""
    context = browser.new_context()
    url = watched.service.url
    try:
        signed = context.request.post(
            f"{url}/v1/auth/login",
            data={"email": f"rep@{watched.city.org.id}.test", "password": PASSWORD,
                  "device_id": str(watched.city.org.rep.device_id), "device_name": "t",
                  "platform": "test"},
        )  # fmt: skip
        assert signed.ok, signed.text()
        headers = {"Authorization": f"Bearer {signed.json()['access_token']}"}
        day = datetime.now(UTC).date()
        mine = context.request.get(f"{url}/v1/visits?on_date={day}", headers=headers).json()
        visit = next(one for one in mine["items"] if one["status"] == "planned")
        done = context.request.post(
            f"{url}/v1/visits/{visit['id']}/check-in", headers=headers,
            data={"captured_at": (datetime.now(UTC) - timedelta(seconds=2)).isoformat(),
                  "location": HERE, "accuracy_m": 6},
        )  # fmt: skip
        assert done.ok, done.text()
    finally:
        context.close()


def test_a_check_in_moves_the_managers_map_without_a_reload(
    watched: Watched, browser: Browser, tmp_path: Path
) -> None:
    page = watched.open("#tab=visits")
    row = page.locator(f".live [data-rep='{watched.city.org.rep.user_id}']")
    expect(row).to_contain_text("chưa có vị trí")
    page.evaluate("window.isSamePage = true")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    _check_in(browser, watched)
    expect(row).to_contain_text("trước")
    assert page.evaluate("window.isSamePage")
    assert any(url.endswith("/v1/live") for url in asked)
    row.click()
    page.wait_for_timeout(1500)  # the flight of the camera, for the picture alone
    (dot,) = watched.drawn("overlay-live")
    assert dot["name"] == "Lan Nguyễn"
    page.screenshot(path=tmp_path / "live.png")
    page.locator("#sign-out").click()
    page.wait_for_selector("#sign-in:not([hidden])")
    page.goto(f"{watched.service.url}/#tab=visits")
    watched.sign_in("rep")
    watched.wait_for_map()
    page.get_by_text("Ai đã xem vị trí của tôi").click()
    looks = page.get_by_role("list", name="Ai đã xem vị trí của tôi").get_by_role("listitem")
    expect(looks).to_have_count(1)
    expect(looks).to_contain_text("Hoa Phạm · vị trí cuối")
    page.screenshot(path=tmp_path / "looks.png")
    # The browser was the manager's: it becomes a new device, once that is refused.
    assert all("/v1/auth/login" in one or "409" in one for one in watched.complaints)
    watched.complaints.clear()


def test_working_hours_set_on_the_page_hide_who_is_off(watched: Watched, browser: Browser) -> None:
    page = watched.open("#tab=visits")
    _check_in(browser, watched)
    row = page.locator(f".live [data-rep='{watched.city.org.rep.user_id}']")
    expect(row).to_contain_text("trước")
    page.get_by_text("Giờ làm việc", exact=True).click()
    page.get_by_role("textbox", name="Lan Nguyễn").fill("off")
    page.get_by_role("button", name="Lưu: Lan Nguyễn").click()
    expect(row).to_contain_text("ngoài giờ làm")
    expect(row).to_be_disabled()
    assert watched.drawn_now("overlay-live") == []


@pytest.mark.parametrize("look", [PHONE], indirect=True, ids=["360 px, dark"])
def test_the_live_day_fits_a_phone_in_english(
    watched: Watched, browser: Browser, context: BrowserContext, tmp_path: Path
) -> None:
    assert context
    page = watched.open("#tab=visits")
    watched.switch_language()
    _check_in(browser, watched)
    row = page.locator(f".live [data-rep='{watched.city.org.rep.user_id}']")
    expect(row).to_contain_text("ago")
    width = page.evaluate("document.querySelector('#panel').scrollWidth - panel.clientWidth")
    assert width <= 1
    page.screenshot(path=tmp_path / "phone.png")
