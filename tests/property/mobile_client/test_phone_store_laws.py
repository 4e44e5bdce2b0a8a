"""Laws of the phone's store: overlays, crashes at any statement, and a queue that loses nothing."""

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from backend.sync.protocol.messages import FINAL, Mutation, MutationResult, Op, Status, Value
from backend.sync.protocol.tables import TABLES, FieldType
from mobile_client.store.database import Database, connect
from mobile_client.store.outbox import Stamp, Wish, enqueue, mark_sending, take_back, waiting_units
from mobile_client.store.overlay import Edit, apply_edits, read_base, read_edits, read_record
from mobile_client.store.pulled import begin_pull, commit_pull, stage_page
from mobile_client.store.schema import from_sql, to_sql
from mobile_client.store.settling import settle
from mobile_client.store.wiping import adopt_user
from tests.support.phones import MORNING
from tests.support.pulled_pages import page, uid

STAMP = Stamp(user_id="anna", at=MORNING, elapsed_ms=1, boot_id="b")
IDS = [uid(f"account-{number}") for number in range(3)]
FIELDS = ("name", "phone", "email")
TEXTS = st.one_of(st.none(), st.sampled_from(["a", "b", "Đường", ""]))
SETS = st.dictionaries(st.sampled_from(FIELDS), TEXTS, min_size=1)


def edit(rid: str, values: dict[str, Value], *, is_pending: bool = True) -> Edit:
    mutation = Mutation(uid("m"), 1, Op.PATCH, "account", rid, set=values)
    return Edit(mutation, is_pending=is_pending)


WIRE: dict[FieldType, st.SearchStrategy[Value]] = {
    FieldType.TEXT: st.text(),
    FieldType.INTEGER: st.integers(-(2**53), 2**53),
    FieldType.REAL: st.floats(allow_nan=False, allow_infinity=False),
    FieldType.FLAG: st.booleans(),
    FieldType.MOMENT: st.datetimes().map(lambda at: at.isoformat() + "Z"),
    FieldType.DAY: st.dates().map(str),
    FieldType.ID: st.uuids().map(str),
    FieldType.SET: st.lists(st.text()),
    FieldType.POINT: st.lists(st.floats(-180, 180), min_size=2, max_size=2),
    FieldType.JSON: st.dictionaries(st.text(), st.integers(-9, 9)),
}


@given(st.data())
def test_every_field_keeps_its_value(data: st.DataObject) -> None:
    fields = [field for table in TABLES.values() for field in table.fields]
    field = data.draw(st.sampled_from(fields))
    value = data.draw(st.one_of(st.none(), WIRE[field.type]))
    assert from_sql(field, to_sql(field, value)) == value


@given(SETS, SETS, st.dictionaries(st.sampled_from([*FIELDS, "website"]), TEXTS))
def test_edits_win_where_they_wrote_and_nowhere_else(
    first: dict[str, Value], second: dict[str, Value], base: dict[str, Value]
) -> None:
    seen = apply_edits(base, [edit(IDS[0], first), edit(IDS[0], second)])
    assert seen == {**base, **first, **second}
    assert apply_edits(seen, [edit(IDS[0], first), edit(IDS[0], second)]) == seen


@given(SETS)
def test_edit_without_its_record_shows_nothing(values: dict[str, Value]) -> None:
    assert apply_edits(None, [edit(IDS[0], values)]) is None


class PowerCut(Exception):
    """The process ends here."""


class Fragile(sqlite3.Connection):
    """Fails before its n-th statement from now; `left` below zero never does."""

    left = -1

    def _count(self) -> None:
        if self.left == 0:
            raise PowerCut
        self.left -= 1

    def execute(self, *args, **kwargs):  # type: ignore[no-untyped-def] # noqa: ANN002, ANN003, ANN201 - as its base
        self._count()
        return super().execute(*args, **kwargs)

    def executemany(self, *args, **kwargs):  # type: ignore[no-untyped-def] # noqa: ANN002, ANN003, ANN201 - as its base
        self._count()
        return super().executemany(*args, **kwargs)


