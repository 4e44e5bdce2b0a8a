"""The page by the rules of WCAG 2.2 AA, as axe reads them: every tab, both themes and languages."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from backend.context.osm import import_ground
from backend.db.tenancy import Database
from tests.e2e.web.conftest import DAY, Watched
from tests.e2e.web.test_map_page import PHONE
from tests.integration.context.conftest import helsinki
from tests.support.people import Org

pytestmark = pytest.mark.e2e
_AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_LOOKS: dict[str, dict[str, Any]] = {
    "wide, light, Vietnamese": {"viewport": {"width": 1280, "height": 900}},
    "phone, dark, English": PHONE,
}


def violations(page: Page) -> list[str]:
    """Return what axe has against the page as it stands: rule, place, and why."""
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, { runOnly: { type: 'tag', values: rules } })", _RULES
    )
    return [
        f"{one['id']} at {node['target']}: {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def _unfold(page: Page) -> None:
    """Open every fold, and wait until nothing is being loaded."""
    expect(page.locator(".loading:visible")).to_have_count(0)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    expect(page.locator(".loading:visible")).to_have_count(0)


@pytest.mark.parametrize("look", _LOOKS.values(), indirect=True, ids=_LOOKS)
def test_the_page_breaks_no_rule_of_accessibility(watched: Watched) -> None:
    page = watched.page
    page.goto(f"{watched.service.url}/#date={DAY}")
    page.wait_for_selector("#sign-in:not([hidden])")
    told = {"sign-in": violations(page)}
    watched.sign_in()
    watched.wait_for_map()
    if page.viewport_size == PHONE["viewport"]:
        watched.switch_language()
    for tab in page.get_by_role("tab").all():
        tab.click()
        _unfold(page)
        told[tab.inner_text()] = violations(page)
    page.get_by_role("tab").first.click()
    page.locator(".row-list .row").first.click()
    _unfold(page)
    told["an account"] = violations(page)
    page.goto(f"{watched.service.url}/#tab=territories")
    page.get_by_role("button", name=re.compile("^(Xem lại|Look back)$")).click()
    page.locator(".past-slider").wait_for()
    _unfold(page)
    told["territories over time"] = violations(page)
    page.goto(f"{watched.service.url}/#tab=visits")
    page.locator(".live .row").first.wait_for()
    _unfold(page)
    told["the day as it runs"] = violations(page)
    page.goto(f"{watched.service.url}/#tab=areas&date={DAY}")
    page.locator("select[name=territory_id]").select_option(label="Kamppi")
    page.locator(".area-result").wait_for()
    _unfold(page)
    told["what lies in an area"] = violations(page)
    against = [f"{name}: {one}" for name, found in told.items() for one in found]
    assert not against, "\n".join(against)


@pytest.mark.parametrize("look", _LOOKS.values(), indirect=True, ids=_LOOKS)
def test_trade_areas_layers_and_the_nearest_break_no_rule(
    watched: Watched, database: Database, org: Org
) -> None:
    with database.for_org(org.id) as connection:
        layer = import_ground(connection, org.id, helsinki(), vintage=None)
    stores = [{"at": [24.935, 60.168]}, {"at": [24.95, 60.17], "isPlanned": True}]
    trade = json.dumps({"stores": stores, "layer": str(layer.id), "measure": "floor_ratio"})
    cube = json.dumps({"view": "trade_areas"})
    told = {}
    page = watched.open(f"#tab=analysis&date={DAY}&cube={quote(cube)}&trade={quote(trade)}")
    for by in ("", "1"):
        page.locator("select[name=by]").select_option(by)
        _unfold(page)
        told[f"trade areas {by}"] = violations(page)
    page.goto(f"{watched.service.url}/#date={DAY}&near=24.94500,60.17000;foot")
    page.locator("ol.row-list .row").first.wait_for()
    _unfold(page)
    told["the nearest"] = violations(page)
    against = [f"{name}: {one}" for name, found in told.items() for one in found]
    assert not against, "\n".join(against)
