"""The administrator of a world, over HTTP: changes how people stand."""

import random
import time
import traceback

import msgspec

from backend.identity.actor import Actor
from tests.simulator.tally import Log
from tests.simulator.wire import LostError, Wire
from tests.simulator.world import World


class Chief:
    """The administrator, over HTTP: changes roles, shuts people out and lets them in again."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = random.Random(f"{world.seed}/chief")
        self.log = Log(world.tally, world.seed, "chief")
        self.wire = Wire(world.port)

    def live(self) -> None:
        """Now and then change how a person stands; never raises."""
        rng, world = self.rng, self.world
        try:
            if world.strikes(rng, "role downgraded"):
                world.is_calm.wait(rng.random() * 2)
                person = rng.choice(world.people)
                for role in ("manager", "rep"):
                    self._change(person, {"role": role})
                    world.is_calm.wait(0.3)
                world.tally.fault("role downgraded")
                self._change(person, {"role": person.role.value})
            if world.strikes(rng, "user disabled"):
                world.is_calm.wait(rng.random())
                person = rng.choice(world.people)
                self._change(person, {"is_active": False})
                world.is_calm.wait(0.3)
                self._change(person, {"is_active": True})
        except Exception:  # noqa: BLE001  # told, not lost with the thread
            detail = traceback.format_exc().splitlines()
            world.tally.fail(self.log, "the chief failed", detail)
        finally:
            self.wire.close()

    def _change(self, person: Actor, body: dict[str, object]) -> None:
        path = f"/v1/users/{person.user_id}"
        while True:
            headers = {
                "Authorization": f"Bearer {self.world.sign(self.world.admin)}",
                "Content-Type": "application/json",
            }
            try:
                answer = self.wire.ask("PATCH", path, headers, msgspec.json.encode(body))
            except LostError:
                time.sleep(0.05)
                continue
            self.log(body, answer.status)
            if answer.status == 503:
                time.sleep(0.05)
                continue
            assert answer.status == 200, answer.body
            return
