"""A campaign on the page: started on an area, read, worked on from its accounts, ended."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.web.conftest import DAY, Watched
from tests.e2e.web.test_accessibility import violations
from tests.e2e.web.test_map_page import PHONE
from tests.support.databases import TestDatabase
from tests.support.ground import execute

pytestmark = pytest.mark.e2e
NAME = "Tết 2027: mời khách quay lại"
PURPOSE = "Tặng 1 thùng khi mua 10, giới thiệu vị mới."
WIDE_DARK = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"}


def _started(watched: Watched, page: Page, pictures: Path) -> tuple[Locator, int]:
    """Start a campaign on a territory's customers; return the card of the area, and how many."""
    with page.expect_response("**/v1/areas/snapshot") as answered:
        page.get_by_role("combobox", name="Địa bàn", exact=True).select_option(label="Kamppi")
    count = answered.value.json()["accounts"]
    card = page.locator(".area-result")
    card.get_by_role("button", name="Mở chiến dịch").click()
    dialog = page.get_by_role("dialog", name="Mở chiến dịch")
    dialog.get_by_label("Tên chiến dịch").fill(NAME)
    dialog.get_by_label("Để làm gì").fill(PURPOSE)
    dialog.get_by_label("Ngày đầu").fill(str(watched.city.on_date - timedelta(days=20)))
    dialog.get_by_role("button", name="Xem trước").click()
    expect(dialog.get_by_text(f"Sẽ đổi {count} trong {count} khách.")).to_be_visible()
    page.screenshot(path=pictures / "start.png")
    assert violations(page) == []
    dialog.get_by_role("button", name="Thực hiện").click()
    expect(card.get_by_text("Mở chiến dịch: đã xong")).to_be_visible()
    return card, count


@pytest.mark.parametrize("look", [{}, WIDE_DARK], indirect=True, ids=["light", "dark"])
def test_a_campaign_is_started_worked_on_and_ended(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    page = watched.open(f"#tab=areas&date={DAY}&filter=life_stage%3Dcustomer")
    card, count = _started(watched, page, tmp_path)
    card.get_by_role("button", name="Xem chiến dịch").click()
    campaign = page.locator(".campaign")
    expect(campaign.get_by_role("heading", name=NAME)).to_be_focused()
    expect(campaign.get_by_text(PURPOSE)).to_be_visible()
    expect(campaign.get_by_role("row", name="Khách đã ghé")).to_contain_text(f"/{count}")
    expect(campaign.get_by_role("row", name="Doanh thu")).to_contain_text("₫")
    page.screenshot(path=tmp_path / "campaign.png")
    assert violations(page) == []
    campaign.get_by_role("button", name="Hiện trên bản đồ").click()
    drawn = watched.drawn("prospects")
    assert 0 < sum(int(str(one.get("n", 1))) for one in drawn) <= count
    expect(page.get_by_label("Chiến dịch").last).to_be_visible()
    page.get_by_label("Xem khách").select_option("")
    accounts = campaign.get_by_role("list", name="Khách trong chiến dịch")
    for at in range(3):
        accounts.get_by_role("checkbox").nth(at).check()
    expect(campaign.get_by_text("Đã chọn 3 khách.")).to_be_visible()
    campaign.get_by_role("button", name="Lên lịch ghé").click()
    dialog = page.get_by_role("dialog")
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    dialog.get_by_label("Ngày").fill(str(tomorrow))
    dialog.get_by_role("button", name="Xem trước").click()
    dialog.get_by_role("button", name="Thực hiện").click()
    expect(campaign.get_by_text("Lên lịch ghé: đã xong")).to_be_visible()
    expect(accounts.get_by_text("hẹn ghé")).to_have_count(3)
    accounts.scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "accounts.png")
    with page.expect_download() as download:
        campaign.get_by_role("button", name="Tải danh sách khách").click()
    assert download.value.path().stat().st_size > 100
    accounts.get_by_role("checkbox").first.check()
    campaign.get_by_role("button", name="Đưa khỏi chiến dịch").click()
    page.get_by_role("dialog").get_by_role("button", name="Xem trước").click()
    page.get_by_role("dialog").get_by_role("button", name="Thực hiện").click()
    expect(campaign.get_by_text("Đưa khỏi chiến dịch: đã xong")).to_be_visible()
    expect(campaign.get_by_text(f"trong {count - 1} khách chưa ghé")).to_be_visible()
    campaign.get_by_role("button", name="Hoàn tác").click()
    expect(campaign.get_by_text(f"trong {count} khách chưa ghé")).to_be_visible()
    _changed_and_ended(page, campaign)
    page.screenshot(path=tmp_path / "list.png")
    held = execute(test_database.owner_url, "SELECT ended_at IS NOT NULL FROM campaign")
    assert held == [(True,)]


