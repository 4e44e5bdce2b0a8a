"""Scenes in which one mutation of many cannot be taken."""

from typing import Any

import msgspec
import pytest

from backend.accounts import service as accounts
from tests.support.field_team import FieldTeam, Rep

pytestmark = pytest.mark.e2e

_POISON = "Thuốc độc"


def _spoil(phone: Rep, rid: str, values: dict[str, object]) -> None:
    """Put into the outbox what no screen would let through."""
    with phone.core._database.writing() as db:
        row = db.execute("SELECT seq, body FROM mutation WHERE rid = ?", (rid,)).fetchone()
        body = {**msgspec.json.decode(row["body"]), "set": values}
        db.execute(
            "UPDATE mutation SET body = ? WHERE seq = ?", (msgspec.json.encode(body), row["seq"])
        )


def test_scene_08_the_first_of_a_hundred_is_malformed(team: FieldTeam) -> None:
    shops = team.shops(100)
    phone = team.phone(team.org.rep)
    phone.sync()
    for shop in shops:
        phone.core.edit_account(shop, {"name": f"Mới {shop[-4:]}"})
    _spoil(phone, shops[0], {"name": {"khong": ["phai", "ten"]}})
    report = phone.sync()
    assert report.statuses == {"rejected": 1, "applied": 99}
    assert phone.waiting() == 0, "nothing blocks the queue"
    (issue,) = phone.core.sync_status().issues
    assert issue.account_id == shops[0]
    assert team.one("SELECT count(*) FROM account WHERE name LIKE 'Mới%%'") == 99


def test_scene_09_a_mutation_crashes_the_server_three_times(
    team: FieldTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    shops = team.shops(5)
    phone = team.phone(team.org.rep)
    phone.sync()
    real = accounts.change_held

    def crash(actor: Any, rid: Any, data: Any, **more: Any) -> object:
        if getattr(data, "name", None) == _POISON:
            raise RuntimeError("the server trips over it")
        return real(actor, rid, data, **more)

    monkeypatch.setattr(accounts, "change_held", crash)
    for shop in shops:
        phone.core.edit_account(shop, {"name": _POISON if shop == shops[2] else "Tốt"})
    first = phone.core.sync_once()
    assert first.statuses == {"applied": 4, "error": 1}
    assert phone.core.sync_once().statuses == {"error": 1}
    assert phone.core.sync_once().statuses == {"quarantined": 1}
    assert phone.waiting() == 0
    (issue,) = phone.core.sync_status().issues
    assert issue.account_id == shops[2]
    # An administrator sees it, and replays it when the server was mended.
    admin = team.http(team.org.admin)
    (held,) = admin.get("/v1/sync/quarantine").json()["items"]
    monkeypatch.setattr(accounts, "change_held", real)
    answer = admin.post(f"/v1/sync/quarantine/{held['mutation_id']}/replay")
    assert answer.is_success, answer.text
    phone.sync()
    assert phone.field("account", shops[2], "name") == _POISON
    assert phone.held() == team.truth(team.org.rep)
