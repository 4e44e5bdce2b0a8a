"""Who has a stream open hears of what changes in their buckets, and of nothing else."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
import psycopg2
import pytest
import sqlalchemy as sa

from backend.app import create_app
from backend.clock import SystemClock
from backend.db.cluster import SUPERUSER, Cluster
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.identity.tokens import TokenService
from backend.settings import Settings
from tests.support.databases import TestDatabase
from tests.support.ears import Ear, ears_open
from tests.support.ground import EAST, IN_EAST, IN_WEST, WEST, add_account, add_territory, execute
from tests.support.people import Org
from tests.support.phone import Phone
from tests.support.server import RunningService, running_service

POKE = "event: poke\ndata: {}"
STREAM = "/v1/sync/stream"
PAUSE_SECONDS = 0.4
"""After a poke the next one waits 0.25 s: what is measured here begins later."""


@dataclass(frozen=True)
class Station:
    """A running service with two territories, each with a rep and a shop."""

    url: str
    org: Org
    service: RunningService
    client: httpx.Client
    west_shop: UUID
    east_shop: UUID
    east: UUID

    def as_(self, actor: Actor) -> dict[str, str]:
        """Return the headers of a signed-in person."""
        return {"Authorization": f"Bearer {self.service.app.state.tokens.sign(actor)}"}

    def ear(self, actor: Actor) -> Ear:
        """Open a stream that has heard its first poke."""
        ear = Ear(self.client, STREAM, self.as_(actor))
        assert ear.next_event() == POKE
        return ear

    def change(self, shop: UUID) -> None:
        """Change an account as the owner."""
        execute(
            self.url,
            "UPDATE account SET address = coalesce(address, '') || 'x' WHERE id = %s",
            shop,
        )


@pytest.fixture
def station(
    settings: Settings, database: Database, test_database: TestDatabase, org: Org
) -> Iterator[Station]:
    url = test_database.owner_url
    add_territory(url, org, "West", WEST, org.rep)
    east = add_territory(url, org, "East", EAST, org.other_rep)
    shops = (add_account(url, org, "W", *IN_WEST), add_account(url, org, "E", *IN_EAST))
    with (
        running_service(create_app(settings, database)) as service,
        httpx.Client(base_url=service.url, trust_env=False, timeout=30) as client,
    ):
        yield Station(url, org, service, client, *shops, east)


def test_a_stream_is_plain_and_unbuffered_and_pokes_at_once(station: Station) -> None:
    headers = {**station.as_(station.org.rep), "Accept-Encoding": "gzip, zstd"}
    with Ear(station.client, STREAM, headers) as ear:
        assert ear.answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in ear.answer.headers
        assert ear.answer.headers["x-accel-buffering"] == "no"
        assert ear.next_event() == POKE


def test_a_push_by_one_device_pokes_the_others_that_hold_the_record(
    station: Station, capsys: pytest.CaptureFixture[str]
) -> None:
    phone = Phone(station, station.org.rep)
    phone.pull()
    shop = str(station.west_shop)
    with station.ear(station.org.manager) as manager, station.ear(station.org.rep) as rep:
        latencies, last = [], time.perf_counter()
        for address in ("1", "2", "3", "4", "5"):
            while time.perf_counter() - last < PAUSE_SECONDS:
                phone.pull()
            base = {"address": phone.rows["account", shop]["address"]}
            begun = time.perf_counter()
            phone.push(
                phone.mutation("patch", "account", shop, base=base, values={"address": address})
            )
            assert manager.next_event() == POKE
            last = time.perf_counter()
            latencies.append(last - begun)
            assert rep.next_event() == POKE
    with capsys.disabled():
        print(f"\nfrom push to poke: {[round(1000 * one) for one in latencies]} ms")  # noqa: T201


def test_who_does_not_hold_the_bucket_hears_nothing(station: Station) -> None:
    with station.ear(station.org.rep) as west, station.ear(station.org.other_rep) as east:
        station.change(station.east_shop)
        east.next_event()
        for _ in range(2):
            station.change(station.west_shop)
            west.next_event()
        # Any wrong poke would have come before the last right one.
        assert west.heard() == []


def test_another_organisation_hears_nothing(
    station: Station, other_org: Org, test_database: TestDatabase
) -> None:
    url = test_database.owner_url
    theirs = add_account(url, other_org, "Theirs", *IN_WEST)
    with station.ear(station.org.manager) as ours, station.ear(other_org.manager) as others:
        station.change(theirs)
        others.next_event()
        station.change(station.west_shop)
        ours.next_event()
        assert ours.heard() == []


def test_a_burst_is_told_in_few_pokes_and_the_last_change_is_among_them(station: Station) -> None:
    with station.ear(station.org.rep) as ear, closing(psycopg2.connect(station.url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for number in range(200):
                values = (str(number), station.west_shop)
                cursor.execute("UPDATE account SET address = %s WHERE id = %s", values)
        pokes = [ear.next_event(), *ear.heard()]
        station.change(station.west_shop)
        pokes += [ear.next_event(), *ear.heard()]
    assert len(pokes) < 100


def test_a_territory_gained_is_heard_of_and_so_is_what_changes_in_it(station: Station) -> None:
    org = station.org
    with station.ear(org.rep) as ear:
        execute(
            station.url,
            "UPDATE territory_assignment SET user_id = %s WHERE territory_id = %s",
            org.rep.user_id,
            station.east,
        )
        ear.next_event()
        station.change(station.east_shop)
        ear.next_event()
    with station.ear(org.other_rep) as loser:
        station.change(station.east_shop)
        execute(station.url, "UPDATE territory SET name = name || '!' WHERE org_id = %s", org.id)
        # The message for everybody comes; that of the lost territory would have come before.
        loser.next_event()
        assert loser.heard() == []


def test_it_ends_with_the_token(station: Station, settings: Settings) -> None:
    with station.ear(station.org.rep) as first:
        # Everybody is poked once the service listens, and it begins to with the first stream.
        for _ in range(2):
            station.change(station.west_shop)
            first.next_event()
    brief = TokenService(settings.key_dir, SystemClock(), lifetime=timedelta(seconds=2))
    headers = {"Authorization": f"Bearer {brief.sign(station.org.rep)}"}
    with Ear(station.client, STREAM, headers) as ear:
        assert ear.wait_for_end() == [POKE]
    assert station.client.get(STREAM, headers=headers).status_code == 401


def test_it_ends_when_the_person_is_shut_out(station: Station) -> None:
    org = station.org
    with station.ear(org.rep) as ear:
        answer = station.client.patch(
            f"/v1/users/{org.rep.user_id}",
            headers=station.as_(org.admin),
            json={"is_active": False},
        )
        assert answer.status_code == 200, answer.text
        # Whoever is told that their scope may be another one is looked at.
        execute(station.url, "UPDATE territory SET name = name || '!' WHERE org_id = %s", org.id)
        ear.wait_for_end()


def test_when_the_database_comes_back_everybody_is_poked(
    station: Station, cluster: Cluster
) -> None:
    with station.ear(station.org.rep) as rep, station.ear(station.org.manager) as manager:
        ended = execute(
            cluster.url("postgres", SUPERUSER),
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%%' AND datname = %s",
            sa.make_url(station.url).database,
        )
        assert ended == [(True,)]
        assert rep.next_event() == POKE
        assert manager.next_event() == POKE
        station.change(station.west_shop)
        assert rep.next_event() == POKE


def _wait_for_room(client: httpx.Client, headers: dict[str, str]) -> None:
    end = time.monotonic() + 30
    while True:
        with client.stream("GET", STREAM, headers=headers) as answer:
            if answer.status_code == 200:
                return
        assert time.monotonic() < end, "the streams that were left still count"
        time.sleep(0.1)


def test_a_hundred_streams_need_no_thread_each_and_all_hear(station: Station) -> None:
    org = station.org
    people = (org.manager, org.analyst, org.agent, org.admin, org.rep)
    headers = [station.as_(one) for one in people for _ in range(20)]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    with httpx.Client(
        base_url=station.service.url, trust_env=False, timeout=60, limits=limits
    ) as client:
        with station.ear(org.other_rep):
            before = {one.name for one in threading.enumerate()} - {"ear"}
            with ears_open(client, STREAM, *headers) as ears:
                after = {one.name for one in threading.enumerate()} - {"ear"}
                assert {one for one in after - before if not one.startswith("request")} == set()
                refused = client.get(STREAM, headers=headers[0])
                assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
                station.change(station.west_shop)
                assert {ear.next_event() for ear in ears} == {POKE}
        # Streams that were left are forgotten: there is room again.
        _wait_for_room(client, station.as_(org.manager))
