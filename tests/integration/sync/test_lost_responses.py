"""Answers that never arrive: whatever is sent again, each effect happens exactly once."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import psycopg2
import pytest
from litestar import Litestar

from backend.app import create_app
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.settings import Settings
from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import MutationResult, PushResponse, Status
from tests.support.databases import TestDatabase
from tests.support.ground import (
    IN_WEST,
    WEST,
    add_account,
    add_territory,
    execute,
    truth,
    wait_for_waiters,
)
from tests.support.people import Org
from tests.support.phone import Phone
from tests.support.server import running_service


class LossyTransport(httpx.BaseTransport):
    """Sends each request whole, waits for its whole answer, and loses the first one of each."""

    def __init__(self) -> None:
        self.inner = httpx.HTTPTransport()
        self.seen: set[bytes] = set()
        self.lost = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        response = self.inner.handle_request(request)
        response.read()
        if body not in self.seen:
            self.seen.add(body)
            self.lost += 1
            raise httpx.ReadError("The connection broke before the answer.", request=request)
        return response

    def close(self) -> None:
        self.inner.close()


@dataclass(frozen=True)
class Line:
    """A way to the service over HTTP."""

    app: Litestar
    client: httpx.Client

    def as_(self, actor: Actor) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.app.state.tokens.sign(actor)}"}


@dataclass(frozen=True)
class Field:
    """A service over real HTTP, a rep's shop, and lines to the service that work or lose."""

    owner_url: str
    org: Org
    shop: str
    line: Line
    lossy: Line
    transport: LossyTransport


@pytest.fixture
def field(
    settings: Settings, database: Database, test_database: TestDatabase, org: Org
) -> Iterator[Field]:
    url = test_database.owner_url
    add_territory(url, org, "West", WEST, org.rep)
    shop = str(add_account(url, org, "Quán Nguyễn", *IN_WEST))
    transport = LossyTransport()
    with (
        running_service(create_app(settings, database)) as service,
        httpx.Client(base_url=service.url, trust_env=False, timeout=30) as client,
        httpx.Client(base_url=service.url, transport=transport, timeout=30) as lossy,
    ):
        yield Field(url, org, shop, Line(service.app, client), Line(service.app, lossy), transport)


def _day(phone: Phone, shop: str) -> list[dict[str, Any]]:
    """Return a visit with all its evidence, an edit and a new contact."""
    visit, contact, now = new_id(), new_id(), datetime.now(UTC).isoformat()
    on = {"account_id": shop, "visit_id": visit, "captured_at": now}
    return [
        phone.mutation(
            "create", "visit", visit, group="v",
            values={"account_id": shop, "planned_on": now[:10]},
        ),
        phone.mutation(
            "create", "check_in", group="v", values={**on, "location": [*IN_WEST]}
        ),
        phone.mutation(
            "patch", "visit", visit, base={"status": "planned", "outcome": None},
            values={"status": "done", "outcome": "met"},
        ),
        phone.mutation("create", "note", values={**on, "body": "Đặt 3 thùng"}),
        phone.mutation(
            "create", "media",
            values={**on, "kind": "photo", "sha256": "0" * 64, "size_bytes": 9,
                    "mime": "image/jpeg"},
        ),
        phone.mutation(
            "create", "contact", contact, values={"account_id": shop, "full_name": "Chị Lan"}
        ),
        phone.mutation(
            "patch", "contact", contact, base={"job_title": None}, values={"job_title": "Chủ"}
        ),
        phone.mutation("patch", "account", shop, add={"tags": ["vip"]}),
        phone.mutation(
            "patch", "account", shop, base={"address": None}, values={"address": "Phố Huế 1"}
        ),
        phone.mutation("create", "note", values={**on, "visit_id": None, "body": ""}),
    ]  # fmt: skip


def _effects(owner_url: str) -> dict[str, int]:
    """Count what pushing can bring about; versions tell of updates made twice."""
    counts = " UNION ALL ".join(
        f"SELECT '{table}', count(*), coalesce(sum(rv), 0) FROM {table}"
        for table in ("visit", "check_in", "note", "media", "contact", "account")
    )
    rows = execute(owner_url, counts)
    issues = execute(owner_url, "SELECT count(*) FROM issue")
    told = {f"{table} {what}": int(str(n)) for table, *pair in rows
            for what, n in zip(("rows", "versions"), pair, strict=True)}  # fmt: skip
    return {**told, "issues": int(str(issues[0][0]))}


def _push_stubbornly(phone: Phone, *mutations: dict[str, Any]) -> list[MutationResult]:
    """Send the same bytes until an answer arrives."""
    body, headers = phone.push_body(*mutations), phone.api.as_(phone.actor)
    for _ in range(3):
        try:
            answer = phone.api.client.post("/v1/sync/push", headers=headers, content=body)
        except httpx.ReadError:
            continue
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=PushResponse).results
    raise AssertionError("No answer arrived.")


_ONCE = {
    "visit rows": 1, "visit versions": 3, "check_in rows": 1, "check_in versions": 1,
    "note rows": 1, "note versions": 1, "media rows": 1, "media versions": 1, "contact rows": 1,
    "contact versions": 2, "account rows": 1, "account versions": 4, "issues": 0,
}  # fmt: skip
"""A visit: created, checked in, done. The account: visited, tagged, edited."""


