"""The product's own phone, headless: real engine, real SQLite, real uploads, through a bad line."""

import random
import shutil
import sqlite3
import time
import traceback
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from backend.identity.actor import Actor
from backend.sync.protocol.tables import TABLES
from mobile_client.core import PhoneCore, open_core
from mobile_client.device.fakes import FakeCamera, fake_device
from mobile_client.facade import EditError, SignInError
from mobile_client.views import CheckInDraft
from tests.simulator.ears import Ears
from tests.simulator.patience import tries
from tests.simulator.tally import Log
from tests.simulator.truth import Held, differences, digest, digest_of_rows, parse_truth
from tests.simulator.wire import LostError, Wire
from tests.simulator.world import PHONE_PASSWORD, World

_DRAIN_SYNCS = 14
_LONGEST_FUSES = (3, 12, 60)
_NO_LIMIT = 1_073_741_823
_NOTES_TO_FILL = 6
_EMPTY = digest("")


class Died(BaseException):
    """The phone's process ended at a named point; no handler of the phone may catch it."""


class PhoneClock:
    """A phone's clocks: the time of day may be off, the time since boot may not."""

    boot_id = "phone"

    def __init__(self) -> None:
        self.skew = timedelta(0)

    def now(self) -> datetime:
        """Return the device's time."""
        return datetime.now(UTC) + self.skew

    def monotonic_ms(self) -> int:
        """Return the time since boot."""
        return time.monotonic_ns() // 1_000_000


