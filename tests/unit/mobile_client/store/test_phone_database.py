"""Transactions, failures of the disk, and a protocol that moved on."""

import sqlite3
from pathlib import Path

import pytest

from backend.sync.protocol.messages import Op, Value
from mobile_client.store.database import Database, connect
from mobile_client.store.meta import read_meta, write_meta
from mobile_client.store.outbox import Stamp, Wish, count_unsent, enqueue
from mobile_client.store.overlay import read_record
from mobile_client.store.pulled import begin_pull, commit_pull
from mobile_client.store.wiping import adopt_user
from tests.support.phones import MORNING
from tests.support.pulled_pages import page, uid

ACCOUNT = "01940000-0000-7000-8000-000000000001"


class Stop(Exception):
    pass


def fail_after_write(database: Database) -> None:
    with database.writing() as db:
        write_meta(db, "k", "v")
        raise Stop


def test_failed_block_leaves_nothing(database: Database) -> None:
    with pytest.raises(Stop):
        fail_after_write(database)
    with database.reading() as db:
        assert read_meta(db, "k") == ""


def test_every_connection_is_durable(tmp_path: Path) -> None:
    db = connect(tmp_path / "x.sqlite")
    assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
    db.close()


def test_full_disk_shows_its_own_error_and_saves_nothing(database: Database, stamp: Stamp) -> None:
    with database.writing() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        begin_pull(db)
    with database.writing() as db:
        commit_pull(db, page([("account", ACCOUNT, 1, {"name": "Shop"})]), MORNING)
    database._writer.execute(f"PRAGMA max_page_count = {pages}")
    big = Wish(Op.PATCH, "account", ACCOUNT, set={"address": "x" * 400_000})
    with pytest.raises(sqlite3.OperationalError, match="full"), database.writing() as db:
        enqueue(db, stamp, [big], account_id=ACCOUNT)
    with database.reading() as db:
        assert count_unsent(db, stamp.user_id) == 0


def test_reader_sees_one_snapshot_while_somebody_writes(database: Database) -> None:
    with database.reading() as before:
        assert read_meta(before, "k") == ""
        with database.writing() as db:
            write_meta(db, "k", "v")
        assert read_meta(before, "k") == ""
    with database.reading() as after:
        assert read_meta(after, "k") == "v"


def test_closed_store_refuses_to_read(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.sqlite")
    database.close()
    with pytest.raises(RuntimeError, match="closed"), database.reading():
        pass


def test_new_protocol_keeps_the_outbox_and_pulls_everything(tmp_path: Path, stamp: Stamp) -> None:
    path = tmp_path / "x.sqlite"
    database = Database(path)
    with database.writing() as db:
        adopt_user(db, stamp.user_id)
        begin_pull(db)
        commit_pull(db, page([("account", ACCOUNT, 1, {"name": "Shop"})]), MORNING)
        values: dict[str, Value] = {"account_id": ACCOUNT, "full_name": "Lan"}
        enqueue(db, stamp, [Wish(Op.CREATE, "contact", uid("c1"), set=values)], account_id=ACCOUNT)
        write_meta(db, "schema_hash", "of another version")
    database.close()
    again = Database(path)
    with again.reading() as db:
        assert read_meta(db, "cursor") == ""
        assert read_record(db, "account", ACCOUNT) is None
        contact = read_record(db, "contact", uid("c1"))
        assert contact is not None
        assert contact[0]["full_name"] == "Lan"
    again.close()


def test_mutation_cannot_be_done_without_a_final_status(database: Database, stamp: Stamp) -> None:
    with database.writing() as db:
        enqueue(
            db, stamp, [Wish(Op.CREATE, "note", uid("n1"), set={"body": "x"})], account_id=ACCOUNT
        )
    for status in (None, "deferred", "error"):
        with pytest.raises(sqlite3.IntegrityError), database.writing() as db:
            db.execute("UPDATE mutation SET state = 'done', status = ?", (status,))