def test_every_push_answer_lost_once_leaves_each_effect_once(field: Field) -> None:
    phone = Phone(field.lossy, field.org.rep)
    for mutation in _chunks(_day(phone, field.shop)):
        results = _push_stubbornly(phone, *mutation)
        assert {one.status for one in results} == {Status.DUPLICATE}
    assert field.transport.lost == 8
    # A visit and its check-in that come whole are written as one version.
    assert _effects(field.owner_url) == {**_ONCE, "visit versions": 2}


def _chunks(day: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return the group of the visit in one push, and two or one of the others in each."""
    return [day[:2], day[2:3], day[3:5], *([one] for one in day[5:])]


def test_a_lost_answer_of_a_whole_day_is_told_again_by_push_and_by_pull(field: Field) -> None:
    phone = Phone(field.line, field.org.rep)
    phone.pull()
    day = _day(phone, field.shop)
    phone.api = field.lossy
    with pytest.raises(httpx.ReadError):
        phone.push(*day)
    phone.api = field.line
    phone.pull()
    was = [Status.APPLIED] * 9 + [Status.REJECTED]
    assert {one.id: one.status for one in phone.acks} == {
        one["id"]: status for one, status in zip(day, was, strict=True)
    }
    assert [(one.status, one.was) for one in phone.push(*day)] == [
        (Status.DUPLICATE, status) for status in was
    ]
    assert _effects(field.owner_url) == _ONCE
    assert phone.versions() == truth(field.owner_url, field.org.rep)
    phone.acks.clear()
    phone.pull()
    assert phone.acks == [], "results are told once"


def test_the_same_batch_twice_at_the_same_time_has_each_effect_once(field: Field) -> None:
    phone = Phone(field.line, field.org.rep)
    for _ in range(4):
        day = _day(phone, field.shop)
        before = _effects(field.owner_url)
        body, ready = phone.push_body(*day), Barrier(3)
        send = _sender(field, phone, body, ready)
        with ThreadPoolExecutor(3) as pool:
            answers = [one.result() for one in [pool.submit(send) for _ in range(3)]]
        for results in zip(*answers, strict=True):
            fresh = [one for one in results if one.status is not Status.DUPLICATE]
            assert len(fresh) <= 1, results
            assert {one.was or one.status for one in results} in (
                {Status.APPLIED}, {Status.REJECTED}, {Status.CONFLICT},
            )  # fmt: skip
        after = _effects(field.owner_url)
        assert {name: after[name] - before[name] for name in ("check_in rows", "note rows")} == {
            "check_in rows": 1,
            "note rows": 1,
        }


def _sender(
    field: Field, phone: Phone, body: bytes, ready: Barrier
) -> Callable[[], list[MutationResult]]:
    """Return what sends a body on a connection of its own as soon as the others are ready."""

    def send() -> list[MutationResult]:
        headers = field.line.as_(phone.actor)
        with httpx.Client(base_url=field.line.client.base_url, trust_env=False) as client:
            ready.wait()
            answer = client.post("/v1/sync/push", headers=headers, content=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=PushResponse).results

    return send


def test_a_caller_who_hangs_up_at_once_is_served_once(field: Field) -> None:
    """The request is whole on the server while the socket is closed already."""
    phone = Phone(field.line, field.org.rep)
    day = _day(phone, field.shop)
    body = phone.push_body(*day)
    to = urlsplit(str(field.line.client.base_url))
    head = (
        f"POST /v1/sync/push HTTP/1.1\r\nHost: {to.netloc}\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: {field.line.as_(phone.actor)['Authorization']}\r\n\r\n"
    )
    for _ in range(3):
        with socket.create_connection((to.hostname or "", to.port or 0)) as connection:
            connection.sendall(head.encode() + body)
    results = phone.push(*day)
    assert {one.was or one.status for one in results} == {Status.APPLIED, Status.REJECTED}
    assert _effects(field.owner_url) == _ONCE


def test_a_repeat_waits_for_the_first_that_is_still_being_applied(field: Field) -> None:
    """The first call hangs on a lock; its repeat gets the same result, not a second effect."""
    phone = Phone(field.line, field.org.rep)
    day = _day(phone, field.shop)
    send = _sender(field, phone, phone.push_body(*day), Barrier(1))
    with closing(psycopg2.connect(field.owner_url)) as other, ThreadPoolExecutor(2) as pool:
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM account WHERE id = %s FOR UPDATE", (field.shop,))
        first = pool.submit(send)
        wait_for_waiters(field.owner_url, 1)
        repeat = pool.submit(send)
        wait_for_waiters(field.owner_url, 2)
        other.rollback()
        results = [first.result(), repeat.result()]
    # A batch with a refusal is begun anew, carefully: its repeat may get ahead meanwhile.
    results.sort(key=lambda told: {one.status for one in told} == {Status.DUPLICATE})
    assert {one.status for one in results[0]} == {Status.APPLIED, Status.REJECTED}
    assert {one.status for one in results[1]} == {Status.DUPLICATE}
    assert _effects(field.owner_url) == _ONCE
