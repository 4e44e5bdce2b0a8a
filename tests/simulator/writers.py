"""Writers: everybody else who changes the data, in transactions long and short, some given up."""

import random
import time
import traceback
from contextlib import suppress
from typing import Any
from uuid import UUID

import psycopg2
import psycopg2.errors
from psycopg2.extensions import connection as Connection  # noqa: N812

from backend.ids import new_id
from tests.simulator.house import is_lost
from tests.simulator.tally import Log
from tests.simulator.world import World, place

_LONG_SECONDS = 3.0
_ITSELF = "WHERE org_id = %s AND id = %s"
_STATEMENTS = {
    "edit": f"UPDATE account SET address = %s {_ITSELF}",
    "move": f"UPDATE account SET location = ST_SetSRID(ST_MakePoint(%s, %s), 4326) {_ITSELF}",
    "place": f"UPDATE account SET territory_id = %s, territory_is_manual = true {_ITSELF}",
    "free": f"UPDATE account SET territory_is_manual = false {_ITSELF}",
    "own": f"UPDATE account SET owner_id = %s {_ITSELF}",
    "delete": f"UPDATE account SET deleted_at = CASE WHEN %s THEN now() END {_ITSELF}",
    "contact": "INSERT INTO contact (id, org_id, account_id, full_name) VALUES (%s, %s, %s, 'W')",
    "contacts": (
        "UPDATE contact SET job_title = %s, email = %s, deleted_at = CASE WHEN %s THEN now() END"
        " WHERE org_id = %s AND account_id = %s"
    ),
    "visit": (
        "INSERT INTO visit (id, rep_id, org_id, account_id, planned_on)"
        " VALUES (%s, %s, %s, %s, current_date)"
    ),
}
"""What a writer does to an account or to what hangs on it; organisation and account come last."""


