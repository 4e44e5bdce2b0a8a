"""What goes over a real phone's connection, read along: what it sent, was told, and should hold."""

from typing import Any

import msgspec

from backend.sync.protocol.messages import FINAL, PullResponse, PushRequest, PushResponse
from mobile_client.core import PhoneCore
from mobile_client.sync.http import Reply
from tests.simulator.store import fate_of
from tests.simulator.tally import Log
from tests.simulator.world import Fate, World


class Ears:
    """Listens to one phone over all the lives of its process."""

    def __init__(self, world: World, log: Log) -> None:
        self.world = world
        self.tally = world.tally
        self.log = log
        self.told: dict[str, str] = {}
        """The oracle's word by the cursor that it came with."""

    def listen(self, core: PhoneCore) -> None:
        """Read along what goes over the phone's connection."""
        plain = core._http.request

        def request(method: str, path: str, *, headers: Any = None, body: bytes = b"") -> Reply:
            if path == "/v1/sync/push":
                self._note_sent(body)
            reply = plain(method, path, headers=headers, body=body)
            self.log(method, path, reply.status, reply.body[:90] if reply.status >= 400 else "")
            if reply.status == 200 and path == "/v1/sync/push":
                self._note_results(reply.body)
            elif reply.status == 200 and "sim-truth" in reply.headers:
                page = msgspec.json.decode(reply.body, type=PullResponse)
                if page.cursor:
                    self.told[page.cursor] = reply.headers["sim-truth"]
            elif reply.status == 500:
                self.tally.fail(self.log, "server error", [path])
            return reply

        core._http.request = request  # type: ignore[method-assign]

    def _note_sent(self, body: bytes) -> None:
        for one in msgspec.json.decode(body, type=PushRequest).mutations:
            made = {"set": {}, **msgspec.to_builtins(one)}
            with self.world.lock:
                is_new = one.id not in self.world.sent
                self.world.sent.setdefault(one.id, made)
            self.tally.count("mutations", int(is_new))

    def _note_results(self, body: bytes) -> None:
        self.tally.count("pushes")
        for result in msgspec.json.decode(body, type=PushResponse).results:
            self.tally.count(f"results {result.status}")
            if result.status in FINAL:
                self.world.tell_fate(self.log, result.id, Fate(*fate_of(result)))
