"""The phone against the real service over HTTP: what the fake server stands in for elsewhere."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import TestDatabase
from tests.support.field_team import FieldTeam, Rep, field_team
from tests.support.waiting import when

pytestmark = [pytest.mark.e2e, pytest.mark.integration]

PATIENCE_S = 60


@pytest.fixture
def team(test_database: TestDatabase, tmp_path: Path) -> Iterator[FieldTeam]:
    with field_team(test_database, tmp_path) as running:
        yield running


def device_of(rep: Rep) -> str:
    return rep.core._sessions.device_id


def owed(team: FieldTeam, shop: str) -> object:
    return team.one("SELECT empties_owed FROM account WHERE id = %s", shop)


def test_issue_comes_down_and_one_tap_brings_mine_back(team: FieldTeam) -> None:
    shop = team.shop()
    rep = team.phone(team.org.rep)
    rep.sync()
    rep.core.edit_account(shop, {"phone": "+84901234567", "name": "Của tôi"})
    team.run("UPDATE account SET name = 'Của họ' WHERE id = %s", shop)
    rep.sync()
    (issue,) = rep.core.sync_status().issues
    assert (issue.field, issue.mine, issue.theirs) == ("name", "Của tôi", "Của họ")
    rep.core.resolve_issue(issue.id, use_mine=True)
    assert rep.core.account(shop).name == "Của tôi"
    rep.sync()
    assert rep.core.sync_status().issues == ()
    assert rep.core.account(shop).name == "Của tôi"
    assert team.one("SELECT name FROM account WHERE id = %s", shop) == "Của tôi"
    assert team.one("SELECT resolution FROM issue WHERE id = %s", issue.id) == "mine"


def test_empties_of_two_phones_add_up_and_a_total_below_zero_is_told(team: FieldTeam) -> None:
    shop = team.shop()
    first, second = team.phone(team.org.rep), team.phone(team.org.rep)
    first.sync()
    second.sync()
    first.core.change_empties(shop, 5)
    second.core.change_empties(shop, 3)
    first.sync()
    second.sync()
    first.sync()
    assert owed(team, shop) == first.core.account(shop).empties_owed == 8
    second.sync()
    first.core.change_empties(shop, -7)
    second.core.change_empties(shop, -7)
    first.sync()
    second.sync()
    assert owed(team, shop) == second.core.account(shop).empties_owed == 1
    (refused,) = second.core.sync_status().issues
    assert refused.mine == "empties_owed: -7"


def test_copied_phones_part_ways_and_nothing_is_lost(team: FieldTeam, tmp_path: Path) -> None:
    shop = team.shop()
    rep = team.phone(team.org.rep, name="mine")
    rep.sync()
    rep.core.edit_account(shop, {"phone": "+84901234567"})
    twin_folder = tmp_path / "twin"
    twin_folder.mkdir()
    with sqlite3.connect(rep.folder / "phone.sqlite") as db:
        db.execute("VACUUM INTO ?", (str(twin_folder / "phone.sqlite"),))
    db.close()
    # Everything is copied, the mark as well: only the server can tell the two apart.
    for name in ("refresh.token", "installation.json"):
        shutil.copy(rep.folder / name, twin_folder / name)
    twin = team.open(team.org.rep, twin_folder)
    twin.core.edit_account(shop, {"email": "twin@example.com"})
    rep.core.edit_account(shop, {"website": "https://example.com"})
    assert device_of(twin) == device_of(rep)
    rep.sync()
    report = twin.core.sync_once()
    if report.state == "error":
        # The two shared one refresh token: the second to use it signs in again.
        twin.core.sign_in(twin.email, "mot-hai-ba-bon-2026")
        report = twin.core.sync_once()
    assert report.is_complete, report
    assert device_of(twin) != device_of(rep)
    found = team.run("SELECT phone, email, website FROM account WHERE id = %s", shop)
    assert found == [("+84901234567", "twin@example.com", "https://example.com")]
    if rep.core.session is None:
        rep.core.sign_in(rep.email, "mot-hai-ba-bon-2026")
    rep.sync()
    assert rep.held() == twin.held() == team.truth(team.org.rep)


def test_store_that_differs_is_healed_by_a_manifest(team: FieldTeam) -> None:
    shops = team.shops(30)
    rep = team.phone(team.org.rep)
    assert rep.sync().differing == ()
    with rep.core._database.writing() as db:
        db.execute("DELETE FROM account_base WHERE id = ?", (shops[0],))
        db.execute("UPDATE account_base SET rv = 77 WHERE id = ?", (shops[1],))
        db.execute("UPDATE account_base SET id = ? WHERE id = ?", (shops[2][::-1][:8], shops[2]))
        db.execute("DELETE FROM account_base WHERE length(id) = 8")
        db.execute("UPDATE meta SET value = '1' WHERE key = 'check_due'")
    report = rep.sync()
    assert (report.differing, report.was_compared) == (("account",), True)
    assert report.pulled_rows == 3
    assert rep.held() == team.truth(team.org.rep)


def test_expired_cursor_is_answered_by_a_manifest(team: FieldTeam) -> None:
    shops = team.shops(20)
    rep = team.phone(team.org.rep)
    rep.sync()
    rep.core.edit_account(shops[5], {"phone": "+84901234567"})
    team.run("UPDATE account SET deleted_at = now() WHERE id = %s RETURNING 1", shops[0])
    team.run("SELECT sync_purge(now() + interval '1 day')")
    report = rep.sync()
    assert (report.was_compared, report.was_full_pull) == (True, False)
    assert rep.held() == team.truth(team.org.rep)
    assert team.one("SELECT phone FROM account WHERE id = %s", shops[5]) == "+84901234567"


def test_poke_brings_a_change_to_an_open_phone(team: FieldTeam) -> None:
    shop = team.shop()
    rep = team.phone(team.org.rep)
    rep.core.start_background()
    stream = rep.core._stream
    assert stream is not None
    ready = when(rep.core, lambda: stream.is_listening and bool(rep.core.accounts()))
    assert ready.wait(PATIENCE_S)
    came = when(rep.core, lambda: [row.name for row in rep.core.accounts()] == ["Tên mới"])
    team.run("UPDATE account SET name = 'Tên mới' WHERE id = %s RETURNING 1", shop)
    assert came.wait(PATIENCE_S)
    rep.core.close()
