"""Scenes in which others write while a phone pulls."""

import threading
from contextlib import closing

import psycopg2
import pytest

from tests.support.field_team import FieldTeam, writers
from tests.support.ground import IN_EAST, insert_account
from tests.support.phone import Phone

pytestmark = pytest.mark.e2e

_PULLS = 25
_OPEN_SECONDS = 10.0


def test_scene_01_a_writer_stays_open_for_ten_seconds(team: FieldTeam) -> None:
    shops = team.shops(30)
    phone = team.phone(team.org.rep)
    phone.sync()
    with closing(psycopg2.connect(team.url)) as slow, slow.cursor() as cursor:
        late = str(insert_account(cursor, team.org, "Đến muộn", 24.93, 60.18))
        for number in range(_PULLS):
            # Others' work is not held up by the open transaction, and its row is not there yet.
            team.run("UPDATE account SET name = %s WHERE id = %s", f"Mới {number}", shops[number])
            phone.sync()
            assert phone.field("account", shops[number], "name") == f"Mới {number}"
            assert phone.field("account", late, "name") is None
        # The rest of the ten seconds, on the database's own clock.
        cursor.execute(
            "SELECT pg_sleep(greatest(0, %s - extract(epoch FROM clock_timestamp() - now())))",
            (_OPEN_SECONDS,),
        )
        phone.sync()
        slow.commit()
    phone.sync()
    assert phone.field("account", late, "name") == "Đến muộn"
    assert phone.held() == team.truth(team.org.rep)


def test_scene_04_five_hundred_shops_are_moved_in_mid_sync(team: FieldTeam) -> None:
    shops = team.shops(1_500)
    west = Phone(_Service(team), team.org.rep)
    east = Phone(_Service(team), team.org.other_rep)
    east.pull()
    staged = [west.pull_page(limit=200)]
    staged.append(west.pull_page(token=staged[-1].token, limit=200))
    team.run(
        "UPDATE account SET location = ST_SetSRID(ST_MakePoint(%s, %s), 4326)"
        " WHERE id = ANY (%s::uuid[])",
        *IN_EAST,
        shops[400:900],
    )
    west.finish(staged, limit=200)
    east.pull(limit=200)
    assert west.versions() == team.truth(team.org.rep)
    assert east.versions() == team.truth(team.org.other_rep)
    assert len(west.ids("account")) == 1_000
    assert east.ids("account") == set(shops[400:900])


def test_scene_12_fifty_thousand_prospects_with_an_interruption_and_twenty_writers(
    team: FieldTeam,
) -> None:
    shops = team.shops(50_000)
    phone = team.phone(team.org.rep)
    with writers(team, 20, shops):
        interrupted = _Interrupted(6)
        with pytest.raises(_Interrupted.Error):
            _stage(phone, interrupted)
        assert interrupted.pages == 6
        assert not phone.held(), "nothing is half there"
        phone.core.close()
        phone = team.open(team.org.rep, phone.folder)
        report = phone.sync()
    assert report.pulled_rows >= 50_000
    phone.sync()
    assert phone.held() == team.truth(team.org.rep)


class _Interrupted:
    """Stops a pull when so many pages are on the phone's disk."""

    class Error(Exception):
        pass

    def __init__(self, pages: int) -> None:
        self.limit = pages
        self.pages = 0


def _stage(phone: object, interrupted: _Interrupted) -> None:
    puller = phone.core._engine._puller  # type: ignore[attr-defined]
    take = puller._take

    def take_and_stop(page: object, ask: object) -> object:
        applied = take(page, ask)
        interrupted.pages += 1
        if interrupted.pages == interrupted.limit:
            raise interrupted.Error
        return applied

    puller._take = take_and_stop
    phone.core.sync_once()  # type: ignore[attr-defined]


class _Service:
    """The running service as the protocol phone calls it."""

    def __init__(self, team: FieldTeam) -> None:
        self._team = team
        self._lock = threading.Lock()
        self.client = team.http(team.org.manager)

    def as_(self, actor: object) -> dict[str, str]:
        token = self._team.service.app.state.tokens.sign(actor)
        return {"Authorization": f"Bearer {token}"}