class RealPhone:
    """Lives like `Device`, but everything behind the person's fingers is the product's."""

    def __init__(self, world: World, actor: Actor, number: str, *, rounds: int) -> None:
        self.world = world
        self.tally = world.tally
        self.actor = actor
        self.rounds = rounds
        self.rng = random.Random(f"{world.seed}/{number}")
        self.log = Log(world.tally, world.seed, number)
        self.wire = Wire(world.port)
        self.folder = world.house.folder / "phones" / str(actor.user_id)
        self.clock = PhoneClock()
        self.ears = Ears(world, self.log)
        self.checked = ""
        self.fuse = 0
        """After how many points the process dies; 0 is never."""
        self.twins: list[RealPhone] = []
        self.core = self._open(is_direct=False)
        self.tally.fault("real phone")

    def _open(self, *, is_direct: bool) -> PhoneCore:
        port = self.world.port
        if not is_direct:
            port = self.world.house.proxy_ports[port]
        device = fake_device(self.clock, (24.92, 60.17))
        core = open_core(
            self.folder, f"http://127.0.0.1:{port}", device, self.clock, at=self._reach
        )
        self.ears.listen(core)
        return core

    def _reach(self, point: str) -> None:
        """Burn the fuse by one point."""
        if self.fuse == 0:
            return
        self.fuse -= 1
        if self.fuse == 0:
            self.log("dies at", point)
            self.tally.fault("phone killed")
            self.tally.fault(f"phone killed at {point}")
            raise Died(point)

    def live(self) -> None:
        """Work and sync until the rounds are over; never raises."""
        try:
            while self.rounds > 0 and not self.world.is_over:
                self.rounds -= 1
                self._round()
                time.sleep(self.rng.random() * 0.03)
        except Exception:  # noqa: BLE001  # told, not lost with the thread
            detail = traceback.format_exc().splitlines()
            self.tally.fail(self.log, "the phone failed", detail)

    def _round(self) -> None:
        strikes, rng = self.world.strikes, self.rng
        if strikes(rng, "phone killed"):
            self.fuse = rng.randint(1, rng.choice(_LONGEST_FUSES))
        try:
            if self._sign_in():
                self._mishap()
                self._work()
                self._sync()
        except Died:
            self._be_born_again()
        self.fuse = 0

    def _sign_in(self) -> bool:
        if self.core.session is not None:
            return True
        try:
            self.core.sign_in(f"phone@{self.world.org_id}.test", PHONE_PASSWORD)
        except SignInError as error:
            self.log("no sign-in:", error.code)
            time.sleep(0.1)
            return False
        self.log("signed in")
        return True

    def _mishap(self) -> None:
        strikes, rng = self.world.strikes, self.rng
        backup = self.folder.with_suffix(".backup")
        if rng.random() < 0.1:
            shutil.rmtree(backup, ignore_errors=True)
            backup.mkdir()
            with sqlite3.connect(backup / "phone.sqlite") as copy:
                self.core._database._writer.backup(copy)
            copy.close()
        elif backup.exists() and strikes(rng, "device restored from backup"):
            self.core.close()
            for old in self.folder.glob("phone.sqlite*"):
                old.unlink()
            shutil.copy(backup / "phone.sqlite", self.folder / "phone.sqlite")
            self.core = self._open(is_direct=False)
            self.log("restored from a backup")
            self.tally.fault("device restored from backup")
        if strikes(rng, "clock jumps"):
            self.clock.skew = timedelta(hours=rng.choice([-30, -24, -1, 1, 24, 30]))
            self.tally.fault("clock a day off or jumping")

    def _work(self) -> None:
        shops = self.core.accounts(limit=50)
        if not shops:
            return
        rng = self.rng
        for _ in range(rng.randint(0, 3)):
            shop = rng.choice(shops).id
            mark = f"m{rng.randbytes(6).hex()}"
            try:
                match rng.choice(["edit", "contact", "check in", "empties"]):
                    case "edit":
                        self.core.edit_account(shop, {"address": mark})
                    case "contact":
                        self.core.edit_contact(None, shop, {"name": mark})
                    case "empties":
                        self.core.change_empties(shop, rng.choice([1, 2, -1]))
                    case _:
                        self._check_in(shop, mark)
            except EditError as error:
                self.log("not taken:", error.code, error.field)

    def _check_in(self, shop: str, mark: str) -> None:
        photos: tuple[Path, ...] = ()
        if self.rng.random() < 0.3:
            photos = (self.core.new_media_path("photo"),)
            FakeCamera().take(photos[0], lambda _: None)
        draft = CheckInDraft(account_id=shop, outcome="met", note=mark, photo_paths=photos)
        self.core.check_in(draft)

    def _sync(self) -> None:
        is_full = self.world.strikes(self.rng, "phone disk full")
        if is_full:
            self._fill_disk()
        try:
            report = self.core.sync_once()
        finally:
            if is_full:
                self._limit_pages(_NO_LIMIT)
        self.log("synced:", report.state, report.message, "left", report.left)
        if is_full and self.core.sync_status().code == "no_space":
            self.tally.fault("disk full on the phone, in a sync")
        self._check()

    def _fill_disk(self) -> None:
        """Let SQLite find no page more than the file has now, and fill what is left in it."""
        self._limit_pages(1)
        shops = self.core.accounts(limit=1)
        for _ in range(_NOTES_TO_FILL if shops else 0):
            try:
                self._check_in(shops[0].id, f"m{self.rng.randbytes(3000).hex()}")
            except EditError as error:
                self.log("not saved:", error.code)
                if error.code == "no_space":
                    self.tally.fault("disk full on the phone")
                return

    def _limit_pages(self, count: int) -> None:
        with self.core._database.writing() as db:
            db.execute(f"PRAGMA max_page_count = {count}")

    def _be_born_again(self) -> None:
        """Start the process anew over the files that the dead one left."""
        with suppress(sqlite3.Error):
            self.core.close()
        self.core = self._open(is_direct=False)
        self._check()

    def _check(self) -> None:
        """Compare the store with the oracle of the page whose cursor it keeps."""
        with self.core._database.reading() as db:
            row = db.execute("SELECT value FROM meta WHERE key = 'cursor'").fetchone()
            cursor = str(row[0]) if row else ""
            if not cursor or cursor == self.checked or cursor not in self.ears.told:
                return
            held: Held = {
                table: dict(db.execute(f"SELECT id, rv FROM {table}_base").fetchall())
                for table in TABLES
            }
        self.checked = cursor
        self.tally.count("pulls")
        self.tally.count("pulls of the real phone")
        self.tally.count("checks")
        key, *digests = self.ears.told[cursor].split(";")
        wanted = dict(one.split("=") for one in digests)
        wrong = [
            table for table in TABLES
            if digest_of_rows(held[table]) != wanted.get(table, _EMPTY)
        ]  # fmt: skip
        if not wrong:
            return
        detail = [f"tables {wrong}"]
        with suppress(LostError):
            texts = self.wire.ask("GET", f"/sim/truth/{key}", {}).body
            truth = parse_truth(msgspec.json.decode(texts, type=dict[str, str]))
            detail += differences(held, truth, wrong)
        self.tally.fail(self.log, "the phone differs from the oracle", detail)

    def drain(self) -> None:
        """After the faults: everything is sent within a bounded number of syncs."""
        try:
            self.core.close()
            self.clock.skew = timedelta(0)
            self.core = self._open(is_direct=True)
            self._drain()
        except Exception:  # noqa: BLE001  # as in `live`
            detail = traceback.format_exc().splitlines()
            self.tally.fail(self.log, "the phone failed", detail)

    def _drain(self) -> None:
        syncs = 0
        for _ in tries():
            if not self._sign_in():
                continue
            report = self.core.sync_once()
            self.log("draining:", report.state, report.message, "left", report.left)
            self._check()
            if report.is_complete:
                return
            if report.state == "idle":
                syncs += 1
            if syncs >= _DRAIN_SYNCS:
                break
            time.sleep(0.03)
        self.tally.fail(self.log, f"the phone did not drain in {syncs} syncs")

    def settle_down(self) -> None:
        """Pull once more, when nobody writes any longer."""
        for _ in tries():
            if self._sign_in() and self.core.sync_once().state == "idle":
                break
            time.sleep(0.03)
        self._check()

    def close(self) -> None:
        """Put the phone away and forget its files."""
        self.wire.close()
        with suppress(sqlite3.Error):
            self.core.close()
        for folder in (self.folder, self.folder.with_suffix(".backup")):
            shutil.rmtree(folder, ignore_errors=True)
