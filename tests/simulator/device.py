"""A device that speaks the protocol, dies at awkward moments, and is checked at each commit."""

import time
import traceback
from datetime import timedelta

from backend.identity.actor import Actor
from tests.simulator.bad_cursors import try_bad_cursor
from tests.simulator.handset import Disabled, Handset, Killed
from tests.simulator.patience import tries
from tests.simulator.puller import Puller
from tests.simulator.pusher import Pusher
from tests.simulator.store import Store
from tests.simulator.uploader import Uploader
from tests.simulator.wire import LostError
from tests.simulator.world import World

_DRAIN_SYNCS = 14
_MUCH = 60
"""With so much unsent, a person waits for better days."""


class Device(Handset):
    """One life of one device; a clone or a restored backup shares its id."""

    def __init__(
        self, world: World, actor: Actor, number: str, *, rounds: int, is_old: bool = False
    ) -> None:
        super().__init__(world, actor, number, is_old=is_old)
        self.rounds = rounds
        self.patience = 4 * rounds
        """How many lost rounds are made up for."""
        self.backup: tuple[Store, Actor] | None = None
        self.twins: list[Device] = []
        self.puller = Puller(self)
        self.pusher = Pusher(self)
        self.uploader = Uploader(self)
        if self.is_old:
            self.tally.fault("old client against new schema")

    def live(self) -> None:
        """Work and sync until the rounds are over; never raises."""
        try:
            while self.rounds > 0 and not self.world.is_over:
                self.rounds -= 1
                try:
                    self._round()
                except Killed as death:
                    self.log("killed", death)
                    self.wire.close()
                except LostError as error:
                    self.log("lost", error)
                    self._try_again()
                except Disabled:
                    self.log("disabled: data wiped, outbox kept")
                    self._wipe()
                    self._rest(0.1)
        except Exception:  # noqa: BLE001  # a fault of the simulator or the service: told, not lost
            self.tally.fail(self.log, "device failed", traceback.format_exc().splitlines())

    def _try_again(self) -> None:
        """Wait a little, as a phone does; a service that is away does not use up the rounds."""
        self._rest(0.1)
        if self.patience > 0:
            self.patience -= 1
            self.rounds += 1

    def _round(self) -> None:
        self._mishap()
        store = self.store.copy()
        for _ in range(self.rng.choice([0, 0, 1, 1, 2]) if len(store.outbox) < _MUCH else 0):
            for made in self.person.work(store):
                self.log("made", made["id"], made["op"], made["table"], made["rid"], made["seq"])
                self.tally.count("mutations")
                with self.world.lock:
                    self.world.sent[made["id"]] = made
        if self.world.strikes(self.rng, "poison"):
            self._poison(store)
        self.store = store
        if self.rng.random() < 0.6:
            self.pusher.push()
        for _ in range(self.rng.choice([1, 2, 2, 3])):
            self.puller.pull()
            self._rest(0.01)
        if self.rng.random() < 0.06:
            self.uploader.take()
        self.uploader.send_what_is_known()
        self._rest(0.02)

    def _poison(self, store: Store) -> None:
        where = self.rng.choice(["first", "middle", "last"])
        before = {one["id"] for one in store.outbox}
        if self.person.poison(store, where):
            (bad,) = (one for one in store.outbox if one["id"] not in before)
            with self.world.lock:
                self.world.sent[bad["id"]] = bad
            self.tally.count("mutations")
            self.tally.fault(f"poison {where}")
            self.log("poison", where, bad["id"])

    def _mishap(self) -> None:
        """Something that happens to a phone between two syncs."""
        strikes = self.world.strikes
        if self.rng.random() < 0.2:
            self.backup = (self.store.copy(), self.actor)
        if self.backup is not None and strikes(self.rng, "device restored from backup"):
            store, actor = self.backup
            self.store, self.backup = store.copy(), None
            self.become(actor)
            self.awaited.clear()
            self.tally.fault("device restored from backup")
            self.log("restored from a backup", len(self.store.outbox), "in the outbox")
        if not self.twins and strikes(self.rng, "database cloned to a second phone"):
            self._clone()
        if strikes(self.rng, "clock jumps"):
            self.person.skew = timedelta(hours=self.rng.choice([-30, -24, -1, 1, 24, 30]))
            self.tally.fault("clock a day off or jumping")
        for name in ("forged cursor", "foreign cursor", "wrong-epoch cursor"):
            if strikes(self.rng, name):
                try_bad_cursor(self.puller, name)

    def _clone(self) -> None:
        """Copy the phone's whole database to another phone, which lives on with the same id."""
        twin = Device(
            self.world,
            self.actor,
            f"{self.number}'",
            rounds=min(self.rounds, 8),
            is_old=self.is_old,
        )
        twin.store = self.store.copy()
        twin.highest = dict(self.highest)
        self.twins.append(twin)
        self.world.start(twin.live)
        self.tally.fault("database cloned to a second phone")

    def _wipe(self) -> None:
        store = self.store.copy()
        store.forget_rows()
        self.store = store
        self.awaited.clear()

    def _rest(self, most_s: float) -> None:
        time.sleep(self.rng.random() * most_s)

    def drain(self) -> None:
        """After the faults: the outbox must become empty within a bounded number of syncs."""
        try:
            self._drain()
        except Exception:  # noqa: BLE001  # as in `live`
            self.tally.fail(self.log, "device failed", traceback.format_exc().splitlines())

    def _drain(self) -> None:
        syncs = 0
        self.person.skew = timedelta(0)
        for _ in tries():
            try:
                self.pusher.push_plainly()
                self.puller.pull()
                syncs += 1
            except (LostError, Disabled):
                time.sleep(0.05)
                continue
            if not self.store.outbox or syncs >= _DRAIN_SYNCS:
                break
        self.uploader.drain()
        if self.store.outbox:
            left = [f"{one} tries {self.store.tries.get(one['id'])}" for one in self.store.outbox]
            self.tally.fail(self.log, f"the queue did not drain in {syncs} syncs", left)

    def settle_down(self) -> None:
        """Pull once more, when nobody writes any longer."""
        for _ in tries():
            try:
                self.puller.pull()
            except (LostError, Disabled):
                time.sleep(0.05)
            else:
                return
        self.tally.fail(self.log, "the last pull never came through")

    def close(self) -> None:
        """Put the device away."""
        self.wire.close()
