"""Scenes in which an answer or a phone is lost between two steps."""

import sqlite3

import pytest

from mobile_client.store import pulled
from mobile_client.sync.tally import Tally
from tests.support.cutting_proxy import Line, Plan
from tests.support.field_team import FieldTeam

pytestmark = pytest.mark.e2e


def test_scene_02_the_reply_to_a_push_of_fifty_is_cut(team: FieldTeam) -> None:
    shops = team.shops(50)
    plan = Plan()
    phone = team.phone(team.org.rep, url=team.proxy(plan))
    phone.sync()
    for shop in shops:
        phone.core.edit_account(shop, {"name": f"Mới {shop[-4:]}"})
    # The next connection takes the whole batch to the server, and brings nothing back.
    plan._lines = iter([Line(down_bytes=0)])
    report = phone.core.sync_once()
    assert report.state == "offline"
    assert phone.waiting() == 50, "nothing is given up before it was acknowledged"
    assert team.one("SELECT count(*) FROM sync_mutation") == 50, "the server has them all"
    report = phone.sync()
    assert report.statuses == {"duplicate": 50}
    assert phone.waiting() == 0
    assert team.one("SELECT count(*) FROM sync_mutation") == 50
    assert team.one("SELECT count(*) FROM account WHERE name LIKE 'Mới%%' AND rv = 2") == 50
    assert phone.held() == team.truth(team.org.rep)


def test_scene_02b_the_reply_never_comes_and_the_acks_tell_of_it(team: FieldTeam) -> None:
    shop = team.shop()
    plan = Plan()
    phone = team.phone(team.org.rep, url=team.proxy(plan))
    phone.sync()
    phone.core.edit_account(shop, {"name": "Quán Mới"})
    plan._lines = iter([Line(down_bytes=0)])
    assert phone.core.sync_once().state == "offline"
    # A pull alone heals it: the result comes down with the rows.
    phone.core._engine._puller.pull(Tally())
    assert phone.waiting() == 0
    assert phone.field("account", shop, "name") == "Quán Mới"


def test_scene_03_a_phone_dies_between_rows_and_cursor(
    team: FieldTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    shops = team.shops(40)
    phone = team.phone(team.org.rep)
    phone.sync()
    before, cursor = phone.held(), phone.meta("cursor")
    team.run("UPDATE account SET name = 'Đổi tên' WHERE id = ANY (%s::uuid[])", shops[:20])
    team.run("UPDATE account SET deleted_at = now() WHERE id = ANY (%s::uuid[])", shops[30:])
    with monkeypatch.context() as patch:
        patch.setattr(pulled, "_keep_cursor", _die)
        with pytest.raises(_Died):
            phone.core.sync_once()
    phone.core.close()
    phone = team.open(team.org.rep, phone.folder)
    assert (phone.held(), phone.meta("cursor")) == (before, cursor), "all or nothing"
    phone.sync()
    assert phone.held() == team.truth(team.org.rep)


class _Died(BaseException):
    """The process ends here."""


def _die(db: sqlite3.Connection, *_: object) -> None:
    assert db.in_transaction
    raise _Died
