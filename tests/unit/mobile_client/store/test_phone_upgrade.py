"""A store of the first version: its own table of problems bore the name of a synced table."""

import sqlite3
from contextlib import closing
from pathlib import Path

from mobile_client.store.database import Database
from mobile_client.store.meta import read_meta
from mobile_client.store.outbox import count_unsent, waiting_units
from mobile_client.store.overlay import read_record
from mobile_client.store.pulled import begin_pull, commit_pull
from mobile_client.store.status import open_issues
from tests.support.phones import MORNING
from tests.support.pulled_pages import page

V1 = Path(__file__).parents[3] / "support" / "phone_store_v1.sql"
ACCOUNT = "01940000-0000-7000-8000-00000000000a"
USER = "01940000-0000-7000-8000-0000000000aa"


def old_store(tmp_path: Path) -> Path:
    path = tmp_path / "phone.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(V1.read_text("utf-8"))
    return path


def test_problems_and_unsent_work_of_the_first_version_are_kept(tmp_path: Path) -> None:
    path = old_store(tmp_path)
    for _ in range(2):
        with closing(Database(path)) as database, database.reading() as db:
            refused, choice = sorted(open_issues(db, USER), key=lambda issue: issue.can_use_mine)
            assert (refused.mine, refused.message) == ("x", "No.")
            assert (choice.field, choice.mine) == ("phone", "+358402")
            assert count_unsent(db, USER) == 1
            (unit,) = waiting_units(db, USER)
            assert unit.mutations[0].set == {"email": "a@example.com"}
            assert read_meta(db, "device_id")


def test_upgraded_store_pulls_everything_and_lays_the_edit_over_it(tmp_path: Path) -> None:
    with closing(Database(old_store(tmp_path))) as database:
        with database.writing() as db:
            assert begin_pull(db).kind == "full"
            row = ("account", ACCOUNT, 9, {"name": "New", "empties_owed": 4})
            commit_pull(db, page([row]), MORNING)
        with database.reading() as db:
            seen = read_record(db, "account", ACCOUNT)
        assert seen is not None
        assert (seen[0]["name"], seen[0]["email"]) == ("New", "a@example.com")
