"""The managers' page in a real browser: sign in, look at the map, find, follow the day."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.web.conftest import DAY, READY_MS, Watched
from tests.support.city import STOPS
from tests.support.databases import TestDatabase
from tests.support.evidence import send_evidence

pytestmark = pytest.mark.e2e
PHONE = {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}
WIDE = {"viewport": {"width": 1920, "height": 1080}}


def test_a_manager_signs_in_and_sees_the_whole_city(watched: Watched) -> None:
    page = watched.open(f"#date={DAY}")
    shops = watched.drawn("prospects")
    assert sum(int(str(one["n"])) for one in shops) >= len(watched.city.accounts)
    assert {one["name"] for one in watched.drawn("territory-label")} == {"Kamppi", "Kruununhaka"}
    assert len({one["id"] for one in watched.drawn("route-line", "route-estimate")}) == 2
    assert watched.drawn("buildings", "main"), "the basemap is not drawn"
    expect(page.get_by_text("© OpenStreetMap contributors")).to_be_visible()
    expect(page.locator("#who")).to_have_text("Hoa Phạm · Cà phê Sông Hàn")
    expect(page.locator(".row-list .row")).to_have_count(40)
    page.get_by_role("button", name="Xem thêm").click()
    expect(page.locator(".row-list .row")).to_have_count(80)


def test_a_wrong_password_is_told_in_words(watched: Watched) -> None:
    page = watched.page
    page.goto(watched.service.url)
    watched.sign_in(password="không phải mật khẩu này")
    alert = page.get_by_role("alert")
    expect(alert).to_have_text("Sai email hoặc mật khẩu.")
    assert any("/v1/auth/login" in one for one in watched.complaints)
    watched.complaints.clear()
    watched.sign_in()
    watched.wait_for_map()


def test_a_reload_keeps_the_person_signed_in(watched: Watched) -> None:
    page = watched.open(f"#tab=visits&date={DAY}")
    page.reload()
    watched.wait_for_map()
    expect(page.get_by_role("tab", name="Ghé thăm")).to_have_attribute("aria-selected", "true")
    assert page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})").count("ey") == 0
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.locator("#sign-in")).to_be_visible()
    page.reload()
    expect(page.locator("#sign-in")).to_be_visible()


def test_an_expired_token_is_renewed_unseen(watched: Watched, context: BrowserContext) -> None:
    page = watched.open("#date=2031-03-04")
    expired = {"title": "Sign in first", "status": 401, "code": "token_expired", "detail": "x"}
    context.route("**/v1/routes?*", lambda route: route.fulfill(status=401, json=expired), times=1)
    with page.expect_response("**/v1/auth/refresh") as renewed:
        page.get_by_role("tab", name="Tuyến").click()
    assert renewed.value.status == 200
    expect(page.get_by_text("Chưa có kế hoạch cho ngày này").first).to_be_visible()
    assert all("401" in one for one in watched.complaints)
    watched.complaints.clear()


def test_search_without_diacritics_opens_the_card_and_flies_there(watched: Watched) -> None:
    page = watched.open()
    shop = next(one for one in watched.city.accounts.values() if "ä" in one.name)
    page.get_by_role("searchbox").fill(shop.name.replace("ä", "a").replace("ö", "o"))
    row = page.locator(".row-list .row", has_text=shop.name).first
    row.click()
    expect(page.get_by_role("heading", name=shop.name)).to_be_visible()
    expect(page.get_by_text("Chưa có người liên hệ.")).to_be_visible()
    assert "account=" in page.url
    page.wait_for_function(
        "([lon, lat]) => { const centre = document.querySelector('#map').map.getCenter();"
        " return Math.hypot(centre.lng - lon, centre.lat - lat) < 0.001; }",
        arg=[shop.lon, shop.lat],
    )
    page.go_back()
    expect(page.get_by_role("searchbox")).to_be_visible()


def test_filters_hold_for_list_and_map(watched: Watched) -> None:
    page = watched.open()
    page.locator("#panel").get_by_label("Giai đoạn").select_option("lost")
    expect(page.locator(".row-list .row").first).to_be_visible()
    page.wait_for_function(
        "() => document.querySelector('#map').map.getStyle().sources.prospects.tiles[0]"
        ".includes('life_stage=lost')"
    )
    singles = [one for one in watched.drawn("prospects") if one["n"] == 1]
    assert {one["life_stage"] for one in singles} == {"lost"}


def test_a_deep_link_shows_one_route_with_stops_and_what_was_left_out(watched: Watched) -> None:
    route_id = watched.city.routes["Kruununhaka"]
    page = watched.open(f"#tab=routes&date={DAY}&route={route_id}")
    card = page.locator(f'[data-route="{route_id}"]')
    expect(card.locator(".stop time")).to_have_count(STOPS + 1)  # and lunch
    expect(card.get_by_text("ước tính")).to_be_visible()
    expect(card.get_by_text("≈ 8,4 km")).to_be_visible()
    card.get_by_text("Bỏ lại: 1").click()
    expect(card.get_by_text("Ravintola Savoy")).to_be_visible()
    expect(card.get_by_text("Đóng cửa trong ngày này")).to_be_visible()
    stops = watched.drawn("stops")
    assert {one["sequence"] for one in stops if one["route_id"] == str(route_id)} == set(
        range(1, STOPS + 1)
    )


def test_a_manager_plans_a_day(watched: Watched) -> None:
    page = watched.open("#tab=routes&date=2031-03-04")
    card = page.locator("article.card", has_text="Lan Nguyễn")
    expect(card.get_by_text("Chưa có kế hoạch cho ngày này")).to_be_visible()
    card.get_by_role("button", name="Lập tuyến").click()
    planned = page.locator("article[data-route]", has_text="Lan Nguyễn")
    expect(planned.locator(".stop").first).to_be_visible(timeout=READY_MS)
    expect(planned.get_by_text("ước tính")).to_be_visible()
    expect(planned.get_by_role("button", name="Lập lại")).to_be_visible()
    page.wait_for_function(
        "() => document.querySelector('#map').map"
        ".queryRenderedFeatures({ layers: ['stops'] }).length > 0",
        timeout=READY_MS,
    )


def test_the_days_visits_show_their_evidence(watched: Watched, test_database: TestDatabase) -> None:
    visit_id = send_evidence(test_database.owner_url, watched.service, watched.city)
    page = watched.open(f"#tab=visits&date={DAY}")
    card = page.locator(f'[data-visit="{visit_id}"]')
    expect(card.get_by_text("hoàn tất")).to_be_visible()
    expect(card.get_by_text("đặt hàng", exact=True)).to_be_visible()
    expect(card.get_by_text("cách khách 23 m")).to_be_visible()
    expect(card.get_by_text("Đặt 12 thùng, giao thứ Ba.")).to_be_visible()
    expect(card.get_by_text("ảnh còn trên điện thoại")).to_be_visible()
    thumb = card.locator("img")
    expect(thumb).to_have_attribute("src", _is_blob())
    assert thumb.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }")
    card.get_by_role("button", name="Ghi âm").click()
    audio = card.locator("audio")
    expect(audio).to_have_attribute("src", _is_blob())
    assert audio.evaluate(
        "(one) => one.duration || new Promise((done) =>"
        " one.addEventListener('loadedmetadata', () => done(one.duration)))"
    ) == pytest.approx(1.0, abs=0.1)
    thumb.click()
    expect(page.locator("dialog img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    assert {one["status"] for one in watched.drawn("visits")} == {"done", "checked_in", "planned"}


def _is_blob() -> re.Pattern[str]:
    return re.compile("^blob:")


def test_a_rep_sees_the_own_territory_and_cannot_plan_others(watched: Watched) -> None:
    page = watched.open(f"#tab=routes&date={DAY}", who="rep")
    expect(page.locator("article[data-route]")).to_have_count(1)
    expect(page.get_by_role("button", name="Lập lại")).to_have_count(1)
    expect(page.get_by_text("Lập tuyến cả nhóm")).to_have_count(0)
    assert {one["name"] for one in watched.drawn("territory-label")} <= {"Kamppi"}
    page.get_by_role("tab", name="Địa bàn").click()
    expect(page.locator(".row-list .row")).to_have_count(1)
    expect(page.get_by_role("button", name="Vẽ địa bàn")).to_have_count(0)


def test_a_drawn_territory_is_kept_and_given_to_a_rep(watched: Watched) -> None:
    page = watched.open("#tab=territories")
    expect(page.locator(".row-list .row")).to_have_count(2)
    page.get_by_role("button", name="Vẽ địa bàn").click()
    box = page.locator("#map").bounding_box()
    assert box
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for dx, dy in [(-120, -120), (120, -120), (120, 120), (-120, 120), (-120, -120)]:
        page.mouse.move(middle[0] + dx, middle[1] + dy, steps=3)
        page.mouse.click(middle[0] + dx, middle[1] + dy)
    page.get_by_role("button", name="Dùng vùng này").click()
    form = page.locator("form.card")
    form.get_by_label("Tên").fill("Trung tâm")
    form.get_by_label("Giao cho").select_option(label="Lan Nguyễn")
    form.get_by_role("button", name="Lưu").click()
    expect(page.get_by_role("status")).to_contain_text("Trung tâm")
    row = page.locator(".row-list .row", has_text="Trung tâm")
    expect(row).to_contain_text("Lan Nguyễn")
    page.wait_for_function(
        "() => document.querySelector('#map').map.queryRenderedFeatures("
        "{ layers: ['territory-label'] }).some((one) => one.properties.name === 'Trung tâm')",
        timeout=READY_MS,
    )


@pytest.mark.parametrize("look", [PHONE, WIDE], indirect=True, ids=["360 px, dark", "1920 px"])
def test_every_tab_fits_the_screen(watched: Watched) -> None:
    page = watched.open()
    for tab in page.get_by_role("tab").all():
        tab.click()
        expect(page.locator("#panel .loading")).to_have_count(0)
        width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width[0] <= width[1]
        overflowing = page.evaluate(
            "() => [...document.querySelectorAll('#panel, .bar, #tabs')]"
            ".filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className)"
        )
        assert overflowing == []
    assert watched.drawn("prospects")


def test_the_keyboard_reaches_everything(watched: Watched) -> None:
    page = watched.open()
    page.get_by_role("tab", name="Khách").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Tuyến")).to_be_focused()
    expect(page.get_by_role("tab", name="Tuyến")).to_have_attribute("aria-selected", "true")
    unnamed = page.evaluate(
        "() => [...document.querySelectorAll('button, input, select, a[href], [role=tabpanel]')]"
        ".filter((one) => one.checkVisibility() && !(one.ariaLabel || one.title || one.innerText"
        " || one.labels?.[0]?.innerText || one.getAttribute('aria-labelledby')))"
        ".map((one) => one.outerHTML)"
    )
    assert unnamed == []


def test_the_language_is_switched_and_remembered(watched: Watched) -> None:
    page = watched.open()
    watched.switch_language()
    assert page.locator("html").get_attribute("lang") == "en"
    page.reload()
    expect(page.get_by_role("tab", name="Visits")).to_be_visible()
    watched.wait_for_map()


def test_a_list_that_fails_says_so_and_can_be_tried_again(
    watched: Watched, context: BrowserContext
) -> None:
    page: Page = watched.open()
    context.route("**/v1/routes?*", lambda route: route.abort())
    page.get_by_role("tab", name="Tuyến").click()
    expect(page.get_by_role("alert")).to_contain_text("Không kết nối được máy chủ")
    context.unroute("**/v1/routes?*")
    watched.complaints.clear()
    page.get_by_role("button", name="Thử lại").click()
    expect(
        page.get_by_text("Không có tuyến trong ngày này").or_(page.locator("article"))
    ).to_have_count(2)
