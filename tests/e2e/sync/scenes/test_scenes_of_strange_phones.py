"""Scenes with a wrong clock, a restored phone, a long absence, and a lost territory."""

import shutil
from datetime import timedelta

import pytest

from tests.support.field_team import FieldTeam

pytestmark = pytest.mark.e2e


def test_scene_05_three_visits_and_two_photos_in_a_territory_that_was_lost(
    team: FieldTeam,
) -> None:
    shops = team.shops(3)
    phone = team.phone(team.org.rep)
    phone.sync()
    visits = [
        phone.check_in(shop, note=f"Ghi chú {number}", photos=int(number < 2))
        for number, shop in enumerate(shops)
    ]
    # While the phone is offline, the territory goes to another rep.
    team.hand_over(team.org.rep, team.west, team.org.other_rep)
    report = phone.sync()
    assert set(report.statuses) == {"applied"}
    phone.sync()
    assert phone.waiting() == 0
    assert phone.held() == team.truth(team.org.rep) == {}
    done = team.run("SELECT id::text, status FROM visit ORDER BY id")
    assert done == sorted((visit, "done") for visit in visits)
    assert team.one("SELECT count(*) FROM check_in WHERE is_late") == 3
    assert team.one("SELECT count(*) FROM note WHERE is_late") == 3
    assert team.run("SELECT state, is_late FROM media") == [("stored", True)] * 2
    other = team.phone(team.org.other_rep)
    other.sync()
    assert other.held() == team.truth(team.org.other_rep)


def test_scene_10_a_phone_clock_is_a_day_ahead(team: FieldTeam) -> None:
    shop = team.shop()
    phone = team.phone(team.org.rep)
    phone.sync()
    really = phone.clock.now()
    phone.clock.at += timedelta(days=1)
    phone.check_in(shop, note="Ngày mai")
    phone.clock.forward(600)
    # Before it syncs, somebody sets the clock right: the time since boot still tells the truth.
    phone.clock.at -= timedelta(days=1)
    phone.sync()
    is_suspect, corrected, captured = team.run(
        "SELECT clock_suspect, corrected_at, captured_at FROM check_in"
    )[0]
    assert is_suspect
    assert abs(corrected - really) < timedelta(minutes=15)
    assert captured - corrected > timedelta(hours=23)
    assert phone.held() == team.truth(team.org.rep)


def test_scene_11_a_phone_is_restored_from_yesterdays_backup(team: FieldTeam) -> None:
    shops = team.shops(4)
    phone = team.phone(team.org.rep)
    phone.sync()
    phone.core.edit_account(shops[0], {"name": "Trước sao lưu"})
    phone.core.close()
    backup = team.folder / "backup"
    shutil.copytree(phone.folder, backup)
    phone = team.open(team.org.rep, phone.folder)
    phone.sync()
    phone.core.edit_account(shops[1], {"name": "Sau sao lưu"})
    phone.sync()
    phone.core.close()
    # The backup does not know what was sent since, and goes on counting where it stood.
    restored = team.open(team.org.rep, backup)
    if restored.core.session is None:
        restored.core.sign_in(restored.email, "mot-hai-ba-bon-2026")
    restored.core.edit_account(shops[2], {"name": "Việc mới"})
    report = restored.core.sync_once()
    if report.state != "idle":
        restored.core.sign_in(restored.email, "mot-hai-ba-bon-2026")
        report = restored.sync()
    assert restored.waiting() == 0
    names = dict(team.run("SELECT id::text, name FROM account"))
    assert names[shops[0]] == "Trước sao lưu"
    assert names[shops[1]] == "Sau sao lưu"
    assert names[shops[2]] == "Việc mới"
    assert team.one("SELECT count(*) FROM sync_mutation WHERE result ->> 'status' = 'applied'") == 3
    restored.sync()
    assert restored.held() == team.truth(team.org.rep)


def test_scene_13_a_phone_comes_back_after_120_days(team: FieldTeam) -> None:
    shops = team.shops(60)
    phone = team.phone(team.org.rep)
    phone.sync()
    phone.core.edit_account(shops[0], {"name": "Sửa lúc ngoại tuyến"})
    visit = phone.check_in(shops[1], note="Gặp trước khi đi xa")
    # 120 days pass: changes, deletions, moves; and tombstones are purged.
    team.run("UPDATE account SET name = 'Đổi' WHERE id = ANY (%s::uuid[])", shops[10:15])
    team.run("UPDATE account SET deleted_at = now() WHERE id = ANY (%s::uuid[])", shops[20:30])
    team.run(
        "UPDATE account SET location = ST_SetSRID(ST_MakePoint(24.97, 60.17), 4326)"
        " WHERE id = ANY (%s::uuid[])",
        shops[30:40],
    )
    team.run("UPDATE sync_row SET changed_at = changed_at - interval '120 days'")
    assert team.one("SELECT sync_purge(now() - interval '90 days')") > 0
    new = team.shop()
    phone.clock.forward(120 * 86_400)
    team.run("UPDATE refresh_token SET expires_at = now() + interval '1 day'")
    report = phone.sync()
    assert phone.waiting() == 0
    assert report.statuses.get("applied", 0) >= 2
    assert phone.field("account", shops[0], "name") == "Sửa lúc ngoại tuyến"
    assert team.one("SELECT status FROM visit WHERE id = %s", visit) == "done"
    assert phone.field("account", new, "name") == "Cà phê Gió"
    phone.sync()
    assert phone.held() == team.truth(team.org.rep)
    assert report.pulled_rows < 60, "only what differs comes down"
