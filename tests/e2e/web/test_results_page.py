"""A manager looks at what became of the plans, and a rep at the own day and objects."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from playwright.sync_api import expect

from backend.clock import SystemClock
from backend.jobs import Work
from backend.routes.engines import Engines
from backend.routes.followup.tasks import TASKS
from tests.e2e.web.conftest import DAY, Watched
from tests.support.city import STOPS
from tests.support.databases import TestDatabase
from tests.support.followed_day import MADE, drive_day
from tests.support.ground import execute
from tests.support.people import Org

pytestmark = pytest.mark.e2e

_OVERLAY = ("overlay-planned", "overlay-driven", "overlay-place", "overlay-area", "overlay-edge")


@pytest.fixture
def driven(watched: Watched, test_database: TestDatabase) -> Watched:
    """The page, of a city whose first rep made the first visits of the day."""
    city = watched.city
    with (
        closing(psycopg2.connect(test_database.owner_url)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        drive_day(cursor, city.org, city.routes["Kamppi"])
    return watched


def test_a_manager_sees_who_kept_the_plan_and_where_they_drove(
    driven: Watched, tmp_path: Path
) -> None:
    page = driven.open(f"#tab=results&date={DAY}")
    row = page.locator(f'tbody[data-rep="{driven.city.org.rep.user_id}"]')
    expect(row).to_contain_text(f"{len(MADE)}/{STOPS}")
    expect(row.locator(".badge.bad")).to_have_text("1")
    row.get_by_role("button", name="Lan Nguyễn").click()
    card = page.locator("article[data-day]")
    expect(card.locator("li[data-visit]")).to_have_count(STOPS)
    expect(card.get_by_text("quá xa khách")).to_have_count(1)
    expect(card.get_by_text("bỏ lỡ")).to_have_count(STOPS - len(MADE))
    expect(card.get_by_text("theo GPS")).to_be_visible()
    kinds = {str(one["kind"]) for one in driven.drawn(*_OVERLAY)}
    assert kinds == {"planned", "driven", "place"}
    page.screenshot(path=tmp_path / "results.png")
    driven.switch_language()
    expect(page.get_by_text("too far away")).to_have_count(1)
    page.screenshot(path=tmp_path / "results-en.png")


def test_a_rep_objects_and_the_manager_accepts(driven: Watched) -> None:
    rep = driven.city.org.rep
    page = driven.open(f"#tab=results&date={DAY}&rep={rep.user_id}", who="rep")
    card = page.locator("article[data-day]")
    ghost = card.locator("li[data-visit]").filter(has_text="quá xa khách")
    name = ghost.locator("button.plain").inner_text()
    card.locator("select[name=visit]").select_option(label=name)
    card.locator("input[name=body]").fill("Cửa hàng đã dời sang đường khác.")
    card.get_by_role("button", name="Gửi").click()
    expect(card.get_by_text("chờ trả lời")).to_be_visible()

    page.locator("#sign-out").click()
    page.wait_for_selector("#sign-in:not([hidden])")
    page.evaluate("localStorage.removeItem('tuyen.device')")  # a browser is one person's device
    page.goto(f"{driven.service.url}/#tab=results&date={DAY}&rep={rep.user_id}")
    driven.sign_in("manager")
    card.get_by_role("button", name="Chấp nhận").click()
    expect(card.get_by_text("đã chấp nhận khiếu nại")).to_be_visible()
    expect(card.get_by_text("quá xa khách")).to_have_count(0)


def test_what_is_within_reach_of_an_account_is_drawn(watched: Watched, tmp_path: Path) -> None:
    account = next(iter(watched.city.accounts))
    page = watched.open(f"#tab=prospects&account={account}")
    page.get_by_role("button", name="Vùng tới được").click()
    expect(page.get_by_text("Tới được trong 10, 20, 30 phút.")).to_be_visible()
    assert {str(one["kind"]) for one in watched.drawn("overlay-area")} == {"area"}
    page.screenshot(path=tmp_path / "reach.png")
    page.get_by_role("button", name="Ẩn vùng").click()
    expect(page.get_by_role("button", name="Vùng tới được")).to_be_visible()


def test_a_planner_says_no_to_what_was_learned(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    account, place = next(iter(watched.city.accounts.items()))
    execute(
        test_database.owner_url,
        "INSERT INTO learned_value (org_id, subject, key, value, observations, median)"
        " VALUES (%s, 'account', %s, 27, 9, 31), (%s, 'hour', 'car-17', 130, 44, 1.4)",
        watched.city.org.id, str(account), watched.city.org.id,
    )  # fmt: skip
    page = watched.open(f"#tab=results&date={DAY}")
    page.get_by_text("Thời lượng ghé và đường đi thực tế").click()
    shop = page.locator(f'li[data-learned="{account}"]')
    expect(shop).to_contain_text(place.name)
    expect(shop).to_contain_text("27 phút thay vì 15 phút")
    page.screenshot(path=tmp_path / "learned.png")
    shop.get_by_role("button", name="Không dùng").click()
    expect(shop).to_have_count(0)
    hour = page.locator('li[data-learned="car-17"]')
    hour.locator("input").fill("150")
    hour.get_by_role("button", name="Đặt").click()
    expect(hour).to_contain_text("150 % thay vì 100 %")
    expect(hour).to_contain_text("do Hoa Phạm đặt")


def _move_to_yesterday(url: str) -> None:
    """Let the driven day be over: only such days are planned anew."""
    yesterday = SystemClock().now().date() - timedelta(days=1)
    for table, column in (("route", "on_date"), ("visit", "planned_on"), ("trace", "on_date")):
        execute(url, f"UPDATE {table} SET {column} = %s", yesterday)
    back = timedelta(days=(DAY - yesterday).days)
    for table, columns in (
        ("visit", ("checked_in_at", "done_at")),
        ("check_in", ("corrected_at",)),
    ):
        moved = ", ".join(f"{name} = {name} - %s" for name in columns)
        execute(url, f"UPDATE {table} SET {moved}", *[back] * len(columns))


def _run_backtest(test_database: TestDatabase, org: Org, folder: Path) -> None:
    """Do what a worker would, without a street network."""
    ((backtest_id,),) = execute(test_database.owner_url, "SELECT id FROM backtest")
    engines = Engines(folder / "no-network")
    task = next(one for one in TASKS if one.name == "routes.backtest")
    work = Work(test_database.database, SystemClock(), {Engines: engines})
    task.call(work, {"org_id": str(org.id), "backtest_id": str(backtest_id)})
    engines.close()


def test_past_weeks_are_planned_anew_while_one_watches(
    driven: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    org = driven.city.org
    page = driven.open(f"#tab=results&date={DAY}&rep={org.rep.user_id}")
    _move_to_yesterday(test_database.owner_url)
    page.get_by_role("button", name="Lập lại kế hoạch 4 tuần qua").click()
    expect(page.get_by_text("Ngày 0 trên 0 …")).to_be_visible()
    page.reload()  # what was asked for before is watched again, and can be stopped
    driven.wait_for_map()
    expect(page.get_by_text("Ngày 0 trên 0 …")).to_be_visible()
    expect(page.get_by_role("button", name="Dừng")).to_be_visible()
    _run_backtest(test_database, org, tmp_path)
    expect(page.get_by_role("columnheader", name="lập lại")).to_be_visible()
    expect(page.get_by_role("row", name="Lượt bỏ lỡ")).to_contain_text("5")
    page.screenshot(path=tmp_path / "backtest.png")


def test_past_weeks_that_cannot_be_planned_anew_say_why(
    driven: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    org, url = driven.city.org, test_database.owner_url
    page = driven.open(f"#tab=results&date={DAY}&rep={org.rep.user_id}")
    _move_to_yesterday(url)
    execute(url, "UPDATE route SET inputs = jsonb_set(inputs, '{request}', '[]')")
    button = page.get_by_role("button", name="Lập lại kế hoạch 4 tuần qua")
    button.click()
    expect(page.get_by_text("Ngày 0 trên 0 …")).to_be_visible()

    _run_backtest(test_database, org, tmp_path)

    expect(page.get_by_text("Máy chủ gặp lỗi khi lập kế hoạch. Hãy thử lại.")).to_be_visible()
    expect(button).to_be_enabled()
    page.screenshot(path=tmp_path / "failed.png")
