"""A small market to count: territories of two levels, shops on a grid, visits and invoices."""

import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import h3
import psycopg2
import psycopg2.extras
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from backend.identity.actor import Actor
from backend.ids import new_id
from tests.support.ground import assign
from tests.support.people import Org

WEST, SOUTH, STEP = 24.75, 60.0, 1 / 256
ACROSS = 32
STAGES = ("prospect", "customer", "lapsed", "lost")
CATEGORIES = ("cafe", "pharmacy", None)
CHANNELS = ("modern", "traditional", None)
CLASSES = ("champion", "loyal", "asleep")
BOXES = {
    "Tây": (WEST, SOUTH, WEST + 12 * STEP, SOUTH + ACROSS * STEP),
    "Đông": (WEST + 14 * STEP, SOUTH, WEST + ACROSS * STEP, SOUTH + 20 * STEP),
}


@dataclass(frozen=True)
class Market:
    """What was put in."""

    owner_url: str
    org: Org
    region: UUID
    territories: dict[str, UUID]
    products: list[UUID]
    accounts: list[UUID]
    first: date
    last: date


def make_market(owner_url: str, org: Org, today: date, *, accounts: int = 240) -> Market:
    """Fill an organisation: the rep holds the west, the other rep the east; both lie in Huế."""
    chance = random.Random(7)
    first = today - timedelta(days=500)
    with closing(psycopg2.connect(owner_url)) as connection, connection, connection.cursor() as cur:
        region = _territory(cur, org, "Huế", None, None)
        territories = {name: _territory(cur, org, name, box, region) for name, box in BOXES.items()}
        for name, holder in (("Tây", org.rep), ("Đông", org.other_rep)):
            assign(cur, org, territories[name], holder)
        products = _products(cur, org)
        made = [_account(cur, org, at, chance) for at in range(accounts)]
        _values(cur, org, made, chance)
        for one in made:
            _sales(cur, org, one, products, [*territories.values()], first, today, chance)
            _visits(cur, org, one, [org.rep, org.other_rep], first, today, chance)
        cur.execute(
            "UPDATE account SET deleted_at = now() WHERE org_id = %s AND id = ANY (%s)",
            (org.id, made[5::40]),
        )
        cur.execute(
            "INSERT INTO account_holdover (org_id, account_id, user_id, until_on)"
            " SELECT org_id, id, %s, '2199-01-01' FROM account WHERE territory_id = %s"
            " ORDER BY name LIMIT 3",
            (org.rep.user_id, territories["Đông"]),
        )
    return Market(owner_url, org, region, territories, products, made, first, today)


def _territory(
    cur: Cursor, org: Org, name: str, box: tuple[float, ...] | None, parent: UUID | None
) -> UUID:
    one = new_id()
    cur.execute(
        "INSERT INTO territory (org_id, id, name, parent_id, area) VALUES (%s, %s, %s, %s,"
        " CASE WHEN %s THEN ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326)) END)",
        (org.id, one, name, parent, box is not None, *(box or (0, 0, 1, 1))),
    )
    return one


def _products(cur: Cursor, org: Org) -> list[UUID]:
    kinds = ("Cà phê", "Trà", None)
    made = [new_id() for _ in range(6)]
    for at, one in enumerate(made):
        cur.execute(
            "INSERT INTO product (org_id, id, code, name, category) VALUES (%s, %s, %s, %s, %s)",
            (org.id, one, f"P{at}", f"Sản phẩm {at}", kinds[at % 3]),
        )
    return made


def _account(cur: Cursor, org: Org, at: int, chance: random.Random) -> UUID:
    one = new_id()
    place = (
        WEST + chance.randrange(ACROSS + 1) * STEP,
        SOUTH + chance.randrange(ACROSS + 1) * STEP,
    )
    has_place = at % 17 != 3
    last = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=chance.randrange(8000))
    cur.execute(
        "INSERT INTO account (org_id, id, name, life_stage, category, channel, priority, owner_id,"
        " visit_every_days, last_visit_at, location, location_source) VALUES (%s, %s, %s, %s, %s,"
        " %s, %s, %s, %s, %s, CASE WHEN %s THEN ST_SetSRID(ST_MakePoint(%s, %s), 4326) END, %s)",
        (
            org.id, one, f"Shop {at:03}", chance.choice(STAGES), chance.choice(CATEGORIES),
            chance.choice(CHANNELS), chance.randint(1, 5),
            org.rep.user_id if at % 7 == 0 else None, chance.choice((7, 28, 90)),
            last if at % 3 else None, has_place, *place, "osm" if has_place else None,
        ),
    )  # fmt: skip
    return one


def _values(cur: Cursor, org: Org, accounts: Sequence[UUID], chance: random.Random) -> None:
    for one in accounts[::2]:
        cur.execute(
            "INSERT INTO account_potential (org_id, account_id, monthly_amount, source, said_on)"
            " VALUES (%s, %s, %s, 'survey', '2026-01-01')",
            (org.id, one, chance.randrange(10_000_000) / 100),
        )
    for one in accounts[::3]:
        cur.execute(
            "INSERT INTO account_value (org_id, account_id, valued_on, last_sold_on, sold_days,"
            " revenue, recency, frequency, monetary, rfm_class)"
            " VALUES (%s, %s, '2026-01-01', '2026-01-01', 3, 100, 1, 2, 3, %s)",
            (org.id, one, chance.choice(CLASSES)),
        )


def _sales(
    cur: Cursor, org: Org, account: UUID, products: Sequence[UUID], territories: Sequence[UUID],
    first: date, last: date, chance: random.Random,
) -> None:  # fmt: skip
    for _ in range(chance.choice((0, 0, 1, 3))):
        sold_on = first + timedelta(days=chance.randrange((last - first).days + 1))
        invoice, where = str(new_id()), chance.choice([*territories, None])
        for line in range(1, chance.randint(2, 4)):
            cur.execute(
                "INSERT INTO sale (org_id, id, account_id, product_id, sold_on, invoice, line,"
                " quantity, amount, rep_id, territory_id)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    org.id, new_id(), account, chance.choice(products), sold_on, invoice, line,
                    chance.randrange(1, 9000) / 1000, chance.randrange(-20_000, 900_000) / 100,
                    chance.choice([org.rep.user_id, None]), where,
                ),
            )  # fmt: skip


def _visits(
    cur: Cursor, org: Org, account: UUID, reps: Sequence[Actor], first: date, last: date,
    chance: random.Random,
) -> None:  # fmt: skip
    for _ in range(chance.choice((0, 1, 3))):
        on = first + timedelta(days=chance.randrange((last - first).days + 1))
        is_done = chance.random() < 0.8
        cur.execute(
            "INSERT INTO visit (org_id, id, account_id, rep_id, status, planned_on, outcome,"
            " done_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                org.id, new_id(), account, chance.choice(reps).user_id,
                "done" if is_done else "planned", on, "met" if is_done else None,
                datetime.combine(on, time(9), UTC) if is_done else None,
            ),
        )  # fmt: skip


def cell_of(lon: float, lat: float, resolution: int) -> str:
    """Return the H3 cell of a place: coarser ones are made of the finest, and none overlap."""
    cell: str = h3.cell_to_parent(h3.latlng_to_cell(lat, lon, 9), resolution)
    return cell
