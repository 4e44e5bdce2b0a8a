"""A phone that insists on answers of a service that dies again and again."""

import random
import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from backend.identity.actor import Actor
from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import FINAL, MutationResult, PullResponse, PushResponse, Status
from tests.support.phone import Phone

_AT = "2026-11-22T08:00:00Z"
_PAUSE_SECONDS = 0.1
_BUSY = 503
_TAKEN = frozenset({Status.APPLIED, Status.MERGED})


@dataclass(frozen=True)
class SignedIn:
    """A way to the service with a token that was made beforehand."""

    client: httpx.Client
    headers: dict[str, str]

    def as_(self, _: Actor) -> dict[str, str]:
        return self.headers


class InsistentPhone:
    """Sends batches until each is acknowledged; what was acknowledged is written down."""

    def __init__(self, way: SignedIn, actor: Actor, shops: list[str], seed: int) -> None:
        self.phone = Phone(way, actor)
        self.acked: dict[str, MutationResult] = {}
        """The first acknowledgement of each mutation; a repeat tells what it was then."""
        self.sent: dict[str, dict[str, Any]] = {}
        self.seen: Counter[str] = Counter()
        """What the network and the service answered."""
        self._shops = shops
        self._random = random.Random(seed)
        self._pause = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Push and pull until told to stop; a batch under way is still brought home."""
        while not stop.is_set():
            self._push_until_acknowledged(
                [self._mutation() for _ in range(self._random.randint(1, 4))]
            )
            if self._random.random() < 0.3:
                self._pull()

    def creations(self, table: str) -> set[str]:
        """Return the records whose creation was acknowledged."""
        return {
            self.sent[key]["rid"]
            for key, result in self.acked.items()
            if self.sent[key]["table"] == table and self.sent[key]["op"] == "create"
            and (result.was or result.status) in _TAKEN
        }  # fmt: skip

    def increments(self) -> Counter[str]:
        """Return by how much each account was changed, as acknowledged."""
        total: Counter[str] = Counter()
        for key, result in self.acked.items():
            if "inc" in self.sent[key] and (result.was or result.status) in _TAKEN:
                total[self.sent[key]["rid"]] += self.sent[key]["inc"]["empties_owed"]
        return total

    def _mutation(self) -> dict[str, Any]:
        shop = self._random.choice(self._shops)
        match self._random.randrange(3):
            case 0:
                values = {"account_id": shop, "body": new_id(), "captured_at": _AT}
                made = self.phone.mutation("create", "note", values=values)
            case 1:
                values = {"account_id": shop, "full_name": "Lan"}
                made = self.phone.mutation("create", "contact", values=values)
            case _:
                amount = self._random.randint(1, 9)
                made = self.phone.mutation("patch", "account", shop, inc={"empties_owed": amount})
        self.sent[made["id"]] = made
        return made

    def _push_until_acknowledged(self, batch: list[dict[str, Any]]) -> None:
        body = self.phone.push_body(*batch)
        while True:
            answer = self._ask("/v1/sync/push", body)
            if answer is not None:
                results = msgspec.json.decode(answer.content, type=PushResponse).results
                for one in results:
                    self.seen[one.status] += 1
                    if one.status in FINAL:
                        self.acked.setdefault(one.id, one)
                if all(one.status in FINAL for one in results):
                    return
            self._pause.wait(_PAUSE_SECONDS)

    def _pull(self) -> None:
        """Pull to the end, or give the staged pages up where the service goes away."""
        staged: list[PullResponse] = []
        token: str | None = None
        while True:
            asked: dict[str, object] = {
                "device_id": str(self.phone.actor.device_id),
                "limit": 20,
                "protocol": 2,
            }
            asked |= {"token": token} if token else {"cursor": self.phone.cursor}
            answer = self._ask("/v1/sync/pull", msgspec.json.encode(asked))
            if answer is None:
                return
            staged.append(self.phone.read_page(answer))
            token = staged[-1].token
            if token is None:
                for page in staged:
                    self.phone.keep(page)
                self.phone.cursor = staged[-1].cursor
                return

    def _ask(self, path: str, body: bytes) -> httpx.Response | None:
        """Return a good answer; None for none, or for one that asks to try again."""
        way = self.phone.api
        try:
            answer = way.client.post(path, content=body, headers=way.as_(self.phone.actor))
        except httpx.TransportError as error:
            self.seen[type(error).__name__] += 1
            return None
        self.seen[str(answer.status_code)] += 1
        if answer.status_code == _BUSY:
            return None
        assert answer.status_code == 200, answer.text
        return answer
