"""A world: an organisation of its own with people, devices and writers, for one seed."""

import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg2
import psycopg2.extras
from argon2 import PasswordHasher
from psycopg2.extensions import connection as Connection  # noqa: N812

from backend.identity.actor import Actor, Role
from backend.identity.refresh_secrets import hash_secret
from backend.identity.tokens import TokenService
from backend.ids import DeviceId, OrgId, UserId, new_id
from tests.simulator.house import House, is_lost
from tests.simulator.tally import Log, Tally
from tests.simulator.weather import Weather

psycopg2.extras.register_uuid()  # type: ignore[no-untyped-call]

BOXES = ((24.90, 60.15, 24.93, 60.20), (24.93, 60.15, 24.96, 60.20), (24.96, 60.15, 25.00, 60.20))
"""The areas of the territories; the next ones have no area."""
NOWHERE = (10.0, 10.0)
_ADD_DEVICE = (
    "INSERT INTO device (org_id, id, user_id, name, platform) VALUES (%s, %s, %s, 's', 'sim')"
)


PHONE_PASSWORD = "a walk along the river"
# Cheap to check: thousands sign in, and nothing is behind it.
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PHONE_PASSWORD)


class Fate(msgspec.Struct, frozen=True):
    """What became of a mutation, as some device was told."""

    status: str
    code: str | None = None
    issue: str | None = None


