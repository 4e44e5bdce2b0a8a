"""A check of all pins: what each of its steps takes, and how that grows with the accounts.

    python -m tests.benchmarks.pins FOLDER 200000 1000000

A tenth of the accounts was visited, six times each, one in fifty of these elsewhere; names have
two or three words of a few hundred; one in a hundred lies on a spot with a hundred others.
"""

import sys
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import psycopg2
from rich.console import Console

from backend.clock import SystemClock
from backend.db.cluster import APP_ROLE, OWNER_ROLE
from backend.db.tenancy import open_database
from backend.jobs import Work
from backend.pins import checking, repository
from backend.routes.engines import Engines
from tests.benchmarks.maps_ground import Ground, ground

# Without triggers, which would keep a million accounts' books for sync.
_DRESS = """
ALTER TABLE account DISABLE TRIGGER USER;
ALTER TABLE visit DISABLE TRIGGER USER;
ALTER TABLE check_in DISABLE TRIGGER USER;
WITH w AS (
  SELECT id, abs(hashtext(id::text)) AS h, abs(hashtext(id::text || 'x')) AS g FROM account)
UPDATE account a SET
  name = 'Shop' || chr(97 + w.h %% 26) || chr(97 + w.h / 26 %% 26) || ' Lan' || chr(97 + w.g %% 26)
    || ' ' || CASE w.g %% 3 WHEN 0 THEN 'hoa' WHEN 1 THEN 'minh' ELSE 'cafe' END,
  address = (w.g %% 900) || ' Street ' || w.h %% 500 || ', Ward ' || w.h %% 40
  FROM w WHERE w.id = a.id;
UPDATE account_search s SET name_folded = tuyen_fold(a.name)
  FROM account a WHERE a.id = s.account_id;
INSERT INTO visit (org_id, id, account_id, rep_id, planned_on, status, outcome, done_at)
SELECT a.org_id, gen_random_uuid(), a.id, %(rep)s, current_date - n, 'done', 'met', now()
  FROM account a CROSS JOIN generate_series(1, 6) n WHERE abs(hashtext(a.id::text)) %% 10 = 0;
INSERT INTO check_in (org_id, id, account_id, visit_id, rep_id, captured_at, corrected_at, location,
  accuracy_m)
SELECT v.org_id, gen_random_uuid(), v.account_id, v.id, v.rep_id, v.planned_on, v.planned_on,
       ST_Translate(a.location, (abs(hashtext(v.id::text)) %% 20) / 1e5,
         CASE WHEN abs(hashtext(a.id::text)) %% 500 = 0 THEN 0.003 ELSE 0 END), 12
  FROM visit v JOIN account a ON a.id = v.account_id;
ALTER TABLE account ENABLE TRIGGER USER;
ALTER TABLE visit ENABLE TRIGGER USER;
ALTER TABLE check_in ENABLE TRIGGER USER;
ANALYZE account; ANALYZE account_search; ANALYZE visit; ANALYZE check_in;
"""


def _dress(place: Ground) -> None:
    with (
        closing(psycopg2.connect(place.owner_url)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT count(*) FROM check_in")
        if cursor.fetchone() == (0,):
            cursor.execute(_DRESS, {"rep": str(place.user_id)})


def _check(place: Ground, folder: Path) -> dict[str, float]:
    """Check all pins; return seconds by step."""
    spent: dict[str, float] = defaultdict(float)
    engines = Engines(folder / "no-network")
    # With the time that a worker has.
    app_url = place.owner_url.replace(OWNER_ROLE, APP_ROLE)
    database = open_database(app_url, connections=2, statement_timeout_ms=300_000)
    work = Work(database, SystemClock(), {Engines: engines})
    steps = {"_check_spots": "spots", "_check_part": "accounts", "_check_pairs": "pairs"}
    kept = {name: getattr(checking, name) for name in steps}

    def timed(name: str) -> object:
        def run(*given: object) -> object:
            begun = time.perf_counter()
            try:
                return kept[name](*given)
            finally:
                spent[steps[name]] += time.perf_counter() - begun

        return run

    for name in steps:
        setattr(checking, name, timed(name))
    try:
        with database.for_org(place.org_id) as connection:
            repository.insert_check(connection, place.org_id, by=None)
        checking.carry_on(work, place.org_id)
    finally:
        engines.close()
        database.close()
        for name, function in kept.items():
            setattr(checking, name, function)
    return dict(spent)


def main() -> None:
    """Print what a check takes for each number of accounts, the first time and again."""
    folder, out = Path(sys.argv[1]), Console(width=160)
    for prospects in map(int, sys.argv[2:]):
        with ground(folder, prospects) as place:
            _dress(place)
            for turn in ("first", "again"):
                told = {step: round(seconds, 1) for step, seconds in _check(place, folder).items()}
                out.print(prospects, turn, told, f"{sum(told.values()):.1f} s")
            with closing(psycopg2.connect(place.owner_url)) as connection:
                cursor = connection.cursor()
                cursor.execute("SELECT reason, count(*) FROM pin_doubt GROUP BY 1")
                doubts = dict(cursor.fetchall())
                cursor.execute("SELECT reason, count(*) FROM account_duplicate GROUP BY 1")
                out.print(prospects, doubts, dict(cursor.fetchall()))


if __name__ == "__main__":
    main()
