"""What all parts of a device share: its state, its identity and its way to the service."""

import random
import time
from collections.abc import Callable
from typing import Any

import msgspec

from backend.identity.actor import Actor
from backend.ids import DeviceId, new_id
from backend.sync.protocol.tables import TABLES
from tests.simulator.store import Store
from tests.simulator.tally import Log
from tests.simulator.wire import Answer, LostError, Wire
from tests.simulator.work import Person
from tests.simulator.world import World

_OLD_TABLES = frozenset(TABLES) - {"issue", "rework"}
_BUSY = frozenset({429, 500, 503})
_SIGNED_OUT = frozenset({"token_expired", "token_invalid", "session_ended", "unauthenticated"})


class Killed(Exception):
    """The device's process died: what was not committed is gone."""


class Disabled(Exception):
    """The person may not call (now): the data goes, the outbox stays."""


class Handset:
    """A phone in somebody's hand."""

    def __init__(self, world: World, actor: Actor, number: str, *, is_old: bool) -> None:
        self.world = world
        self.tally = world.tally
        self.actor = actor
        self.number = number
        self.rng = random.Random(f"{world.seed}/{number}")
        self.log = Log(world.tally, world.seed, number)
        self.wire = Wire(world.port)
        self.is_old = is_old
        self.store = Store(_OLD_TABLES if is_old else frozenset(TABLES))
        self.person = Person(self.rng, actor)
        self.person.is_new_client = not is_old
        self.highest: dict[str, int] = {}
        """The highest version that ever came down, by record."""
        self.awaited: set[str] = set()
        """Mutations whose ack the next pull must bring."""
        self._token = ""

    def become(self, actor: Actor) -> None:
        """Go on under a device id."""
        self.actor = self.person.actor = actor
        self._token = ""

    def lose_cursor(self) -> None:
        """Drop the cursor: the next pull brings everything anew. The outbox stays."""
        store = self.store.copy()
        store.cursor = None
        self.store = store
        self.awaited.clear()

    def adopt_new_id(self) -> None:
        """Register a new device, since the server knows another life of this one; keep the queue.

        Raises LostError; the device is then told of its fork again at the next push.
        """
        secret = self.world.give_refresh_token(self.actor)
        fresh = msgspec.structs.replace(self.actor, device_id=DeviceId(new_id()))
        told = {
            "device_id": str(fresh.device_id), "device_name": "Simulated", "platform": "phone",
            "refresh_token": secret,
        }  # fmt: skip
        answer = self.post("/v1/devices", told)
        if answer.status != 200:
            self.tally.fail(self.log, "no new device id", [answer.body.decode(errors="replace")])
            return
        self.lose_cursor()
        self.become(fresh)
        self._token = msgspec.json.decode(answer.body)["access_token"]
        self.tally.fault("forked device took a new id")
        self.log("forked: goes on as device", fresh.device_id)

    def headers(self, fault: str = "") -> dict[str, str]:
        """Return the headers of a request; `fault` befalls it in the service."""
        if not self._token:
            self._token = self.world.sign(self.actor)
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "User-Agent": "tuyen-simulator",
        }
        return {**headers, "sim-fault": fault} if fault else headers

    def expire_token(self) -> None:
        """Hold a token that runs out at once."""
        self._token = self.world.sign(self.actor, lifetime_s=0.05)

    def post(self, path: str, body: dict[str, Any], fault: str = "") -> Answer:
        """Send a message and return the answer; signs in again when the token is not good."""
        answer = self.wire.ask("POST", path, self.headers(fault), msgspec.json.encode(body))
        return self.understand(answer, lambda: self.post(path, body))

    def understand(self, answer: Answer, again: Callable[[], Answer]) -> Answer:
        """Deal with what any door may answer: sign in again, wipe, or come back later."""
        if answer.status == 401 and answer.code in _SIGNED_OUT:
            if answer.code == "token_expired":
                self.tally.count("tokens expired")
            self.log("401", answer.code)
            self._token = ""
            return again()
        if answer.status == 403 and answer.code == "user_disabled":
            self.tally.fault("user disabled")
            self._token = ""
            raise Disabled
        if answer.status in _BUSY:
            self.log(answer.status, answer.code, answer.body[:200])
            self.tally.count(f"answers {answer.status}")
            if answer.status == 500:
                self.tally.fail(self.log, "server error", [answer.body.decode(errors="replace")])
            time.sleep(0.02)
            raise LostError(f"{answer.status} {answer.code}")
        return answer