def fragile(path: Path) -> sqlite3.Connection:
    connect(path).close()
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Fragile)
    db.row_factory = sqlite3.Row
    return db


def contents(path: Path) -> list[tuple[object, ...]]:
    """Return everything in the file, as a process that starts now would find it."""
    with closing(connect(path)) as db:
        found = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        names = [row[0] for row in found]
        return [(name, *row) for name in names for row in db.execute(f"SELECT * FROM {name}")]


def prepared(folder: Path) -> Path:
    """Make a store with staged pages, an unsent, a sent and a settled edit."""
    path = folder / "phone.sqlite"
    with closing(Database(path)) as database:
        with database.writing() as db:
            adopt_user(db, STAMP.user_id)
            begin_pull(db)
            first = [("account", rid, 1, {"name": "old", "phone": "1"}) for rid in IDS]
            commit_pull(db, page(first), MORNING)
            for rid, phone in zip(IDS, ("2", "3", "4"), strict=True):
                wish = Wish(Op.PATCH, "account", rid, set={"phone": phone})
                enqueue(db, STAMP, [wish], account_id=rid)
            units = list(waiting_units(db, STAMP.user_id))
            mark_sending(db, units[1:])
            settled = MutationResult(units[2].key, Status.APPLIED, rv=2)
            settle(db, settled, now=MORNING, next_try_at=0.0)
        with database.writing() as db:
            begin_pull(db)
            rows = [("account", IDS[0], 2, {"name": "new", "phone": "9"})]
            stage_page(db, page(rows, token="t"))
    return path


def last_page(path: Path) -> tuple[MutationResult, list[tuple[str, str]]]:
    with closing(connect(path)) as db:
        sent = db.execute("SELECT id FROM mutation WHERE state = 'sending'").fetchone()[0]
    ack = MutationResult(sent, Status.CONFLICT, code="changed_meanwhile", kept_server=["phone"])
    return ack, [("account", IDS[2])]


def test_crash_at_any_statement_of_a_pull_leaves_the_old_or_the_new_state(tmp_path: Path) -> None:
    original = prepared(tmp_path)
    ack, drop = last_page(original)
    rows = [("account", IDS[1], 2, {"name": "new", "phone": "8"})]
    final = page(rows, drop=drop, acks=[ack], cursor="c2")
    after: list[tuple[object, ...]] = []
    crashes = 0
    while not after:
        path = tmp_path / f"crash-{crashes}.sqlite"
        shutil.copy(original, path)
        database = Database(path, fragile)
        before = contents(path)
        writer = database._writer
        assert isinstance(writer, Fragile)
        writer.left = crashes
        is_cut = False
        try:
            with database.writing() as db:
                commit_pull(db, final, MORNING)
        except PowerCut:
            is_cut = True
        # The process is gone: nobody rolls back, the file is opened anew.
        writer.left = -1
        database.close()
        if is_cut:
            assert contents(path) == before
            crashes += 1
        else:
            after = contents(path)
        path.unlink()
    assert crashes > 20
    assert ("meta", "cursor", "c2") in after


def test_crash_at_any_statement_of_an_edit_leaves_all_of_it_or_nothing(tmp_path: Path) -> None:
    original = prepared(tmp_path)
    wishes = [
        Wish(Op.CREATE, "note", uid("n"), set={"account_id": IDS[0], "body": "x"}),
        Wish(Op.PATCH, "account", IDS[0], set={"name": "mine"}),
    ]
    for number in range(200):
        path = tmp_path / f"crash-{number}.sqlite"
        shutil.copy(original, path)
        database = Database(path, fragile)
        before = contents(path)
        writer = database._writer
        assert isinstance(writer, Fragile)
        writer.left = number
        is_cut = False
        try:
            with database.writing() as db:
                enqueue(db, STAMP, wishes, account_id=IDS[0])
        except PowerCut:
            is_cut = True
        writer.left = -1
        database.close()
        assert (contents(path) == before) is is_cut
        path.unlink()
        if not is_cut:
            return
    pytest.fail("The edit never ended.")


