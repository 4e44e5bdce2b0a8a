"""A field team for whole scenes: the service over HTTP, two territories, and reps' real phones."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from backend.app import create_app
from backend.identity.actor import Actor
from backend.identity.passwords import hash_password
from backend.settings import Settings
from backend.sync.protocol.tables import TABLES
from mobile_client.core import PhoneCore, open_core
from mobile_client.device.fakes import FakeCamera, fake_device
from mobile_client.store.meta import read_meta
from mobile_client.sync.tally import SyncReport
from mobile_client.views import CheckInDraft, Fix, Outcome
from tests.support.cutting_proxy import Plan, cutting_proxy
from tests.support.databases import TestDatabase
from tests.support.ground import EAST, IN_WEST, WEST, add_account, add_territory, execute, truth
from tests.support.people import Org, make_org
from tests.support.phones import SetClock
from tests.support.server import RunningService, running_service

PASSWORD = "mot-hai-ba-bon-2026"
_HASH = hash_password(PASSWORD)


@dataclass
class Rep:
    """A person with a real phone: its store, engine and HTTP."""

    actor: Actor
    email: str
    folder: Path
    clock: SetClock
    core: PhoneCore

    def sync(self) -> SyncReport:
        """Synchronise once; the run must have succeeded."""
        report = self.core.sync_once()
        assert report.state == "idle", report
        return report

    def held(self) -> dict[tuple[str, str], int]:
        """Return the version of everything that the server's image on the phone holds."""
        with self.core._database.reading() as db:
            return {
                (table, row[0]): row[1]
                for table in TABLES
                for row in db.execute(f"SELECT id, rv FROM {table}_base")
            }

    def field(self, table: str, rid: str, name: str) -> Any:
        """Return a field as the person sees it, or None where the record is not there."""
        with self.core._database.reading() as db:
            row = db.execute(f"SELECT {name} FROM {table} WHERE id = ?", (rid,)).fetchone()
            return None if row is None else row[0]

    def waiting(self) -> int:
        """Return how many mutations are not sent."""
        with self.core._database.reading() as db:
            row = db.execute(
                "SELECT count(*) FROM mutation WHERE state IN ('waiting', 'sending')"
            ).fetchone()
            return int(row[0])

    def meta(self, key: str) -> str:
        """Return a single value of the store."""
        with self.core._database.reading() as db:
            return read_meta(db, key)

    def check_in(
        self, account: object, *, outcome: Outcome = "met", note: str = "", photos: int = 0
    ) -> str:
        """Check in at an account with photos of it; return the visit's id."""
        paths = tuple(self.core.new_media_path("photo") for _ in range(photos))
        for number, path in enumerate(paths):
            camera = FakeCamera()
            # Another picture each time: equal ones would be one file.
            camera._taken = hash((self.email, str(account), number)) % 1000
            camera.take(path, lambda _: None)
        at = self.clock.now()
        draft = CheckInDraft(
            account_id=str(account),
            outcome=outcome,
            note=note,
            photo_paths=paths,
            fix=Fix(IN_WEST[0], IN_WEST[1], 6.0, is_mock=False, captured_at=at),
            saved_at=at,
        )
        return self.core.check_in(draft).visit_id

    def check_in_planned(self, account: str) -> None:
        """Check in where today's plan has a visit."""
        visit = next(s for s in self.core.today().stops if s.account_id == account)
        fix = Fix(IN_WEST[0], IN_WEST[1], 6.0, is_mock=False, captured_at=self.clock.now())
        draft = CheckInDraft(account_id=account, visit_id=visit.visit_id, outcome="met", fix=fix)
        self.core.check_in(draft)


