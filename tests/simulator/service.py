"""The service under test, in a process that may die at any moment and is back at once.

A parent that has loaded everything forks a child that serves; when the child is killed, the next
is there within a tenth of a second on the same port. The child is the product's own application;
around it are only the faults of `sabotage`, the oracle, and for the proofs a deliberate breakage.
"""

import asyncio
import ctypes
import faulthandler
import itertools
import os
import signal
import sys
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from granian.constants import Interfaces
from granian.server.embed import Server

from backend.app import create_app
from backend.db.tenancy import driver_cursor, open_database
from backend.settings import Settings
from backend.sync import pull
from backend.sync.edit import Edit
from backend.sync.registry import REGISTRY
from tests.simulator import breakages, disk, sabotage
from tests.simulator.truth import digest, read_truth

POISON = "☠"
"""A mutation that holds this makes the service fail."""
TRUTH_HEADER = b"sim-truth"
_KEPT_TRUTHS = 400
_DIE_WITH_PARENT = 1

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Config(msgspec.Struct, frozen=True):
    """What a service process is started with."""

    app_url: str
    data_dir: str
    port: int
    threads: int = 6
    breakage: str = ""


class PoisonTaken(Exception):
    """What a poisoned mutation makes of the service."""


class Truths:
    """The last oracles of this process, by key: they are asked for only when a device differs."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._kept: OrderedDict[str, dict[str, str]] = OrderedDict()

    def keep(self, texts: dict[str, str]) -> str:
        """Keep an oracle; return the header that goes with the page: a key and digests."""
        key = f"{os.getpid()}-{next(self._numbers)}"
        self._kept[key] = texts
        while len(self._kept) > _KEPT_TRUTHS:
            self._kept.popitem(last=False)
        told = [f"{name}={digest(text)}" for name, text in texts.items()]
        return ";".join([key, *told])

    def find(self, key: str) -> bytes:
        """Return an oracle as JSON, empty when it is forgotten."""
        return msgspec.json.encode(self._kept.get(key, {}))


def tell_the_truth(truths: Truths) -> None:
    """Let the transaction of each last page compute what the device must hold now."""
    plain = pull.Way.page

    def page_and_truth(way: pull.Way, *rest: Any, **options: Any) -> pull.Page:
        page = plain(way, *rest, **options)
        visit = sabotage.current.get()
        if page.state == "done" and visit is not None:
            with driver_cursor(way.connection) as cursor:
                visit.truth = truths.keep(read_truth(cursor, way.actor))
        return page

    setattr(pull.Way, "page", page_and_truth)  # noqa: B010  # a method cannot be assigned to


def poison_the_registry() -> None:
    """Let every table fail at a mutation that holds the poison."""
    for name, synced in REGISTRY.items():
        changes = {
            verb: _poisoned(getattr(synced, verb))
            for verb in ("create", "change")
            if getattr(synced, verb) is not None
        }
        REGISTRY[name] = msgspec.structs.replace(synced, **changes)


def _poisoned(carry_out: Callable[..., Any]) -> Callable[..., Any]:
    def work(edit: Edit, rid: object, values: object, *rest: Any, **options: Any) -> Any:
        if POISON in str(values):
            sabotage.report("poison met by the service")
            raise PoisonTaken
        return carry_out(edit, rid, values, *rest, **options)

    return work


class Door:
    """The application as granian sees it: the product's, behind the request's fault."""

    def __init__(self, app: Any, truths: Truths) -> None:
        self.app = app
        self.truths = truths

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = str(scope["path"])
        if path.startswith("/sim/truth/"):
            await _answer(send, self.truths.find(path.rpartition("/")[2]))
            return
        fault = dict(scope["headers"]).get(sabotage.HEADER, b"").decode()
        visit = sabotage.Visit(_name(path, str(scope["method"])), fault)
        sabotage.current.set(visit)
        await self.app(scope, _Mouth(visit, receive), _Ear(visit, send))


class _Mouth:
    """Receives the request's body; the process may die after so many bytes of it."""

    def __init__(self, visit: sabotage.Visit, receive: Receive) -> None:
        self.visit = visit
        self.receive = receive
        self.taken = 0

    async def __call__(self) -> Message:
        message = await self.receive()
        self.taken += len(message.get("body", b""))
        if self.visit.kind == "die-in-body" and self.taken >= self.visit.countdown:
            sabotage.die(f"server killed in mid-{self.visit.door}")
        return message


class _Ear:
    """Sends the answer, with the oracle's digests where the request was a pull."""

    def __init__(self, visit: sabotage.Visit, send: Send) -> None:
        self.visit = visit
        self.send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self.visit.truth is not None:
            told = (TRUTH_HEADER, self.visit.truth.encode())
            message["headers"] = [*message.get("headers", []), told]
        await self.send(message)


async def _answer(send: Send, body: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def _name(path: str, method: str) -> str:
    last = path.rpartition("/")[2]
    if last in {"push", "pull", "manifest"}:
        return last
    return "PATCH" if method == "PATCH" else "call"


def serve(config: Config) -> None:
    """Serve until the end; called in a fresh child."""
    truths = Truths()
    sabotage.watch_connections()
    database = open_database(config.app_url, connections=config.threads)
    settings = Settings(data_dir=Path(config.data_dir), threads=config.threads)
    app = Door(create_app(settings, database), truths)
    poison_the_registry()
    disk.watch()
    tell_the_truth(truths)
    breakages.break_service(config.breakage)

    async def run() -> None:
        server = Server(
            app,
            port=config.port,
            interface=Interfaces.ASGI,
            websockets=False,
            log_enabled=False,
        )
        await server.serve()

    asyncio.run(run())


def main() -> None:
    """Start a service for each configuration that comes in; an empty line ends them all.

    What a service needs is loaded once, here; the services are forks.
    """
    faulthandler.enable()
    sabotage.report_to(sys.stdout.fileno())
    _die_with_parent()
    keepers: list[int] = []
    for line in sys.stdin:
        if line.strip():
            keepers.append(_fork(partial(keep_alive, msgspec.json.decode(line, type=Config))))
            continue
        for keeper in keepers:
            os.kill(keeper, signal.SIGKILL)
            os.waitpid(keeper, 0)
        keepers.clear()


def keep_alive(config: Config) -> None:
    """Fork a child that serves, and another one whenever it is killed."""
    while True:
        child = _fork(partial(serve, config))
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            sabotage.report(f"!service ended by itself ({os.waitstatus_to_exitcode(status)})")
            return


def _fork(life: Callable[[], None]) -> int:
    """Run something in a child that dies with this process; return its id."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    _die_with_parent()
    if os.getppid() == parent:
        life()
    os._exit(1)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


if __name__ == "__main__":
    main()