def _changed_and_ended(page: Page, campaign: Locator) -> None:
    campaign.get_by_role("button", name="Sửa chiến dịch").click()
    page.get_by_role("dialog").get_by_label("Tên chiến dịch").fill("Tết sớm")
    page.get_by_role("dialog").get_by_role("button", name="Lưu").click()
    expect(campaign.get_by_role("heading", name="Tết sớm")).to_be_visible()
    page.once("dialog", lambda sure: sure.accept())
    campaign.get_by_role("button", name="Kết thúc").click()
    expect(campaign.get_by_text("Đã kết thúc")).to_be_visible()
    page.get_by_role("button", name="Mọi chiến dịch").click()
    row = page.get_by_role("list", name="Chiến dịch").get_by_role("button")
    expect(row).to_contain_text("Tết sớm")


def _kept(watched: Watched, database: TestDatabase) -> dict[str, Any]:
    """Keep a campaign of all customers as somebody did weeks ago."""
    org = watched.city.org
    begun: date = watched.city.on_date - timedelta(days=20)
    execute(
        database.owner_url,
        "INSERT INTO campaign (org_id, id, name, purpose, starts_on, ends_on, created_by)"
        " VALUES (%s, gen_random_uuid(), %s, %s, %s, %s, %s)",
        org.id, NAME, PURPOSE, begun, begun + timedelta(days=60), org.manager.user_id,
    )  # fmt: skip
    execute(
        database.owner_url,
        "INSERT INTO campaign_account (org_id, campaign_id, account_id, added_by)"
        " SELECT k.org_id, k.id, a.id, k.created_by FROM campaign k JOIN account a"
        " ON a.org_id = k.org_id AND a.life_stage = 'customer'",
    )
    ((found, accounts),) = execute(
        database.owner_url,
        "SELECT max(c.campaign_id::text), count(*) FROM campaign_account c JOIN account a"
        " ON a.org_id = c.org_id AND a.id = c.account_id JOIN territory t"
        " ON t.org_id = a.org_id AND t.id = a.territory_id AND t.name = 'Kamppi'",
    )
    return {"id": found, "accounts": accounts}


@pytest.mark.parametrize("look", [PHONE], indirect=True, ids=["360 px, dark"])
def test_a_rep_reads_the_own_share_on_a_phone(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    kept = _kept(watched, test_database)
    page = watched.open(f"#tab=areas&date={DAY}", who="rep")
    page.locator(".campaigns > summary").press("Enter")
    row = page.get_by_role("list", name="Chiến dịch").get_by_role("button")
    expect(row).to_contain_text(f"/{kept['accounts']}")
    page.screenshot(path=tmp_path / "list_phone.png")
    row.press("Enter")
    campaign = page.locator(".campaign")
    expect(campaign.get_by_role("heading", name=NAME)).to_be_visible()
    expect(campaign.get_by_role("list", name="Theo địa bàn").get_by_role("button")).to_have_count(1)
    for name in ("Kết thúc", "Sửa chiến dịch", "Đưa khỏi chiến dịch"):
        expect(campaign.get_by_role("button", name=name)).to_have_count(0)
    width = page.evaluate("document.querySelector('#panel').scrollWidth - panel.clientWidth")
    assert width <= 1
    campaign.scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "campaign_phone.png")
    campaign.get_by_role("list", name="Khách trong chiến dịch").scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "accounts_phone.png")
    assert violations(page) == []


def test_an_analysis_is_narrowed_to_a_campaign(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    kept = _kept(watched, test_database)
    page = watched.open(f"#tab=analysis&date={DAY}")
    expect(page.locator(".loading:visible")).to_have_count(0)
    page.locator("#panel summary", has=page.get_by_text("lọc")).first.click()
    campaign = page.get_by_role("combobox", name="Chiến dịch")
    with page.expect_response("**/v1/cube/query") as answered:
        campaign.select_option(label=NAME)
    rows = answered.value.json()["rows"]
    assert answered.value.request.post_data_json["campaign_ids"] == [kept["id"]]
    assert kept["accounts"] in [row["total"][0] for row in rows]
    expect(campaign).to_have_value(kept["id"])
    page.screenshot(path=tmp_path / "analysis.png")