@dataclass
class FieldTeam:
    """An organisation with West held by `rep` and East by `other_rep`, served over HTTP."""

    org: Org
    database: TestDatabase
    service: RunningService
    folder: Path
    west: UUID
    east: UUID
    stack: ExitStack
    phones: list[Rep] = field(default_factory=list)

    def phone(self, actor: Actor, *, url: str | None = None, name: str = "") -> Rep:
        """Sign in on a new phone, which is empty until it syncs."""
        rep = self.open(actor, self.folder / (name or f"phone-{len(self.phones)}"), url=url)
        rep.core.sign_in(rep.email, PASSWORD)
        return rep

    def open(self, actor: Actor, folder: Path, *, url: str | None = None) -> Rep:
        """Open a phone's folder as after a start of the app."""
        clock = SetClock(at=datetime.now(UTC))
        core = open_core(folder, url or self.service.url, fake_device(clock, IN_WEST), clock)
        self.stack.callback(core.close)
        rep = Rep(actor, self.email(actor), folder, clock, core)
        self.phones.append(rep)
        return rep

    def email(self, actor: Actor) -> str:
        """Return a person's email."""
        found = execute(self.url, "SELECT email FROM app_user WHERE id = %s", actor.user_id)
        return str(found[0][0])

    @property
    def url(self) -> str:
        """The database's URL as its owner."""
        return self.database.owner_url

    def shops(self, count: int, at: tuple[float, float] = IN_WEST) -> list[str]:
        """Put shops near a point, in one statement."""
        rows = execute(
            self.url,
            "INSERT INTO account (org_id, id, name, phone, location, location_source)"
            " SELECT %s, gen_random_uuid(), 'Quán ' || n, '+8490' || lpad(n::text, 7, '0'),"
            " ST_SetSRID(ST_MakePoint(%s + n * 1e-7, %s), 4326), 'manual'"
            " FROM generate_series(1, %s) n RETURNING id::text",
            self.org.id,
            *at,
            count,
        )
        return [str(row[0]) for row in rows]

    def shop(self, at: tuple[float, float] = IN_WEST) -> str:
        """Put one shop at a point."""
        return str(add_account(self.url, self.org, "Cà phê Gió", *at))

    def truth(self, actor: Actor) -> dict[tuple[str, str], int]:
        """Return what a rep should hold, from the data itself."""
        return truth(self.url, actor)

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement as the owner, in a transaction of its own."""
        return execute(self.url, statement, *values)

    def one(self, statement: str, *values: object) -> Any:
        """Return the only value that a statement gives."""
        return self.run(statement, *values)[0][0]

    def hand_over(self, actor: Actor, territory: UUID, to: Actor) -> None:
        """Give a territory to another rep as of today."""
        with self.writing() as cursor:
            cursor.execute(
                "UPDATE territory_assignment SET valid_to = tuyen_today(org_id)"
                " WHERE territory_id = %s AND user_id = %s",
                (territory, actor.user_id),
            )
            cursor.execute(
                "INSERT INTO territory_assignment (org_id, id, territory_id, user_id, valid_from)"
                " VALUES (%s, gen_random_uuid(), %s, %s, tuyen_today(%s))",
                (self.org.id, territory, to.user_id, self.org.id),
            )

    @contextmanager
    def writing(self) -> Iterator[Cursor]:
        """Open a transaction of the owner that commits when the block ends."""
        with closing(psycopg2.connect(self.url)) as db, db, db.cursor() as cursor:
            yield cursor

    def proxy(self, plan: Plan) -> str:
        """Return an address that leads to the service over a line as planned."""
        port = urlsplit(self.service.url).port
        assert port is not None
        return f"http://127.0.0.1:{self.stack.enter_context(cutting_proxy(port, plan))}"

    def http(self, actor: Actor) -> httpx.Client:
        """Return a client with a person's token."""
        token = self.service.app.state.tokens.sign(actor)
        client = httpx.Client(
            base_url=self.service.url,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=60,
        )
        self.stack.callback(client.close)
        return client


@contextmanager
def field_team(database: TestDatabase, folder: Path) -> Iterator[FieldTeam]:
    """Set up the team and serve it until the block ends."""
    org = make_org(database.owner_url)
    execute(
        database.owner_url,
        "UPDATE app_user SET password_hash = %s WHERE org_id = %s",
        _HASH,
        org.id,
    )
    west = add_territory(database.owner_url, org, "West", WEST, org.rep)
    east = add_territory(database.owner_url, org, "East", EAST, org.other_rep)
    settings = Settings(data_dir=folder / "data")
    with (
        running_service(create_app(settings, database.database)) as service,
        ExitStack() as stack,
    ):
        yield FieldTeam(org, database, service, folder, west, east, stack)


@contextmanager
def writers(team: FieldTeam, count: int, shops: list[str]) -> Iterator[None]:
    """Keep writers at work on the shops, each in transactions of its own, until the block ends."""
    end = threading.Event()

    def write(number: int) -> int:
        done = 0
        with closing(psycopg2.connect(team.url)) as db, db.cursor() as cursor:
            while not end.is_set():
                mine = shops[number + (done * count) % (len(shops) - count)]
                cursor.execute(
                    "UPDATE account SET priority = %s WHERE id = %s", (1 + done % 5, mine)
                )
                db.commit()
                done += 1
        return done

    with ThreadPoolExecutor(count) as pool:
        jobs = [pool.submit(write, number) for number in range(count)]
        try:
            yield
        finally:
            end.set()
    assert all(job.result() > 0 for job in jobs), "a writer did nothing"
