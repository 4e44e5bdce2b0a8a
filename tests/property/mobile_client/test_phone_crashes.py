"""A phone that dies at any place comes back with all it had and ends where the server is."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from backend.sync.protocol.tables import TABLES
from mobile_client.core import PhoneCore
from mobile_client.store.overlay import record_of
from mobile_client.store.points import POINTS
from mobile_client.store.schema import SQL
from tests.support.crashing_phone import KILLED, Countdown, Crash, check_in
from tests.support.fake_answers import Fault
from tests.support.fake_server import FakeServer
from tests.support.phones import SetClock, Shop, full_draft, open_phone, sign_in, stock

ROOT = Path(__file__).parents[3]
BY_SYNC = sorted(point for point in POINTS if not point.startswith("check_in"))


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


def image(phone: PhoneCore) -> dict[tuple[str, str], tuple[int, dict[str, object]]]:
    """Return what the phone got from the server, as it lies in its tables."""
    with phone._database.reading() as db:
        return {
            (name, row["id"]): (row["rv"], dict(record_of(TABLES[name], row)))
            for name in SQL
            for row in db.execute(f"SELECT * FROM {name}_base")
        }


def truth(server: FakeServer) -> dict[tuple[str, str], tuple[int, dict[str, object]]]:
    """Return what a phone should hold."""
    return {
        (name, rid): (one.rv, {f: one.values.get(f) for f in TABLES[name].columns})
        for (name, rid), one in server.records.rows.items()
        if not one.is_hidden
    }


def abandon(phone: PhoneCore) -> None:
    """Leave a dead phone as it lies; only its open files are closed."""
    phone._http.close()
    phone._database.close()


def settle_down(phone: PhoneCore, server: FakeServer) -> None:
    """Sync until nothing is left, and compare with the server's truth."""
    report = phone.sync_once()
    for _ in range(3):
        if not report.is_complete:
            report = phone.sync_once()
    assert report.is_complete, report.message
    # A file that arrived changes its record on the server.
    assert phone.sync_once().is_complete
    assert image(phone) == truth(server)
    assert set(server.records.effects.values()) <= {1}
    for (name, rid), one in server.records.rows.items():
        assert name != "media" or one.values["state"] == "stored", rid


def prepare(folder: Path, server: FakeServer, clock: SetClock) -> Shop:
    """Make a phone with unsent work of every kind, and a server that moved on over many pages."""
    shop = stock(server)
    phone = open_phone(folder, server, clock)
    sign_in(phone)
    phone.check_in(full_draft(phone, shop, clock, is_planned=True))
    phone.edit_account(shop.account, {"phone": "+358402", "name": "Mine"})
    phone.change_empties(shop.account, 3)
    phone.edit_contact(None, shop.account, {"name": "Lan"})
    phone.close()
    server.records.put("account", shop.account, name="Theirs", empties_owed=10)
    for number in range(5):
        stock(server, f"Shop {number}")
    server.page_rows = 3
    return shop


@pytest.mark.parametrize("point", BY_SYNC)
@pytest.mark.parametrize(
    ("resync", "number"), [("delta", 1), ("delta", 2), ("manifest", 1), ("full", 1)]
)
def test_sync_that_dies_at_any_place_goes_on_as_if_nothing_was(
    tmp_path: Path, server: FakeServer, resync: str, point: str, number: int
) -> None:
    clock = SetClock()
    shop = prepare(tmp_path / "phone", server, clock)
    if resync == "manifest":
        server.pulls.expired_before = server.records.change
    elif resync == "full":
        server.epoch = "e2"
    phone = open_phone(tmp_path / "phone", server, clock, at=Countdown(point, number))
    try:
        phone.sync_once()
    except Crash:
        abandon(phone)
    else:
        phone.close()
    again = open_phone(tmp_path / "phone", server, clock)
    settle_down(again, server)
    account = server.records.image("account")[shop.account]
    assert (account["phone"], account["name"], account["empties_owed"]) == ("+358402", "Theirs", 13)
    assert len(server.stored) == 2
    (issue,) = again.sync_status().issues
    assert (issue.mine, issue.theirs) == ("Mine", "Theirs")
    again.close()