class StoreMachine(RuleBasedStateMachine):
    """Edits, answers, pulls and restarts in any order against a model in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.database = Database(self.folder / "phone.sqlite")
        with self.database.writing() as db:
            adopt_user(db, STAMP.user_id)
        self.server: dict[str, dict[str, Value]] = {}
        self.rv = 0
        self.made: set[str] = set()
        self.undone: set[str] = set()
        self.answered: dict[str, Status] = {}

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    @rule(rid=st.sampled_from(IDS), values=SETS)
    def edit(self, rid: str, values: dict[str, Value]) -> None:
        with self.database.writing() as db:
            if read_record(db, "account", rid) is None:
                return
            wish = Wish(Op.PATCH, "account", rid, set=values)
            self.made.add(enqueue(db, STAMP, [wish], account_id=rid))
            seen = read_record(db, "account", rid)
            assert seen is not None
            assert {name: seen[0][name] for name in values} == values

    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        open_units = sorted(self.made - self.undone)
        if open_units:
            unit = data.draw(st.sampled_from(open_units))
            with self.database.writing() as db:
                if take_back(db, unit):
                    assert unit not in self.answered
                    self.undone.add(unit)

    @rule(statuses=st.lists(st.sampled_from(list(Status)), min_size=1))
    def send(self, statuses: list[Status]) -> None:
        with self.database.writing() as db:
            units = list(waiting_units(db, STAMP.user_id))[: len(statuses)]
            mark_sending(db, units)
            for unit, status in zip(units, statuses, strict=False):
                result = MutationResult(unit.key, status, code=None, rv=self.rv)
                if settle(db, result, now=MORNING, next_try_at=0.0):
                    self.answered[unit.key] = status

    @rule(rid=st.sampled_from(IDS), values=SETS)
    def change_on_server(self, rid: str, values: dict[str, Value]) -> None:
        self.server[rid] = {**self.server.get(rid, {}), **values}

    @rule(rid=st.sampled_from(IDS))
    def leave_scope(self, rid: str) -> None:
        self.server.pop(rid, None)

    @rule(is_staged=st.booleans())
    def pull(self, *, is_staged: bool) -> None:
        self.rv += 1
        rows = [("account", rid, self.rv, row) for rid, row in sorted(self.server.items())]
        drop = [("account", rid) for rid in IDS if rid not in self.server]
        with self.database.writing() as db:
            begin_pull(db)
            if is_staged:
                stage_page(db, page(rows, token="t"))
                rows = []
        with self.database.writing() as db:
            commit_pull(db, page(rows, drop=drop), MORNING)
        with self.database.reading() as db:
            assert {rid for rid in IDS if read_base(db, "account", rid)} == set(self.server)

    @rule()
    def restart(self) -> None:
        self.database.close()
        self.database = Database(self.folder / "phone.sqlite")

    @invariant()
    def what_is_seen_is_the_image_plus_the_edits(self) -> None:
        with self.database.reading() as db:
            for rid in IDS:
                base = read_base(db, "account", rid)
                expected = apply_edits(base and base[0], read_edits(db, "account", rid))
                seen = read_record(db, "account", rid)
                assert (seen and seen[0]) == expected

    @invariant()
    def nothing_leaves_the_outbox_without_a_final_status(self) -> None:
        with self.database.reading() as db:
            rows = db.execute("SELECT id, state, status, body FROM mutation").fetchall()
        assert {row["id"] for row in rows} == self.made - self.undone
        for row in rows:
            assert msgspec.json.decode(row["body"], type=Mutation).id == row["id"]
            is_answered = row["id"] in self.answered
            assert is_answered == (row["state"] in {"settled", "done"})
            assert not is_answered or Status(row["status"]) in FINAL

    @invariant()
    def every_refusal_is_an_issue(self) -> None:
        visible = {Status.CONFLICT, Status.REJECTED, Status.QUARANTINED, Status.MERGED}
        refused = {key for key, status in self.answered.items() if status in visible}
        with self.database.reading() as db:
            units = {row[0] for row in db.execute("SELECT unit FROM problem")}
        assert units == refused


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