class World:
    """What the actors of a seed share; safe to use from their threads."""

    def __init__(
        self, house: House, weather: Weather, seed: int, *, port: int, given_up: threading.Event
    ) -> None:
        self.house = house
        self.weather = weather
        self.seed = seed
        self.port = port
        self.given_up = given_up
        """Set when nobody waits for this world any longer."""
        self.rng = random.Random(seed)
        self.tally: Tally = house.tally
        self.log = Log(self.tally, seed, "world")
        self.org_id = OrgId(new_id())
        self.admin: Actor = self._person(Role.ADMIN)
        self.people: list[Actor] = [self._person(Role.REP) for _ in range(self.rng.randint(2, 4))]
        if self.rng.random() < 0.25:
            self.people[-1] = self._person(Role.MANAGER)
        self.phone_owner: Actor | None = None
        """Who carries the product's own phone, if anybody."""
        if weather.strikes(self.rng, "phone"):
            self.phone_owner = self._person(Role.REP)
            self.people.append(self.phone_owner)
        self.territories: list[UUID] = [new_id() for _ in range(5)]
        self.accounts: list[UUID] = []
        self.sent: dict[str, dict[str, Any]] = {}
        self.fates: dict[str, Fate] = {}
        self.facts: dict[str, tuple[object, ...]] = {}
        self.cursors: list[str] = []
        self.stored: list[str] = []
        """Media that the service called stored."""
        self.in_flight: Counter[str] = Counter()
        self.threads: list[threading.Thread] = []
        self.turns = threading.Semaphore(0)
        """How many transactions the writers may do: pulls let them, so that both keep pace."""
        self.is_calm = threading.Event()
        """Set when no more faults and writers are to come."""
        self.lock = threading.Lock()
        self._asking = threading.Lock()
        self._connection: Connection | None = None
        self._tokens: dict[float, TokenService] = {}

    def _person(self, role: Role) -> Actor:
        return Actor(self.org_id, UserId(new_id()), role, DeviceId(new_id()))

    @property
    def is_over(self) -> bool:
        """Whether devices shall begin no further round."""
        return self.is_calm.is_set() or self.given_up.is_set()

    def strikes(self, rng: random.Random, fault: str) -> bool:
        """Tell whether a fault is to be tried now; never once the world is calm."""
        return not self.is_calm.is_set() and self.weather.strikes(rng, fault)

    def sign(self, actor: Actor, *, lifetime_s: float = 3600.0) -> str:
        """Return an access token as a sign-in now would; it takes the person as they stand."""
        with self.lock:
            if lifetime_s not in self._tokens:
                self._tokens[lifetime_s] = TokenService(
                    self.house.key_dir, self.house.clock, lifetime=timedelta(seconds=lifetime_s)
                )
            service = self._tokens[lifetime_s]
        role, version = self.ask(
            "SELECT role, token_version FROM app_user WHERE org_id = %s AND id = %s",
            self.org_id,
            actor.user_id,
        )[0]
        return service.sign(msgspec.structs.replace(actor, role=Role(role)), version=version)

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement as the owner, again when PostgreSQL was restarted; return its rows."""
        while True:
            try:
                with self._asking:
                    if self._connection is None:
                        self._connection = self.house.connect()
                    return self.run(self._connection, statement, *values)
            except psycopg2.Error as error:
                if not is_lost(error):
                    raise
                self.close()
                time.sleep(0.05)

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        with self._asking:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @staticmethod
    def run(connection: Connection, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement in a transaction of its own."""
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def second_device(self, person: Actor) -> Actor:
        """Give a person one more device."""
        actor = msgspec.structs.replace(person, device_id=DeviceId(new_id()))
        self.add_device(actor)
        self.tally.fault("two devices of one user")
        return actor

    def add_device(self, actor: Actor) -> None:
        """Make a person's device known."""
        self.ask(_ADD_DEVICE, actor.org_id, actor.device_id, actor.user_id)

    def give_refresh_token(self, actor: Actor) -> str:
        """Give a device the secret that it got when it signed in."""
        secret = secrets.token_urlsafe()
        self.ask(
            "INSERT INTO refresh_token (org_id, id, family_id, device_id, user_id, token_hash,"
            " expires_at, family_expires_at) VALUES (%s, %s, %s, %s, %s, %s,"
            " now() + interval '1 day', now() + interval '1 day')",
            actor.org_id, new_id(), new_id(), actor.device_id, actor.user_id, hash_secret(secret),
        )  # fmt: skip
        return secret

    @contextmanager
    def flying(self, name: str) -> Iterator[None]:
        """Note that a request of a kind is on its way meanwhile."""
        with self.lock:
            self.in_flight[name] += 1
        try:
            yield
        finally:
            with self.lock:
                self.in_flight[name] -= 1

    def start(self, life: Callable[[], None]) -> None:
        """Run an actor in a thread of its own."""
        thread = threading.Thread(target=life, daemon=True)
        with self.lock:
            self.threads.append(thread)
        thread.start()

    def build(self) -> None:
        """Put organisation, people, territories and a few accounts into the database."""
        while True:
            try:
                with closing(self.house.connect()) as connection, connection:
                    self._build(connection)
            except psycopg2.Error as error:
                if not is_lost(error):
                    raise
                self.accounts.clear()
                time.sleep(0.05)
            else:
                return

    def _build(self, connection: Connection) -> None:
        org = self.org_id
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO organisation (id, name, time_zone) VALUES (%s, %s, 'UTC')",
                (org, f"Seed {self.seed}"),
            )
            for number, actor in enumerate([self.admin, *self.people]):
                name = "phone" if actor is self.phone_owner else str(number)
                cursor.execute(
                    "INSERT INTO app_user (org_id, id, email, full_name, role, password_hash)"
                    " VALUES (%s, %s, %s, %s, %s, %s)",
                    (org, actor.user_id, f"{name}@{org}.test", name, actor.role.value, _HASH),
                )
                cursor.execute(_ADD_DEVICE, (org, actor.device_id, actor.user_id))
            for number, territory in enumerate(self.territories):
                box = BOXES[number] if number < len(BOXES) else (0.0, 0.0, 0.1, 0.1 + number)
                cursor.execute(
                    "INSERT INTO territory (org_id, id, name, area) VALUES"
                    " (%s, %s, %s, ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326)))",
                    (org, territory, f"T{number}", *box),
                )
            for number, person in enumerate(self.people):
                for territory in {self.territories[number % 5], self.rng.choice(self.territories)}:
                    cursor.execute(
                        "INSERT INTO territory_assignment (org_id, id, territory_id, user_id,"
                        " valid_from) VALUES (%s, %s, %s, %s, '2020-01-01')",
                        (org, new_id(), territory, person.user_id),
                    )
            for _ in range(self.rng.randint(6, 14)):
                self.accounts.append(self.insert_account(cursor, self.rng))

    def insert_account(self, cursor: Any, rng: random.Random) -> UUID:
        """Insert an account somewhere, with a contact and sometimes a note."""
        account_id, (lon, lat) = new_id(), place(rng)
        cursor.execute(
            "INSERT INTO account (org_id, id, name, location, location_source, owner_id) VALUES"
            " (%s, %s, %s, ST_SetSRID(ST_MakePoint(%s, %s), 4326), 'manual', %s)",
            (self.org_id, account_id, f"Shop {account_id.hex[-6:]}", lon, lat,
             rng.choice(self.people).user_id),
        )  # fmt: skip
        cursor.execute(
            "INSERT INTO contact (org_id, id, account_id, full_name) VALUES (%s, %s, %s, 'Lan')",
            (self.org_id, new_id(), account_id),
        )
        if rng.random() < 0.4:
            self.insert_note(cursor, account_id, rng)
        return account_id

    def insert_note(self, cursor: Any, account_id: UUID, rng: random.Random) -> None:
        """Insert a note of somebody."""
        cursor.execute(
            "INSERT INTO note (org_id, id, account_id, author_id, body, captured_at)"
            " VALUES (%s, %s, %s, %s, 'Đã gặp', now())",
            (self.org_id, new_id(), account_id, rng.choice(self.people).user_id),
        )

    def tell_fate(self, log: Log, mutation_id: str, fate: Fate) -> None:
        """Note what became of a mutation; it must never become something else."""
        with self.lock:
            first = self.fates.setdefault(mutation_id, fate)
        if (first.status, first.code) != (fate.status, fate.code):
            self.tally.fail(log, "a mutation has two fates", [mutation_id, str(first), str(fate)])

    def check_fact(self, log: Log, table: str, rid: str, values: tuple[object, ...]) -> None:
        """Compare a fact with what any device saw of it before."""
        with self.lock:
            first = self.facts.setdefault(rid, values)
        if first != values:
            self.tally.fail(log, "a fact changed", [f"{table} {rid}", str(first), str(values)])


def place(rng: random.Random) -> tuple[float, float]:
    """Return a point in one of the areas, now and then outside of all."""
    if rng.random() < 0.12:
        return NOWHERE
    west, south, east, north = rng.choice(BOXES)
    return rng.uniform(west, east), rng.uniform(south, north)
