"""The peer of the map's tiles: `tipg` as it comes, over the accounts' own table.

It runs as the tables' owner, so it sees every organisation and no scope. Asked over HTTP on this
machine, it says how long a tile takes with all that its own server adds, some milliseconds. A tile
holds 10,000 features at most, as it is shipped; what is more is not drawn, and nobody is told.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import mapbox_vector_tile

from backend.geo.tiles import Tile

_PATIENCE_S = 120.0
_TURNS = 2


class PeerTile(NamedTuple):
    """What a tile cost and weighs; `features` are those it draws."""

    ms: float
    kilobytes: float
    features: int


class Peer:
    """A running tipg."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def tile(self, tile: Tile) -> PeerTile:
        """Return a tile of accounts with stage and category: the better of two turns."""
        path = f"/collections/public.account/tiles/WebMercatorQuad/{tile.z}/{tile.x}/{tile.y}"
        spent = []
        for _ in range(_TURNS):
            started = time.perf_counter()
            answer = self._client.get(path, params={"properties": "id,life_stage,category"})
            spent.append(1000 * (time.perf_counter() - started))
        answer.raise_for_status()
        layers = mapbox_vector_tile.decode(answer.content) if answer.content else {}
        features = sum(len(layer["features"]) for layer in layers.values())
        return PeerTile(min(spent), len(answer.content) / 1000, features)


@contextmanager
def peer(owner_url: str) -> Iterator[Peer]:
    """Run tipg on a free port until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "tipg.main:app", "--port", str(port),
         "--log-level", "error", "--no-access-log"],
        env={**os.environ, "DATABASE_URL": _by_host(owner_url),
             "TIPG_DB_TABLES": '["public.account"]', "TIPG_DB_SPATIAL_EXTENT": "false",
             "TIPG_DB_DATETIME_EXTENT": "false"},
    )  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=_PATIENCE_S) as client:
            _wait(client, process)
            yield Peer(client)
    finally:
        process.terminate()
        process.wait()


def _by_host(url: str) -> str:
    """Return the URL with the socket's folder as its host, as tipg wants it."""
    parts = urlsplit(url)
    folder = parse_qs(parts.query)["host"][0]
    return f"postgresql://{parts.username}@{quote(folder, safe='')}{parts.path}"


def _wait(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < until:
        try:
            client.get("/healthz").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("tipg did not start; what it printed is above.")
