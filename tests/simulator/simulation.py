"""A run: many worlds, some at a time, in a house that has its own accidents."""

import random
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence

import msgspec
import psycopg2

from backend.identity.actor import Actor
from tests.simulator.checks import LastCheck
from tests.simulator.chief import Chief
from tests.simulator.device import Device
from tests.simulator.house import House, is_lost
from tests.simulator.real_phone import RealPhone
from tests.simulator.tally import Log
from tests.simulator.weather import Weather
from tests.simulator.world import World
from tests.simulator.writers import Writer

_STUCK_SECONDS = 180


class Plan(msgspec.Struct, frozen=True):
    """How much to simulate."""

    seeds: range
    minutes: float = 1000.0
    at_once: int = 6
    rounds: int = 14
    """How often each device works and syncs."""
    most_failures: int = 20
    """After so many failures the run ends."""


def run_world(
    house: House, weather: Weather, seed: int, *, rounds: int, given_up: threading.Event
) -> None:
    """Let one seed's world live and check it at the end; when given up, it ends where it is."""
    port = house.ports[seed % len(house.ports)]
    world = World(house, weather, seed, port=port, given_up=given_up)
    world.build()
    devices = _devices(world, rounds)
    try:
        _let_live(world, devices)
        if not given_up.is_set():
            _come_to_rest(everyone(devices))
            _check(world)
    finally:
        for device in everyone(devices):
            device.close()
        world.close()


def everyone(devices: Sequence[Device | RealPhone]) -> list[Device | RealPhone]:
    """Return the devices, their clones, and the clones of those."""
    found: list[Device | RealPhone] = []
    for device in devices:
        found += [device, *everyone(device.twins)]
    return found


def _come_to_rest(devices: Sequence[Device | RealPhone]) -> None:
    """Without faults, every queue drains and everybody ends with the truth."""
    _in_parallel([one.drain for one in devices])
    for device in devices:
        device.settle_down()


def _check(world: World) -> None:
    """Check the end, again where PostgreSQL was restarted meanwhile."""
    while True:
        try:
            LastCheck(world).run()
        except psycopg2.Error as error:
            if not is_lost(error):
                raise
        else:
            return


def _devices(world: World, rounds: int) -> list[Device | RealPhone]:
    rng = world.rng
    devices: list[Device | RealPhone] = []
    for number, person in enumerate(world.people):
        if person is world.phone_owner:
            devices.append(RealPhone(world, person, "phone", rounds=rounds // 2))
            continue
        devices.append(_device(world, person, f"device {number}", rounds))
        if rng.random() < 0.4:
            second = world.second_device(person)
            devices.append(_device(world, second, f"device {number} b", rounds))
    return devices


def _device(world: World, actor: Actor, name: str, rounds: int) -> Device:
    is_old = world.rng.random() < 0.4 and world.weather.strikes(world.rng, "old client")
    return Device(world, actor, name, rounds=rounds, is_old=is_old)


def _let_live(world: World, devices: Sequence[Device | RealPhone]) -> None:
    """Run devices and writers until the devices are through; then it is calm."""
    writers = [Writer(world, number) for number in range(world.rng.randint(1, 3))]
    for life in (*(one.live for one in writers), Chief(world).live):
        world.start(life)
    if world.strikes(world.rng, "3 s writer"):
        world.start(Writer(world, 9).live_long)
    _in_parallel([one.live for one in devices])
    world.is_calm.set()
    until = time.monotonic() + _STUCK_SECONDS
    for thread in world.threads:
        thread.join(max(0.1, until - time.monotonic()))
        if thread.is_alive():
            world.tally.fail(world.log, "an actor is stuck", [str(thread)])


def _in_parallel(lives: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=life, daemon=True) for life in lives]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Run:
    """Works through seeds with several worlds at once."""

    def __init__(self, house: House, weather: Weather, plan: Plan) -> None:
        self.house = house
        self.weather = weather
        self.plan = plan
        self.tally = house.tally
        self._seeds: Iterator[int] = iter(plan.seeds)
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._given_up = threading.Event()

    def run(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Simulate all seeds, or until the time or the patience is over."""
        threads = [
            threading.Thread(target=self._work, daemon=True) for _ in range(self.plan.at_once)
        ]
        for thread in threads:
            thread.start()
        accidents = threading.Thread(target=self._accidents, daemon=True)
        accidents.start()
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.2)
            if len(self.tally.failures) >= self.plan.most_failures:
                self._given_up.set()
            meanwhile()
        self._is_over.set()
        accidents.join()

    def _work(self) -> None:
        while (seed := self._next()) is not None:
            try:
                run_world(
                    self.house,
                    self.weather,
                    seed,
                    rounds=self.plan.rounds,
                    given_up=self._given_up,
                )
            except Exception:  # noqa: BLE001  # told, not lost with the thread
                log = Log(self.tally, seed, "world")
                self.tally.fail(log, "the world failed", traceback.format_exc().splitlines())
            self.tally.count("seeds")

    def _next(self) -> int | None:
        is_late = self.tally.seconds > self.plan.minutes * 60
        if is_late or len(self.tally.failures) >= self.plan.most_failures:
            return None
        with self._lock:
            return next(self._seeds, None)

    def _accidents(self) -> None:
        """What befalls all worlds at once."""
        rng = random.Random(self.plan.seeds.start)
        rates = self.weather.rates
        acts: dict[str, Callable[[], None]] = {
            "PostgreSQL restarted": lambda: self.house.restart_postgres(
                is_crash=rng.random() < 0.4
            ),
            "tombstones purged": lambda: self.house.purge_tombstones(rng.choice([0.2, 2.0, 8.0])),
            "epoch changed": self.house.change_epoch,
        }
        due = {name: self._wait(rng, rates[name]) for name in acts}
        while not self._is_over.wait(0.05):
            for name, act in acts.items():
                if self.tally.seconds >= due[name]:
                    act()
                    due[name] = self._wait(rng, rates[name])

    def _wait(self, rng: random.Random, a_minute: float) -> float:
        if not a_minute:
            return float("inf")
        return self.tally.seconds + rng.uniform(0.5, 1.5) * 60 / a_minute
