"""Push: the outbox in batches, under every fault that a request can meet."""

import gzip
import threading
import time
from contextlib import suppress
from typing import Any

import msgspec

from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import FINAL, MutationResult, PushResponse, Status
from tests.simulator.handset import Handset
from tests.simulator.store import fate_of
from tests.simulator.wire import Answer, LostError, Wire
from tests.simulator.world import Fate

_PATH = "/v1/sync/push"
_BOMB_BYTES = 40_000_000
_MOST = 90
"""Mutations in a batch; a group that begins in it may go on for a few more."""
_SLOW_BODY_BYTES = 1500
_bomb: list[bytes] = []


class Pusher:
    """Empties a device's outbox as far as the server takes it."""

    def __init__(self, phone: Handset) -> None:
        self.phone = phone

    def push(self) -> None:
        """Send what is in the outbox, in a few batches; raises LostError, Disabled."""
        phone, rng, strikes = self.phone, self.phone.rng, self.phone.world.strikes
        batches = self._batches(rng.choice([3, 8, _MOST]))
        if len(batches) > 1 and strikes(rng, "pushes reordered"):
            batches.reverse()
            phone.tally.fault("pushes reordered")
        for number, batch in enumerate(batches):
            if number and strikes(rng, "token expires in mid-batch"):
                phone.expire_token()
                time.sleep(0.06)
                phone.tally.fault("token expired in mid-batch")
            self._send(batch)

    def push_plainly(self) -> None:
        """Send everything that waits, without any fault."""
        for batch in self._batches(_MOST):
            self._take(batch, self._post(batch))

    def _batches(self, size: int) -> list[list[dict[str, Any]]]:
        """Cut the outbox into batches; a group is never cut."""
        batches: list[list[dict[str, Any]]] = [[]]
        for one in self.phone.store.outbox:
            last = batches[-1]
            is_same = bool(last) and one.get("group") and last[-1].get("group") == one.get("group")
            if len(last) >= size and not is_same:
                batches.append([])
            batches[-1].append(one)
        return [batch for batch in batches if batch]

    def _body(self, batch: list[dict[str, Any]]) -> dict[str, Any]:
        phone = self.phone
        body: dict[str, Any] = {
            "device_id": str(phone.actor.device_id),
            "batch_id": new_id(),
            "client_time": phone.person.now().isoformat(),
            "mutations": batch,
        }
        if not phone.is_old:
            body |= {"protocol": 2, "boot_id": "boot", "elapsed_ms": phone.store.seq * 1000}
        return body

    def _post(self, batch: list[dict[str, Any]], fault: str = "") -> Answer:
        with self.phone.world.flying("push"):
            answer = self.phone.post(_PATH, self._body(batch), fault)
        self.phone.tally.count("pushes")
        return answer

    def _send(self, batch: list[dict[str, Any]]) -> None:
        phone, rng, strikes = self.phone, self.phone.rng, self.phone.world.strikes
        self._bad_lines(batch)
        if strikes(rng, "concurrent duplicate push"):
            self._send_twice_at_once(batch)
        answer = self._post(batch, self._fault(len(batch)))
        if strikes(rng, "answer lost after commit"):
            phone.tally.fault("response dropped after commit")
            raise LostError("the answer was dropped")
        if answer.status == 507:
            phone.tally.fault("disk full on the server")
            phone.log("507", answer.code)
            return
        self._take(batch, answer)
        if strikes(rng, "duplicate push"):
            phone.tally.fault("duplicate request")
            self._take(batch, self._post(batch))

    def _fault(self, count: int) -> str:
        """Choose what befalls the request inside the service."""
        rng, strikes = self.phone.rng, self.phone.world.strikes
        if strikes(rng, "server killed in mid-push"):
            anywhere = f"die:{rng.randint(2, 4 + 8 * count)}"
            return rng.choice([anywhere, anywhere, "die-before-commit", "die-after-commit"])
        for name, kind in (
            ("deadlock in push", "deadlock"),
            ("serialization failure in push", "serialization"),
            ("statement timeout in push", "timeout"),
        ):
            if strikes(rng, name):
                return f"{kind}:{rng.randint(2, 4 + 6 * count)}"
        if strikes(rng, "server disk full"):
            return "disk-full"
        return ""

    def _bad_lines(self, batch: list[dict[str, Any]]) -> None:
        """The same request, broken off in all the ways of a bad network, before the good one."""
        phone, rng, strikes = self.phone, self.phone.rng, self.phone.world.strikes
        body = msgspec.json.encode(self._body(batch))
        if strikes(rng, "body cut at a random byte"):
            phone.wire.ask_cut(_PATH, phone.headers(), body, rng.randrange(len(body)))
            phone.tally.fault("body cut at a random byte")
        if strikes(rng, "hung up before the answer"):
            phone.wire.ask_and_hang_up(_PATH, phone.headers(), body)
            phone.tally.fault("hung up before the answer")
        if strikes(rng, "answer cut at a random byte"):
            phone.wire.ask_and_read_part(_PATH, phone.headers(), body, rng.random())
            phone.tally.fault("answer cut at a random byte")
        if strikes(rng, "compression bomb"):
            self._throw_bomb()
        if len(body) <= _SLOW_BODY_BYTES and strikes(rng, "body trickled"):
            answer = phone.wire.ask_slowly(_PATH, phone.headers(), body, 0.002)
            phone.tally.fault("body sent byte by byte")
            if answer.status == 200:
                self._take(batch, answer)

    def _throw_bomb(self) -> None:
        """A few kilobytes that would be 40 MB when unpacked: refused, and nothing else happens."""
        phone = self.phone
        if not _bomb:
            _bomb.append(gzip.compress(b" " * _BOMB_BYTES))
        headers = {**phone.headers(), "Content-Encoding": "gzip"}
        answer = phone.wire.ask("POST", _PATH, headers, _bomb[0])
        if answer.status in {401, 403, 503}:
            return
        if not 400 <= answer.status < 500:
            told = [f"{answer.status} {answer.body[:200]!r}"]
            phone.tally.fail(phone.log, "a compression bomb was not refused", told)
        phone.tally.fault("compression bomb refused")

    def _send_twice_at_once(self, batch: list[dict[str, Any]]) -> None:
        """Another connection sends the same mutations at the same moment."""
        phone = self.phone
        headers, body = phone.headers(), msgspec.json.encode(self._body(batch))
        answers: list[Answer] = []

        def send() -> None:
            wire = Wire(phone.world.port)
            with suppress(LostError):
                answers.append(wire.ask("POST", _PATH, headers, body))
            wire.close()

        twin = threading.Thread(target=send)
        twin.start()
        try:
            answer = self._post(batch)
        finally:
            twin.join()
        if answers and answer.status == 200 and answers[0].status == 200:
            phone.tally.fault("concurrent duplicate request")
            self._learn(answers[0])

    def _learn(self, answer: Answer) -> list[MutationResult]:
        """Note what became of mutations, whoever asked."""
        results = msgspec.json.decode(answer.body, type=PushResponse).results
        for result in results:
            if result.status in FINAL:
                self.phone.world.tell_fate(self.phone.log, result.id, Fate(*fate_of(result)))
        return results

    def _take(self, batch: list[dict[str, Any]], answer: Answer) -> None:
        """Go by the answer to a batch."""
        phone = self.phone
        if (answer.status, answer.code) == (409, "device_forked"):
            phone.tally.fault("device forked")
            phone.adopt_new_id()
            return
        if answer.status != 200:
            told = [f"{answer.status} {answer.body[:400]!r}"]
            phone.tally.fail(phone.log, "a push was refused", told)
            return
        results = self._learn(answer)
        if [one.id for one in results] != [one["id"] for one in batch]:
            phone.tally.fail(phone.log, "results and mutations do not match")
        store = phone.store.copy()
        for result in results:
            phone.log("result", result.id, result.status, result.was or "", result.code or "")
            phone.tally.count(f"results {result.status}")
            store.settle(result)
            if result.status in FINAL and result.status is not Status.DUPLICATE:
                phone.awaited.add(result.id)
            if result.code in {"record_unknown", "account_out_of_scope"}:
                phone.tally.fault("scope flipped before push")
        phone.store = store