@pytest.mark.parametrize(
    ("point", "number"),
    [
        ("push.answered", 1),
        ("push.settling", 1),
        ("pull.staging", 2),
        ("apply.page", 3),
        ("apply.rows", 1),
        ("apply.cursor", 1),
        ("media.patched", 1),
        ("check_in.kept", 1),
        ("check_in.saved", 1),
    ],
)
def test_killed_process_loses_nothing(
    tmp_path: Path, server: FakeServer, point: str, number: int
) -> None:
    clock = SetClock()
    prepare(tmp_path / "phone", server, clock)
    command = [sys.executable, "-m", "tests.support.crashing_phone", str(tmp_path / "phone")]
    command += [server.url, point, str(number)]
    killed = subprocess.run(command, cwd=ROOT, check=False, timeout=120)
    assert killed.returncode == KILLED
    again = open_phone(tmp_path / "phone", server, clock)
    settle_down(again, server)
    notes = [note["body"] for note in server.records.image("note").values()]
    assert notes.count("Killed?") == int(point == "check_in.saved")
    assert len(server.stored) == 2 + int(point == "check_in.saved")
    again.close()


class CrashMachine(RuleBasedStateMachine):
    """Work, syncs, deaths and a changing server in any order; the end is always the server's."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.server = FakeServer()
        self.server.start()
        self.server.page_rows = 2
        self.clock = SetClock()
        self.owed = 0

    @initialize()
    def begin(self) -> None:
        self.shops = [stock(self.server, f"Shop {number}") for number in range(3)]
        self.phone = open_phone(self.folder, self.server, self.clock)
        sign_in(self.phone)

    def teardown(self) -> None:
        if hasattr(self, "phone"):
            self.server.faults.clear()
            settle_down(self.phone, self.server)
            total = sum(
                self.server.records.rows["account", shop.account].values.get("empties_owed") or 0  # type: ignore[misc] # numbers
                for shop in self.shops
            )
            assert total == self.owed
            abandon(self.phone)
        self.server.stop()
        shutil.rmtree(self.folder)

    @rule(place=st.integers(0, 2), text=st.sampled_from("abc"))
    def edit(self, place: int, text: str) -> None:
        account = self.shops[place].account
        if account in {row.id for row in self.phone.accounts()}:
            self.phone.edit_account(account, {"phone": text})

    @rule(place=st.integers(0, 2), count=st.integers(1, 9))
    def bring_empties(self, place: int, count: int) -> None:
        account = self.shops[place].account
        if account in {row.id for row in self.phone.accounts()}:
            self.phone.change_empties(account, count)
            self.owed += count

    @precondition(lambda self: self.phone.accounts())
    @rule()
    def check_in(self) -> None:
        check_in(self.phone)

    @rule(place=st.integers(0, 2), text=st.sampled_from("xyz"))
    def change_on_server(self, place: int, text: str) -> None:
        self.server.records.put("account", self.shops[place].account, phone=text, website=text)

    @rule(place=st.integers(0, 2), is_hidden=st.booleans())
    def move_scope(self, place: int, *, is_hidden: bool) -> None:
        account = self.shops[place].account
        self.server.records.put("account", account)
        if is_hidden:
            self.server.records.hide("account", account)

    @rule(kind=st.sampled_from(["expire", "restore", "fork"]))
    def age(self, kind: str) -> None:
        records = self.server.records
        if kind == "expire":
            self.server.pulls.expired_before = records.change
        elif kind == "restore":
            self.server.epoch += "'"
        else:
            device = self.phone._sessions.device_id
            records.seqs |= {(device, number): "another life" for number in range(1, 500)}

    @rule(
        path=st.sampled_from(["/v1/sync/push", "/v1/sync/pull", "/v1/uploads", "/v1/media"]),
        kind=st.sampled_from(["drop_before", "drop_after", "cut"]),
        times=st.integers(1, 3),
    )
    def break_line(self, path: str, kind: str, times: int) -> None:
        self.server.faults.append(Fault(path, kind, times))  # type: ignore[arg-type] # one of Kind

    @rule(point=st.sampled_from(BY_SYNC), number=st.integers(1, 4))
    def die(self, point: str, number: int) -> None:
        self.restart(Countdown(point, number))
        with suppress(Crash):
            self.phone.sync_once()
        self.restart(Countdown())

    @rule()
    def sync(self) -> None:
        self.phone.sync_once()

    def restart(self, at: Countdown) -> None:
        abandon(self.phone)
        self.phone = open_phone(self.folder, self.server, self.clock, at=at)


TestCrashMachine = CrashMachine.TestCase
TestCrashMachine.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
