"""The peer: the same queries by raw psycopg2 in bare handlers, without sign-in or tenancy."""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from queue import SimpleQueue
from typing import Any

import msgspec
import psycopg2
import psycopg2.extras
from litestar import Litestar, get, post
from litestar.params import RawBody
from litestar.response import Response

from backend.accounts import repository as accounts
from backend.sync import changelog

_THREADS = 8
psycopg2.extras.register_uuid()  # type: ignore[no-untyped-call]
_pool: SimpleQueue[Any] = SimpleQueue()
_values = msgspec.json.decode(os.environ["BENCH_VALUES"])
_PAGE = changelog._needed(changelog._TYPED_PAGE, (False, True, False))
"""The branch of what changed; nothing is gained or lost."""


def _run(queries: list[tuple[str, dict[str, Any]]], opening: str = "BEGIN") -> list[list[Any]]:
    connection = _pool.get()
    try:
        with connection.cursor() as cursor:
            cursor.execute(opening)
            found = []
            for query, values in queries:
                cursor.execute(query, values)
                found.append(cursor.fetchall())
            cursor.execute("COMMIT")
            return found
    finally:
        _pool.put(connection)


def _json(value: object) -> Response[bytes]:
    return Response(msgspec.json.encode(value), media_type="application/json")


@get("/list", sync_to_thread=True)
def raw_list() -> Response[bytes]:
    query = f"{accounts.BY_NAME} ORDER BY s.name_folded, s.account_id LIMIT 21"
    (rows,) = _run([(query, {"org": _values["org"]})])
    return _json(rows[:20])


@get("/nearest", sync_to_thread=True)
def raw_nearest() -> Response[bytes]:
    query = f"""SELECT n.d, {accounts._COLUMNS}
      FROM (SELECT ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326) AS at) p,
      LATERAL (SELECT s.account_id, ST_Distance(s.location::geography, p.at::geography) AS d
                 FROM (SELECT account_id, location FROM account_search
                        WHERE org_id = %(org)s AND location IS NOT NULL
                        ORDER BY location <-> p.at LIMIT 40) s ORDER BY d, s.account_id LIMIT 20) n
      JOIN account a ON a.org_id = %(org)s AND a.id = n.account_id ORDER BY n.d, a.id"""
    (rows,) = _run([(query, _values)])
    return _json(rows)


@post("/pull", status_code=200, sync_to_thread=True)
def raw_pull(body: RawBody) -> Response[bytes]:
    msgspec.json.decode(body)
    connection = _pool.get()
    try:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute(_PAGE, _values["page"])
            ids = [row[1] for row in cursor.fetchall()]
            cursor.execute(changelog._ROW_SQL["account"], {"org": _values["org"], "ids": ids})
            rows = cursor.fetchall()
            cursor.execute("COMMIT")
    finally:
        _pool.put(connection)
    return _json([msgspec.Raw(text.encode()) for (text,) in rows])


@asynccontextmanager
async def _lifespan(_: Litestar) -> AsyncIterator[None]:
    for _number in range(_THREADS):
        connection = psycopg2.connect(os.environ["BENCH_OWNER_URL"])
        connection.autocommit = True
        _pool.put(connection)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS))
    yield


def create() -> Litestar:
    """Build the peer inside its worker."""
    return Litestar([raw_list, raw_nearest, raw_pull], lifespan=[_lifespan], openapi_config=None)