class Writer:
    """Changes accounts, what hangs on them, and who may see them, straight in the database."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.rng = random.Random(f"{world.seed}/writer {number}")
        self.log = Log(world.tally, world.seed, f"writer {number}")
        self._connection: Connection | None = None

    def live(self) -> None:
        """Write until the world is calm; never raises."""
        try:
            while not self.world.is_calm.is_set():
                if not self.world.turns.acquire(timeout=0.2):
                    continue
                try:
                    self._transaction()
                except (psycopg2.errors.DeadlockDetected, psycopg2.errors.SerializationFailure):
                    self.world.tally.fault("writer met a deadlock (real)")
                except psycopg2.errors.IntegrityError as error:
                    self.log("refused", type(error).__name__)
                except psycopg2.Error as error:
                    if not is_lost(error):
                        raise
                    self.log("lost PostgreSQL", type(error).__name__)
                    self.close()
                    time.sleep(0.05)
                time.sleep(self.rng.random() * 0.02)
        except Exception:  # noqa: BLE001  # told, not lost with the thread
            detail = traceback.format_exc().splitlines()
            self.world.tally.fail(self.log, "a writer failed", detail)
        finally:
            self.close()

    def live_long(self) -> None:
        """Hold one transaction open for 3 s, with records of its own in it."""
        try:
            with (
                suppress(psycopg2.Error),
                self._open() as connection,
                connection.cursor() as cursor,
            ):
                account = self.world.insert_account(cursor, self.rng)
                self.world.insert_note(cursor, account, self.rng)
                self.log("long: wrote", account)
                is_short = self.world.is_calm.wait(_LONG_SECONDS)
                self.world.insert_note(cursor, account, self.rng)
                if self.rng.random() < 0.2:
                    connection.rollback()
                    self.log("long: rolled back")
                connection.commit()
                self.world.tally.fault("3 s writer", int(not is_short))
                self.world.accounts.append(account)
        finally:
            self.close()

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self.world.house.connect()
        return self._connection

    def _transaction(self) -> None:
        connection, rng = self._open(), self.rng
        made: list[UUID] = []
        try:
            with connection.cursor() as cursor:
                for _ in range(rng.randint(1, 3)):
                    made += self._write(cursor)
                if self.world.strikes(rng, "writer dawdles"):
                    time.sleep(rng.random() * 0.3)
                    self.world.tally.fault("slow writer")
            if self.world.strikes(rng, "writer rolls back"):
                connection.rollback()
                self.log("rolled back")
                self.world.tally.fault("writer rolled back")
                return
            pulls, pushes = self.world.in_flight["pull"], self.world.in_flight["push"]
            connection.commit()
            self.log("committed")
            self._count_flips(pulls, pushes)
            self.world.accounts += made
            self.world.tally.count("transactions of writers")
        except BaseException:
            with suppress(psycopg2.Error):
                connection.rollback()
            raise

    def _count_flips(self, pulls: int, pushes: int) -> None:
        if not self._has_flipped:
            return
        self._has_flipped = False
        self.world.tally.fault("scope flipped")
        if pulls and self.world.in_flight["pull"]:
            self.world.tally.fault("scope flipped during pull")
        if pushes and self.world.in_flight["push"]:
            self.world.tally.fault("scope flipped during push")

    _has_flipped = False

    def _write(self, cursor: Any) -> list[UUID]:
        """Do one thing; return the accounts that it made."""
        world, rng = self.world, self.rng
        if world.strikes(rng, "scope flips"):
            self._flip(cursor)
            return []
        if world.strikes(rng, "writers cross"):
            self._cross(cursor)
            return []
        account = rng.choice(world.accounts)
        act = rng.choice(
            ["edit", "edit", "note", "note", "contact", "contacts", "move", "place", "own", "add",
             "delete", "free", "visit", "hold over"]
        )  # fmt: skip
        self.log(act, account)
        if act == "add":
            return [world.insert_account(cursor, rng)]
        if act == "note":
            world.insert_note(cursor, account, rng)
        elif act == "hold over":
            self._hold_over(cursor, account)
        else:
            statement, values = self._statement(act, account)
            cursor.execute(statement, values)
        return []

    def _statement(self, act: str, account: UUID) -> tuple[str, tuple[object, ...]]:
        """Return the statement of an act and its values; the record's key comes last."""
        world, rng = self.world, self.rng
        lon, lat = place(rng)
        person = rng.choice(world.people).user_id
        mark = f"w{rng.randrange(99)}"
        values: dict[str, tuple[object, ...]] = {
            "edit": (mark,),
            "move": (lon, lat),
            "place": (rng.choice([*world.territories, None]),),
            "free": (),
            "own": (person,),
            "delete": (rng.random() < 0.3,),
            "contact": (new_id(),),
            "contacts": (mark, f"{mark}@a.test", rng.random() < 0.2),
            "visit": (new_id(), person),
        }
        return _STATEMENTS[act], (*values[act], world.org_id, account)

    def _hold_over(self, cursor: Any, account: UUID) -> None:
        """Let somebody keep an account for a while, or end that."""
        person = self.rng.choice(self.world.people).user_id
        if self.rng.random() < 0.5:
            cursor.execute(
                "INSERT INTO account_holdover (org_id, account_id, user_id, until_on)"
                " VALUES (%s, %s, %s, current_date + 30) ON CONFLICT DO NOTHING",
                (self.world.org_id, account, person),
            )
        else:
            cursor.execute(
                "DELETE FROM account_holdover WHERE org_id = %s AND user_id = %s",
                (self.world.org_id, person),
            )

    def _cross(self, cursor: Any) -> None:
        """Lock two accounts one after the other, in whatever order: pushes do the same."""
        for account in self.rng.sample(self.world.accounts, 2):
            cursor.execute(
                "UPDATE account SET priority = 1 + (priority %% 5) WHERE org_id = %s AND id = %s",
                (self.world.org_id, account),
            )
            time.sleep(self.rng.random() * 0.03)

    def _flip(self, cursor: Any) -> None:
        """Change who holds which territory, or what lies below what."""
        world, rng = self.world, self.rng
        person, territory = rng.choice(world.people).user_id, rng.choice(world.territories)
        self._has_flipped = True
        act = rng.choice(["give", "give", "take", "end", "below"])
        self.log("flip:", act, territory, person)
        if act == "below":
            number = rng.randrange(1, len(world.territories))
            above = world.territories[rng.randrange(number)] if rng.random() < 0.5 else None
            cursor.execute(
                "UPDATE territory SET parent_id = %s WHERE org_id = %s AND id = %s",
                (above, world.org_id, world.territories[number]),
            )
            return
        # Ended assignments stay, so that late facts know who held what.
        of = "WHERE org_id = %s AND territory_id = %s AND user_id = %s AND valid_to IS NULL"
        key = (world.org_id, territory, person)
        if act == "give":
            cursor.execute(
                "INSERT INTO territory_assignment (org_id, id, territory_id, user_id, valid_from)"
                " SELECT %s, %s, %s, %s, current_date WHERE NOT EXISTS (SELECT 1 FROM"
                f" territory_assignment {of})",
                (world.org_id, new_id(), territory, person, *key),
            )
        elif act == "end":
            cursor.execute(
                f"UPDATE territory_assignment SET valid_to = current_date {of}"
                " AND valid_from < current_date",
                key,
            )
        else:
            cursor.execute(f"DELETE FROM territory_assignment {of}", key)
